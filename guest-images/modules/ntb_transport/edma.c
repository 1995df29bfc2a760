// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remote-eDMA backend: what both sides have in common.
 */
#include <linux/dma-mapping.h>
#include <linux/moduleparam.h>
#include <linux/pci-epc.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "edma_qp.h"

unsigned int edma_tx_hold_us = 1000;
module_param_named(tx_hold_us, edma_tx_hold_us, uint, 0644);
MODULE_PARM_DESC(tx_hold_us, "Remote eDMA: longest wait of a frame for others to share a DMA descriptor, in microseconds (0: none)");

/* The endpoint's NTB device does its DMA through an endpoint controller. */
static bool edma_is_endpoint(struct ntb_dev *ndev)
{
	struct pci_epc *epc = pci_epc_get(dev_name(ntb_get_dma_dev(ndev)));

	if (IS_ERR(epc))
		return false;

	pci_epc_put(epc);
	return true;
}

static int edma_init(struct ntb_transport_ctx *nt)
{
	struct edma_dev *ed;
	unsigned int i;
	int rc;

	ed = kzalloc_obj(*ed);
	if (!ed)
		return -ENOMEM;

	ed->qps = kcalloc(nt->qp_count, sizeof(*ed->qps), GFP_KERNEL);
	if (!ed->qps) {
		kfree(ed);
		return -ENOMEM;
	}

	ed->nt = nt;
	ed->dma_dev = ntb_get_dma_dev(nt->ndev);
	if (edma_is_endpoint(nt->ndev)) {
		ed->me = EDMA_ENDPOINT;
		ed->peer = EDMA_HOST;
		ed->side = &edma_ep_side;
	} else {
		ed->me = EDMA_HOST;
		ed->peer = EDMA_ENDPOINT;
		ed->side = &edma_host_side;
	}

	for (i = 0; i < nt->qp_count; i++) {
		struct edma_qp *eq = &ed->qps[i];

		eq->ed = ed;
		eq->qp = &nt->qp_vec[i];
		init_waitqueue_head(&eq->wq);
		spin_lock_init(&eq->rx_posting);
		edma_tx_init(eq);
	}

	nt->priv = ed;
	rc = ed->side->init(ed);
	if (rc) {
		nt->priv = NULL;
		kfree(ed->qps);
		kfree(ed);
	}

	return rc;
}

static void edma_exit(struct ntb_transport_ctx *nt)
{
	struct edma_dev *ed = nt->priv;

	ed->side->exit(ed);
	nt->priv = NULL;
	kfree(ed->qps);
	kfree(ed);
}

static void edma_publish(struct ntb_transport_ctx *nt)
{
	struct edma_dev *ed = nt->priv;

	ed->side->publish(ed);
	ntb_peer_spad_write(nt->ndev, PIDX, EDMA_SPAD_ROLE, ed->me + 1);
	ntb_peer_spad_write(nt->ndev, PIDX, EDMA_SPAD_CTRL_VERSION,
			    EDMA_CTRL_VERSION);
}

static int edma_link_setup(struct ntb_transport_ctx *nt)
{
	struct edma_dev *ed = nt->priv;
	u32 val;

	val = ntb_spad_read(nt->ndev, EDMA_SPAD_CTRL_VERSION);
	if (val != EDMA_CTRL_VERSION) {
		if (val && val != ed->reported_version)
			dev_err(nt_dev(nt), "link stays down: control structure version %u here, %u on the peer; load the same release of ntb_transport on both\n",
				EDMA_CTRL_VERSION, val);
		ed->reported_version = val;
		return -EAGAIN;
	}
	ed->reported_version = val;

	val = ntb_spad_read(nt->ndev, EDMA_SPAD_ROLE);
	if (val != ed->peer + 1) {
		dev_err_once(nt_dev(nt), "link stays down: both sides take themselves for the %s\n",
			     ed->me == EDMA_HOST ? "host" : "endpoint");
		return -EAGAIN;
	}

	ed->peer_dead = false;
	return ed->side->link_setup(ed);
}

static void edma_link_teardown(struct ntb_transport_ctx *nt)
{
	struct edma_dev *ed = nt->priv;

	ed->side->link_teardown(ed);
}

static bool edma_link_broken(struct ntb_transport_ctx *nt)
{
	struct edma_dev *ed = nt->priv;

	return ed->side->link_broken(ed);
}

static int edma_qp_create(struct ntb_transport_qp *qp)
{
	struct edma_dev *ed = qp->transport->priv;
	struct edma_qp *eq = &ed->qps[qp->qp_num];
	int rc;

	/* more than edma_tx_free() tells of, so that none is ever missing */
	rc = ntb_qp_alloc_tx(qp, EDMA_TX_ENTRIES + EDMA_BATCH);
	if (!rc)
		rc = ntb_qp_alloc_rx(qp, EDMA_RING_ENTRIES);
	if (rc)
		return rc;

	eq->il = kzalloc_flex(*eq->il, sgl, EDMA_BATCH_ELEMENTS);
	if (!eq->il)
		return -ENOMEM;
	eq->il->dir = DMA_MEM_TO_DEV;
	eq->il->src_inc = true;
	eq->il->dst_inc = true;
	eq->il->src_sgl = true;
	eq->il->dst_sgl = true;
	eq->il->numf = 1;

	eq->local = dma_alloc_coherent(ed->dma_dev, sizeof(*eq->local),
				       &eq->local_dma, GFP_KERNEL);
	if (!eq->local) {
		kfree(eq->il);
		eq->il = NULL;
		return -ENOMEM;
	}

	qp->priv = eq;
	return 0;
}

static void edma_qp_destroy(struct ntb_transport_qp *qp)
{
	struct edma_qp *eq = qp->priv;

	qp->priv = NULL;
	dma_free_coherent(eq->ed->dma_dev, sizeof(*eq->local), eq->local,
			  eq->local_dma);
	eq->local = NULL;
	kfree(eq->il);
	eq->il = NULL;
}

static unsigned int edma_max_size(struct ntb_transport_qp *qp)
{
	return transport_mtu;
}

static void edma_db_event(struct ntb_transport_ctx *nt, int vector)
{
	struct edma_dev *ed = nt->priv;

	ed->side->db_event(ed, vector);
}

/**
 * edma_kick() - the peer has something for one of some queue pairs
 * @ed:		device
 * @first:	first of them
 * @step:	distance of the next
 *
 * Any context.
 */
void edma_kick(struct edma_dev *ed, unsigned int first, unsigned int step)
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

static const char *edma_state_name(enum edma_qp_state state)
{
	static const char *const names[] = {
		[EDMA_QP_IDLE] = "idle",
		[EDMA_QP_READY] = "ready",
		[EDMA_QP_BOUND] = "bound",
		[EDMA_QP_UP] = "up",
	};

	return names[state];
}

static void edma_show_qp(struct ntb_transport_qp *qp, struct seq_file *s)
{
	struct edma_qp *eq = qp->priv;

	seq_printf(s, "session: %s gen %u peer %u\n", edma_state_name(eq->state),
		   eq->gen, eq->peer_gen);
	seq_printf(s, "tx_free: %u\n", edma_tx_free(qp));
	seq_printf(s, "tx_pending: %u\n", READ_ONCE(eq->tx_pend));
	seq_printf(s, "tx_descriptors: %u\n", READ_ONCE(eq->tx_flying));
	seq_printf(s, "tx_used: %u\n", READ_ONCE(eq->tx_next));
	seq_printf(s, "tx_posted_by_peer: %u\n", READ_ONCE(eq->tx_posted));
	seq_printf(s, "rx_consumed: %u\n", READ_ONCE(eq->rx_cons));
	seq_printf(s, "rx_posted: %u\n", READ_ONCE(eq->rx_posted));
	seq_printf(s, "tx_dma_bytes: %llu\n", eq->tx_dma_bytes);
	seq_printf(s, "window_bytes: %u\n", eq->ed->lay.qp_stride);
}

static void edma_show_window(struct ntb_transport_ctx *nt, struct seq_file *s)
{
	struct edma_dev *ed = nt->priv;
	struct edma_layout *lay = &ed->lay;

	seq_printf(s, "role: %s\n", ed->me == EDMA_HOST ? "host" : "endpoint");
	seq_printf(s, "session: %#x\n", ed->session);
	if (ed->session) {
		seq_printf(s, "index: %u\n", lay->window);
		seq_printf(s, "size: %#llx\n", (u64)lay->size);
		seq_printf(s, "control: offset 0x0 size %#x\n", lay->ctrl_size);
		seq_printf(s, "registers: offset %#x size %#x\n",
			   lay->regs_offset, lay->regs_size);
		seq_printf(s, "linked_lists: offset %#x size %#x read channels %u, %#x each\n",
			   lay->ll_offset, lay->ll_size * lay->rd_channels,
			   lay->rd_channels, lay->ll_size);
		seq_printf(s, "queue_pairs: offset %#x stride %#x count %u\n",
			   lay->qp_offset, lay->qp_stride, nt->qp_count);
		seq_printf(s, "write_channels: %u\n", lay->wr_channels);
		seq_printf(s, "read_channels: %u\n", lay->rd_channels);
		seq_printf(s, "notify_channel: %u\n", lay->notify_channel);
	}
	ed->side->show(ed, s);
	seq_printf(s, "notifications_sent: %llu\n", ed->notified);
	seq_printf(s, "notifications_coalesced: %llu\n", ed->coalesced);
	seq_printf(s, "notifications_repeated: %llu\n", ed->repeated);
	seq_printf(s, "notifications_received: %llu\n", ed->received);
}

const struct ntb_transport_backend edma_backend = {
	.name		= "remote-edma",
	.version	= EDMA_SPAD_MAGIC,
	.init		= edma_init,
	.exit		= edma_exit,
	.publish	= edma_publish,
	.link_setup	= edma_link_setup,
	.link_teardown	= edma_link_teardown,
	.link_broken	= edma_link_broken,
	.qp_create	= edma_qp_create,
	.qp_destroy	= edma_qp_destroy,
	.qp_poll	= edma_qp_poll,
	.qp_broken	= edma_qp_broken,
	.qp_stop	= edma_qp_stop,
	.max_size	= edma_max_size,
	.tx_enqueue	= edma_tx_enqueue,
	.tx_free	= edma_tx_free,
	.rx_poll	= edma_rx_poll,
	.db_event	= edma_db_event,
	.show_qp	= edma_show_qp,
	.show_window	= edma_show_window,
};
