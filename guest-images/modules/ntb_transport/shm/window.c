// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared-memory backend: memory windows, the peer's and own memory behind
 * those the peer sees.
 */
#include <linux/dma-mapping.h>
#include <linux/io.h>

#include "shm/shm.h"

/**
 * shm_window_usable() - how much of a window is used
 * @mw:	window
 *
 * Return: bytes
 */
resource_size_t shm_window_usable(struct shm_mw *mw)
{
	if (max_mw_size && mw->phys_size > max_mw_size)
		return max_mw_size;

	return mw->phys_size;
}

/**
 * shm_window_map() - map the peer's window
 * @nt:	context
 * @num: window
 *
 * Return: 0 or an errno
 */
int shm_window_map(struct ntb_transport_ctx *nt, unsigned int num)
{
	struct shm_dev *sd = nt->priv;
	struct shm_mw *mw = &sd->mw[num];
	int rc;

	rc = ntb_peer_mw_get_addr(nt->ndev, num, &mw->phys_addr, &mw->phys_size);
	if (rc)
		return rc;

	mw->vbase = ioremap_wc(mw->phys_addr, mw->phys_size);
	return mw->vbase ? 0 : -ENOMEM;
}

/**
 * shm_window_unmap() - undo shm_window_map()
 * @mw:	window, mapped or not
 */
void shm_window_unmap(struct shm_mw *mw)
{
	if (mw->vbase)
		iounmap(mw->vbase);
	mw->vbase = NULL;
}

/**
 * shm_window_free() - take own memory away from the peer
 * @nt:	context
 * @num: window
 */
void shm_window_free(struct ntb_transport_ctx *nt, unsigned int num)
{
	struct shm_dev *sd = nt->priv;
	struct shm_mw *mw = &sd->mw[num];
	unsigned int i;

	if (!mw->alloc_addr)
		return;

	/* readers of the ring state may come at any time */
	for (i = num; i < nt->qp_count; i += nt->mw_count) {
		WRITE_ONCE(sd->qps[i].consumer, NULL);
		sd->qps[i].rx_buff = NULL;
	}
	synchronize_rcu();

	if (!nt_device_gone(nt))
		ntb_mw_clear_trans(nt->ndev, PIDX, num);
	dma_free_attrs(ntb_get_dma_dev(nt->ndev), mw->alloc_size, mw->alloc_addr, mw->alloc_dma,
		       DMA_ATTR_FORCE_CONTIGUOUS);
	mw->alloc_addr = NULL;
	mw->virt_addr = NULL;
	mw->xlat_size = 0;
}

/*
 * The translation wants aligned memory. If what comes from the allocator is
 * not aligned, twice as much has an aligned part.
 */
static int shm_window_alloc(struct ntb_transport_ctx *nt, struct shm_mw *mw, size_t size,
			    size_t align)
{
	struct device *dev = ntb_get_dma_dev(nt->ndev);
	size_t alloc;

	for (alloc = size; alloc <= 2 * size; alloc += size) {
		mw->alloc_addr = dma_alloc_attrs(dev, alloc, &mw->alloc_dma, GFP_KERNEL,
						 DMA_ATTR_FORCE_CONTIGUOUS);
		if (!mw->alloc_addr)
			break;

		mw->alloc_size = alloc;
		mw->dma_addr = ALIGN(mw->alloc_dma, align);
		mw->virt_addr = mw->alloc_addr + (mw->dma_addr - mw->alloc_dma);
		if (mw->dma_addr + size <= mw->alloc_dma + alloc)
			return 0;

		dma_free_attrs(dev, alloc, mw->alloc_addr, mw->alloc_dma,
			       DMA_ATTR_FORCE_CONTIGUOUS);
		mw->alloc_addr = NULL;
	}

	dev_err(nt_dev(nt), "no %zu bytes of memory aligned to %zu for a window\n", size, align);
	return -ENOMEM;
}

/**
 * shm_window_set() - show own memory to the peer
 * @nt:	context
 * @num: window
 * @size: bytes the peer uses of it, no more than the window has
 *
 * Return: 0 or an errno
 */
int shm_window_set(struct ntb_transport_ctx *nt, unsigned int num, u64 size)
{
	struct shm_dev *sd = nt->priv;
	struct shm_mw *mw = &sd->mw[num];
	resource_size_t align, size_align;
	size_t xlat_size;
	int rc;

	rc = ntb_mw_get_align(nt->ndev, PIDX, num, &align, &size_align, NULL);
	if (rc)
		return rc;

	xlat_size = round_up(size, size_align);
	if (mw->alloc_addr && mw->xlat_size == xlat_size)
		return 0;
	if (mw->alloc_addr)
		shm_window_free(nt, num);
	if (!mw->alloc_addr) {
		rc = shm_window_alloc(nt, mw, round_up(size, align), align);
		if (rc)
			return rc;
	}

	/*
	 * A host that has died has left its translation to pci-epf-vntb, whose
	 * new outbound region would come behind that old one.
	 */
	ntb_mw_clear_trans(nt->ndev, PIDX, num);
	rc = ntb_mw_set_trans(nt->ndev, PIDX, num, mw->dma_addr, xlat_size);
	if (rc) {
		dev_err(nt_dev(nt), "window %u cannot be set to %zu bytes: %pe\n", num, xlat_size,
			ERR_PTR(rc));
		return rc;
	}
	mw->xlat_size = xlat_size;

	return 0;
}
