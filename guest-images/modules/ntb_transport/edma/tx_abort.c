// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remote-eDMA backend: transfers that do not end.
 */
#include <linux/bottom_half.h>

#include "edma/tx.h"

static void edma_tx_fail_descs(struct edma_qp *eq, const struct edma_chan *ec)
{
	unsigned int i;

	for (i = 0; i < EDMA_DESCS; i++)
		if (edma_desc_flies_on(&eq->descs[i], ec))
			eq->descs[i].ended(&eq->descs[i], -EIO);
}

/* All queue pairs that use the channel lose what they have in flight on it. */
static void edma_tx_abort_chan(struct edma_chan *ec)
{
	struct edma_dev *ed = ec->ed;
	unsigned int i;

	dev_err(nt_dev(ed->nt), "DMA channel %u does not finish: terminating it\n", ec->index);
	/* no new descriptor: it would be taken for one of those aborted */
	WRITE_ONCE(ec->aborting, true);
	for (i = 0; i < ed->nt->qp_count; i++)
		edma_tx_sync(&ed->qps[i]);
	dmaengine_terminate_sync(ec->dma);

	/* their callbacks will not come; clients are used to softirq context */
	local_bh_disable();
	for (i = 0; i < ed->nt->qp_count; i++)
		edma_tx_fail_descs(&ed->qps[i], ec);
	local_bh_enable();

	WRITE_ONCE(ec->aborting, false);
	for (i = 0; i < ed->nt->qp_count; i++)
		edma_tx_resume(&ed->qps[i]);
}

/**
 * edma_tx_abort() - terminate the channels on which a descriptor does not end
 * @eq:		queue pair, closed for new frames
 */
void edma_tx_abort(struct edma_qp *eq)
{
	unsigned int i;

	for (i = 0; i < EDMA_DESCS; i++)
		if (READ_ONCE(eq->descs[i].state) == EDMA_DESC_FLYING)
			edma_tx_abort_chan(eq->descs[i].chan);
}
