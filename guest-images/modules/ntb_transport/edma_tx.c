// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remote-eDMA backend: transmission.
 *
 * A queue pair has one descriptor in flight. Frames that come meanwhile wait
 * and go out together in the next: their payloads into the buffers the peer
 * has posted, then their completions, then the producer index, which makes
 * them visible. A descriptor that fails has not moved the index, so the next
 * one uses the same buffers and the peer never knows.
 */
#include <linux/dma-mapping.h>

#include "edma.h"

/* How many of the peer's buffers are left. Called with tx_lock held. */
static u32 edma_tx_room(struct edma_qp *eq)
{
	struct edma_dev *ed = eq->ed;

	if (eq->tx_posted == eq->tx_cons)
		eq->tx_posted = side_read(eq, ed->peer, post_prod);
	if (eq->tx_posted == eq->tx_cons) {
		side_write(eq, ed->me, want_post, eq->tx_cons);
		/* asked to be told before looking again, see edma_rx_post() */
		mb();
		eq->tx_posted = side_read(eq, ed->peer, post_prod);
	}

	/* more than a ring: the peer is gone and reads as all ones */
	if (eq->tx_posted - eq->tx_cons > EDMA_RING_ENTRIES)
		eq->tx_posted = eq->tx_cons;

	return eq->tx_posted - eq->tx_cons;
}

/* Gaps between chunks are modulo 2^64, so a chunk may begin anywhere. */
static void edma_tx_element(struct edma_qp *eq, u64 src, u64 dst, size_t len)
{
	struct dma_interleaved_template *il = eq->il;
	size_t n = il->frame_size++;

	if (!n) {
		il->src_start = src;
		il->dst_start = dst;
	} else {
		il->sgl[n - 1].src_icg = src - eq->il_src;
		il->sgl[n - 1].dst_icg = dst - eq->il_dst;
	}
	il->sgl[n].size = len;
	il->sgl[n].icg = 0;
	il->sgl[n].src_icg = 0;
	il->sgl[n].dst_icg = 0;
	eq->il_src = src + len;
	eq->il_dst = dst + len;
}

static void edma_tx_completions(struct edma_qp *eq, u32 first, u32 count)
{
	u64 shadow = eq->local_dma + offsetof(struct edma_local, shadow);
	u32 slot = first % EDMA_RING_ENTRIES;
	u32 now = min(count, EDMA_RING_ENTRIES - slot);
	size_t off = slot * sizeof(struct edma_completion);

	edma_tx_element(eq, shadow + off, eq->peer_comp + off,
			now * sizeof(struct edma_completion));
	if (now < count)
		edma_tx_element(eq, shadow, eq->peer_comp,
				(count - now) * sizeof(struct edma_completion));

	eq->local->shadow_prod = cpu_to_le32(first + count);
	edma_tx_element(eq, eq->local_dma + offsetof(struct edma_local,
						     shadow_prod),
			eq->peer_prod, sizeof(__le32));
}

static void edma_tx_frame(struct edma_qp *eq, struct ntb_queue_entry *entry,
			  u32 seq)
{
	struct edma_completion *comp;
	void __iomem *post;
	u32 flags = 0;

	post = edma_post_at(eq, eq->ed->peer, seq);
	if (entry->len <= readl(post + offsetof(struct edma_post, len)))
		edma_tx_element(eq, entry->dma,
				readq(post + offsetof(struct edma_post, addr)),
				entry->len);
	else
		flags = EDMA_TOO_LONG;

	comp = &eq->local->shadow[seq % EDMA_RING_ENTRIES];
	comp->seq = cpu_to_le32(seq);
	comp->len = cpu_to_le32(entry->len);
	comp->flags = cpu_to_le32(flags);
}

static void edma_tx_done(void *param, const struct dmaengine_result *res);
static void edma_tx_start(struct edma_qp *eq);

static int edma_tx_submit(struct edma_qp *eq)
{
	struct dma_async_tx_descriptor *txd;

	/* the engine reads what was written to the shadow rings */
	dma_wmb();

	txd = dmaengine_prep_interleaved_dma(eq->chan->dma, eq->il,
					     DMA_PREP_INTERRUPT | DMA_CTRL_ACK);
	if (!txd)
		return -ENOMEM;

	txd->callback_result = edma_tx_done;
	txd->callback_param = eq;
	if (dma_submit_error(dmaengine_submit(txd)))
		return -EIO;

	eq->tx_busy = true;
	dma_async_issue_pending(eq->chan->dma);

	return 0;
}

/*
 * A descriptor costs both sides interrupts and register accesses across the
 * link, whatever it moves. So while traffic flows, a few bytes wait for more,
 * at most tx_hold_us - unless waiting has lately brought nothing, as when each
 * frame answers one of the peer's. Called with tx_lock held.
 */
static bool edma_tx_hold(struct edma_qp *eq)
{
	if (eq->hold == EDMA_HOLD_WAITING) {
		if (eq->tx_pend_bytes < EDMA_TX_ENOUGH)
			return true;
		hrtimer_try_to_cancel(&eq->hold_timer);
		eq->hold_credit = min(eq->hold_credit + 1, EDMA_HOLD_CREDIT);
		return false;
	}
	if (eq->hold == EDMA_HOLD_OVER) {
		if (eq->tx_pend > eq->hold_pend)
			eq->hold_credit = min(eq->hold_credit + 1,
					      EDMA_HOLD_CREDIT);
		else
			eq->hold_credit--;
		return false;
	}

	if (!edma_tx_hold_us || eq->tx_pend_bytes >= EDMA_TX_ENOUGH ||
	    time_after(jiffies, eq->tx_last + 1))
		return false;
	if (eq->hold_credit <= 0) {
		/* try again now and then */
		if (eq->hold_credit-- > -EDMA_HOLD_PAUSE)
			return false;
		eq->hold_credit = 1;
	}

	eq->hold = EDMA_HOLD_WAITING;
	eq->hold_pend = eq->tx_pend;
	hrtimer_start(&eq->hold_timer, us_to_ktime(edma_tx_hold_us),
		      HRTIMER_MODE_REL_SOFT);
	return true;
}

enum hrtimer_restart edma_tx_hold_timer(struct hrtimer *timer)
{
	struct edma_qp *eq = container_of(timer, struct edma_qp, hold_timer);

	guard(spinlock_irqsave)(&eq->tx_lock);
	if (eq->hold == EDMA_HOLD_WAITING) {
		eq->hold = EDMA_HOLD_OVER;
		edma_tx_start(eq);
	}

	return HRTIMER_NORESTART;
}

/* Start a descriptor if there is cause. Called with tx_lock held. */
static void edma_tx_start(struct edma_qp *eq)
{
	struct ntb_queue_entry *entry, *next;
	u32 room, n = 0;

	if (!eq->tx_open || eq->tx_busy || list_empty(&eq->tx_pend_q) ||
	    READ_ONCE(eq->chan->aborting))
		return;
	if (edma_tx_hold(eq))
		return;
	eq->hold = EDMA_HOLD_NONE;

	room = edma_tx_room(eq);
	if (!room) {
		if (!eq->tx_starved)
			eq->qp->stats.tx_starved++;
		eq->tx_starved = true;
		return;
	}
	eq->tx_starved = false;

	eq->il->frame_size = 0;
	list_for_each_entry_safe(entry, next, &eq->tx_pend_q, entry) {
		if (n == room || n == EDMA_BATCH)
			break;
		edma_tx_frame(eq, entry, eq->tx_cons + n);
		eq->tx_pend--;
		eq->tx_pend_bytes -= entry->len;
		list_move_tail(&entry->entry, &eq->tx_flight_q);
		n++;
	}
	edma_tx_completions(eq, eq->tx_cons, n);
	eq->tx_count = n;

	if (edma_tx_submit(eq)) {
		list_for_each_entry(entry, &eq->tx_flight_q, entry) {
			eq->tx_pend++;
			eq->tx_pend_bytes += entry->len;
		}
		list_splice_init(&eq->tx_flight_q, &eq->tx_pend_q);
		eq->tx_count = 0;
		mod_timer(&eq->tx_retry, jiffies + 1);
		return;
	}
	eq->qp->stats.tx_batches++;
}

/* Gives entries of a private list back to the client. No lock held. */
static void edma_tx_return(struct edma_qp *eq, struct list_head *list,
			   int result)
{
	struct ntb_queue_entry *entry, *next;

	list_for_each_entry_safe(entry, next, list, entry) {
		list_del(&entry->entry);
		dma_unmap_single(eq->ed->dma_dev, entry->dma, entry->len,
				 DMA_TO_DEVICE);
		atomic_dec(&eq->tx_queued);
		ntb_qp_sent(eq->qp, entry, result);
	}
}

static void edma_tx_finish(struct edma_qp *eq, int result)
{
	LIST_HEAD(done);

	scoped_guard(spinlock_irqsave, &eq->tx_lock) {
		if (!eq->tx_busy)
			return;
		list_splice_init(&eq->tx_flight_q, &done);
		if (!result) {
			eq->tx_cons += eq->tx_count;
			eq->qp->stats.tx_async += eq->tx_count;
		}
		eq->tx_count = 0;
		eq->tx_busy = false;
		eq->tx_last = jiffies;
	}

	/*
	 * First the client, which may have waited for this to send more, then
	 * the next descriptor with all of it: the tasklet is behind the one in
	 * which TCP sends what its small-queue limit held back.
	 */
	edma_tx_return(eq, &done, result);
	tasklet_schedule(&eq->tx_tasklet);
	wake_up(&eq->wq);
}

/* In the DMA driver's tasklet. */
static void edma_tx_done(void *param, const struct dmaengine_result *res)
{
	struct edma_qp *eq = param;
	struct edma_dev *ed = eq->ed;
	bool failed = res && res->result != DMA_TRANS_NOERROR;

	if (failed)
		dev_err_ratelimited(nt_dev(ed->nt), "qp %u: DMA channel %u reports error %d: %u frames lost\n",
				    eq->qp->qp_num, eq->chan->index,
				    res->result, eq->tx_count);
	else if (!ed->early)
		ed->side->notify(ed, eq->qp);

	edma_tx_finish(eq, failed ? -EIO : 0);
}

/**
 * edma_tx_abort() - the channel was terminated
 * @eq:		queue pair
 *
 * The callback of a descriptor in flight will not come.
 */
void edma_tx_abort(struct edma_qp *eq)
{
	edma_tx_finish(eq, -EIO);
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

void edma_tx_retry(struct timer_list *t)
{
	struct edma_qp *eq = timer_container_of(eq, t, tx_retry);

	edma_tx_resume(eq);
}

void edma_tx_tasklet(struct tasklet_struct *t)
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
			if (!eq->tx_busy)
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

void edma_tx_open(struct edma_qp *eq)
{
	guard(spinlock_irqsave)(&eq->tx_lock);

	eq->tx_cons = 0;
	eq->tx_posted = 0;
	eq->tx_starved = false;
	eq->hold = EDMA_HOLD_NONE;
	eq->hold_credit = EDMA_HOLD_CREDIT;
	eq->tx_last = jiffies - HZ;
	eq->tx_open = true;
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
	hrtimer_cancel(&eq->hold_timer);
	tasklet_kill(&eq->tx_tasklet);

	if (!wait_event_timeout(eq->wq, !READ_ONCE(eq->tx_busy),
				msecs_to_jiffies(500)))
		edma_chan_abort(eq->chan);

	/* finished transfers have scheduled it again */
	tasklet_kill(&eq->tx_tasklet);

	local_bh_disable();
	edma_tx_return(eq, &unsent, -ENOLINK);
	local_bh_enable();
}
