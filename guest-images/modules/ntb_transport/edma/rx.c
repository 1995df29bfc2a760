// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remote-eDMA backend: reception. Client buffers are posted in the control
 * structure; the peer's engine fills them in that order and writes a
 * completion for each into own memory.
 */
#include <linux/dma-mapping.h>

#include "edma/posts.h"
#include "edma/rx.h"

/* Returns false if it cannot be mapped. */
static bool edma_rx_post_one(struct edma_qp *eq, struct ntb_queue_entry *entry)
{
	struct edma_dev *ed = eq->ed;
	size_t post;

	entry->dma = dma_map_single(ed->dma_dev, entry->buf, entry->size, DMA_FROM_DEVICE);
	if (dma_mapping_error(ed->dma_dev, entry->dma)) {
		eq->qp->stats.rx_err_no_buf++;
		return false;
	}

	post = edma_post_at(eq, ed->me, eq->rx_posted);
	edma_ctrl_write64_relaxed(&ed->ctrl, post + offsetof(struct edma_post, addr), entry->dma);
	edma_ctrl_write32_relaxed(&ed->ctrl, post + offsetof(struct edma_post, len), entry->size);
	eq->rx_slot[eq->rx_posted % EDMA_RING_ENTRIES] = entry;
	/* what is behind it comes after these: the write of post_prod, and edma_push() */
	smp_store_release(&eq->rx_posted, eq->rx_posted + 1);

	return true;
}

/* Called with rx_posting held. */
static void edma_rx_post_pending(struct edma_qp *eq)
{
	struct ntb_transport_qp *qp = eq->qp;
	struct ntb_queue_entry *entry, *next;
	LIST_HEAD(pending);

	scoped_guard(spinlock, &qp->rx_lock)
		list_splice_init(&qp->rx_pend_q, &pending);

	list_for_each_entry_safe(entry, next, &pending, entry) {
		if (eq->rx_posted - eq->rx_cons == EDMA_RING_ENTRIES)
			break;
		list_del(&entry->entry);
		if (!edma_rx_post_one(eq, entry)) {
			list_add(&entry->entry, &pending);
			break;
		}
	}

	if (!list_empty(&pending)) {
		guard(spinlock)(&qp->rx_lock);
		list_splice(&pending, &qp->rx_pend_q);
	}
}

static void edma_rx_post(struct edma_qp *eq)
{
	struct edma_dev *ed = eq->ed;
	u32 old, want;

	if (list_empty_careful(&eq->qp->rx_pend_q))
		return;

	scoped_guard(spinlock_irqsave, &eq->rx_posting) {
		old = eq->rx_posted;
		edma_rx_post_pending(eq);
		/* the endpoint's are told of when they have been pushed */
		if (eq->rx_posted == old || ed->me == EDMA_ENDPOINT)
			return;
		side_write(eq, ed->me, post_prod, eq->rx_posted);
	}

	/* pairs with the peer's second look, see edma_posts_ask() */
	mb();
	want = side_read(eq, ed->peer, want_post);
	if (edma_posts_passes(want, old, eq->rx_posted))
		ed->side->notify(ed, eq->qp);
}

/* What the client is to get goes to the end of the list. */
static void edma_rx_one(struct edma_qp *eq, struct list_head *list)
{
	u32 slot = eq->rx_cons % EDMA_RING_ENTRIES;
	struct edma_completion *comp = &eq->local->comp[slot];
	struct ntb_queue_entry *entry = eq->rx_slot[slot];
	struct ntb_qp_stats *stats = &eq->qp->stats;
	u32 len = le32_to_cpu(comp->len);

	dma_unmap_single(eq->ed->dma_dev, entry->dma, entry->size, DMA_FROM_DEVICE);
	eq->rx_slot[slot] = NULL;

	if (le32_to_cpu(comp->seq) != eq->rx_cons) {
		stats->rx_err_ver++;
		entry->len = -EIO;
	} else if (le32_to_cpu(comp->flags) & EDMA_VOID) {
		stats->rx_lost++;
		WRITE_ONCE(eq->rx_cons, eq->rx_cons + 1);
		ntb_list_add(&eq->qp->rx_lock, entry, &eq->qp->rx_pend_q);
		return;
	} else if (le32_to_cpu(comp->flags) & EDMA_TOO_LONG || len > entry->size) {
		stats->rx_err_oflow++;
		entry->len = -EIO;
	} else {
		stats->rx_pkts++;
		stats->rx_bytes += len;
		stats->rx_async++;
		entry->len = len;
	}

	WRITE_ONCE(eq->rx_cons, eq->rx_cons + 1);
	list_add_tail(&entry->entry, list);
}

/*
 * Completions that are there. A commit of the ring's last round is behind
 * rx_cons, and one that makes no sense is beyond the buffers posted.
 */
static u32 edma_rx_ready(struct edma_qp *eq)
{
	u32 slot = eq->rx_end % EDMA_RING_ENTRIES;
	u32 end;

	if (eq->rx_end == eq->rx_cons) {
		end = le32_to_cpu(READ_ONCE(eq->local->commit[slot]));
		/* the completions were written before the commit */
		dma_rmb();
		if (end - eq->rx_cons <= eq->rx_posted - eq->rx_cons)
			eq->rx_end = end;
	}

	return eq->rx_end - eq->rx_cons;
}

/*
 * Every interrupt runs softirqs on its way out, the tick, too. Where the client
 * takes longer than a tick for its frames, nothing else would run: no work of
 * dw-edma, so that this side could not send, and no beat for the peer to see.
 */
static void edma_rx_adapt(struct edma_qp *eq, unsigned long began, bool more)
{
	if (time_after(jiffies, began + 1))
		eq->rx_budget = max(eq->rx_budget / 2, 1);
	else if (more)
		eq->rx_budget = min(eq->rx_budget * 2, EDMA_RX_BUDGET);
}

/**
 * edma_rx_poll() - take what has arrived, and post buffers
 * @eq:		queue pair whose receive tasklet runs
 *
 * Return: true if there is more
 */
bool edma_rx_poll(struct edma_qp *eq)
{
	struct ntb_transport_qp *qp = eq->qp;
	unsigned int budget = eq->rx_budget;
	unsigned long began = jiffies;
	u32 ready = edma_rx_ready(eq);
	LIST_HEAD(received);

	if (!ready)
		qp->stats.rx_ring_empty++;

	while (ready && budget) {
		edma_rx_one(eq, &received);
		budget--;
		if (!--ready || !budget) {
			ntb_qp_received_all(qp, &received);
			edma_rx_post(eq);
			ready = edma_rx_ready(eq);
		}
	}

	edma_rx_adapt(eq, began, !budget);
	/* the client may have posted outside its handler, too */
	edma_rx_post(eq);

	return ready;
}

/* Begin a session: empty rings, then the client's buffers. */
void edma_rx_open(struct edma_qp *eq)
{
	memset(eq->local, 0, sizeof(*eq->local));
	eq->rx_cons = 0;
	eq->rx_end = 0;
	eq->rx_posted = 0;
	eq->rx_budget = EDMA_RX_BUDGET;
	edma_rx_post(eq);
}

/**
 * edma_rx_close() - end a session
 * @eq:		queue pair
 * @safe:	no engine writes to the buffers posted any more
 *
 * The buffers go back to the client. If they are not safe they stay where they
 * are, mapped, and nobody gets them.
 */
void edma_rx_close(struct edma_qp *eq, bool safe)
{
	struct ntb_transport_qp *qp = eq->qp;
	struct ntb_queue_entry *entry;
	u32 slot;

	guard(spinlock_irqsave)(&eq->rx_posting);

	if (!safe && eq->rx_posted != eq->rx_cons) {
		dev_err(nt_dev(eq->ed->nt),
			"qp %u: %u receive buffers stay with an engine that does not stop: their memory is lost\n",
			qp->qp_num, eq->rx_posted - eq->rx_cons);
		memset(eq->rx_slot, 0, sizeof(eq->rx_slot));
		eq->rx_posted = eq->rx_cons;
	}

	/* frames that arrived after the tasklet's last run are lost */
	while (eq->rx_posted != eq->rx_cons) {
		slot = --eq->rx_posted % EDMA_RING_ENTRIES;
		entry = eq->rx_slot[slot];
		eq->rx_slot[slot] = NULL;
		dma_unmap_single(eq->ed->dma_dev, entry->dma, entry->size, DMA_FROM_DEVICE);
		scoped_guard(spinlock, &qp->rx_lock)
			list_add(&entry->entry, &qp->rx_pend_q);
	}
}

/**
 * edma_rx_kick() - the peer has something for one of some queue pairs
 * @ed:		device
 * @first:	first of them
 * @step:	distance of the next
 *
 * Any context.
 */
void edma_rx_kick(struct edma_dev *ed, unsigned int first, unsigned int step)
{
	unsigned int i;

	for (i = first; i < ed->nt->qp_count; i += step) {
		struct ntb_transport_qp *qp = &ed->nt->qp_vec[i];

		if (READ_ONCE(qp->active)) {
			qp->stats.interrupts++;
			tasklet_schedule(&qp->rx_tasklet);
		}
		wake_up(&ed->qps[i].wq);
	}
}

/**
 * edma_rx_kick_all() - look for what no notification has told of
 * @ed:		device
 */
void edma_rx_kick_all(struct edma_dev *ed)
{
	unsigned int i;

	for (i = 0; i < ed->nt->qp_count; i++)
		if (READ_ONCE(ed->nt->qp_vec[i].active))
			tasklet_schedule(&ed->nt->qp_vec[i].rx_tasklet);
}
