// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remote-eDMA backend: what follows when a descriptor has ended.
 */
#include <linux/dma-mapping.h>

#include "edma/push.h"
#include "edma/tx.h"

/**
 * edma_tx_return() - give frames back to the client
 * @eq:		queue pair; none of its locks is held
 * @list:	frames, on a private list
 * @result:	0 or an errno
 */
void edma_tx_return(struct edma_qp *eq, struct list_head *list, int result)
{
	struct ntb_queue_entry *entry;
	unsigned int count = 0;

	list_for_each_entry(entry, list, entry) {
		dma_unmap_single(eq->ed->dma_dev, entry->dma, entry->len, DMA_TO_DEVICE);
		count++;
	}
	if (!count)
		return;
	atomic_sub(count, &eq->tx_queued);
	ntb_qp_sent_all(eq->qp, list, result);
}

/* Called with tx_lock held. When nothing arrives any more the session is given up. */
static void edma_tx_count_failure(struct edma_qp *eq)
{
	if (++eq->tx_failures == EDMA_TX_FAILURES && eq->tx_open)
		ntb_qp_link_lost(eq->qp);
}

/**
 * edma_tx_ended() - a descriptor has ended
 * @desc:	descriptor
 * @result:	0, or an errno if it has failed or was terminated
 *
 * In softirq context, or with softirqs disabled. One that is not in flight has
 * ended before.
 */
void edma_tx_ended(struct edma_desc *desc, int result)
{
	struct edma_qp *eq = desc->eq;
	LIST_HEAD(done);

	scoped_guard(spinlock_irqsave, &eq->tx_lock) {
		if (desc->state != EDMA_DESC_FLYING)
			return;
		atomic_dec(&desc->chan->flying);
		WRITE_ONCE(desc->chan->last, jiffies);
		eq->tx_flying--;
		eq->tx_ending++;
		eq->tx_last = jiffies;
		if (result) {
			WRITE_ONCE(desc->state, EDMA_DESC_LOST);
			edma_tx_count_failure(eq);
		} else {
			WRITE_ONCE(desc->state, EDMA_DESC_FREE);
			eq->tx_failures = 0;
			eq->tx_dma_bytes += desc->bytes;
			if (!list_empty(&desc->frames))
				eq->qp->stats.tx_async += desc->count;
		}
		list_splice_init(&desc->frames, &done);
	}

	/*
	 * First the client, which may have waited for this to send more, then
	 * the next descriptor with all of it: the tasklet is behind the one in
	 * which TCP sends what its small-queue limit held back.
	 */
	edma_tx_return(eq, &done, result);
	tasklet_schedule(&eq->tx_tasklet);

	/* the last thing done with the pair: edma_tx_close() waits for it */
	guard(spinlock_irqsave)(&eq->tx_lock);
	eq->tx_ending--;
	wake_up(&eq->wq);
}

static bool edma_tx_has_desc_on(const struct edma_qp *eq, const struct edma_chan *ec)
{
	unsigned int i;

	for (i = 0; i < EDMA_DESCS; i++)
		if (edma_desc_flies_on(&eq->descs[i], ec))
			return true;

	return false;
}

/**
 * edma_tx_notify_early() - a channel's completion interrupt has come
 * @ec:		channel
 *
 * In hard interrupt context. What the peer shall see is in its memory, so it
 * can be told now; dw-edma will take a work item and a tasklet to say so.
 *
 * Return: true if a queue pair had a transfer in flight
 */
bool edma_tx_notify_early(struct edma_chan *ec)
{
	struct edma_dev *ed = ec->ed;
	bool busy = false;
	unsigned int i;

	for (i = 0; i < ed->nt->qp_count; i++) {
		struct edma_qp *eq = &ed->qps[i];
		bool sent = edma_tx_has_desc_on(eq, ec);
		bool pushed = edma_desc_flies_on(&eq->descs[EDMA_PUSH_DESC], ec);

		busy |= sent || pushed;
		if (!sent && !(pushed && edma_push_is_awaited(eq)))
			continue;
		eq->qp->stats.notifies++;
		ed->side->notify(ed, eq->qp);
	}

	return busy;
}
