// SPDX-License-Identifier: GPL-2.0-only
/*
 * All channels of the engine.
 */
#include <linux/gfp.h>
#include <linux/pci-epc.h>

#include "edma_test.h"

static bool lane_is_slave_of(struct dma_chan *chan, void *engine)
{
	struct dma_slave_caps caps;

	if (chan->device->dev != engine || dma_get_slave_caps(chan, &caps))
		return false;
	return caps.directions == BIT(DMA_MEM_TO_DEV) || caps.directions == BIT(DMA_DEV_TO_MEM);
}

static int lane_open(struct edma_test_run *run, struct dma_chan *chan)
{
	struct edma_test_lane *lane = &run->lanes[run->lane_count];
	struct dma_slave_caps caps;
	unsigned int number;
	bool engine_writes;
	int err;

	err = dma_get_slave_caps(chan, &caps);
	if (err)
		return err;
	lane->area = (void *)__get_free_pages(GFP_KERNEL | __GFP_NOWARN, get_order(EDMA_TEST_AREA));
	if (!lane->area)
		return edma_test_fail(run, -ENOMEM,
				      "no contiguous memory of %u bytes for a channel",
				      EDMA_TEST_AREA);
	lane->chan = chan;
	lane->buffer = run->lane_count;
	lane->write = caps.directions == BIT(DMA_MEM_TO_DEV);
	engine_writes = lane->write != run->inverted;
	number = engine_writes ? run->lane_count - run->read_count : run->read_count++;
	snprintf(lane->name, sizeof(lane->name), "%s%u", engine_writes ? "write" : "read", number);
	run->lane_count++;
	return 0;
}

/**
 * edma_test_lanes_open() - take every channel of the engine, with memory for each
 * @run: gets them
 *
 * Return: 0, or a negative error; what was taken is to be given back either way.
 */
int edma_test_lanes_open(struct edma_test_run *run)
{
	struct device *engine = run->engine;
	dma_cap_mask_t mask;

	dma_cap_zero(mask);
	dma_cap_set(DMA_SLAVE, mask);
	while (run->lane_count < EDMA_TEST_MAX_LANES) {
		struct dma_chan *chan = dma_request_channel(mask, lane_is_slave_of, engine);
		int err;

		if (!chan)
			break;
		err = lane_open(run, chan);
		if (err) {
			dma_release_channel(chan);
			return err;
		}
	}
	if (!run->lane_count)
		return edma_test_fail(run, -ENODEV, "%s has no free eDMA channel",
				      dev_name(engine));
	return 0;
}

/**
 * edma_test_lanes_close() - give all channels and their memory back
 * @run: may have none
 */
void edma_test_lanes_close(struct edma_test_run *run)
{
	while (run->lane_count) {
		struct edma_test_lane *lane = &run->lanes[--run->lane_count];

		dma_release_channel(lane->chan);
		free_pages((unsigned long)lane->area, get_order(EDMA_TEST_AREA));
	}
}

/**
 * edma_test_lanes_unanswered() - how a transfer ends that has an address which nothing answers at
 * @run: the run
 * @lane: channel that makes it
 * @far: the address is on the other side
 *
 * The engine is told of a read without a completer. What it writes over PCIe is posted, and its
 * loss not told.
 *
 * Return: what the callback is to be told.
 */
enum dmaengine_tx_result edma_test_lanes_unanswered(const struct edma_test_run *run,
						    const struct edma_test_lane *lane, bool far)
{
	bool over_pcie = far != run->inverted;
	bool written = far == lane->write;

	return over_pcie && written ? DMA_TRANS_NOERROR : DMA_TRANS_ABORTED;
}
