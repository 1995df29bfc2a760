// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remote-eDMA backend: transmission.
 *
 * Frames that come while a descriptor is in flight wait and go out together in
 * the next. Only if there is much to send are several descriptors in flight, on
 * different channels as long as some are idle: then the engine is busy while
 * the interrupt and the callback of the last one are handled.
 */
#include "edma/posts.h"
#include "edma/push.h"
#include "edma/tx.h"

/* How many of the peer's buffers are left. Called with tx_lock held. */
static u32 edma_tx_room(struct edma_qp *eq)
{
	if (eq->tx_posted == eq->tx_next)
		eq->tx_posted = edma_posts_known(eq);
	if (eq->tx_posted == eq->tx_next && !eq->tx_starved)
		eq->tx_posted = edma_posts_ask(eq, eq->tx_next);

	/* more than a ring: the peer is gone and reads as all ones */
	if (eq->tx_posted - eq->tx_next > EDMA_RING_ENTRIES)
		eq->tx_posted = eq->tx_next;

	return eq->tx_posted - eq->tx_next;
}

static struct edma_desc *edma_tx_find_desc(struct edma_qp *eq, enum edma_desc_state state)
{
	unsigned int i;

	for (i = 0; i < EDMA_DESCS; i++)
		if (eq->descs[i].state == state)
			return &eq->descs[i];

	return NULL;
}

static void edma_tx_try_later(struct edma_qp *eq)
{
	mod_timer(&eq->tx_retry, jiffies + 1);
}

/*
 * The peer waits for what is lost before it takes what came behind. Returns
 * false if that is still to be sent.
 */
static bool edma_tx_send_void(struct edma_qp *eq, struct edma_chan *ec)
{
	struct edma_desc *desc;

	while ((desc = edma_tx_find_desc(eq, EDMA_DESC_LOST))) {
		/* the first time at once, then with pauses */
		if (eq->tx_failures > 1 && !time_after(jiffies, eq->tx_last)) {
			edma_tx_try_later(eq);
			return false;
		}
		edma_desc_void(desc);
		if (edma_desc_submit(desc, ec)) {
			edma_tx_try_later(eq);
			return false;
		}
	}

	return true;
}

static void edma_tx_fill(struct edma_qp *eq, struct edma_desc *desc, u32 room)
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
		eq->tx_taken += entry->len;
		edma_desc_add(desc, entry);
	}
}

static void edma_tx_unfill(struct edma_qp *eq, struct edma_desc *desc)
{
	struct ntb_queue_entry *entry;

	list_for_each_entry(entry, &desc->frames, entry) {
		eq->tx_pend++;
		eq->tx_pend_bytes += entry->len;
		eq->tx_taken -= entry->len;
	}
	list_splice_init(&desc->frames, &eq->tx_pend_q);
}

/* Returns true if a descriptor was submitted. */
static bool edma_tx_send(struct edma_qp *eq, struct edma_chan *ec)
{
	struct edma_desc *desc = edma_tx_find_desc(eq, EDMA_DESC_FREE);
	u32 room;

	if (!desc)
		return false;

	room = edma_tx_room(eq);
	if (!room) {
		if (!eq->tx_starved)
			eq->qp->stats.tx_starved++;
		eq->tx_starved = true;
		return false;
	}
	eq->tx_starved = false;

	edma_tx_fill(eq, desc, room);
	if (edma_desc_submit(desc, ec)) {
		edma_tx_unfill(eq, desc);
		edma_tx_try_later(eq);
		return false;
	}
	eq->tx_next += desc->count;

	return true;
}

/* Is there cause for a descriptor? */
static bool edma_tx_wanted(struct edma_qp *eq)
{
	if (list_empty(&eq->tx_pend_q))
		return false;
	/* frames are not risked before a descriptor has ended well again */
	if (eq->tx_failures)
		return false;

	return !eq->tx_flying || eq->tx_pend_bytes >= EDMA_TX_PARALLEL;
}

/**
 * edma_tx_collect() - put the frames the client has given behind the others
 * @eq:		queue pair; its tx_lock is held
 */
void edma_tx_collect(struct edma_qp *eq)
{
	struct llist_node *node = llist_del_all(&eq->tx_new);
	struct ntb_queue_entry *entry, *next;

	llist_for_each_entry_safe(entry, next, llist_reverse_order(node), given) {
		eq->tx_pend++;
		eq->tx_pend_bytes += entry->len;
		list_add_tail(&entry->entry, &eq->tx_pend_q);
	}
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

	edma_push(eq);
	edma_tx_collect(eq);
	do {
		ec = edma_chan_choose(eq->ed, eq->qp->qp_num);
		/* edma_tx_abort() calls again when it has done with the channels */
		if (!ec || !edma_tx_send_void(eq, ec))
			return;
	} while (edma_tx_wanted(eq) && edma_tx_send(eq, ec));
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
