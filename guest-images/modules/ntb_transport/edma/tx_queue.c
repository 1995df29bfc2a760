// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remote-eDMA backend: frames on their way into transmission, and the
 * beginning and end of it.
 */
#include <linux/dma-mapping.h>

#include "edma/push.h"
#include "edma/tx.h"

static void edma_tx_retry(struct timer_list *t)
{
	struct edma_qp *eq = timer_container_of(eq, t, tx_retry);

	edma_tx_resume(eq);
}

static void edma_tx_tasklet(struct tasklet_struct *t)
{
	struct edma_qp *eq = from_tasklet(eq, t, tx_tasklet);

	edma_tx_resume(eq);
}

/* What has not been sent goes back. */
static void edma_tx_give_back(struct edma_qp *eq)
{
	LIST_HEAD(unsent);

	scoped_guard(spinlock_irqsave, &eq->tx_lock) {
		/* a session has begun meanwhile: they are part of it */
		if (eq->tx_open) {
			tasklet_schedule(&eq->tx_tasklet);
			return;
		}
		edma_tx_collect(eq);
		list_splice_init(&eq->tx_pend_q, &unsent);
		eq->tx_taken += eq->tx_pend_bytes;
		eq->tx_pend = 0;
		eq->tx_pend_bytes = 0;
	}

	local_bh_disable();
	edma_tx_return(eq, &unsent, -ENOLINK);
	local_bh_enable();
}

int edma_tx_enqueue(struct ntb_transport_qp *qp, struct ntb_queue_entry *entry)
{
	struct edma_qp *eq = qp->priv;
	struct device *dev = eq->ed->dma_dev;

	if (!READ_ONCE(eq->tx_open))
		return -ENOLINK;
	if (!edma_tx_free(qp)) {
		qp->stats.tx_ring_full++;
		return -EAGAIN;
	}

	entry->dma = dma_map_single(dev, entry->buf, entry->len, DMA_TO_DEVICE);
	if (dma_mapping_error(dev, entry->dma))
		return -EAGAIN;

	atomic_inc(&eq->tx_queued);
	WRITE_ONCE(eq->tx_given, eq->tx_given + entry->len);
	/* a full barrier: edma_tx_close() and edma_tx_ended() see the frame, or this sees them */
	llist_add(&entry->given, &eq->tx_new);
	if (!READ_ONCE(eq->tx_open))
		edma_tx_give_back(eq);
	else if (!READ_ONCE(eq->tx_flying) ||
		 eq->tx_given - READ_ONCE(eq->tx_taken) >= EDMA_TX_PARALLEL)
		/* not at once: often more frames follow this one */
		tasklet_schedule(&eq->tx_tasklet);

	return 0;
}

unsigned int edma_tx_free(struct ntb_transport_qp *qp)
{
	struct edma_qp *eq = qp->priv;

	return eq ? max(EDMA_TX_ENTRIES - atomic_read(&eq->tx_queued), 0) : 0;
}

/**
 * edma_tx_init() - once a queue pair
 * @eq:		queue pair
 */
void edma_tx_init(struct edma_qp *eq)
{
	unsigned int i;

	spin_lock_init(&eq->tx_lock);
	init_llist_head(&eq->tx_new);
	INIT_LIST_HEAD(&eq->tx_pend_q);
	for (i = 0; i < EDMA_DESCS; i++)
		edma_desc_init(&eq->descs[i], eq, edma_tx_ended);
	edma_desc_init(&eq->descs[EDMA_PUSH_DESC], eq, edma_push_ended);
	tasklet_setup(&eq->tx_tasklet, edma_tx_tasklet);
	timer_setup(&eq->tx_retry, edma_tx_retry, 0);
}

void edma_tx_open(struct edma_qp *eq)
{
	unsigned int i;

	guard(spinlock_irqsave)(&eq->tx_lock);

	for (i = 0; i < EDMA_ALL_DESCS; i++)
		eq->descs[i].state = EDMA_DESC_FREE;
	eq->pushed = 0;
	eq->push_failures = 0;
	eq->tx_next = 0;
	eq->tx_posted = 0;
	eq->tx_starved = false;
	eq->tx_failures = 0;
	eq->tx_last = jiffies - HZ;
	eq->tx_open = true;
	/* what has been posted is to be pushed */
	tasklet_schedule(&eq->tx_tasklet);
}

/* Nothing is in flight, and nothing that was is still being handled. */
static bool edma_tx_is_idle(struct edma_qp *eq)
{
	guard(spinlock_irqsave)(&eq->tx_lock);
	return !eq->tx_flying && !eq->tx_ending &&
	       eq->descs[EDMA_PUSH_DESC].state != EDMA_DESC_FLYING;
}

/**
 * edma_tx_close() - end transmission
 * @eq:		queue pair
 *
 * All frames have been given back on return.
 *
 * Return: true if no transfer is in flight; false if one cannot be stopped
 */
bool edma_tx_close(struct edma_qp *eq)
{
	bool stopped = true;

	scoped_guard(spinlock_irqsave, &eq->tx_lock)
		WRITE_ONCE(eq->tx_open, false);
	/* before the look at what was given, see edma_tx_enqueue() */
	smp_mb();
	timer_delete_sync(&eq->tx_retry);
	tasklet_kill(&eq->tx_tasklet);

	if (!wait_event_timeout(eq->wq, edma_tx_is_idle(eq), msecs_to_jiffies(500)))
		stopped = edma_tx_abort(eq);
	/* what has ended is still to be given back, by whoever handles it */
	wait_event(eq->wq, edma_tx_is_idle(eq));

	/* finished transfers have scheduled it again */
	tasklet_kill(&eq->tx_tasklet);
	edma_tx_give_back(eq);

	return stopped;
}
