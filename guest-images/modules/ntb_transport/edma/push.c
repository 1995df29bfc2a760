// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remote-eDMA backend: the endpoint pushes the buffers that it has posted.
 *
 * A write channel copies them from the control structure into the host's memory,
 * many at once, and behind them how many they are.
 */
#include "edma/posts.h"
#include "edma/push.h"
#include "edma/tx.h"

/* So many are copied at once, unless the host has fewer than that left. */
#define EDMA_PUSH_BATCH		32

static void edma_push_copy(struct edma_qp *eq, u32 first, u32 count)
{
	struct edma_desc *desc = &eq->descs[EDMA_PUSH_DESC];
	struct edma_dev *ed = eq->ed;
	u32 slot = first % EDMA_RING_ENTRIES;
	size_t size = sizeof(struct edma_post);

	edma_desc_element(desc, ctrl_read64(ed, ctrl_addr) + edma_post_at(eq, ed->me, first),
			  eq->peer_posts + offsetof(struct edma_posts, post) + slot * size,
			  count * size);
}

/*
 * A copy that was terminated may have been made all the same: what the host has
 * used up by now it had. Else more than a ring could be copied at once.
 */
static void edma_push_catch_up(struct edma_qp *eq)
{
	u32 used = READ_ONCE(eq->rx_cons);

	if ((s32)(used - eq->pushed) > 0)
		WRITE_ONCE(eq->pushed, used);
}

static bool edma_push_is_due(struct edma_qp *eq, u32 posted)
{
	if (posted == eq->pushed)
		return false;

	return posted - eq->pushed >= EDMA_PUSH_BATCH ||
	       eq->pushed - READ_ONCE(eq->rx_cons) < EDMA_PUSH_BATCH;
}

/*
 * It is tried again a jiffy later, and when it fails so often in a row the peer
 * is taken for gone. Called with tx_lock held.
 */
static void edma_push_failed(struct edma_qp *eq)
{
	if (++eq->push_failures == EDMA_TX_FAILURES) {
		dev_err(nt_dev(eq->ed->nt),
			"qp %u: the peer could not be told of the buffers posted %u times in a row: starting over\n",
			eq->qp->qp_num, eq->push_failures);
		ntb_qp_link_lost(eq->qp);
	}
	mod_timer(&eq->tx_retry, jiffies + 1);
}

/**
 * edma_push() - have the engine copy the buffers posted, if that is due
 * @eq:		open queue pair; its tx_lock is held. Nothing is pushed by the host
 */
void edma_push(struct edma_qp *eq)
{
	struct edma_desc *desc = &eq->descs[EDMA_PUSH_DESC];
	struct edma_dev *ed = eq->ed;
	/* the buffers were written before, see edma_rx_post_one() */
	u32 posted = smp_load_acquire(&eq->rx_posted);
	struct edma_chan *ec;
	u32 now;

	if (ed->me != EDMA_ENDPOINT || desc->state == EDMA_DESC_FLYING)
		return;
	edma_push_catch_up(eq);
	if (!edma_push_is_due(eq, posted))
		return;
	/* edma_tx_abort() has it tried again */
	ec = edma_chan_choose(ed, eq->qp->qp_num);
	if (!ec)
		return;

	edma_desc_begin(desc, eq->pushed);
	desc->count = posted - eq->pushed;
	now = min(desc->count, EDMA_RING_ENTRIES - eq->pushed % EDMA_RING_ENTRIES);
	edma_push_copy(eq, eq->pushed, now);
	if (now < desc->count)
		edma_push_copy(eq, eq->pushed + now, desc->count - now);
	/* a copy: the number goes on while the engine is at work */
	eq->local->shadow_prod = cpu_to_le32(posted);
	edma_desc_element(desc, eq->local_dma + offsetof(struct edma_local, shadow_prod),
			  eq->peer_posts + offsetof(struct edma_posts, prod), sizeof(__le32));

	if (edma_desc_start(desc, ec))
		edma_push_failed(eq);
}

/**
 * edma_push_ended() - the copy has ended
 * @desc:	its descriptor
 * @result:	0, or an errno if it has failed or was terminated
 *
 * In softirq context, or with softirqs disabled.
 */
void edma_push_ended(struct edma_desc *desc, int result)
{
	struct edma_qp *eq = desc->eq;

	guard(spinlock_irqsave)(&eq->tx_lock);

	if (desc->state != EDMA_DESC_FLYING)
		return;
	atomic_dec(&desc->chan->flying);
	WRITE_ONCE(desc->chan->last, jiffies);
	WRITE_ONCE(desc->state, EDMA_DESC_FREE);
	if (!result) {
		eq->push_failures = 0;
		WRITE_ONCE(eq->pushed, desc->first + desc->count);
		eq->tx_dma_bytes += desc->bytes;
		if (eq->tx_open)
			edma_push(eq);
	} else if (eq->tx_open) {
		edma_push_failed(eq);
	}
	/* the last thing done with the pair: edma_tx_close() waits for it */
	wake_up(&eq->wq);
}

/**
 * edma_push_is_awaited() - does the host wait for what has just been copied?
 * @eq:		queue pair whose copy has been made, but is not known to have ended
 *
 * Return: true if it is to be notified
 */
bool edma_push_is_awaited(struct edma_qp *eq)
{
	const struct edma_desc *desc = &eq->descs[EDMA_PUSH_DESC];

	/* copied before this look, see edma_posts_ask() */
	mb();
	return edma_posts_passes(side_read(eq, eq->ed->peer, want_post), desc->first,
				 desc->first + desc->count);
}
