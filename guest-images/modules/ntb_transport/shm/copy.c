// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared-memory backend: who copies the payload. The CPU does, at once or in
 * a thread of the queue pair, unless use_dma found a DMA_MEMCPY engine.
 */
#include <linux/io.h>
#include <linux/kthread.h>
#include <linux/sched.h>

#include "shm/shm.h"

static void shm_copy_tx_now(struct ntb_queue_entry *entry)
{
	struct shm_qp *sq = entry->qp->priv;
	void __iomem *slot = sq->tx_mw + sq->tx_max_frame * entry->index;

	memcpy_toio(slot, entry->buf, entry->len);
	/* payload before flag */
	wmb();
	sq->copy_ends->tx(entry);
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
			if (atomic_dec_and_test(&sq->tx_thread_busy))
				wake_up(&sq->tx_thread_wq);
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
		atomic_inc(&sq->tx_thread_busy);
		ntb_list_add(&qp->tx_lock, entry, &sq->tx_thread_q);
		wake_up(&sq->tx_thread_wq);
	} else {
		shm_copy_tx_now(entry);
	}
}

static void shm_copy_rx_cpu(struct ntb_queue_entry *entry)
{
	struct shm_qp *sq = entry->qp->priv;

	memcpy(entry->buf, sq->rx_buff + sq->rx_max_frame * entry->index, entry->len);
	/* the slot is given back only when it has been read */
	mb();
	entry->qp->stats.rx_memcpy++;
	sq->copy_ends->rx(entry);
}

/* A transfer that failed can still be done by the CPU. */
static void shm_copy_tx_dma_ended(struct ntb_queue_entry *entry, bool ok)
{
	struct shm_qp *sq = entry->qp->priv;

	if (ok) {
		sq->copy_ends->tx(entry);
	} else {
		entry->qp->stats.tx_async--;
		shm_copy_tx_cpu(entry);
	}
}

static void shm_copy_rx_dma_ended(struct ntb_queue_entry *entry, bool ok)
{
	struct shm_qp *sq = entry->qp->priv;

	if (ok) {
		sq->copy_ends->rx(entry);
	} else {
		entry->qp->stats.rx_async--;
		shm_copy_rx_cpu(entry);
	}
}

static const struct shm_dma_ends shm_copy_dma_ends = {
	.tx = shm_copy_tx_dma_ended,
	.rx = shm_copy_rx_dma_ended,
};

/**
 * shm_copy_tx() - put a frame's payload into its slot
 * @entry:	the frame; the pair's copy_ends follow, now or later
 */
void shm_copy_tx(struct ntb_queue_entry *entry)
{
	if (entry->len < copy_bytes || shm_dma_tx(entry))
		shm_copy_tx_cpu(entry);
}

/**
 * shm_copy_rx() - get a frame's payload out of its slot
 * @entry:	the frame; the pair's copy_ends follow, now or later
 */
void shm_copy_rx(struct ntb_queue_entry *entry)
{
	if (entry->len < copy_bytes || shm_dma_rx(entry))
		shm_copy_rx_cpu(entry);
}

/**
 * shm_copy_open() - get what copies for a queue pair
 * @qp:		queue pair
 * @ends:	called when a frame has been copied
 */
void shm_copy_open(struct ntb_transport_qp *qp, const struct shm_copy_ends *ends)
{
	struct shm_qp *sq = qp->priv;

	sq->copy_ends = ends;
	if (use_dma)
		shm_dma_open(qp, &shm_copy_dma_ends);

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

/**
 * shm_copy_drain() - wait for frames being copied
 * @qp:		queue pair that takes no new ones
 */
void shm_copy_drain(struct ntb_transport_qp *qp)
{
	struct shm_qp *sq = qp->priv;

	if (sq->tx_thread)
		wait_event(sq->tx_thread_wq, !atomic_read(&sq->tx_thread_busy));
	shm_dma_drain(sq);
}

/**
 * shm_copy_close() - undo shm_copy_open()
 * @qp:	queue pair
 */
void shm_copy_close(struct ntb_transport_qp *qp)
{
	struct shm_qp *sq = qp->priv;

	shm_copy_drain(qp);
	if (sq->tx_thread)
		kthread_stop(sq->tx_thread);
	sq->tx_thread = NULL;
	shm_dma_close(sq);
}
