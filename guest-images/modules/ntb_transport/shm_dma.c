// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared-memory backend: who copies the payload. The CPU does, at once or in
 * a thread of the queue pair, unless use_dma found a DMA_MEMCPY engine.
 */
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/kthread.h>
#include <linux/sched.h>

#include "shm.h"

static void shm_copy_tx_now(struct ntb_queue_entry *entry)
{
	struct shm_qp *sq = entry->qp->priv;
	void __iomem *slot = sq->tx_mw + sq->tx_max_frame * entry->index;

#ifdef copy_to_nontemporal
	copy_to_nontemporal((void __force *)slot, entry->buf, entry->len);
#else
	memcpy_toio(slot, entry->buf, entry->len);
#endif
	/* payload before flag */
	wmb();
	shm_tx_done(entry);
}

static int shm_tx_thread(void *data)
{
	struct ntb_transport_qp *qp = data;
	struct shm_qp *sq = qp->priv;
	struct ntb_queue_entry *entry;

	while (!kthread_should_stop()) {
		wait_event_interruptible(sq->tx_thread_wq,
					 kthread_should_stop() ||
					 !list_empty_careful(&sq->tx_thread_q));
		while ((entry = ntb_list_rm(&qp->tx_lock, &sq->tx_thread_q))) {
			shm_copy_tx_now(entry);
			cond_resched();
		}
	}

	return 0;
}

static void shm_copy_tx_cpu(struct ntb_queue_entry *entry)
{
	struct ntb_transport_qp *qp = entry->qp;
	struct shm_qp *sq = qp->priv;

	qp->stats.tx_memcpy++;
	if (sq->tx_thread && entry->len) {
		ntb_list_add(&qp->tx_lock, entry, &sq->tx_thread_q);
		wake_up(&sq->tx_thread_wq);
	} else {
		shm_copy_tx_now(entry);
	}
}

static void shm_dma_tx_done(void *data, const struct dmaengine_result *res)
{
	struct ntb_queue_entry *entry = data;

	/* a transfer that failed can still be done by hand */
	if (res && res->result != DMA_TRANS_NOERROR) {
		entry->qp->stats.tx_async--;
		shm_copy_tx_cpu(entry);
	} else {
		shm_tx_done(entry);
	}
}

static void shm_copy_rx_cpu(struct ntb_queue_entry *entry)
{
	struct shm_qp *sq = entry->qp->priv;

	memcpy(entry->buf, sq->rx_buff + sq->rx_max_frame * entry->index,
	       entry->len);
	/* the slot is given back only when it has been read */
	mb();
	entry->qp->stats.rx_memcpy++;
	shm_rx_done(entry);
}

static void shm_dma_rx_done(void *data, const struct dmaengine_result *res)
{
	struct ntb_queue_entry *entry = data;

	if (res && res->result != DMA_TRANS_NOERROR) {
		entry->qp->stats.rx_async--;
		shm_copy_rx_cpu(entry);
	} else {
		shm_rx_done(entry);
	}
}

/* @dst_dma or @src_dma is 0 if @dst or @src is to be mapped. */
static int shm_dma_submit(struct shm_qp *sq, struct dma_chan *chan,
			  void *dst, dma_addr_t dst_dma, void *src, size_t len,
			  dma_async_tx_callback_result done, void *param)
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
	src_dma = dma_map_single(ddev->dev, src, len, DMA_TO_DEVICE);
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

	if (!is_dma_copy_aligned(ddev, offset_in_page(src_dma),
				 offset_in_page(dst_dma), len))
		goto err;

	txd = ddev->device_prep_dma_memcpy(chan, dst_dma, src_dma, len,
					   DMA_PREP_INTERRUPT);
	if (!txd)
		goto err;

	txd->callback_result = done;
	txd->callback_param = param;
	dma_set_unmap(txd, unmap);
	cookie = dmaengine_submit(txd);
	dmaengine_unmap_put(unmap);
	if (dma_submit_error(cookie)) {
		dmaengine_unmap_put(unmap);
		return -EIO;
	}
	sq->last_cookie = cookie;

	return 0;

err:
	dmaengine_unmap_put(unmap);
	return -EIO;
}

/**
 * shm_copy_tx() - put a frame's payload into its slot
 * @entry:	the frame; shm_tx_done() follows, now or later
 */
void shm_copy_tx(struct ntb_queue_entry *entry)
{
	struct ntb_transport_qp *qp = entry->qp;
	struct shm_qp *sq = qp->priv;

	if (sq->tx_chan && entry->len >= copy_bytes &&
	    !shm_dma_submit(sq, sq->tx_chan, NULL,
			    sq->tx_mw_dma + sq->tx_max_frame * entry->index,
			    entry->buf, entry->len, shm_dma_tx_done, entry)) {
		qp->stats.tx_async++;
		dma_async_issue_pending(sq->tx_chan);
		return;
	}

	shm_copy_tx_cpu(entry);
}

/**
 * shm_copy_rx() - get a frame's payload out of its slot
 * @entry:	the frame; shm_rx_done() follows, now or later
 * @slot:	the slot
 */
void shm_copy_rx(struct ntb_queue_entry *entry, void *slot)
{
	struct ntb_transport_qp *qp = entry->qp;
	struct shm_qp *sq = qp->priv;

	if (sq->rx_chan && entry->len >= copy_bytes &&
	    !shm_dma_submit(sq, sq->rx_chan, entry->buf, 0, slot, entry->len,
			    shm_dma_rx_done, entry)) {
		qp->stats.rx_async++;
		return;
	}

	shm_copy_rx_cpu(entry);
}

void shm_copy_rx_flush(struct ntb_transport_qp *qp)
{
	struct shm_qp *sq = qp->priv;

	if (sq->rx_chan)
		dma_async_issue_pending(sq->rx_chan);
}

/* Frames must have a size the engine can copy. */
unsigned int shm_copy_align(struct shm_qp *sq)
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

static void shm_dma_open(struct ntb_transport_qp *qp)
{
	int node = dev_to_node(&qp->ndev->dev);
	struct shm_dev *sd = qp->transport->priv;
	struct shm_qp *sq = qp->priv;
	dma_cap_mask_t mask;

	dma_cap_zero(mask);
	dma_cap_set(DMA_MEMCPY, mask);
	sq->tx_chan = dma_request_channel(mask, shm_dma_filter, &node);
	sq->rx_chan = dma_request_channel(mask, shm_dma_filter, &node);

	if (sq->tx_chan) {
		sq->tx_mw_dma = dma_map_resource(sq->tx_chan->device->dev,
						 sq->tx_mw_phys, sq->tx_mw_size,
						 DMA_FROM_DEVICE, 0);
		if (dma_mapping_error(sq->tx_chan->device->dev, sq->tx_mw_dma)) {
			dma_release_channel(sq->tx_chan);
			sq->tx_chan = NULL;
		}
	}

	if ((!sq->tx_chan || !sq->rx_chan) && !sd->said_no_dma) {
		sd->said_no_dma = true;
		dev_info(nt_dev(qp->transport), "use_dma: no free DMA_MEMCPY channel for %s: the CPU copies\n",
			 sq->tx_chan ? "reception" :
			 sq->rx_chan ? "transmission" : "either direction");
	}
}

void shm_copy_open(struct ntb_transport_qp *qp)
{
	struct shm_qp *sq = qp->priv;

	if (use_dma)
		shm_dma_open(qp);

	if (tx_memcpy_offload) {
		sq->tx_thread = kthread_run(shm_tx_thread, qp, "ntb-txcpy/%s/%u",
					    pci_name(qp->ndev->pdev), qp->qp_num);
		if (IS_ERR(sq->tx_thread)) {
			dev_warn(nt_dev(qp->transport), "no thread for tx_memcpy_offload: %pe\n",
				 sq->tx_thread);
			sq->tx_thread = NULL;
		}
	}
}

static void shm_dma_close(struct shm_qp *sq, struct dma_chan *chan)
{
	dma_sync_wait(chan, sq->last_cookie);
	dmaengine_terminate_sync(chan);
	if (chan == sq->tx_chan)
		dma_unmap_resource(chan->device->dev, sq->tx_mw_dma,
				   sq->tx_mw_size, DMA_FROM_DEVICE, 0);
	dma_release_channel(chan);
}

void shm_copy_close(struct ntb_transport_qp *qp)
{
	struct shm_qp *sq = qp->priv;
	struct ntb_queue_entry *entry;

	if (sq->tx_thread)
		kthread_stop(sq->tx_thread);
	sq->tx_thread = NULL;
	while ((entry = ntb_list_rm(&qp->tx_lock, &sq->tx_thread_q)))
		ntb_qp_sent(qp, entry, -ENOLINK);

	if (sq->tx_chan)
		shm_dma_close(sq, sq->tx_chan);
	sq->tx_chan = NULL;
	if (sq->rx_chan)
		shm_dma_close(sq, sq->rx_chan);
	sq->rx_chan = NULL;
}
