// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remote-eDMA backend: the dedicated window, made by the endpoint.
 *
 * pci-epf-vntb gives a whole window one translation. So this sets one through
 * the NTB API, finds the BAR that got it, and has the endpoint controller divide
 * it into subranges: memory, registers, memory. The function's own description
 * of the BAR stays as it is, and what the host sees is always memory of ours.
 */
#include <linux/bitfield.h>
#include <linux/dma-mapping.h>
#include <linux/sizes.h>

#include "edma/ep/ep.h"

/* Where the registers are without a resource of their own (DWC core). */
#define EDMA_REGS_IN_ATU	0x80000

static int edma_ep_find_regs(struct edma_dev *ed, struct edma_ep *ep)
{
	struct device *dev = nt_dev(ed->nt);
	struct edma_layout *lay = &ed->lay;
	phys_addr_t phys;
	size_t size, used;
	struct resource *res;
	u32 ctrl;

	res = platform_get_resource_byname(ep->pdev, IORESOURCE_MEM, "dma");
	if (res) {
		phys = res->start;
		size = resource_size(res);
	} else {
		res = platform_get_resource_byname(ep->pdev, IORESOURCE_MEM, "atu");
		if (!res || resource_size(res) <= EDMA_REGS_IN_ATU) {
			dev_err(dev,
				"no eDMA: %s has neither registers named \"dma\" nor room for them in \"atu\"\n",
				dev_name(&ep->pdev->dev));
			return -ENODEV;
		}
		phys = res->start + EDMA_REGS_IN_ATU;
		size = resource_size(res) - EDMA_REGS_IN_ATU;
	}

	ep->regs = ioremap(phys, size);
	if (!ep->regs)
		return -ENOMEM;

	ctrl = readl(ep->regs + EDMA_REG_CTRL);
	lay->wr_channels = FIELD_GET(EDMA_CTRL_WR_CHANNELS, ctrl);
	lay->rd_channels = FIELD_GET(EDMA_CTRL_RD_CHANNELS, ctrl);
	if (lay->wr_channels < 1 || lay->wr_channels > EDMA_MAX_CHANS || lay->rd_channels < 2 ||
	    lay->rd_channels > EDMA_MAX_CHANS) {
		dev_err(dev,
			"the eDMA has %u write and %u read channels: at least 1 and 2 needed, one read channel for notifications\n",
			lay->wr_channels, lay->rd_channels);
		return -ENODEV;
	}
	used = EDMA_REGS_SIZE(max(lay->wr_channels, lay->rd_channels));
	if (size < used) {
		dev_err(dev, "%zu bytes of eDMA registers for %u channels: %zu needed\n", size,
			lay->rd_channels, used);
		return -ENODEV;
	}

	ep->regs_phys = round_down(phys, ep->align);
	ep->regs_size = round_up(phys - ep->regs_phys + used, ep->align);
	lay->regs_offset = phys - ep->regs_phys;
	lay->regs_size = used;
	lay->notify_channel = lay->rd_channels - 1;

	return 0;
}

/* What the controller rounds an address of all ones by is its alignment. */
static size_t edma_ep_find_align(struct edma_ep *ep)
{
	const struct pci_epc_features *features;
	size_t size = 1, offset = SZ_64K - 1;

	if (ep->epc->ops->align_addr)
		ep->epc->ops->align_addr(ep->epc, U32_MAX, &size, &offset);

	features = pci_epc_get_features(ep->epc, 0, 0);
	return max3(offset + 1, features ? features->align : 0, (size_t)PAGE_SIZE);
}

static int edma_ep_find_layout(struct edma_dev *ed, struct edma_ep *ep)
{
	struct edma_layout *lay = &ed->lay;
	struct ntb_dev *ndev = ed->nt->ndev;
	size_t need, ll_total;
	phys_addr_t phys;
	int rc;

	lay->window = ntb_mw_count(ndev, PIDX) - 1;
	/*
	 * ntb_mw_get_align() would tell, but not before the link is up. Windows
	 * of pci-epf-vntb have one size for both directions.
	 */
	rc = ntb_peer_mw_get_addr(ndev, lay->window, &phys, &lay->size);
	if (rc)
		return rc;

	lay->qp_offset = round_up(sizeof(struct edma_ctrl), SMP_CACHE_BYTES);
	lay->qp_stride = round_up(sizeof(struct edma_qp_ctrl), SMP_CACHE_BYTES);
	lay->ctrl_size = round_up(lay->qp_offset + lay->qp_stride * ed->nt->qp_count, ep->align);
	lay->regs_offset += lay->ctrl_size;
	lay->ll_offset = lay->ctrl_size + ep->regs_size;
	lay->ll_size = EDMA_LL_SIZE;
	ll_total = round_up(lay->ll_size * lay->rd_channels, ep->align);

	need = lay->ll_offset + ll_total;
	if (lay->size < need || !IS_ALIGNED(lay->size, ep->align)) {
		dev_err(nt_dev(ed->nt),
			"window %u has %#llx bytes: at least %#zx needed, and a multiple of %#zx (control %#x, registers %#zx, linked lists %#zx)\n",
			lay->window, (u64)lay->size, need, ep->align, lay->ctrl_size, ep->regs_size,
			ll_total);
		return -ENOSPC;
	}

	return 0;
}

int edma_ep_window_init(struct edma_dev *ed, struct edma_ep *ep)
{
	const struct pci_epc_features *features;
	int rc;

	features = pci_epc_get_features(ep->epc, 0, 0);
	if (!features || !features->dynamic_inbound_mapping || !features->subrange_mapping) {
		dev_err(nt_dev(ed->nt), "%s cannot map subranges of a BAR\n",
			dev_name(&ep->epc->dev));
		return -EOPNOTSUPP;
	}

	ep->align = edma_ep_find_align(ep);
	rc = edma_ep_find_regs(ed, ep);
	if (!rc)
		rc = edma_ep_find_layout(ed, ep);
	if (rc)
		goto err_unmap;

	ep->regs_dma =
		dma_map_resource(ed->dma_dev, ep->regs_phys, ep->regs_size, DMA_BIDIRECTIONAL, 0);
	rc = dma_mapping_error(ed->dma_dev, ep->regs_dma);
	if (rc)
		goto err_unmap;

	ep->buf = dma_alloc_coherent(ed->dma_dev, ed->lay.size, &ep->buf_dma, GFP_KERNEL);
	rc = ep->buf ? 0 : -ENOMEM;
	if (rc) {
		dev_err(nt_dev(ed->nt), "no %#llx bytes of contiguous memory for window %u\n",
			(u64)ed->lay.size, ed->lay.window);
		goto err_resource;
	}
	if (!IS_ALIGNED(ep->buf_dma, ep->align) || !IS_ALIGNED(ep->regs_dma, ep->align)) {
		dev_err(nt_dev(ed->nt), "memory at %pad or registers at %pad not aligned to %#zx\n",
			&ep->buf_dma, &ep->regs_dma, ep->align);
		rc = -EINVAL;
		goto err_buf;
	}

	return 0;

err_buf:
	dma_free_coherent(ed->dma_dev, ed->lay.size, ep->buf, ep->buf_dma);
err_resource:
	dma_unmap_resource(ed->dma_dev, ep->regs_dma, ep->regs_size, DMA_BIDIRECTIONAL, 0);
err_unmap:
	if (ep->regs)
		iounmap(ep->regs);
	return rc;
}

void edma_ep_window_exit(struct edma_dev *ed, struct edma_ep *ep)
{
	/* as pci-epf-vntb had it before: no memory of ours behind it */
	ntb_mw_set_trans(ed->nt->ndev, PIDX, ed->lay.window, 0, ed->lay.size);
	dma_free_coherent(ed->dma_dev, ed->lay.size, ep->buf, ep->buf_dma);
	dma_unmap_resource(ed->dma_dev, ep->regs_dma, ep->regs_size, DMA_BIDIRECTIONAL, 0);
	iounmap(ep->regs);
}

/* The only BAR of the controller's functions that has this address. */
static struct pci_epf *edma_ep_find_address(struct edma_dev *ed, struct edma_ep *ep,
					    dma_addr_t addr, unsigned int *bar)
{
	struct pci_epf *epf;
	unsigned int i;

	guard(mutex)(&ep->epc->list_lock);
	list_for_each_entry(epf, &ep->epc->pci_epf, list)
		for (i = 0; i < PCI_STD_NUM_BARS; i++)
			if (epf->bar[i].phys_addr == addr && epf->bar[i].size == ed->lay.size) {
				*bar = i;
				return epf;
			}

	return NULL;
}

/* Sets the window's translation, and copies the BAR that has got it. */
static int edma_ep_find_bar_by(struct edma_dev *ed, struct edma_ep *ep, dma_addr_t addr)
{
	unsigned int bar;
	int rc;

	rc = ntb_mw_set_trans(ed->nt->ndev, PIDX, ed->lay.window, addr, ed->lay.size);
	if (rc)
		return rc;

	ep->epf = edma_ep_find_address(ed, ep, addr, &bar);
	if (!ep->epf) {
		dev_err(nt_dev(ed->nt), "no function of %s has window %u in a BAR\n",
			dev_name(&ep->epc->dev), ed->lay.window);
		return -ENODEV;
	}
	ep->window_bar = ep->epf->bar[bar];

	return 0;
}

/*
 * pci-epf-vntb clears no translation. BARs, of whatever window, that have had an
 * address from when its memory was somebody else's could be taken for the
 * window's; memory at an address that none of them has tells which it is. Each
 * BAR has one address, and what is here stays taken while the next is asked for.
 */
static int edma_ep_find_bar_by_decoy(struct edma_dev *ed, struct edma_ep *ep)
{
	struct edma_layout *lay = &ed->lay;
	struct {
		void *buf;
		dma_addr_t dma;
	} decoys[PCI_STD_NUM_BARS];
	unsigned int bar, count = 0;
	bool taken = true;
	int rc = -EBUSY, back;

	while (taken && count < ARRAY_SIZE(decoys)) {
		decoys[count].buf = dma_alloc_coherent(ed->dma_dev, lay->size, &decoys[count].dma,
						       GFP_KERNEL);
		if (!decoys[count].buf) {
			rc = -ENOMEM;
			break;
		}
		taken = edma_ep_find_address(ed, ep, decoys[count].dma, &bar);
		if (!taken)
			rc = edma_ep_find_bar_by(ed, ep, decoys[count].dma);
		count++;
	}
	if (rc == -EBUSY)
		dev_err(nt_dev(ed->nt), "no memory at an address that no BAR of %s has had\n",
			dev_name(&ep->epc->dev));
	back = taken ? 0 :
		       ntb_mw_set_trans(ed->nt->ndev, PIDX, lay->window, ep->buf_dma, lay->size);
	if (back) {
		/* the window leads to the last one: rather lost than written to by the host */
		dev_err(nt_dev(ed->nt), "window %u cannot be set back: %pe\n", lay->window,
			ERR_PTR(back));
		rc = rc ?: back;
		count--;
	}
	while (count--)
		dma_free_coherent(ed->dma_dev, lay->size, decoys[count].buf, decoys[count].dma);

	return rc;
}

static int edma_ep_find_bar(struct edma_dev *ed, struct edma_ep *ep)
{
	unsigned int bar;

	if (edma_ep_find_address(ed, ep, ep->buf_dma, &bar))
		return edma_ep_find_bar_by_decoy(ed, ep);

	return edma_ep_find_bar_by(ed, ep, ep->buf_dma);
}

/**
 * edma_ep_window_open() - give the host its view
 * @ed:		device
 * @ep:		endpoint's half
 *
 * The host must have assigned the BAR.
 *
 * Return: 0 or an errno
 */
int edma_ep_window_open(struct edma_dev *ed, struct edma_ep *ep)
{
	struct edma_layout *lay = &ed->lay;
	size_t after = lay->ctrl_size + ep->regs_size;
	struct pci_epf_bar *bar = &ep->window_bar;
	int rc;

	memset(ep->buf, 0, lay->size);

	/* once: the window stays in that BAR */
	if (!ep->epf)
		rc = edma_ep_find_bar(ed, ep);
	else
		rc = ntb_mw_set_trans(ed->nt->ndev, PIDX, lay->window, ep->buf_dma, lay->size);
	if (rc) {
		ep->epf = NULL;
		return rc;
	}

	ep->submap[0] = (struct pci_epf_bar_submap){ ep->buf_dma, lay->ctrl_size };
	ep->submap[1] = (struct pci_epf_bar_submap){ ep->regs_dma, ep->regs_size };
	ep->submap[2] = (struct pci_epf_bar_submap){ ep->buf_dma + after, lay->size - after };
	bar->phys_addr = ep->buf_dma;
	bar->submap = ep->submap;
	bar->num_submap = ARRAY_SIZE(ep->submap);
	rc = pci_epc_set_bar(ep->epc, ep->epf->func_no, ep->epf->vfunc_no, bar);
	if (rc) {
		dev_err(nt_dev(ed->nt), "BAR%d cannot be divided: %pe\n", bar->barno, ERR_PTR(rc));
		edma_ep_window_close(ed, ep);
		return rc;
	}
	ep->open = true;

	return 0;
}

/**
 * edma_ep_window_close() - take the registers away from the host
 * @ed:		device
 * @ep:		endpoint's half
 *
 * The memory stays: the host may still look at it. The function's own BAR takes
 * the place of the divided one.
 */
void edma_ep_window_close(struct edma_dev *ed, struct edma_ep *ep)
{
	ntb_mw_set_trans(ed->nt->ndev, PIDX, ed->lay.window, ep->buf_dma, ed->lay.size);
	ep->open = false;
}
