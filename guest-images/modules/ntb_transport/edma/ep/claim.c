// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remote-eDMA backend: read channels kept from clients on the endpoint. The
 * host drives them by their registers, and the endpoint's dw-edma, which knows
 * nothing of that, would hand them out to whoever asks for a channel.
 */
#include <linux/dmaengine.h>

#include "edma/ep/ep.h"

static bool edma_ep_is_read_channel(struct dma_chan *chan, void *engine)
{
	struct dma_slave_caps caps;

	return chan->device->dev == engine && !dma_get_slave_caps(chan, &caps) &&
	       caps.directions & BIT(DMA_DEV_TO_MEM);
}

/**
 * edma_ep_claim_channels() - take all read channels
 * @ed:		device
 * @ep:		endpoint's half
 *
 * Return: 0, or -EBUSY if somebody has one
 */
int edma_ep_claim_channels(struct edma_dev *ed, struct edma_ep *ep)
{
	struct dma_chan *chan;
	dma_cap_mask_t mask;

	dma_cap_zero(mask);
	dma_cap_set(DMA_SLAVE, mask);
	while (ep->claims < ed->lay.rd_channels) {
		chan = dma_request_channel(mask, edma_ep_is_read_channel, ed->dma_dev);
		if (!chan)
			break;
		ep->claimed[ep->claims++] = chan;
	}
	if (ep->claims == ed->lay.rd_channels)
		return 0;

	dev_err(nt_dev(ed->nt),
		"%u of %u DMA read channels of %s are in use or missing: the host needs all of them (see /sys/kernel/debug/dmaengine/summary)\n",
		ed->lay.rd_channels - ep->claims, ed->lay.rd_channels, dev_name(ed->dma_dev));
	edma_ep_release_channels(ep);
	return -EBUSY;
}

/**
 * edma_ep_release_channels() - undo edma_ep_claim_channels()
 * @ep:		endpoint's half; the host drives none any more
 */
void edma_ep_release_channels(struct edma_ep *ep)
{
	while (ep->claims)
		dma_release_channel(ep->claimed[--ep->claims]);
}
