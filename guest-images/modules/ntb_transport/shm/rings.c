// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared-memory backend: the rings.
 */
#include <linux/seq_file.h>

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

/**
 * shm_tx_done() - the payload is in the peer's ring
 * @entry:	the frame
 */
void shm_tx_done(struct ntb_queue_entry *entry)
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
	entry = list_first_entry_or_null(&qp->rx_post_q,
					 struct ntb_queue_entry, entry);
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

/**
 * shm_rx_done() - the payload is in the client's buffer
 * @entry:	the frame
 */
void shm_rx_done(struct ntb_queue_entry *entry)
{
	entry->flags |= SHM_DONE;
	shm_rx_complete(entry->qp);
}

static struct ntb_queue_entry *shm_rx_take_buffer(struct ntb_transport_qp *qp)
{
	struct ntb_queue_entry *entry;

	guard(spinlock_irqsave)(&qp->rx_lock);
	entry = list_first_entry_or_null(&qp->rx_pend_q,
					 struct ntb_queue_entry, entry);
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
	if (hdr->ver != sq->rx_seq) {
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
	if (hdr->len > entry->size) {
		qp->stats.rx_err_oflow++;
		entry->len = -EIO;
		shm_rx_done(entry);
		return true;
	}

	qp->stats.rx_pkts++;
	qp->stats.rx_bytes += hdr->len;
	entry->len = hdr->len;
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

static void shm_db_event(struct ntb_transport_ctx *nt, int vector)
{
	u64 bits = ntb_db_vector_mask(nt->ndev, vector) &
		   GENMASK_ULL(nt->qp_count - 1, 0);

	while (bits) {
		struct ntb_transport_qp *qp = &nt->qp_vec[__ffs64(bits)];

		bits &= bits - 1;
		if (READ_ONCE(qp->active)) {
			qp->stats.interrupts++;
			tasklet_schedule(&qp->rx_tasklet);
		}
	}
}

static unsigned int shm_max_size(struct ntb_transport_qp *qp)
{
	struct shm_qp *sq = qp->priv;

	if (!sq)
		return 0;

	return round_down(sq->tx_max_frame - sizeof(struct shm_header),
			  shm_dma_align(sq));
}

static int shm_qp_create(struct ntb_transport_qp *qp)
{
	struct shm_dev *sd = qp->transport->priv;
	struct shm_qp *sq = &sd->qps[qp->qp_num];
	int rc;

	rc = ntb_qp_alloc_rx(qp, SHM_MIN_RX_ENTRIES);
	if (!rc)
		rc = ntb_qp_alloc_tx(qp, sq->tx_max_entry);
	if (rc)
		return rc;

	qp->priv = sq;
	shm_copy_open(qp);
	ntb_db_clear(qp->ndev, BIT_ULL(qp->qp_num));
	ntb_db_clear_mask(qp->ndev, BIT_ULL(qp->qp_num));

	return 0;
}

static void shm_qp_destroy(struct ntb_transport_qp *qp)
{
	ntb_db_set_mask(qp->ndev, BIT_ULL(qp->qp_num));
	tasklet_kill(&qp->rx_tasklet);
	shm_copy_close(qp);
	qp->priv = NULL;
}

static void shm_show_qp(struct ntb_transport_qp *qp, struct seq_file *s)
{
	struct shm_qp *sq = qp->priv;

	seq_printf(s, "tx_index: %u\n", sq->tx_index);
	seq_printf(s, "tx_slots: %u\n", sq->tx_max_entry);
	seq_printf(s, "tx_slot_size: %u\n", sq->tx_max_frame);
	seq_printf(s, "tx_free: %u\n", shm_tx_free(qp));
	seq_printf(s, "rx_index: %u\n", sq->rx_index);
	seq_printf(s, "rx_slots: %u\n", sq->rx_max_entry);
	seq_printf(s, "rx_slot_size: %u\n", sq->rx_max_frame);
	seq_printf(s, "window_bytes: %zu\n", sq->tx_mw_size);
	seq_printf(s, "tx_dma: %s\n",
		   sq->tx_chan ? dma_chan_name(sq->tx_chan) : "none");
	seq_printf(s, "rx_dma: %s\n",
		   sq->rx_chan ? dma_chan_name(sq->rx_chan) : "none");
}

static void shm_show_window(struct ntb_transport_ctx *nt, struct seq_file *s)
{
	struct shm_dev *sd = nt->priv;
	unsigned int i;

	for (i = 0; i < nt->mw_count; i++)
		seq_printf(s, "window %u: address %pa size %pa payload own %#zx\n",
			   i, &sd->mw[i].phys_addr, &sd->mw[i].phys_size,
			   sd->mw[i].xlat_size);
}

const struct ntb_transport_backend shm_backend = {
	.name		= "shared-memory",
	.version	= SHM_VERSION,
	.init		= shm_init,
	.exit		= shm_exit,
	.publish	= shm_publish,
	.link_setup	= shm_link_setup,
	.link_teardown	= shm_link_teardown,
	.qp_create	= shm_qp_create,
	.qp_destroy	= shm_qp_destroy,
	.qp_poll	= shm_qp_poll,
	.qp_stop	= shm_qp_stop,
	.max_size	= shm_max_size,
	.tx_enqueue	= shm_tx_enqueue,
	.tx_free	= shm_tx_free,
	.rx_poll	= shm_rx_poll,
	.db_event	= shm_db_event,
	.show_qp	= shm_show_qp,
	.show_window	= shm_show_window,
};
