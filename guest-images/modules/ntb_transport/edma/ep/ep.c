// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remote-eDMA backend: the endpoint's half. It sends with its own write
 * channels, notifies the host by MSI, and is notified by a read channel.
 */
#include <linux/iopoll.h>
#include <linux/random.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "edma/ep/ep.h"
#include "edma/stop.h"

#define EDMA_DETACH_TIMEOUT_US	(1000 * USEC_PER_MSEC)

static void edma_ep_exit(struct edma_dev *ed)
{
	struct edma_ep *ep = ed->half;

	edma_chans_release(ed);
	edma_ep_release_channels(ep);
	edma_ep_window_exit(ed, ep);
	pci_epc_put(ep->epc);
	kfree(ep);
	ed->half = NULL;
}

static int edma_ep_init(struct edma_dev *ed)
{
	struct edma_ep *ep;
	int rc;

	ep = kzalloc_obj(*ep);
	if (!ep)
		return -ENOMEM;

	ed->half = ep;
	ep->epc = pci_epc_get(dev_name(ed->dma_dev));
	if (IS_ERR(ep->epc)) {
		rc = PTR_ERR(ep->epc);
		goto err_free;
	}
	ep->pdev = to_platform_device(ed->dma_dev);

	rc = edma_ep_window_init(ed, ep);
	if (rc)
		goto err_epc;

	/*
	 * With one line for all channels dw-edma's handler would clear the
	 * status of the channels the host owns.
	 */
	rc = edma_ep_irq(ep, ed->lay.wr_channels + ed->lay.notify_channel);
	if (rc < 0) {
		dev_err(nt_dev(ed->nt),
			"%s has no interrupt named dma%u: the eDMA needs a line for each channel\n",
			dev_name(&ep->pdev->dev), ed->lay.wr_channels + ed->lay.notify_channel);
		goto err_window;
	}

	rc = edma_chans_request(ed, ed->dma_dev, 0, ed->lay.wr_channels);
	if (rc)
		goto err_window;

	rc = edma_ep_claim_channels(ed, ep);
	if (rc)
		goto err_chans;

	return 0;

err_chans:
	edma_chans_release(ed);
err_window:
	edma_ep_window_exit(ed, ep);
err_epc:
	pci_epc_put(ep->epc);
err_free:
	kfree(ep);
	ed->half = NULL;
	return rc;
}

static void edma_ep_publish(struct edma_dev *ed)
{
	ntb_peer_spad_write(ed->nt->ndev, PIDX, EDMA_SPAD_WINDOW, ed->lay.window + 1);
	ntb_peer_spad_write(ed->nt->ndev, PIDX, EDMA_SPAD_SESSION, ed->session);
}

static void edma_ep_fill_ctrl(struct edma_dev *ed)
{
	struct edma_ep *ep = ed->half;
	struct edma_layout *lay = &ed->lay;

	ctrl_write(ed, version, ed->ctrl_version);
	ctrl_write(ed, ctrl_size, lay->ctrl_size);
	ctrl_write(ed, qp_count, ed->nt->qp_count);
	ctrl_write(ed, ring_entries, EDMA_RING_ENTRIES);
	ctrl_write(ed, qp_offset, lay->qp_offset);
	ctrl_write(ed, qp_stride, lay->qp_stride);
	ctrl_write(ed, regs_offset, lay->regs_offset);
	ctrl_write(ed, regs_size, lay->regs_size);
	ctrl_write(ed, ll_offset, lay->ll_offset);
	ctrl_write(ed, ll_size, lay->ll_size);
	ctrl_write64(ed, ll_addr, ep->buf_dma + lay->ll_offset);
	ctrl_write64(ed, ctrl_addr, ep->buf_dma);
	ctrl_write(ed, wr_channels, lay->wr_channels);
	ctrl_write(ed, rd_channels, lay->rd_channels);
	ctrl_write(ed, notify_channel, lay->notify_channel);
	ctrl_write(ed, doorbells, hweight64(ntb_db_valid_mask(ed->nt->ndev)));
	ctrl_write(ed, session, ed->session);
	ctrl_write(ed, magic, EDMA_CTRL_MAGIC);
}

static int edma_ep_open(struct edma_dev *ed)
{
	struct edma_ep *ep = ed->half;
	int rc;

	rc = edma_ep_window_open(ed, ep);
	if (rc)
		return rc;

	iosys_map_set_vaddr(&ed->ctrl, ep->buf);
	rc = edma_ep_request_irqs(ed);
	if (rc) {
		iosys_map_clear(&ed->ctrl);
		edma_ep_window_close(ed, ep);
		return rc;
	}

	ed->session = get_random_u32_inclusive(1, U32_MAX - 1);
	edma_ep_fill_ctrl(ed);
	edma_ep_publish(ed);

	return 0;
}

static int edma_ep_link_setup(struct edma_dev *ed)
{
	struct edma_ep *ep = ed->half;
	int rc;

	if (!ed->session) {
		rc = edma_ep_open(ed);
		if (rc)
			return rc;
	}

	if (ctrl_read(ed, host_session) != ed->session)
		return -EAGAIN;

	ep->host_doorbells = ctrl_read(ed, host_doorbells);
	if (!ep->host_doorbells)
		return -EPROTO;

	return 0;
}

static void edma_ep_link_teardown(struct edma_dev *ed)
{
	struct edma_ep *ep = ed->half;
	u32 val;

	if (!ed->session)
		return;

	ctrl_write(ed, session, 0);
	ntb_peer_spad_write(ed->nt->ndev, PIDX, EDMA_SPAD_SESSION, 0);

	/* the host lets go of the engine before its registers vanish */
	if (ctrl_read(ed, host_session) == ed->session && !ed->peer_dead) {
		if (ep->host_doorbells)
			ntb_peer_db_set(ed->nt->ndev, BIT_ULL(0));
		if (read_poll_timeout(ctrl_read, val, val != ed->session, 1000,
				      EDMA_DETACH_TIMEOUT_US, false, ed, host_session))
			dev_warn(nt_dev(ed->nt),
				 "the host has not let go of the eDMA within %lu ms\n",
				 EDMA_DETACH_TIMEOUT_US / USEC_PER_MSEC);
	}

	edma_ep_free_irqs(ed);
	edma_ep_window_close(ed, ep);
	ep->host_doorbells = 0;
	iosys_map_clear(&ed->ctrl);
	ed->session = 0;
}

static bool edma_ep_link_broken(struct edma_dev *ed)
{
	return ctrl_read(ed, host_session) != ed->session;
}

static void edma_ep_notify(struct edma_dev *ed, struct ntb_transport_qp *qp)
{
	struct edma_ep *ep = ed->half;

	if (!ep->host_doorbells)
		return;

	ed->notified++;
	ntb_peer_db_set(ed->nt->ndev, BIT_ULL(qp->qp_num % ep->host_doorbells));
}

static void edma_ep_db_event(struct edma_dev *ed, int vector)
{
	/*
	 * The host does not ring doorbells. Where pci-epf-vntb shares dw-edma's
	 * interrupts with an embedded doorbell, this is called for each of them.
	 */
}

static bool edma_ep_stop_chan(struct edma_dev *ed, struct edma_chan *ec)
{
	struct edma_ep *ep = ed->half;
	const struct edma_stop_regs regs = {
		.doorbell = ep->regs + EDMA_REG_WR_DOORBELL,
		.control = ep->regs + EDMA_REG_WR_CONTROL1(ec->index),
	};

	return edma_stop_channel(&regs, ec->index);
}

static bool edma_ep_stop_all(struct edma_dev *ed)
{
	struct edma_ep *ep = ed->half;

	return edma_stop_engine(ep->regs + EDMA_REG_WR_ENGINE_EN);
}

/* It is read channels, the host's, that write to memory here. */
static bool edma_ep_force_stop(struct edma_dev *ed)
{
	struct edma_ep *ep = ed->half;

	if (edma_stop_engine(ep->regs + EDMA_REG_RD_ENGINE_EN))
		return true;

	dev_err(nt_dev(ed->nt), "the read engine does not stop\n");
	return false;
}

static void edma_ep_show(struct edma_dev *ed, struct seq_file *s)
{
	struct edma_ep *ep = ed->half;

	seq_printf(s, "memory: %pad\n", &ep->buf_dma);
	seq_printf(s, "register_block: %pa size %#zx\n", &ep->regs_phys, ep->regs_size);
	if (ep->open)
		seq_printf(s, "bar: %d\n", ep->window_bar.barno);
	seq_printf(s, "early_notification: %d\n", ed->early);
}

const struct edma_side edma_ep_side = {
	.init		= edma_ep_init,
	.exit		= edma_ep_exit,
	.publish	= edma_ep_publish,
	.link_setup	= edma_ep_link_setup,
	.link_teardown	= edma_ep_link_teardown,
	.link_broken	= edma_ep_link_broken,
	.notify		= edma_ep_notify,
	.db_event	= edma_ep_db_event,
	.stop_chan	= edma_ep_stop_chan,
	.stop_all	= edma_ep_stop_all,
	.force_stop	= edma_ep_force_stop,
	.show		= edma_ep_show,
};
