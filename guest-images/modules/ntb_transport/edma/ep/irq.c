// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remote-eDMA backend: the engine's interrupts on the endpoint. The line of the
 * notify channel says that the host has something, those of the write channels
 * that the host can be told.
 */
#include <linux/interrupt.h>

#include "edma/ep/ep.h"
#include "edma/rx.h"
#include "edma/tx.h"

/**
 * edma_ep_irq() - interrupt of a channel
 * @ep:		endpoint's half
 * @channel:	write channels first, then read channels
 *
 * Return: the interrupt or an errno
 */
int edma_ep_irq(struct edma_ep *ep, unsigned int channel)
{
	char name[8];

	snprintf(name, sizeof(name), "dma%u", channel);
	return platform_get_irq_byname_optional(ep->pdev, name);
}

/*
 * The line is shared with dw-edma, whose handler comes first and clears the
 * status. So what this finds in memory is at least as new as the status.
 */
static irqreturn_t edma_ep_notify_irq(int irq, void *data)
{
	struct edma_dev *ed = data;
	struct edma_ep *ep = ed->half;
	u32 seen = ctrl_read(ed, notify_seen);

	if (seen == ep->acked)
		return IRQ_NONE;

	ep->acked = seen;
	ctrl_write(ed, notify_ack, seen);
	/*
	 * The host sends no other notification before it has seen this. So
	 * the tasklets scheduled below must see whatever it did before.
	 */
	mb();
	ed->received++;
	edma_rx_kick(ed, 0, 1);

	return IRQ_HANDLED;
}

static irqreturn_t edma_ep_chan_irq(int irq, void *data)
{
	return edma_tx_notify_early(data) ? IRQ_HANDLED : IRQ_NONE;
}

/**
 * edma_ep_free_irqs() - undo edma_ep_request_irqs()
 * @ed:		device
 */
void edma_ep_free_irqs(struct edma_dev *ed)
{
	struct edma_ep *ep = ed->half;
	struct edma_chan *ec;

	ed->early = false;
	while (ep->chan_irqs) {
		ec = &ed->chans[--ep->chan_irqs];
		free_irq(edma_ep_irq(ep, ec->index), ec);
	}
	if (ep->notify_irq)
		free_irq(ep->notify_irq, ed);
	ep->notify_irq = 0;
}

/**
 * edma_ep_request_irqs() - listen to the engine beside dw-edma
 * @ed:		device with its control structure
 *
 * Return: 0 or an errno
 */
int edma_ep_request_irqs(struct edma_dev *ed)
{
	struct edma_ep *ep = ed->half;
	struct edma_chan *ec;
	int irq, rc;

	ep->acked = 0;
	irq = edma_ep_irq(ep, ed->lay.wr_channels + ed->lay.notify_channel);
	rc = irq < 0 ? irq :
		       request_irq(irq, edma_ep_notify_irq, IRQF_SHARED, "ntb-edma-notify", ed);
	if (rc) {
		dev_err(nt_dev(ed->nt), "interrupt dma%u for notifications: %pe\n",
			ed->lay.wr_channels + ed->lay.notify_channel, ERR_PTR(rc));
		return rc;
	}
	ep->notify_irq = irq;

	while (ep->chan_irqs < ed->chan_count) {
		ec = &ed->chans[ep->chan_irqs];
		irq = edma_ep_irq(ep, ec->index);
		if (irq < 0 || request_irq(irq, edma_ep_chan_irq, IRQF_SHARED, "ntb-edma-tx", ec))
			break;
		ep->chan_irqs++;
	}
	/* otherwise the DMA driver's callback notifies, only later */
	ed->early = ep->chan_irqs == ed->chan_count;

	return 0;
}
