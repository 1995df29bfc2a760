// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remote-eDMA backend: the endpoint's read channels as a DMA device of the
 * host, driven by dw-edma through the window.
 *
 * ntb_hw_epf owns all vectors of the function, so dw-edma gets interrupts made
 * in software: the engine writes the message of a doorbell vector, and the
 * doorbell's handler passes it on.
 */
#include <linux/irq.h>
#include <linux/msi.h>

#include "edma/host/host.h"
#include "edma/tx.h"

/* ntb_hw_epf: one vector for link events, one not used, then the doorbells. */
#define EDMA_FIRST_DB_VECTOR	2

/* A descriptor normally takes a few milliseconds. */
#define COMPLETION_LOST_MS	100

/* dw-edma asks for interrupts by device only. */
static LIST_HEAD(edma_hosts);
static DEFINE_SPINLOCK(edma_hosts_lock);

static int edma_host_irq_vector(struct device *dev, unsigned int nr)
{
	struct edma_host *eh;

	guard(spinlock)(&edma_hosts_lock);
	list_for_each_entry(eh, &edma_hosts, entry)
		if (eh->chip.dev == dev)
			return nr < eh->ed->lay.rd_channels ? eh->virq + nr : -EINVAL;

	return -ENODEV;
}

static const struct dw_edma_plat_ops edma_host_ops = {
	.irq_vector = edma_host_irq_vector,
};

static int edma_host_irqs_alloc(struct edma_host *eh)
{
	unsigned int i, count = eh->ed->lay.rd_channels;
	int virq;

	/* no owner: dw-edma's use of them must not keep this module loaded */
	virq = __irq_alloc_descs(-1, 1, count, NUMA_NO_NODE, NULL, NULL);
	if (virq < 0)
		return virq;

	eh->virq = virq;
	for (i = 0; i < count; i++) {
		irq_set_chip_and_handler(virq + i, &dummy_irq_chip, handle_simple_irq);
		irq_set_noprobe(virq + i);
	}

	return 0;
}

/* Message that raises doorbell @bit. */
static int edma_host_message(struct edma_host *eh, unsigned int bit, struct msi_msg *msg)
{
	struct pci_dev *pdev = eh->ed->nt->ndev->pdev;
	unsigned int vector = EDMA_FIRST_DB_VECTOR + bit;
	int irq = pci_irq_vector(pdev, vector);

	if (irq < 0)
		return irq;

	get_cached_msi_msg(irq, msg);
	/* the vectors of plain MSI have one message, and count in its data */
	if (!pdev->msix_enabled)
		msg->data += vector;

	return 0;
}

/*
 * Divide the doorbells: the lower for the queue pairs, the upper for the
 * completions of read channels, one each if there are enough.
 */
static int edma_host_divide_doorbells(struct edma_host *eh)
{
	struct edma_dev *ed = eh->ed;
	unsigned int count = hweight64(ntb_db_valid_mask(ed->nt->ndev));
	unsigned int chans = ed->lay.rd_channels - 1;

	if (count < 2) {
		dev_err(nt_dev(ed->nt), "%u doorbell vectors: at least 2 needed\n", count);
		return -ENOSPC;
	}

	eh->done_doorbells = min(chans, count / 2);
	eh->qp_doorbells = min(count - eh->done_doorbells, ctrl_read(ed, doorbells));
	if (!eh->qp_doorbells) {
		dev_err(nt_dev(ed->nt), "the endpoint has no doorbells\n");
		return -ENOSPC;
	}

	return 0;
}

/* All channels share the message's address, each has its data. */
static int edma_host_write_messages(struct edma_host *eh)
{
	unsigned int ch, chans = eh->ed->lay.rd_channels - 1;
	u32 data[EDMA_MAX_CHANS + 1] = {};
	struct msi_msg first, msg;
	int rc;

	rc = edma_host_message(eh, eh->qp_doorbells, &first);
	if (rc)
		return rc;

	for (ch = 0; ch < chans; ch++) {
		rc = edma_host_message(eh, eh->qp_doorbells + ch % eh->done_doorbells, &msg);
		if (rc)
			return rc;
		if (msg.address_lo != first.address_lo || msg.address_hi != first.address_hi) {
			eh->done_doorbells = 1;
			msg = first;
		}
		if (msg.data > U16_MAX) {
			dev_err(nt_dev(eh->ed->nt), "message data %#x: the engine has 16 bits\n",
				msg.data);
			return -ERANGE;
		}
		data[ch] = msg.data;
	}
	for (ch = 0; eh->done_doorbells == 1 && ch < chans; ch++)
		data[ch] = first.data;

	writel(first.address_lo, eh->regs + EDMA_REG_RD_DONE_IMWR_LOW);
	writel(first.address_hi, eh->regs + EDMA_REG_RD_DONE_IMWR_HIGH);
	writel(first.address_lo, eh->regs + EDMA_REG_RD_ABORT_IMWR_LOW);
	writel(first.address_hi, eh->regs + EDMA_REG_RD_ABORT_IMWR_HIGH);
	for (ch = 0; ch < chans; ch += 2)
		writel(data[ch] | data[ch + 1] << 16, eh->regs + EDMA_REG_RD_IMWR_DATA(ch));

	return 0;
}

static void edma_host_describe(struct edma_host *eh)
{
	struct edma_dev *ed = eh->ed;
	struct edma_layout *lay = &ed->lay;
	struct dw_edma_chip *chip = &eh->chip;
	u64 addr = ctrl_read64(ed, ll_addr);
	unsigned int i;

	memset(chip, 0, sizeof(*chip));
	chip->dev = &ed->nt->ndev->pdev->dev;
	chip->mf = EDMA_MF_EDMA_UNROLL;
	chip->flags = DW_EDMA_CHIP_PARTIAL;
	chip->ops = &edma_host_ops;
	/* one each, so that a handler looks at its own channel only */
	chip->nr_irqs = lay->rd_channels;
	chip->reg_base = eh->regs;
	chip->ll_rd_cnt = lay->rd_channels;
	for (i = 0; i < lay->rd_channels; i++) {
		chip->ll_region_rd[i].paddr = addr + i * lay->ll_size;
		chip->ll_region_rd[i].vaddr.io = eh->window + lay->ll_offset + i * lay->ll_size;
		chip->ll_region_rd[i].sz = lay->ll_size;
	}
}

static int edma_host_probe(struct edma_host *eh)
{
	int rc;

	eh->devres = devres_open_group(eh->chip.dev, NULL, GFP_KERNEL);
	if (!eh->devres)
		return -ENOMEM;

	rc = dw_edma_probe(&eh->chip);
	devres_close_group(eh->chip.dev, eh->devres);
	if (rc) {
		dev_err(nt_dev(eh->ed->nt), "dw-edma refuses the engine in the window: %pe\n",
			ERR_PTR(rc));
		devres_release_group(eh->chip.dev, eh->devres);
		eh->devres = NULL;
		return rc;
	}
	eh->probed = true;

	return 0;
}

/**
 * edma_host_engine_open() - make a DMA device of the window
 * @eh:		host's half, with the window mapped
 *
 * Return: 0 or an errno
 */
int edma_host_engine_open(struct edma_host *eh)
{
	struct edma_dev *ed = eh->ed;
	int rc;

	rc = edma_host_divide_doorbells(eh);
	if (!rc)
		rc = edma_host_irqs_alloc(eh);
	if (rc)
		return rc;

	edma_host_describe(eh);
	scoped_guard(spinlock, &edma_hosts_lock)
		list_add(&eh->entry, &edma_hosts);

	rc = edma_host_probe(eh);
	if (!rc)
		rc = edma_host_write_messages(eh);
	if (!rc)
		rc = edma_host_notify_open(eh);
	if (!rc)
		rc = edma_chans_request(ed, eh->chip.dev, 0, ed->lay.rd_channels - 1);
	if (rc) {
		edma_host_engine_close(eh);
		return rc;
	}
	scoped_guard(spinlock_irqsave, &eh->irq_lock)
		eh->live = true;
	ed->early = true;

	return 0;
}

/**
 * edma_host_engine_check() - look for completions whose message got lost
 * @eh:		host's half
 *
 * The engine's status stays when the function may not master the bus for a
 * moment and the message goes nowhere. To be called now and then.
 */
void edma_host_engine_check(struct edma_host *eh)
{
	struct edma_dev *ed = eh->ed;
	unsigned int i;

	guard(spinlock_irqsave)(&eh->irq_lock);

	for (i = 0; eh->live && i < ed->chan_count; i++) {
		struct edma_chan *ec = &ed->chans[i];

		if (!atomic_read(&ec->flying) ||
		    time_before(jiffies,
				READ_ONCE(ec->last) + msecs_to_jiffies(COMPLETION_LOST_MS)))
			continue;
		ed->polled++;
		edma_tx_notify_early(ec);
		/* not in interrupt context here */
		generic_handle_irq_safe(eh->virq + ec->index);
	}
}

/**
 * edma_host_engine_close() - undo edma_host_engine_open(), complete or not
 * @eh:		host's half
 */
void edma_host_engine_close(struct edma_host *eh)
{
	struct edma_dev *ed = eh->ed;

	if (eh->virq <= 0)
		return;

	scoped_guard(spinlock_irqsave, &eh->irq_lock)
		eh->live = false;

	edma_chans_release(ed);
	if (eh->notify_dma)
		dma_release_channel(eh->notify_dma);
	eh->notify_dma = NULL;
	if (eh->probed)
		dw_edma_remove(&eh->chip);
	eh->probed = false;
	edma_host_notify_close(eh);
	if (eh->devres)
		devres_release_group(eh->chip.dev, eh->devres);
	eh->devres = NULL;

	scoped_guard(spinlock, &edma_hosts_lock)
		list_del(&eh->entry);
	irq_free_descs(eh->virq, ed->lay.rd_channels);
	eh->virq = 0;
}
