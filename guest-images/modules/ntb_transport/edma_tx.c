// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remote-eDMA backend: transmission.
 *
 * Frames that come while a descriptor is in flight wait and go out together in
 * the next. Only if there is much to send do several descriptors fly at once,
 * on different channels as long as some are idle, so that the engine goes on
 * while interrupts and callbacks of the last one take their way.
 */
#include <linux/dma-mapping.h>

#include "edma_qp.h"

/* Bytes for which a further descriptor flies beside others. */
#define TX_PARALLEL		SZ_2M

/* How many of the peer's buffers are left. Called with tx_lock held. */
static u32 tx_room(struct edma_qp *eq)
{
	struct edma_dev *ed = eq->ed;

	if (eq->tx_posted == eq->tx_next)
		eq->tx_posted = side_read(eq, ed->peer, post_prod);
	if (eq->tx_posted == eq->tx_next) {
		side_write(eq, ed->me, want_post, eq->tx_next);
		/* asked to be told before looking again, see edma_rx_post() */
		mb();
		eq->tx_posted = side_read(eq, ed->peer, post_prod);
	}

	/* more than a ring: the peer is gone and reads as all ones */
	if (eq->tx_posted - eq->tx_next > EDMA_RING_ENTRIES)
		eq->tx_posted = eq->tx_next;

	return eq->tx_posted - eq->tx_next;
}

static struct edma_desc *tx_find(struct edma_qp *eq, enum edma_desc_state state)
{
	unsigned int i;

	for (i = 0; i < EDMA_DESCS; i++)
		if (eq->descs[i].state == state)
			return &eq->descs[i];

	return NULL;
}

static void tx_try_later(struct edma_qp *eq)
{
	mod_timer(&eq->tx_retry, jiffies + 1);
}

/* The peer waits for what is lost before it takes what came behind. */
static bool tx_send_void(struct edma_qp *eq, struct edma_chan *ec)
{
	struct edma_desc *desc;

	while ((desc = tx_find(eq, EDMA_DESC_LOST))) {
		edma_desc_void(desc);
		if (edma_desc_submit(desc, ec)) {
			tx_try_later(eq);
			return false;
		}
	}

	return true;
}

static void tx_fill(struct edma_qp *eq, struct edma_desc *desc, u32 room)
{
	struct ntb_queue_entry *entry, *next;
	unsigned int before = eq->tx_pend_bytes;

	edma_desc_begin(desc, eq->tx_next);
	list_for_each_entry_safe(entry, next, &eq->tx_pend_q, entry) {
		if (desc->count == min(room, EDMA_BATCH) ||
		    before - eq->tx_pend_bytes >= EDMA_BATCH_BYTES)
			break;
		eq->tx_pend--;
		eq->tx_pend_bytes -= entry->len;
		edma_desc_add(desc, entry);
	}
}

static void tx_unfill(struct edma_qp *eq, struct edma_desc *desc)
{
	struct ntb_queue_entry *entry;

	list_for_each_entry(entry, &desc->frames, entry) {
		eq->tx_pend++;
		eq->tx_pend_bytes += entry->len;
	}
	list_splice_init(&desc->frames, &eq->tx_pend_q);
}

/* Returns true if a descriptor took off. */
static bool tx_send(struct edma_qp *eq, struct edma_chan *ec)
{
	struct edma_desc *desc = tx_find(eq, EDMA_DESC_FREE);
	u32 room;

	if (!desc)
		return false;

	room = tx_room(eq);
	if (!room) {
		if (!eq->tx_starved)
			eq->qp->stats.tx_starved++;
		eq->tx_starved = true;
		return false;
	}
	eq->tx_starved = false;

	tx_fill(eq, desc, room);
	if (edma_desc_submit(desc, ec)) {
		tx_unfill(eq, desc);
		tx_try_later(eq);
		return false;
	}
	eq->tx_next += desc->count;

	return true;
}

/* Is there cause for a descriptor? */
static bool tx_wanted(struct edma_qp *eq)
{
	if (list_empty(&eq->tx_pend_q))
		return false;
	if (eq->tx_flying)
		return eq->tx_pend_bytes >= TX_PARALLEL;

	return !edma_hold(eq);
}

/**
 * edma_tx_start() - start descriptors if there is cause
 * @eq:		queue pair; its tx_lock is held
 */
void edma_tx_start(struct edma_qp *eq)
{
	struct edma_chan *ec;

	if (!eq->tx_open)
		return;

	do {
		ec = edma_chan_choose(eq->ed, eq->qp->qp_num);
		/* who terminates the channels calls again */
		if (!ec || !tx_send_void(eq, ec))
			return;
	} while (tx_wanted(eq) && tx_send(eq, ec));
}

/**
 * edma_tx_resume() - send what waits, if it can be sent now
 * @eq:		queue pair
 */
void edma_tx_resume(struct edma_qp *eq)
{
	guard(spinlock_irqsave)(&eq->tx_lock);
	edma_tx_start(eq);
}

/**
 * edma_tx_sync() - wait for a descriptor being prepared
 * @eq:		queue pair
 */
void edma_tx_sync(struct edma_qp *eq)
{
	guard(spinlock_irqsave)(&eq->tx_lock);
}

static void tx_retry(struct timer_list *t)
{
	struct edma_qp *eq = timer_container_of(eq, t, tx_retry);

	edma_tx_resume(eq);
}

static void tx_tasklet(struct tasklet_struct *t)
{
	struct edma_qp *eq = from_tasklet(eq, t, tx_tasklet);

	edma_tx_resume(eq);
}

int edma_tx_enqueue(struct ntb_transport_qp *qp, struct ntb_queue_entry *entry)
{
	struct edma_qp *eq = qp->priv;
	struct device *dev = eq->ed->dma_dev;

	entry->dma = dma_map_single(dev, entry->buf, entry->len, DMA_TO_DEVICE);
	if (dma_mapping_error(dev, entry->dma))
		return -EAGAIN;

	scoped_guard(spinlock_irqsave, &eq->tx_lock) {
		if (eq->tx_open) {
			atomic_inc(&eq->tx_queued);
			eq->tx_pend++;
			eq->tx_pend_bytes += entry->len;
			list_add_tail(&entry->entry, &eq->tx_pend_q);
			/* not at once: often more frames follow this one */
			if (!eq->tx_flying || eq->tx_pend_bytes >= TX_PARALLEL)
				tasklet_schedule(&eq->tx_tasklet);
			return 0;
		}
	}

	dma_unmap_single(dev, entry->dma, entry->len, DMA_TO_DEVICE);
	return -ENOLINK;
}

unsigned int edma_tx_free(struct ntb_transport_qp *qp)
{
	struct edma_qp *eq = qp->priv;

	return eq ? EDMA_TX_ENTRIES - atomic_read(&eq->tx_queued) : 0;
}

/**
 * edma_tx_init() - once a queue pair
 * @eq:		queue pair
 */
void edma_tx_init(struct edma_qp *eq)
{
	unsigned int i;

	spin_lock_init(&eq->tx_lock);
	INIT_LIST_HEAD(&eq->tx_pend_q);
	for (i = 0; i < EDMA_DESCS; i++) {
		eq->descs[i].eq = eq;
		INIT_LIST_HEAD(&eq->descs[i].frames);
	}
	tasklet_setup(&eq->tx_tasklet, tx_tasklet);
	timer_setup(&eq->tx_retry, tx_retry, 0);
	edma_hold_init(eq);
}

void edma_tx_open(struct edma_qp *eq)
{
	unsigned int i;

	guard(spinlock_irqsave)(&eq->tx_lock);

	for (i = 0; i < EDMA_DESCS; i++)
		eq->descs[i].state = EDMA_DESC_FREE;
	eq->tx_next = 0;
	eq->tx_posted = 0;
	eq->tx_starved = false;
	eq->tx_last = jiffies - HZ;
	edma_hold_reset(eq);
	eq->tx_open = true;
}

/* Terminates the channels on which a descriptor does not end. */
static void tx_abort(struct edma_qp *eq)
{
	unsigned int i;

	for (i = 0; i < EDMA_DESCS; i++)
		if (READ_ONCE(eq->descs[i].state) == EDMA_DESC_FLYING)
			edma_chan_abort(eq->descs[i].chan);
}

/**
 * edma_tx_close() - end transmission
 * @eq:		queue pair
 *
 * No transfer is in flight on return; frames not sent have been given back.
 */
void edma_tx_close(struct edma_qp *eq)
{
	LIST_HEAD(unsent);

	scoped_guard(spinlock_irqsave, &eq->tx_lock) {
		eq->tx_open = false;
		list_splice_init(&eq->tx_pend_q, &unsent);
		eq->tx_pend = 0;
		eq->tx_pend_bytes = 0;
	}
	timer_delete_sync(&eq->tx_retry);
	hrtimer_cancel(&eq->hold.timer);
	tasklet_kill(&eq->tx_tasklet);

	if (!wait_event_timeout(eq->wq, !READ_ONCE(eq->tx_flying),
				msecs_to_jiffies(500)))
		tx_abort(eq);

	/* finished transfers have scheduled it again */
	tasklet_kill(&eq->tx_tasklet);

	local_bh_disable();
	edma_tx_return(eq, &unsent, -ENOLINK);
	local_bh_enable();
}
