// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remote-eDMA backend: what both sides have in common.
 */
#include <linux/dma-mapping.h>
#include <linux/moduleparam.h>
#include <linux/pci-epc.h>
#include <linux/slab.h>

#include "edma/ep/ep.h"
#include "edma/host/host.h"
#include "edma/rx.h"
#include "edma/session.h"
#include "edma/show.h"
#include "edma/tx.h"

/* The peer counts its beat up every LINK_WATCH_MS, later if its CPU is busy. */
#define EDMA_SILENCE_MS		5000

static unsigned int edma_ctrl_version = EDMA_CTRL_VERSION;
module_param(edma_ctrl_version, uint, 0444);
MODULE_PARM_DESC(edma_ctrl_version, "Remote eDMA: version of the control structure to claim, to try what the peer makes of another one");

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
	ed->ctrl_version = edma_ctrl_version;
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
	ntb_peer_spad_write(nt->ndev, PIDX, EDMA_SPAD_CTRL_VERSION, ed->ctrl_version);
}

static int edma_link_setup(struct ntb_transport_ctx *nt)
{
	struct edma_dev *ed = nt->priv;
	u32 val;

	val = ntb_spad_read(nt->ndev, EDMA_SPAD_CTRL_VERSION);
	if (val != ed->ctrl_version) {
		if (val && val != ed->reported_version)
			dev_err(nt_dev(nt),
				"link stays down: control structure version %u here, %u on the peer; load the same release of ntb_transport on both\n",
				ed->ctrl_version, val);
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
	ed->beat_time = jiffies;
	return ed->side->link_setup(ed);
}

static void edma_link_teardown(struct ntb_transport_ctx *nt)
{
	struct edma_dev *ed = nt->priv;

	ed->side->link_teardown(ed);
}

/*
 * A host that dies leaves the endpoint with a link that is up and a ring in
 * which nobody posts; an endpoint that hangs does the same to the host.
 */
static bool edma_peer_is_silent(struct edma_dev *ed)
{
	u32 beat;

	if (ed->me == EDMA_HOST) {
		ctrl_write(ed, host_beat, ctrl_read(ed, host_beat) + 1);
		beat = ctrl_read(ed, beat);
	} else {
		ctrl_write(ed, beat, ctrl_read(ed, beat) + 1);
		beat = ctrl_read(ed, host_beat);
	}

	if (beat != ed->beat) {
		ed->beat = beat;
		ed->beat_time = jiffies;
	}

	return time_after(jiffies, ed->beat_time + msecs_to_jiffies(EDMA_SILENCE_MS));
}

static bool edma_link_broken(struct ntb_transport_ctx *nt)
{
	struct edma_dev *ed = nt->priv;

	if (ed->side->link_broken(ed))
		return true;

	if (edma_peer_is_silent(ed)) {
		dev_err(nt_dev(nt),
			"the %s has not been heard of for %u ms: taking the link down\n",
			ed->peer == EDMA_HOST ? "host" : "endpoint", EDMA_SILENCE_MS);
		edma_cut_off(ed);
		return true;
	}

	if (ed->side->watch)
		ed->side->watch(ed);
	/*
	 * Notifications of the peer are lost while the function may not master
	 * the bus: somebody who turns that off and on must not stop a queue.
	 */
	edma_rx_kick_all(ed);

	return false;
}

static int edma_qp_create(struct ntb_transport_qp *qp)
{
	struct edma_dev *ed = qp->transport->priv;
	struct edma_qp *eq = &ed->qps[qp->qp_num];
	int rc;

	/* more than edma_tx_free() tells of: some are on their way back */
	rc = ntb_qp_alloc_tx(qp, EDMA_TX_ENTRIES + EDMA_BATCH);
	if (!rc)
		rc = ntb_qp_alloc_rx(qp, EDMA_RING_ENTRIES + EDMA_RX_BUDGET);
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

	eq->local = dma_alloc_coherent(ed->dma_dev, sizeof(*eq->local), &eq->local_dma, GFP_KERNEL);
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
	/* scheduled by edma_tx_enqueue() while the session was closed */
	tasklet_kill(&eq->tx_tasklet);
	dma_free_coherent(eq->ed->dma_dev, sizeof(*eq->local), eq->local, eq->local_dma);
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

const struct ntb_transport_backend edma_backend = {
	.name		= "remote-edma",
	.title		= "the remote-eDMA backend",
	.notified_by	= "MSI, the endpoint by a DMA read channel",
	.version	= EDMA_SPAD_MAGIC,
	.init		= edma_init,
	.exit		= edma_exit,
	.publish	= edma_publish,
	.link_setup	= edma_link_setup,
	.link_teardown	= edma_link_teardown,
	.link_broken	= edma_link_broken,
	.qp_create	= edma_qp_create,
	.qp_destroy	= edma_qp_destroy,
	.qp_poll	= edma_session_poll,
	.qp_broken	= edma_session_broken,
	.qp_stop	= edma_session_stop,
	.max_size	= edma_max_size,
	.tx_enqueue	= edma_tx_enqueue,
	.tx_free	= edma_tx_free,
	.rx_poll	= edma_session_rx_poll,
	.db_event	= edma_db_event,
	.show_qp	= edma_show_qp,
	.show_window	= edma_show_window,
};
