// SPDX-License-Identifier: GPL-2.0-only
/*
 * What one channel does when a transfer fails, or is stopped from outside, and that it works
 * afterwards.
 */
#include <linux/delay.h>
#include <linux/slab.h>

#include "edma_test.h"

#define MARGIN	SZ_4K

/* Behind what edma_test_long_list takes on either side. */
#define TAIL	(EDMA_TEST_AREA - SZ_512K)

/* When a transfer is issued behind another one, which takes up to some 35 us. */
#define ISSUE_EVERY_US	3
#define ISSUE_LAST_US	42

static const struct edma_test_span tail_list = {
	.offset = TAIL + 3,
	.count = 20,
	.length = 500,
	.stride = 520,
	.step = 3,
};

/* The channel is at its last element from the beginning, and for as long as that can be. */
static const struct edma_test_span one_element = {
	.offset = MARGIN + 5,
	.count = 1,
	.length = TAIL - 2 * MARGIN,
	.stride = TAIL - 2 * MARGIN,
	.step = 1,
};

static int control_fail_one(struct edma_test_run *run, struct edma_test_lane *lane, u32 bad_piece,
			    bool bad_remote, enum dmaengine_tx_result expected)
{
	struct edma_test_flight flight;
	int err;

	edma_test_flight_init(&flight, run, lane, &edma_test_short_list, MARGIN);
	flight.bad_piece = bad_piece;
	flight.bad_remote = bad_remote;
	err = edma_test_flight_submit(&flight);
	if (!err) {
		dma_async_issue_pending(lane->chan);
		err = edma_test_flight_wait(&flight, expected);
	}
	edma_test_flight_release(&flight);
	return err ?: edma_test_flight_afterwards(run, lane);
}

static int control_test_bad_remote(struct edma_test_run *run, struct edma_test_lane *lane)
{
	return control_fail_one(run, lane, 0, true, edma_test_lanes_unanswered(run, lane, true));
}

/* In the first element, in one in the middle, in the last. */
static int control_test_bad_local(struct edma_test_run *run, struct edma_test_lane *lane)
{
	static const u32 pieces[] = { 1, 10, 20 };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		int err = control_fail_one(run, lane, pieces[i], false,
					   edma_test_lanes_unanswered(run, lane, false));

		if (err)
			return edma_test_fail(run, err, "element %u is bad", pieces[i]);
	}
	return 0;
}

/*
 * A descriptor that waits behind one that fails is not harmed. dw-edma starts it when it is
 * told to go on.
 */
static int control_test_behind_bad(struct edma_test_run *run, struct edma_test_lane *lane)
{
	struct edma_test_flight bad, good;
	int err;

	edma_test_flight_init(&bad, run, lane, &edma_test_short_list, MARGIN);
	edma_test_flight_break(&bad, 1);
	edma_test_flight_init(&good, run, lane, &edma_test_long_list, MARGIN);
	err = edma_test_flight_prepare(&good);
	if (err)
		return err;
	err = edma_test_flight_submit(&bad);
	if (!err)
		err = edma_test_flight_submit(&good);
	if (!err) {
		dma_async_issue_pending(lane->chan);
		err = edma_test_flight_wait(&bad, DMA_TRANS_ABORTED);
	}
	if (!err) {
		dma_async_issue_pending(lane->chan);
		err = edma_test_flight_wait(&good, DMA_TRANS_NOERROR);
	}
	edma_test_flight_release(&bad);
	edma_test_flight_release(&good);
	return err ?: edma_test_flight_verify(&good);
}

/*
 * Starts the second of two transfers so many us after the first one, and nothing afterwards. Says
 * whether the first one was not over then.
 */
static int control_issue_two(struct edma_test_flight *running, struct edma_test_flight *late,
			     unsigned int us, bool *busy)
{
	struct dma_chan *chan = running->lane->chan;
	int err;

	err = edma_test_flight_describe(running) ?: edma_test_flight_describe(late);
	if (err)
		return err;
	err = edma_test_flight_hand_over(running);
	if (err)
		return err;
	dma_async_issue_pending(chan);
	/* The first one is over in a moment. */
	if (us)
		udelay(us);
	err = edma_test_flight_hand_over(late);
	if (err)
		return err;
	dma_async_issue_pending(chan);
	*busy = !completion_done(&running->done);
	err = edma_test_flight_wait(running, DMA_TRANS_NOERROR);
	if (!err)
		err = edma_test_flight_wait(late, DMA_TRANS_NOERROR);
	if (err)
		return edma_test_fail(running->run, err, "(issued while the channel %s)",
				      *busy ? "was busy" : "may have been busy");
	return 0;
}

/*
 * A descriptor that is issued while the channel is busy starts when the channel has come to it,
 * though nobody issues anything any more.
 */
static int control_issue_after(struct edma_test_run *run, struct edma_test_lane *lane,
			       const struct edma_test_span *first, unsigned int us, bool *busy)
{
	struct edma_test_flight running, late;
	int err;

	edma_test_flight_init(&running, run, lane, first, MARGIN);
	edma_test_flight_init(&late, run, lane, &tail_list, TAIL + 1);
	err = edma_test_flight_prepare(&running) ?: edma_test_flight_prepare(&late);
	if (err)
		return err;
	err = control_issue_two(&running, &late, us, busy);
	edma_test_flight_release(&running);
	edma_test_flight_release(&late);
	return err ?: edma_test_flight_verify(&running) ?: edma_test_flight_verify(&late);
}

static int control_issue_behind(struct edma_test_run *run, struct edma_test_lane *lane,
				const struct edma_test_span *first)
{
	bool busy = false;
	int attempt;

	for (attempt = 0; attempt < 10 && !busy; attempt++) {
		int err = control_issue_after(run, lane, first, 0, &busy);

		if (err)
			return err;
	}
	return busy ? 0 : edma_test_fail(run, -EAGAIN, "the channel was never busy, in 10 attempts");
}

static int control_test_issue_while_busy(struct edma_test_run *run, struct edma_test_lane *lane)
{
	return control_issue_behind(run, lane, &edma_test_long_list);
}

static int control_test_issue_at_the_end(struct edma_test_run *run, struct edma_test_lane *lane)
{
	return control_issue_behind(run, lane, &one_element);
}

/*
 * Now and then from the beginning of the first one to behind its end. As many times in each run,
 * so that what is left to a seed is the same in each.
 */
static int control_test_issue_now_and_then(struct edma_test_run *run, struct edma_test_lane *lane)
{
	unsigned int us;
	bool busy;

	for (us = 0; us <= ISSUE_LAST_US; us += ISSUE_EVERY_US) {
		int err = control_issue_after(run, lane, &edma_test_short_list, us, &busy);

		if (err)
			return edma_test_fail(run, err, "(%u us after the first one)", us);
	}
	return 0;
}

/* Has one that was terminated been told to have ended well, though its data has not arrived? */
static int control_check_claim(struct edma_test_flight *flight, bool done)
{
	int err;

	if (!done || flight->result != DMA_TRANS_NOERROR)
		return 0;
	err = edma_test_flight_verify(flight);
	return err ? edma_test_fail(flight->run, err, "(told to have ended when terminated)") : 0;
}

/*
 * Once dmaengine_terminate_sync() has returned, no callback comes, neither of the descriptor that
 * ran nor of the one behind it, and the memory is the caller's again.
 */
static int control_terminate(struct edma_test_flight *runs, struct edma_test_flight *waits)
{
	struct edma_test_lane *lane = runs->lane;
	struct edma_test_run *run = runs->run;
	bool done[2];
	int err;

	dma_async_issue_pending(lane->chan);
	err = dmaengine_terminate_sync(lane->chan);
	if (err)
		return edma_test_fail(run, err, "the channel refused to be terminated");
	done[0] = completion_done(&runs->done);
	done[1] = completion_done(&waits->done);
	edma_test_flight_release(runs);
	edma_test_flight_release(waits);
	err = control_check_claim(runs, done[0]) ?: control_check_claim(waits, done[1]);
	if (err)
		return err;

	fsleep(20 * USEC_PER_MSEC);
	err = edma_test_flight_afterwards(run, lane);
	if (err)
		return err;
	if (done[0] != completion_done(&runs->done) || done[1] != completion_done(&waits->done))
		return edma_test_fail(run, -EIO, "a callback came after the termination");
	return 0;
}

static int control_test_terminate(struct edma_test_run *run, struct edma_test_lane *lane)
{
	struct edma_test_flight runs, waits;
	int err;

	edma_test_flight_init(&runs, run, lane, &edma_test_long_list, MARGIN);
	edma_test_flight_init(&waits, run, lane, &tail_list, TAIL + 1);
	err = edma_test_flight_prepare(&runs) ?: edma_test_flight_prepare(&waits);
	if (err)
		return err;
	err = edma_test_flight_submit(&runs) ?: edma_test_flight_submit(&waits);
	if (!err)
		err = control_terminate(&runs, &waits);
	edma_test_flight_release(&runs);
	edma_test_flight_release(&waits);
	return err;
}

/* The engine counts both addresses up: a template that keeps one of them wants another engine. */
static int control_try_standing(struct edma_test_run *run, struct edma_test_lane *lane, bool src)
{
	struct dma_interleaved_template *template __free(kfree) =
		kzalloc(struct_size(template, sgl, 1), GFP_KERNEL);

	if (!template)
		return -ENOMEM;
	template->dir = lane->write ? DMA_MEM_TO_DEV : DMA_DEV_TO_MEM;
	template->src_inc = !src;
	template->dst_inc = src;
	template->numf = 2;
	template->frame_size = 1;
	template->sgl[0].size = 64;
	/* a descriptor that is not submitted goes with the channel's others */
	if (dmaengine_prep_interleaved_dma(lane->chan, template, DMA_PREP_INTERRUPT))
		return edma_test_fail(run, -EIO, "took a template whose %s stands still",
				      src ? "source" : "destination");
	return 0;
}

/* What the engine cannot do is not begun. */
static int control_test_refuses(struct edma_test_run *run, struct edma_test_lane *lane)
{
	struct scatterlist sg;
	int err;

	sg_init_table(&sg, 1);
	sg_dma_len(&sg) = 64;
	if (dmaengine_prep_slave_sg(lane->chan, &sg, 1,
				    lane->write ? DMA_DEV_TO_MEM : DMA_MEM_TO_DEV,
				    DMA_PREP_INTERRUPT))
		return edma_test_fail(run, -EIO, "took a list of the other direction");
	err = control_try_standing(run, lane, true) ?: control_try_standing(run, lane, false);
	return err ?: edma_test_flight_afterwards(run, lane);
}

const struct edma_test_case edma_test_control_cases[] = {
	{ .name = "bad_remote_address", .run = control_test_bad_remote },
	{ .name = "bad_local_address", .run = control_test_bad_local },
	{ .name = "behind_bad_address", .run = control_test_behind_bad },
	{ .name = "issue_while_busy", .run = control_test_issue_while_busy },
	{ .name = "issue_at_the_end", .run = control_test_issue_at_the_end, .by_name = true },
	{ .name = "issue_now_and_then", .run = control_test_issue_now_and_then, .by_name = true },
	{ .name = "terminate", .run = control_test_terminate },
	{ .name = "refuses", .run = control_test_refuses },
	{ }
};
