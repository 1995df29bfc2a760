// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remote-eDMA backend: the host's half. It maps the window, sends with the
 * endpoint's read channels, and notifies with one of them.
 */
#include <linux/irq.h>
#include <linux/pci.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "edma/host/host.h"
#include "edma/rx.h"
#include "edma/stop.h"
#include "edma/tx.h"

static int edma_host_init(struct edma_dev *ed)
{
	struct edma_host *eh;

	if (!IS_REACHABLE(CONFIG_DW_EDMA)) {
		dev_err(nt_dev(ed->nt), "the kernel has no dw-edma driver (CONFIG_DW_EDMA)\n");
		return -EOPNOTSUPP;
	}

	eh = kzalloc_obj(*eh);
	if (!eh)
		return -ENOMEM;

	eh->ed = ed;
	spin_lock_init(&eh->irq_lock);
	spin_lock_init(&eh->notify_lock);
	ed->half = eh;

	return 0;
}

static void edma_host_exit(struct edma_dev *ed)
{
	kfree(ed->half);
	ed->half = NULL;
}

static void edma_host_publish(struct edma_dev *ed)
{
	ntb_peer_spad_write(ed->nt->ndev, PIDX, EDMA_SPAD_SESSION, 0);
}

static bool edma_host_fits(struct edma_layout *lay, u64 offset, u64 size)
{
	return offset <= lay->size && size <= lay->size - offset;
}

/* Read and check what the endpoint says about the window. */
static int edma_host_read_layout(struct edma_dev *ed, u32 session)
{
	struct edma_layout *lay = &ed->lay;
	struct device *dev = nt_dev(ed->nt);
	u32 magic = ctrl_read(ed, magic);
	u32 version = ctrl_read(ed, version);
	u32 entries = ctrl_read(ed, ring_entries);

	if (magic != EDMA_CTRL_MAGIC || version != ed->ctrl_version) {
		dev_err(dev, "window %u begins with %#x, version %u: expected %#x, version %u\n",
			lay->window, magic, version, EDMA_CTRL_MAGIC, ed->ctrl_version);
		return -EPROTO;
	}
	/* the endpoint has started over meanwhile */
	if (ctrl_read(ed, session) != session)
		return -EAGAIN;

	lay->ctrl_size = ctrl_read(ed, ctrl_size);
	lay->qp_offset = ctrl_read(ed, qp_offset);
	lay->qp_stride = ctrl_read(ed, qp_stride);
	lay->regs_offset = ctrl_read(ed, regs_offset);
	lay->regs_size = ctrl_read(ed, regs_size);
	lay->ll_offset = ctrl_read(ed, ll_offset);
	lay->ll_size = ctrl_read(ed, ll_size);
	lay->wr_channels = ctrl_read(ed, wr_channels);
	lay->rd_channels = ctrl_read(ed, rd_channels);
	lay->notify_channel = ctrl_read(ed, notify_channel);

	if (ctrl_read(ed, qp_count) != ed->nt->qp_count || entries != EDMA_RING_ENTRIES ||
	    lay->qp_stride < sizeof(struct edma_qp_ctrl) ||
	    !IS_ALIGNED(lay->qp_offset | lay->qp_stride, sizeof(u64)) ||
	    !edma_host_fits(lay, lay->qp_offset, (u64)lay->qp_stride * ed->nt->qp_count)) {
		dev_err(dev,
			"control structure for %u queue pairs of %u ring entries, %u bytes each: expected %u, %u, %zu\n",
			ctrl_read(ed, qp_count), entries, lay->qp_stride, ed->nt->qp_count,
			EDMA_RING_ENTRIES, sizeof(struct edma_qp_ctrl));
		return -EPROTO;
	}
	if (lay->rd_channels < 2 || lay->rd_channels > EDMA_MAX_CHANS ||
	    lay->notify_channel != lay->rd_channels - 1 ||
	    lay->regs_size < EDMA_REGS_SIZE(lay->rd_channels) ||
	    lay->ll_size < 24 * (EDMA_BATCH_ELEMENTS + 2) ||
	    !IS_ALIGNED(lay->regs_offset | lay->ll_offset | lay->ll_size, sizeof(u64)) ||
	    !edma_host_fits(lay, lay->regs_offset, lay->regs_size) ||
	    !edma_host_fits(lay, lay->ll_offset, (u64)lay->ll_size * lay->rd_channels)) {
		dev_err(dev,
			"window of %#llx bytes cannot hold registers %#x+%#x and %u lists %#x+%#x each\n",
			(u64)lay->size, lay->regs_offset, lay->regs_size, lay->rd_channels,
			lay->ll_offset, lay->ll_size);
		return -EPROTO;
	}

	return 0;
}

static void edma_host_unmap(struct edma_dev *ed)
{
	struct edma_host *eh = ed->half;

	iounmap(eh->window);
	eh->window = NULL;
	iosys_map_clear(&ed->ctrl);
	ed->session = 0;
}

static int edma_host_map(struct edma_dev *ed, u32 session)
{
	struct ntb_dev *ndev = ed->nt->ndev;
	struct edma_host *eh = ed->half;
	u32 index = ntb_spad_read(ndev, EDMA_SPAD_WINDOW) - 1;
	int rc;

	if (index >= ntb_peer_mw_count(ndev)) {
		dev_err(nt_dev(ed->nt), "the endpoint offers window %u of %d\n", index,
			ntb_peer_mw_count(ndev));
		return -EPROTO;
	}

	ed->lay.window = index;
	rc = ntb_peer_mw_get_addr(ndev, index, &eh->phys, &ed->lay.size);
	if (rc)
		return rc;

	eh->window = ioremap(eh->phys, ed->lay.size);
	if (!eh->window)
		return -ENOMEM;
	iosys_map_set_vaddr_iomem(&ed->ctrl, eh->window);

	rc = edma_host_read_layout(ed, session);
	if (rc) {
		edma_host_unmap(ed);
		return rc;
	}
	eh->regs = eh->window + ed->lay.regs_offset;

	return 0;
}

static int edma_host_link_setup(struct edma_dev *ed)
{
	struct edma_host *eh = ed->half;
	u32 session;
	int rc;

	session = ntb_spad_read(ed->nt->ndev, EDMA_SPAD_SESSION);
	if (!session || session == ~0U)
		return -EAGAIN;

	rc = edma_host_map(ed, session);
	if (rc)
		return rc;

	/* force_stop may have cleared it */
	pci_set_master(ed->nt->ndev->pdev);

	rc = edma_host_engine_open(eh);
	if (rc) {
		edma_host_unmap(ed);
		return rc;
	}

	ed->session = session;
	ctrl_write(ed, host_doorbells, eh->qp_doorbells);
	ctrl_write(ed, host_session, session);

	return 0;
}

static void edma_host_link_teardown(struct edma_dev *ed)
{
	struct edma_host *eh = ed->half;

	if (!ed->session)
		return;

	edma_host_engine_close(eh);
	ctrl_write(ed, host_session, 0);
	edma_host_unmap(ed);
}

static bool edma_host_link_broken(struct edma_dev *ed)
{
	return ctrl_read(ed, session) != ed->session;
}

/* Neither notifications nor completions may get lost for good. */
static void edma_host_watch(struct edma_dev *ed)
{
	edma_host_notify_check(ed->half);
	edma_host_engine_check(ed->half);
}

static void edma_host_qp_notify(struct edma_dev *ed, struct ntb_transport_qp *qp)
{
	edma_host_notify(ed->half);
}

/* In hard interrupt context, on a vector of ntb_hw_epf. */
static void edma_host_db_event(struct edma_dev *ed, int vector)
{
	struct edma_host *eh = ed->half;
	unsigned int i;

	ntb_db_clear(ed->nt->ndev, BIT_ULL(vector));

	guard(spinlock_irqsave)(&eh->irq_lock);
	if (!eh->live)
		return;

	if (vector < eh->qp_doorbells) {
		ed->received++;
		edma_rx_kick(ed, vector, eh->qp_doorbells);
		return;
	}

	vector -= eh->qp_doorbells;
	for (i = 0; i < ed->chan_count; i++) {
		struct edma_chan *ec = &ed->chans[i];

		if (ec->index % eh->done_doorbells != vector)
			continue;
		edma_tx_notify_early(ec);
		generic_handle_irq_safe(eh->virq + ec->index);
	}
}

static bool edma_host_stop_chan(struct edma_dev *ed, struct edma_chan *ec)
{
	struct edma_host *eh = ed->half;
	const struct edma_stop_regs regs = {
		.doorbell = eh->regs + EDMA_REG_RD_DOORBELL,
		.control = eh->regs + EDMA_REG_RD_CONTROL1(ec->index),
	};

	return edma_stop_channel(&regs, ec->index);
}

static bool edma_host_force_stop(struct edma_dev *ed)
{
	struct pci_dev *pdev = ed->nt->ndev->pdev;
	u16 command;

	pci_clear_master(pdev);
	/* its answer comes behind what the function has written before */
	pci_read_config_word(pdev, PCI_COMMAND, &command);
	return PCI_POSSIBLE_ERROR(command) || !(command & PCI_COMMAND_MASTER);
}

static bool edma_host_stop_all(struct edma_dev *ed)
{
	struct edma_host *eh = ed->half;

	return edma_stop_engine(eh->regs + EDMA_REG_RD_ENGINE_EN) || edma_host_force_stop(ed);
}

static void edma_host_show(struct edma_dev *ed, struct seq_file *s)
{
	struct edma_host *eh = ed->half;

	if (!ed->session)
		return;
	seq_printf(s, "address: %pa\n", &eh->phys);
	seq_printf(s, "doorbells: queue pairs %u, completions %u\n", eh->qp_doorbells,
		   eh->done_doorbells);
}

const struct edma_side edma_host_side = {
	.init		= edma_host_init,
	.exit		= edma_host_exit,
	.publish	= edma_host_publish,
	.link_setup	= edma_host_link_setup,
	.link_teardown	= edma_host_link_teardown,
	.link_broken	= edma_host_link_broken,
	.watch		= edma_host_watch,
	.notify		= edma_host_qp_notify,
	.db_event	= edma_host_db_event,
	.stop_chan	= edma_host_stop_chan,
	.stop_all	= edma_host_stop_all,
	.force_stop	= edma_host_force_stop,
	.show		= edma_host_show,
};
