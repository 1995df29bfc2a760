// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remote-eDMA backend: the dmaengine channels that send. On the endpoint
 * they are the local write channels, on the host the remote read channels.
 */
#include "edma/edma.h"

struct edma_chan_wanted {
	struct device *dev;
	unsigned int index;
};

/*
 * Write channels come first in the endpoint's DMA device, and the host's has
 * none: the direction tells what the number means.
 */
static bool edma_chan_filter(struct dma_chan *chan, void *param)
{
	struct edma_chan_wanted *wanted = param;
	struct dma_slave_caps caps;

	if (chan->device->dev != wanted->dev || chan->chan_id != wanted->index)
		return false;

	return !dma_get_slave_caps(chan, &caps) && caps.directions & BIT(DMA_MEM_TO_DEV);
}

static int edma_chan_request(struct edma_chan *ec, struct device *dev)
{
	struct edma_chan_wanted wanted = { .dev = dev, .index = ec->index };
	struct dma_slave_config config = { .direction = DMA_MEM_TO_DEV };
	dma_cap_mask_t mask;
	int rc;

	dma_cap_zero(mask);
	dma_cap_set(DMA_SLAVE, mask);
	dma_cap_set(DMA_INTERLEAVE, mask);

	ec->dma = dma_request_channel(mask, edma_chan_filter, &wanted);
	if (!ec->dma)
		return -ENODEV;

	rc = dmaengine_slave_config(ec->dma, &config);
	if (rc) {
		dma_release_channel(ec->dma);
		ec->dma = NULL;
	}

	return rc;
}

/**
 * edma_chans_request() - get the channels that send
 * @ed:		device
 * @dev:	device of the DMA engine
 * @first:	hardware number of the first
 * @count:	how many
 *
 * Return: 0, or an errno if there is none. Channels others use are left out.
 */
int edma_chans_request(struct edma_dev *ed, struct device *dev, unsigned int first,
		       unsigned int count)
{
	struct edma_chan *ec;
	unsigned int i;

	ed->chan_count = 0;
	for (i = 0; i < count && ed->chan_count < EDMA_MAX_CHANS; i++) {
		ec = &ed->chans[ed->chan_count];
		ec->ed = ed;
		ec->index = first + i;
		atomic_set(&ec->flying, 0);
		ec->aborting = false;
		mutex_init(&ec->abort_lock);
		if (edma_chan_request(ec, dev))
			dev_warn(nt_dev(ed->nt), "DMA channel %u of %s is not available\n",
				 ec->index, dev_name(dev));
		else
			ed->chan_count++;
	}

	if (!ed->chan_count) {
		dev_err(nt_dev(ed->nt),
			"no DMA channel of %s to send with: is CONFIG_DW_EDMA set, and are its interrupts described?\n",
			dev_name(dev));
		return -ENODEV;
	}

	return 0;
}

void edma_chans_release(struct edma_dev *ed)
{
	struct edma_chan *ec;

	while (ed->chan_count) {
		ec = &ed->chans[--ed->chan_count];
		dma_release_channel(ec->dma);
		ec->dma = NULL;
	}
}

/**
 * edma_chan_choose() - the channel for the next descriptor
 * @ed:		device
 * @home:	number of the queue pair
 *
 * The one with the fewest descriptors, the pair's own among equals.
 *
 * Return: a channel, or NULL while all are being terminated
 */
struct edma_chan *edma_chan_choose(struct edma_dev *ed, unsigned int home)
{
	struct edma_chan *ec, *best = NULL;
	unsigned int i;

	for (i = 0; i < ed->chan_count; i++) {
		ec = &ed->chans[(home + i) % ed->chan_count];
		if (!READ_ONCE(ec->aborting) &&
		    (!best || atomic_read(&ec->flying) < atomic_read(&best->flying)))
			best = ec;
	}

	return best;
}
