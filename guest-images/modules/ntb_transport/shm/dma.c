// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared-memory backend: copying with a DMA_MEMCPY engine.
 */
#include <linux/dma-mapping.h>
#include <linux/mm.h>

#include "shm/shm.h"

static void shm_dma_tx_done(void *data, const struct dmaengine_result *res)
{
	struct ntb_queue_entry *entry = data;
	struct shm_qp *sq = entry->qp->priv;

	dmaengine_unmap_put(entry->unmap);
	sq->dma_ends->tx(entry, !res || res->result == DMA_TRANS_NOERROR);
}

static void shm_dma_rx_done(void *data, const struct dmaengine_result *res)
{
	struct ntb_queue_entry *entry = data;
	struct shm_qp *sq = entry->qp->priv;

	dmaengine_unmap_put(entry->unmap);
	sq->dma_ends->rx(entry, !res || res->result == DMA_TRANS_NOERROR);
}

/* A slot is memory from dma_alloc_attrs(), which need not be in the linear map. */
static dma_addr_t shm_dma_map_source(struct device *dev, void *src, size_t len)
{
	struct page *page = is_vmalloc_addr(src) ? vmalloc_to_page(src) : virt_to_page(src);

	/* physically contiguous, by DMA_ATTR_FORCE_CONTIGUOUS */
	return dma_map_page(dev, page, offset_in_page(src), len, DMA_TO_DEVICE);
}

/* @dst_dma or @src_dma is 0 if @dst or @src is to be mapped. */
static int shm_dma_submit(struct shm_qp *sq, struct dma_chan *chan, void *dst, dma_addr_t dst_dma,
			  void *src, size_t len, dma_async_tx_callback_result done,
			  struct ntb_queue_entry *entry)
{
	struct dma_device *ddev = chan->device;
	struct dma_async_tx_descriptor *txd;
	struct dmaengine_unmap_data *unmap;
	dma_addr_t src_dma;
	dma_cookie_t cookie;

	unmap = dmaengine_get_unmap_data(ddev->dev, 2, GFP_NOWAIT);
	if (!unmap)
		return -ENOMEM;

	unmap->len = len;
	src_dma = shm_dma_map_source(ddev->dev, src, len);
	if (dma_mapping_error(ddev->dev, src_dma))
		goto err;
	unmap->addr[0] = src_dma;
	unmap->to_cnt = 1;

	if (dst) {
		dst_dma = dma_map_single(ddev->dev, dst, len, DMA_FROM_DEVICE);
		if (dma_mapping_error(ddev->dev, dst_dma))
			goto err;
		unmap->addr[1] = dst_dma;
		unmap->from_cnt = 1;
	}

	if (!is_dma_copy_aligned(ddev, offset_in_page(src_dma), offset_in_page(dst_dma), len))
		goto err;

	txd = ddev->device_prep_dma_memcpy(chan, dst_dma, src_dma, len, DMA_PREP_INTERRUPT);
	if (!txd)
		goto err;

	txd->callback_result = done;
	txd->callback_param = entry;
	/* not dma_set_unmap(): many an engine's driver leaves that undone */
	entry->unmap = unmap;
	cookie = dmaengine_submit(txd);
	if (dma_submit_error(cookie))
		goto err;
	if (chan == sq->tx_chan)
		sq->tx_cookie = cookie;
	else
		sq->rx_cookie = cookie;

	return 0;

err:
	dmaengine_unmap_put(unmap);
	return -EIO;
}

/**
 * shm_dma_tx() - put a frame's payload into its slot
 * @entry:	the frame
 *
 * Return: 0, or an errno if the CPU must do it
 */
int shm_dma_tx(struct ntb_queue_entry *entry)
{
	struct ntb_transport_qp *qp = entry->qp;
	struct shm_qp *sq = qp->priv;
	int rc;

	if (!sq->tx_chan)
		return -ENODEV;

	rc = shm_dma_submit(sq, sq->tx_chan, NULL, sq->tx_mw_dma + sq->tx_max_frame * entry->index,
			    entry->buf, entry->len, shm_dma_tx_done, entry);
	if (rc)
		return rc;

	qp->stats.tx_async++;
	dma_async_issue_pending(sq->tx_chan);

	return 0;
}

/**
 * shm_dma_rx() - get a frame's payload out of its slot
 * @entry:	the frame
 *
 * Return: 0 if shm_dma_rx_flush() will start it, or an errno if the CPU must
 * do it
 */
int shm_dma_rx(struct ntb_queue_entry *entry)
{
	struct ntb_transport_qp *qp = entry->qp;
	struct shm_qp *sq = qp->priv;
	int rc;

	if (!sq->rx_chan)
		return -ENODEV;

	rc = shm_dma_submit(sq, sq->rx_chan, entry->buf, 0,
			    sq->rx_buff + sq->rx_max_frame * entry->index, entry->len,
			    shm_dma_rx_done, entry);
	if (!rc)
		qp->stats.rx_async++;

	return rc;
}

/**
 * shm_dma_rx_flush() - start what shm_dma_rx() has collected
 * @qp:	queue pair
 */
void shm_dma_rx_flush(struct ntb_transport_qp *qp)
{
	struct shm_qp *sq = qp->priv;

	if (sq->rx_chan)
		dma_async_issue_pending(sq->rx_chan);
}

/**
 * shm_dma_align() - what sizes of frames must be a multiple of
 * @sq:	queue pair
 *
 * Return: bytes, a power of two
 */
unsigned int shm_dma_align(struct shm_qp *sq)
{
	unsigned int shift = 0;

	if (sq->tx_chan)
		shift = sq->tx_chan->device->copy_align;
	if (sq->rx_chan && sq->rx_chan->device->copy_align > shift)
		shift = sq->rx_chan->device->copy_align;

	return 1U << shift;
}

static bool shm_dma_filter(struct dma_chan *chan, void *node)
{
	return dev_to_node(&chan->dev->device) == *(int *)node;
}

/**
 * shm_dma_open() - get channels, if there are any
 * @qp:		queue pair
 * @ends:	called when a copy has ended
 *
 * Says once a device if there are none.
 */
void shm_dma_open(struct ntb_transport_qp *qp, const struct shm_dma_ends *ends)
{
	int node = dev_to_node(&qp->ndev->dev);
	struct shm_dev *sd = qp->transport->priv;
	struct shm_qp *sq = qp->priv;
	dma_cap_mask_t mask;

	sq->dma_ends = ends;
	dma_cap_zero(mask);
	dma_cap_set(DMA_MEMCPY, mask);
	sq->tx_chan = dma_request_channel(mask, shm_dma_filter, &node);
	sq->rx_chan = dma_request_channel(mask, shm_dma_filter, &node);

	if (sq->tx_chan) {
		sq->tx_mw_dma = dma_map_resource(sq->tx_chan->device->dev, sq->tx_mw_phys,
						 sq->tx_mw_size, DMA_FROM_DEVICE, 0);
		if (dma_mapping_error(sq->tx_chan->device->dev, sq->tx_mw_dma)) {
			dma_release_channel(sq->tx_chan);
			sq->tx_chan = NULL;
		}
	}

	if ((!sq->tx_chan || !sq->rx_chan) && !sd->said_no_dma) {
		sd->said_no_dma = true;
		dev_info(nt_dev(qp->transport),
			 "use_dma: no free DMA_MEMCPY channel for %s: the CPU copies\n",
			 sq->tx_chan ? "reception" :
			 sq->rx_chan ? "transmission" :
				       "either direction");
	}
}

/* On return the callbacks of what was submitted have run. */
static void shm_dma_drain_chan(struct dma_chan *chan, dma_cookie_t cookie)
{
	dma_async_issue_pending(chan);
	if (cookie > 0)
		dma_sync_wait(chan, cookie);
	dmaengine_synchronize(chan);
}

static void shm_dma_release(struct shm_qp *sq, struct dma_chan *chan)
{
	dmaengine_terminate_sync(chan);
	if (chan == sq->tx_chan)
		dma_unmap_resource(chan->device->dev, sq->tx_mw_dma, sq->tx_mw_size,
				   DMA_FROM_DEVICE, 0);
	dma_release_channel(chan);
}

/**
 * shm_dma_drain() - wait for frames being copied
 * @sq:	queue pair that takes no new ones
 */
void shm_dma_drain(struct shm_qp *sq)
{
	if (sq->tx_chan)
		shm_dma_drain_chan(sq->tx_chan, sq->tx_cookie);
	if (sq->rx_chan)
		shm_dma_drain_chan(sq->rx_chan, sq->rx_cookie);
}

/**
 * shm_dma_close() - undo shm_dma_open()
 * @sq:	queue pair
 */
void shm_dma_close(struct shm_qp *sq)
{
	if (sq->tx_chan)
		shm_dma_release(sq, sq->tx_chan);
	sq->tx_chan = NULL;
	if (sq->rx_chan)
		shm_dma_release(sq, sq->rx_chan);
	sq->rx_chan = NULL;
}
