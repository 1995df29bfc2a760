// SPDX-License-Identifier: GPL-2.0-only
/*
 * What one channel moves: sizes, alignments, lists of every shape.
 */
#include <linux/slab.h>

#include "edma_test.h"

/* Offset of small transfers, so that there is room for guards on both sides. */
#define MARGIN	SZ_4K

static int transfer_one_element(struct edma_test_run *run, struct edma_test_lane *lane,
				u32 local_offset, u32 remote_offset, u32 length)
{
	const struct edma_test_span local = {
		.offset = local_offset,
		.count = 1,
		.length = length,
		.stride = length,
		.step = 1,
	};

	return edma_test_flight_whole(run, lane, &local, remote_offset);
}

/* From 1 byte to 4 MiB, the powers of two and their neighbours, each as one element. */
static int transfer_test_sizes(struct edma_test_run *run, struct edma_test_lane *lane)
{
	u32 power;
	int err;

	for (power = 1; power <= EDMA_TEST_AREA; power *= 2) {
		int more;

		for (more = -1; more <= 1; more++) {
			u32 length = power + more;
			/* What fills the memory leaves no margin. */
			u32 offset = length + 2 * MARGIN > EDMA_TEST_AREA ? 0 : MARGIN;

			if (!length || length > EDMA_TEST_AREA)
				continue;
			err = transfer_one_element(run, lane, offset, offset, length);
			if (err)
				return edma_test_fail(run, err, "size %u", length);
		}
	}
	return 0;
}

/* The engine takes byte addresses: every alignment of one side against every one of the other. */
static int transfer_test_alignments(struct edma_test_run *run, struct edma_test_lane *lane)
{
	static const u32 lengths[] = { 1, 7, 61 };
	u32 here, there, i;
	int err;

	for (here = 0; here < 8; here++)
		for (there = 0; there < 8; there++)
			for (i = 0; i < ARRAY_SIZE(lengths); i++) {
				err = transfer_one_element(run, lane, MARGIN + here, MARGIN + there,
							   lengths[i]);
				if (err)
					return edma_test_fail(run, err,
							      "%u bytes, alignments %u and %u",
							      lengths[i], here, there);
			}
	return 0;
}

/* Pages in no order, over several chunks of the channel's linked list. */
static int transfer_test_scatter(struct edma_test_run *run, struct edma_test_lane *lane)
{
	const struct edma_test_span local = {
		.count = EDMA_TEST_AREA / SZ_4K,
		.length = SZ_4K,
		.stride = SZ_4K,
		.step = 389,
	};

	return edma_test_flight_whole(run, lane, &local, 0);
}

/*
 * Lists as long as one, two and three chunks, and one element more or less. A page of 24-byte
 * elements holds 170, of which dw-edma uses one for the link back.
 */
static int transfer_test_chunks(struct edma_test_run *run, struct edma_test_lane *lane)
{
	static const u32 counts[] = { 2, 168, 169, 170, 337, 338, 339, 507, 508 };
	u32 i;
	int err;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		const struct edma_test_span local = {
			.offset = MARGIN + i,
			.count = counts[i],
			.length = 64,
			.stride = 83,
			.step = 1,
		};

		err = edma_test_flight_whole(run, lane, &local, MARGIN + 3);
		if (err)
			return edma_test_fail(run, err, "%u elements", counts[i]);
	}
	return 0;
}

/* Elements from 1 to 997 bytes, at odd places, in no order. */
static int transfer_test_ragged(struct edma_test_run *run, struct edma_test_lane *lane)
{
	const struct edma_test_span local = {
		.offset = MARGIN + 5,
		.count = 1000,
		.length = 997,
		.stride = 1009,
		.step = 7,
		.ragged = true,
	};

	return edma_test_flight_whole(run, lane, &local, MARGIN + 1);
}

static int transfer_interleaved(struct edma_test_run *run, struct edma_test_lane *lane, u32 chunks,
				u32 step)
{
	const struct edma_test_span local = {
		.offset = MARGIN + 1,
		.count = 300,
		.length = 100,
		.stride = 131,
		.step = step,
	};
	struct edma_test_flight flight;
	int err;

	edma_test_flight_init(&flight, run, lane, &local, MARGIN + 2);
	flight.remote.count = local.count;
	flight.remote.length = local.length;
	flight.remote.stride = 160;
	err = edma_test_flight_prepare(&flight);
	if (err)
		return err;
	err = edma_test_flight_submit_interleaved(&flight, chunks);
	if (!err) {
		dma_async_issue_pending(lane->chan);
		err = edma_test_flight_wait(&flight, DMA_TRANS_NOERROR);
	}
	edma_test_flight_release(&flight);
	return err ?: edma_test_flight_verify(&flight);
}

/*
 * Gaps on both sides; a frame that is repeated has one piece, or several; and a frame of pieces in
 * no order on one side, so that gaps lead back.
 */
static int transfer_test_interleaved(struct edma_test_run *run, struct edma_test_lane *lane)
{
	static const struct {
		u32 chunks;
		u32 step;
	} shapes[] = { { 1, 1 }, { 3, 1 }, { 300, 1 }, { 300, 7 } };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		int err = transfer_interleaved(run, lane, shapes[i].chunks, shapes[i].step);

		if (err)
			return edma_test_fail(run, err, "%u pieces a frame, step %u",
					      shapes[i].chunks, shapes[i].step);
	}
	return 0;
}

/*
 * Sixteen descriptors waiting at once, from one element to several chunks, which must end in
 * their order.
 */
static int transfer_test_queue(struct edma_test_run *run, struct edma_test_lane *lane)
{
	const u32 number = 16;
	struct edma_test_flight *flights;
	u32 submitted = 0;
	u32 i;
	int err = 0;

	flights = kcalloc(number, sizeof(*flights), GFP_KERNEL);
	if (!flights)
		return -ENOMEM;
	for (i = 0; i < number && !err; i++) {
		const struct edma_test_span local = {
			.offset = i * SZ_128K + MARGIN + i,
			.count = 1 + i * 23,
			.length = 211,
			.stride = 223,
			.step = 1,
			.ragged = true,
		};

		edma_test_flight_init(&flights[i], run, lane, &local,
				      i * SZ_128K + MARGIN + 15 - i);
		err = edma_test_flight_prepare(&flights[i]);
	}
	for (i = 0; i < number && !err; i++) {
		err = edma_test_flight_submit(&flights[i]);
		submitted++;
	}
	if (!err)
		dma_async_issue_pending(lane->chan);
	/* The last first: when it has ended, all before it have. */
	if (!err)
		err = edma_test_flight_wait(&flights[number - 1], DMA_TRANS_NOERROR);
	for (i = 0; i < number && !err; i++) {
		if (!completion_done(&flights[i].done))
			err = edma_test_fail(run, -EIO, "descriptor %u ended after the last", i);
		else
			err = edma_test_flight_wait(&flights[i], DMA_TRANS_NOERROR);
	}
	for (i = 0; i < submitted; i++)
		edma_test_flight_release(&flights[i]);
	for (i = 0; i < number && !err; i++)
		err = edma_test_flight_verify(&flights[i]);
	kfree(flights);
	return err;
}

const struct edma_test_case edma_test_transfer_cases[] = {
	{ .name = "sizes", .run = transfer_test_sizes },
	{ .name = "alignments", .run = transfer_test_alignments },
	{ .name = "scatter", .run = transfer_test_scatter },
	{ .name = "chunks", .run = transfer_test_chunks },
	{ .name = "ragged", .run = transfer_test_ragged },
	{ .name = "interleaved", .run = transfer_test_interleaved },
	{ .name = "queue", .run = transfer_test_queue },
	{ }
};
