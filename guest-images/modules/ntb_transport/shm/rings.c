// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared-memory backend: the rings.
 */
#include "shm/shm.h"

/* Slots free for us in the peer's ring, but one that tells full from empty. */
unsigned int shm_tx_free(struct ntb_transport_qp *qp)
{
	struct shm_qp *sq = qp->priv;
	struct shm_consumer *consumer;
	unsigned int head, tail;

	if (!sq)
		return 0;
	consumer = READ_ONCE(sq->consumer);
	if (!consumer)
		return 0;

	head = READ_ONCE(sq->tx_index);
	tail = READ_ONCE(consumer->entry);

	return tail >= head ? tail - head : sq->tx_max_entry + tail - head;
}

/* The payload is in the peer's ring. */
static void shm_tx_done(struct ntb_queue_entry *entry)
{
	struct shm_header __iomem *hdr = entry->tx_hdr;
	struct ntb_transport_qp *qp = entry->qp;

	iowrite32(entry->flags | SHM_DONE, &hdr->flags);
	/*
	 * The doorbell must not overtake the flag. The window may be mapped
	 * write-combining, and only a read pushes what is still on its way.
	 */
	dma_mb();
	/* all ones: the device is gone, and its doorbells with it */
	if (ioread32(&hdr->flags) != ~0U) {
		ntb_peer_db_set(qp->ndev, BIT_ULL(qp->qp_num));
		qp->stats.notifies++;
	}

	/* a link-down frame has no payload and no client */
	if (entry->len)
		ntb_qp_sent(qp, entry, 0);
	else
		ntb_list_add(&qp->tx_lock, entry, &qp->tx_free_q);
}

int shm_tx_enqueue(struct ntb_transport_qp *qp, struct ntb_queue_entry *entry)
{
	struct shm_qp *sq = qp->priv;
	void __iomem *slot;

	if (!shm_tx_free(qp)) {
		qp->stats.tx_ring_full++;
		return -EAGAIN;
	}

	entry->index = sq->tx_index;
	slot = sq->tx_mw + sq->tx_max_frame * entry->index;
	entry->tx_hdr = slot + sq->tx_max_frame - sizeof(struct shm_header);
	WRITE_ONCE(sq->tx_index, (sq->tx_index + 1) % sq->tx_max_entry);

	iowrite32(entry->len, &entry->tx_hdr->len);
	iowrite32(sq->tx_seq++, &entry->tx_hdr->ver);
	shm_copy_tx(entry);

	return 0;
}

static struct ntb_queue_entry *shm_rx_next_done(struct ntb_transport_qp *qp)
{
	struct shm_qp *sq = qp->priv;
	struct ntb_queue_entry *entry;

	guard(spinlock_irqsave)(&qp->rx_lock);
	entry = list_first_entry_or_null(&qp->rx_post_q, struct ntb_queue_entry, entry);
	if (!entry || !(entry->flags & SHM_DONE))
		return NULL;

	list_del(&entry->entry);
	entry->rx_hdr->flags = 0;
	iowrite32(entry->index, &sq->peer_consumer->entry);

	return entry;
}

/* Hand over what has been received, in order. */
static void shm_rx_complete(struct ntb_transport_qp *qp)
{
	struct ntb_queue_entry *entry;

	while ((entry = shm_rx_next_done(qp)))
		ntb_qp_received(qp, entry);
}

/* The payload is in the client's buffer. */
static void shm_rx_done(struct ntb_queue_entry *entry)
{
	entry->flags |= SHM_DONE;
	shm_rx_complete(entry->qp);
}

const struct shm_copy_ends shm_ring_ends = {
	.tx = shm_tx_done,
	.rx = shm_rx_done,
};

static struct ntb_queue_entry *shm_rx_take_buffer(struct ntb_transport_qp *qp)
{
	struct ntb_queue_entry *entry;

	guard(spinlock_irqsave)(&qp->rx_lock);
	entry = list_first_entry_or_null(&qp->rx_pend_q, struct ntb_queue_entry, entry);
	if (entry)
		list_move_tail(&entry->entry, &qp->rx_post_q);

	return entry;
}

/* Returns true if a slot was emptied. */
static bool shm_rx_one(struct ntb_transport_qp *qp)
{
	struct shm_qp *sq = qp->priv;
	struct shm_header *hdr = shm_rx_header(sq, sq->rx_index);
	struct ntb_queue_entry *entry;
	u32 flags = READ_ONCE(hdr->flags);
	u32 len;

	if (!(flags & SHM_DONE)) {
		qp->stats.rx_ring_empty++;
		return false;
	}
	/* the rest of the slot was written before the flag */
	dma_rmb();

	if (flags & SHM_LINK_DOWN) {
		hdr->flags = 0;
		ntb_qp_link_lost(qp);
		return false;
	}
	if (READ_ONCE(hdr->ver) != sq->rx_seq) {
		qp->stats.rx_err_ver++;
		return false;
	}

	entry = shm_rx_take_buffer(qp);
	if (!entry) {
		qp->stats.rx_err_no_buf++;
		return false;
	}

	entry->rx_hdr = hdr;
	entry->index = sq->rx_index;
	sq->rx_index = (sq->rx_index + 1) % sq->rx_max_entry;

	/* the peer has counted it, whether it fits or not */
	sq->rx_seq++;
	/* the peer can still write there: what is used is what was looked at */
	len = READ_ONCE(hdr->len);
	if (len > entry->size || len > sq->rx_max_frame - sizeof(*hdr)) {
		qp->stats.rx_err_oflow++;
		entry->len = -EIO;
		shm_rx_done(entry);
		return true;
	}

	qp->stats.rx_pkts++;
	qp->stats.rx_bytes += len;
	entry->len = len;
	shm_copy_rx(entry);

	return true;
}

bool shm_rx_poll(struct ntb_transport_qp *qp)
{
	struct shm_qp *sq = qp->priv;
	u64 bit = BIT_ULL(qp->qp_num);
	unsigned int i;

	/* one round, then others may run */
	for (i = 0; i < sq->rx_max_entry; i++)
		if (!shm_rx_one(qp))
			break;

	if (i)
		shm_dma_rx_flush(qp);
	if (i == sq->rx_max_entry)
		return true;
	if (!(ntb_db_read(qp->ndev) & bit))
		return false;

	ntb_db_clear(qp->ndev, bit);
	/* the clearing has arrived when this returns */
	ntb_db_read(qp->ndev);
	/* the doorbell may have rung after the last look at the ring */
	return true;
}

static bool shm_rx_has_buffer(struct ntb_transport_qp *qp)
{
	guard(spinlock_irqsave)(&qp->rx_lock);
	return !list_empty(&qp->rx_pend_q);
}

/**
 * shm_rx_missed() - has a frame come that nobody has told of?
 * @qp:	queue pair that is up; its context's link_event_lock is held
 *
 * Return: true if one could have been received since this was asked last
 */
bool shm_rx_missed(struct ntb_transport_qp *qp)
{
	struct shm_dev *sd = qp->transport->priv;
	struct shm_qp *sq = &sd->qps[qp->qp_num];
	u32 seq = READ_ONCE(sq->rx_seq);
	bool waits, missed;
	u32 flags;

	flags = READ_ONCE(shm_rx_header(sq, READ_ONCE(sq->rx_index))->flags);
	waits = flags & SHM_DONE && (flags & SHM_LINK_DOWN || shm_rx_has_buffer(qp));
	missed = waits && sq->rx_waits && sq->rx_waits_seq == seq;
	sq->rx_waits = waits;
	sq->rx_waits_seq = seq;

	return missed;
}
