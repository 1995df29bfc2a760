// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transfers from beginning to end.
 */
#include "edma_test.h"

/**
 * edma_test_flight_whole() - one transfer from beginning to end
 * @run: that it belongs to
 * @lane: channel to take
 * @local: shape of the local side
 * @remote_offset: where the data lies at the host
 *
 * Return: 0, or a negative error.
 */
int edma_test_flight_whole(struct edma_test_run *run, struct edma_test_lane *lane,
			   const struct edma_test_span *local, u32 remote_offset)
{
	struct edma_test_flight flight;
	int err;

	edma_test_flight_init(&flight, run, lane, local, remote_offset);
	err = edma_test_flight_prepare(&flight);
	if (err)
		return err;
	err = edma_test_flight_submit(&flight);
	if (!err) {
		dma_async_issue_pending(lane->chan);
		err = edma_test_flight_wait(&flight, DMA_TRANS_NOERROR);
	}
	edma_test_flight_release(&flight);
	return err ?: edma_test_flight_verify(&flight);
}

/**
 * edma_test_flight_afterwards() - after something has gone wrong: one more transfer, all right
 * @run: that it belongs to
 * @lane: channel to take
 *
 * Return: 0, or a negative error.
 */
int edma_test_flight_afterwards(struct edma_test_run *run, struct edma_test_lane *lane)
{
	int err = edma_test_flight_whole(run, lane, &edma_test_short_list, SZ_4K + 1);

	return err ? edma_test_fail(run, err, "(in the transfer after it)") : 0;
}
