// SPDX-License-Identifier: GPL-2.0-only
/*
 * What one channel does when a transfer fails, or is stopped from outside, and that it works
 * afterwards.
 */
#include <linux/delay.h>
#include <linux/iopoll.h>

#include "edma_test.h"

#define MARGIN	SZ_4K

/* Seven chunks: long enough to be caught while it runs. */
static const struct edma_test_span long_list = {
	.offset = MARGIN,
	.count = 1000,
	.length = 3000,
	.stride = 3001,
	.step = 3,
};

static const struct edma_test_span short_list = {
	.offset = MARGIN + 3,
	.count = 20,
	.length = 500,
	.stride = 520,
	.step = 3,
};

/* Behind what long_list takes on either side. */
#define TAIL	(EDMA_TEST_AREA - SZ_512K)

static const struct edma_test_span tail_list = {
	.offset = TAIL + 3,
	.count = 20,
	.length = 500,
	.stride = 520,
	.step = 3,
};

static int control_expect_recovery(struct edma_test_run *run, struct edma_test_lane *lane)
{
	int err = edma_test_flight_whole(run, lane, &short_list, MARGIN + 1);

	return err ? edma_test_fail(run, err, "(in the transfer after it)") : 0;
}

static int control_fail_one(struct edma_test_run *run, struct edma_test_lane *lane, u32 bad_piece,
			    bool bad_remote, enum dmaengine_tx_result expected)
{
	struct edma_test_flight flight;
	int err;

	edma_test_flight_init(&flight, run, lane, &short_list, MARGIN);
	flight.bad_piece = bad_piece;
	flight.bad_remote = bad_remote;
	err = edma_test_flight_submit(&flight);
	if (!err) {
		dma_async_issue_pending(lane->chan);
		err = edma_test_flight_wait(&flight, expected);
	}
	edma_test_flight_release(&flight);
	return err ?: control_expect_recovery(run, lane);
}

/* A read without a completer is answered by an error. A write is posted: its loss is not told. */
static int control_test_bad_remote(struct edma_test_run *run, struct edma_test_lane *lane)
{
	return control_fail_one(run, lane, 0, true,
				lane->write ? DMA_TRANS_NOERROR : DMA_TRANS_ABORTED);
}

/* In the first element, in one in the middle, in the last. */
static int control_test_bad_local(struct edma_test_run *run, struct edma_test_lane *lane)
{
	static const u32 pieces[] = { 1, 10, 20 };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		int err = control_fail_one(run, lane, pieces[i], false, DMA_TRANS_ABORTED);

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

	edma_test_flight_init(&bad, run, lane, &short_list, MARGIN);
	bad.bad_piece = 1;
	edma_test_flight_init(&good, run, lane, &long_list, MARGIN);
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
 * Starts the second of two transfers while the first one runs, and nothing afterwards.
 *
 * Return: 0, -EAGAIN when the first one was over too soon, or another negative error.
 */
static int control_issue_two(struct edma_test_flight *running, struct edma_test_flight *late)
{
	struct dma_chan *chan = running->lane->chan;
	bool busy;
	int err;

	err = edma_test_flight_submit(running);
	if (err)
		return err;
	dma_async_issue_pending(chan);
	err = edma_test_flight_submit(late);
	if (err)
		return err;
	dma_async_issue_pending(chan);
	busy = !completion_done(&running->done);
	err = edma_test_flight_wait(running, DMA_TRANS_NOERROR);
	if (!err)
		err = edma_test_flight_wait(late, DMA_TRANS_NOERROR);
	if (err)
		return edma_test_fail(running->run, err, "(issued while the channel %s)",
				      busy ? "was busy" : "may have been busy");
	return busy ? 0 : -EAGAIN;
}

/*
 * A descriptor that is issued while the channel is busy starts when the channel has come to it,
 * though nobody issues anything any more.
 */
static int control_test_issue_while_busy(struct edma_test_run *run, struct edma_test_lane *lane)
{
	int attempt;

	for (attempt = 0; attempt < 10; attempt++) {
		struct edma_test_flight running, late;
		int err;

		edma_test_flight_init(&running, run, lane, &long_list, MARGIN);
		edma_test_flight_init(&late, run, lane, &tail_list, TAIL + 1);
		err = edma_test_flight_prepare(&running) ?: edma_test_flight_prepare(&late);
		if (err)
			return err;
		err = control_issue_two(&running, &late);
		edma_test_flight_release(&running);
		edma_test_flight_release(&late);
		if (err == -EAGAIN)
			continue;
		return err ?: edma_test_flight_verify(&running) ?: edma_test_flight_verify(&late);
	}
	return edma_test_fail(run, -EAGAIN, "the channel was never busy, in 10 attempts");
}

/*
 * Once dmaengine_terminate_sync() has returned, no callback comes, and the memory is the
 * caller's again.
 */
static int control_test_terminate(struct edma_test_run *run, struct edma_test_lane *lane)
{
	struct edma_test_flight flight;
	bool done;
	int err;

	edma_test_flight_init(&flight, run, lane, &long_list, MARGIN);
	err = edma_test_flight_submit(&flight);
	if (!err) {
		dma_async_issue_pending(lane->chan);
		err = dmaengine_terminate_sync(lane->chan);
		if (err)
			edma_test_fail(run, err, "the channel refused to be terminated");
	}
	done = completion_done(&flight.done);
	fsleep(20 * USEC_PER_MSEC);
	if (!err && done != completion_done(&flight.done))
		err = edma_test_fail(run, -EIO, "a callback came after the termination");
	edma_test_flight_release(&flight);
	return err ?: control_expect_recovery(run, lane);
}

static bool control_paused_or_done(struct edma_test_flight *flight)
{
	return completion_done(&flight->done) ||
	       dmaengine_tx_status(flight->lane->chan, flight->tx->cookie, NULL) == DMA_PAUSED;
}

/*
 * dw-edma pauses between chunks.
 *
 * Return: 0, -EAGAIN when the transfer was over before it could be paused, or another negative
 * error.
 */
static int control_pause_and_resume(struct edma_test_flight *flight)
{
	struct dma_chan *chan = flight->lane->chan;
	bool stopped;
	int err;

	err = dmaengine_pause(chan);
	if (err) {
		/* Only one that is at its end may refuse; its callback can be a moment away. */
		if (wait_for_completion_timeout(&flight->done, HZ))
			return -EAGAIN;
		return edma_test_fail(flight->run, err, "a running channel refused to pause");
	}
	err = read_poll_timeout(control_paused_or_done, stopped, stopped, 50, 5 * USEC_PER_SEC,
				false, flight);
	if (err)
		return edma_test_fail(flight->run, err, "the channel did not pause within 5 s");
	if (completion_done(&flight->done)) {
		/* The request met the last chunk: the channel is paused with nothing to do. */
		err = dmaengine_resume(chan);
		return err ? edma_test_fail(flight->run, err, "refused to resume, at its end") :
			     -EAGAIN;
	}

	fsleep(50 * USEC_PER_MSEC);
	if (completion_done(&flight->done))
		return edma_test_fail(flight->run, -EIO, "the channel went on while paused");
	err = dmaengine_resume(chan);
	if (err)
		return edma_test_fail(flight->run, err, "a paused channel refused to resume");
	return edma_test_flight_wait(flight, DMA_TRANS_NOERROR);
}

static int control_test_pause(struct edma_test_run *run, struct edma_test_lane *lane)
{
	int attempt;

	for (attempt = 0; attempt < 10; attempt++) {
		struct edma_test_flight flight;
		int err;

		edma_test_flight_init(&flight, run, lane, &long_list, MARGIN);
		err = edma_test_flight_prepare(&flight);
		if (err)
			return err;
		err = edma_test_flight_submit(&flight);
		if (!err) {
			dma_async_issue_pending(lane->chan);
			err = control_pause_and_resume(&flight);
		}
		edma_test_flight_release(&flight);
		if (err == -EAGAIN)
			continue;
		return err ?: edma_test_flight_verify(&flight);
	}
	return edma_test_fail(run, -EAGAIN, "never caught while running, in 10 attempts");
}

const struct edma_test_case edma_test_control_cases[] = {
	{ .name = "bad_remote_address", .run = control_test_bad_remote },
	{ .name = "bad_local_address", .run = control_test_bad_local },
	{ .name = "behind_bad_address", .run = control_test_behind_bad },
	{ .name = "issue_while_busy", .run = control_test_issue_while_busy },
	{ .name = "terminate", .run = control_test_terminate },
	{ .name = "pause", .run = control_test_pause },
	{ }
};
