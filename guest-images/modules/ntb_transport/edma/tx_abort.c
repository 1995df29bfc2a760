// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remote-eDMA backend: transfers that do not end.
 */
#include <linux/bottom_half.h>

#include "edma/tx.h"

static void edma_tx_fail_descs(struct edma_qp *eq, const struct edma_chan *ec)
{
	unsigned int i;

	for (i = 0; i < EDMA_ALL_DESCS; i++)
		if (edma_desc_flies_on(&eq->descs[i], ec))
			eq->descs[i].ended(&eq->descs[i], -EIO);
}

/*
 * dw-edma is asked first: then an interrupt that says that the channel has
 * stopped is not taken for the end of a descriptor. It is asked again when the
 * channel has stopped, which it sees, and lets go of the descriptors.
 */
static bool edma_tx_stop_chan(struct edma_chan *ec)
{
	struct edma_dev *ed = ec->ed;
	bool stopped;

	dmaengine_terminate_async(ec->dma);
	stopped = ed->side->stop_chan(ed, ec);
	if (!stopped) {
		dev_err(nt_dev(ed->nt),
			"DMA channel %u does not stop: stopping all, and starting the link over\n",
			ec->index);
		stopped = ed->side->stop_all(ed);
		ntb_transport_restart(ed->nt);
	}
	if (!stopped)
		dev_err(nt_dev(ed->nt),
			"the DMA engine does not stop: it may still read frames that are given back\n");
	dmaengine_terminate_sync(ec->dma);

	return stopped;
}

/*
 * All queue pairs that use the channel lose what they have in flight on it.
 * Returns true if the channel has stopped.
 */
static bool edma_tx_abort_chan(struct edma_chan *ec)
{
	struct edma_dev *ed = ec->ed;
	bool stopped;
	unsigned int i;

	dev_err(nt_dev(ed->nt), "DMA channel %u does not finish: terminating it\n", ec->index);
	/* no new descriptor: it would be taken for one of those aborted */
	WRITE_ONCE(ec->aborting, true);
	for (i = 0; i < ed->nt->qp_count; i++)
		edma_tx_sync(&ed->qps[i]);
	stopped = edma_tx_stop_chan(ec);

	/* their callbacks will not come; clients are used to softirq context */
	local_bh_disable();
	for (i = 0; i < ed->nt->qp_count; i++)
		edma_tx_fail_descs(&ed->qps[i], ec);
	local_bh_enable();

	WRITE_ONCE(ec->aborting, false);
	for (i = 0; i < ed->nt->qp_count; i++)
		edma_tx_resume(&ed->qps[i]);

	return stopped;
}

/**
 * edma_tx_abort() - terminate the channels on which a descriptor does not end
 * @eq:		queue pair, closed for new frames
 *
 * Another queue pair that waits for a descriptor on the same channel may have
 * terminated it meanwhile. If two did at once, the first would let descriptors
 * be submitted again that the second then takes for lost.
 *
 * Return: true if none of the pair's descriptors is worked on any more
 */
bool edma_tx_abort(struct edma_qp *eq)
{
	bool stopped = true;
	struct edma_chan *ec;
	unsigned int i;

	for (i = 0; i < EDMA_ALL_DESCS; i++) {
		if (READ_ONCE(eq->descs[i].state) != EDMA_DESC_FLYING)
			continue;
		ec = eq->descs[i].chan;
		guard(mutex)(&ec->abort_lock);
		if (edma_desc_flies_on(&eq->descs[i], ec))
			stopped &= edma_tx_abort_chan(ec);
	}

	return stopped;
}
