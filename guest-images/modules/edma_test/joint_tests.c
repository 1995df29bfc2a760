// SPDX-License-Identifier: GPL-2.0-only
/*
 * All channels of both directions at once.
 */
#include <linux/slab.h>

#include "edma_test.h"

/* Descriptors that each channel has waiting, in a part of its memory each. */
#define DEPTH	4
#define PART	(EDMA_TEST_AREA / DEPTH)

static int joint_wait_all(struct edma_test_flight *flights, u32 number,
			  const struct edma_test_lane *failing)
{
	u32 i;

	for (i = 0; i < number; i++) {
		bool fails = flights[i].lane == failing;
		int err = edma_test_flight_wait(&flights[i],
						fails ? DMA_TRANS_ABORTED : DMA_TRANS_NOERROR);

		if (err)
			return err;
	}
	return 0;
}

/*
 * Prepares and submits all, lets every channel go, waits, and verifies those that are not to
 * fail.
 */
static int joint_fly(struct edma_test_run *run, struct edma_test_flight *flights, u32 number,
		     const struct edma_test_lane *failing)
{
	u32 submitted = 0;
	u32 i;
	int err = 0;

	for (i = 0; i < number && !err; i++)
		err = edma_test_flight_prepare(&flights[i]);
	for (i = 0; i < number && !err; i++) {
		if (flights[i].lane == failing)
			edma_test_flight_break(&flights[i], 100);
		err = edma_test_flight_submit(&flights[i]);
		submitted++;
	}
	for (i = 0; i < run->lane_count && !err; i++)
		dma_async_issue_pending(run->lanes[i].chan);
	if (!err)
		err = joint_wait_all(flights, number, failing);
	for (i = 0; i < submitted; i++)
		edma_test_flight_release(&flights[i]);
	for (i = 0; i < number && !err; i++)
		if (flights[i].lane != failing)
			err = edma_test_flight_verify(&flights[i]);
	return err;
}

/* All memory of every channel, page by page. */
static int joint_fly_areas(struct edma_test_run *run, const struct edma_test_lane *failing)
{
	struct edma_test_flight *flights;
	u32 i;
	int err;

	flights = kcalloc(run->lane_count, sizeof(*flights), GFP_KERNEL);
	if (!flights)
		return -ENOMEM;
	for (i = 0; i < run->lane_count; i++) {
		const struct edma_test_span local = {
			.count = EDMA_TEST_AREA / SZ_4K,
			.length = SZ_4K,
			.stride = SZ_4K,
			.step = 2 * i + 1,
		};

		edma_test_flight_init(&flights[i], run, &run->lanes[i], &local, 0);
	}
	err = joint_fly(run, flights, run->lane_count, failing);
	kfree(flights);
	return err;
}

static int joint_test_together(struct edma_test_run *run)
{
	return joint_fly_areas(run, NULL);
}

/* Lists of changing shapes, several of them waiting on every channel. */
static int joint_test_storm(struct edma_test_run *run)
{
	const u32 number = run->lane_count * DEPTH;
	struct edma_test_flight *flights;
	u32 round, i;
	int err = 0;

	flights = kcalloc(number, sizeof(*flights), GFP_KERNEL);
	if (!flights)
		return -ENOMEM;
	for (round = 0; round < 24 && !err; round++) {
		for (i = 0; i < number; i++) {
			u32 part = i % DEPTH * PART + EDMA_TEST_GUARD;
			u32 length = 1 + (round * 509 + i * 131) % 2000;
			struct edma_test_span local = {
				.offset = part + (round + i) % 8,
				.count = 1 + (round * 61 + i * 17) % 400,
				.length = length,
				.stride = length + i % 5,
				.step = 1,
				.ragged = i % 2,
			};

			edma_test_flight_init(&flights[i], run, &run->lanes[i / DEPTH], &local,
					      part + (round * 3 + i) % 8);
		}
		err = joint_fly(run, flights, number, NULL);
		if (err)
			edma_test_fail(run, err, "round %u", round);
	}
	kfree(flights);
	return err;
}

/* One channel at a time fails while all others work: its abort is its own. */
static int joint_test_beside_abort(struct edma_test_run *run)
{
	u32 i;

	for (i = 0; i < run->lane_count; i++) {
		int err = joint_fly_areas(run, &run->lanes[i]);

		if (err)
			return edma_test_fail(run, err, "while %s was to fail", run->lanes[i].name);
	}
	return 0;
}

const struct edma_test_case edma_test_joint_cases[] = {
	{ .name = "together", .run_all = joint_test_together },
	{ .name = "storm", .run_all = joint_test_storm },
	{ .name = "beside_abort", .run_all = joint_test_beside_abort },
	{ .name = "together_again", .run_all = joint_test_together },
	{ }
};
