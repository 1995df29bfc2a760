// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared-memory backend: its operations, and life and statistics of its queue pairs.
 */
#include <linux/seq_file.h>

#include "shm/shm.h"

static void shm_db_event(struct ntb_transport_ctx *nt, int vector)
{
	u64 bits = ntb_db_vector_mask(nt->ndev, vector) & GENMASK_ULL(nt->qp_count - 1, 0);

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

	return round_down(sq->tx_max_frame - sizeof(struct shm_header), shm_dma_align(sq));
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
	shm_copy_open(qp, &shm_ring_ends);
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
	seq_printf(s, "tx_dma: %s\n", sq->tx_chan ? dma_chan_name(sq->tx_chan) : "none");
	seq_printf(s, "rx_dma: %s\n", sq->rx_chan ? dma_chan_name(sq->rx_chan) : "none");
}

static void shm_show_window(struct ntb_transport_ctx *nt, struct seq_file *s)
{
	struct shm_dev *sd = nt->priv;
	unsigned int i;

	for (i = 0; i < nt->mw_count; i++)
		seq_printf(s, "window %u: address %pa size %pa payload own %#zx\n", i,
			   &sd->mw[i].phys_addr, &sd->mw[i].phys_size, sd->mw[i].xlat_size);
}

const struct ntb_transport_backend shm_backend = {
	.name		= "shared-memory",
	.title		= "the default backend",
	.notified_by	= "doorbells",
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
	.rx_missed	= shm_rx_missed,
	.db_event	= shm_db_event,
	.show_qp	= shm_show_qp,
	.show_window	= shm_show_window,
};
