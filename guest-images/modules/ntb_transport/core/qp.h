/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Queue pairs: client buffers on their way, counters, lists.
 */
#ifndef NTB_TRANSPORT_QP_H
#define NTB_TRANSPORT_QP_H

#include <linux/interrupt.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/ntb_transport.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct dentry;
struct ntb_dev;
struct ntb_transport_ctx;

/**
 * struct ntb_queue_entry - one client buffer on its way through a queue pair
 * @entry:	link in one of the queue pair's lists
 * @qp:		queue pair the entry belongs to
 * @cb_data:	the client's cookie for its callback
 * @buf:	the client's buffer
 * @size:	bytes in @buf
 * @len:	bytes of the frame, or -EIO
 * @flags:	header flags (shared-memory backend)
 * @index:	ring slot (shared-memory backend)
 * @tx_hdr:	header of the slot written, in the peer's memory
 * @rx_hdr:	header of the slot read, in own memory
 * @dma:	bus address of @buf while it is mapped (remote-eDMA backend)
 * @unmap:	mappings of a copy by DMA (shared-memory backend)
 */
struct ntb_queue_entry {
	union {
		struct list_head entry;
		struct llist_node given;
	};
	struct ntb_transport_qp *qp;
	void *cb_data;
	void *buf;
	unsigned int size;
	int len;
	unsigned int flags;
	unsigned int index;
	union {
		struct shm_header __iomem *tx_hdr;
		struct shm_header *rx_hdr;
	};
	dma_addr_t dma;
	struct dmaengine_unmap_data *unmap;
};

/**
 * struct ntb_qp_stats - counters of a queue pair since it was created
 * @rx_pkts:		frames handed to the client
 * @rx_bytes:		payload bytes handed to the client
 * @rx_ring_empty:	looks at the ring that found nothing
 * @rx_err_no_buf:	frames that had to wait for a client buffer
 * @rx_err_oflow:	frames larger than the client's buffer, lost
 * @rx_err_ver:		frames out of sequence
 * @rx_lost:		frames the peer has lost (remote eDMA)
 * @rx_missed:		frames found by looking, their doorbell having been lost
 * @rx_memcpy:		frames copied by the CPU
 * @rx_async:		frames copied by a local DMA engine
 * @tx_pkts:		frames accepted from the client
 * @tx_bytes:		payload bytes whose transmission has ended well
 * @tx_ring_full:	refusals because the peer had no room
 * @tx_err_no_buf:	refusals because no queue entry was free
 * @tx_errors:		frames lost to a failed transfer or a dead link
 * @tx_memcpy:		frames copied by the CPU
 * @tx_async:		frames moved by a DMA engine
 * @tx_batches:		DMA descriptors (remote-eDMA backend)
 * @tx_starved:		waits for the peer to post a buffer (remote eDMA)
 * @interrupts:		notifications from the peer
 * @notifies:		notifications to the peer
 */
struct ntb_qp_stats {
	u64 rx_pkts;
	u64 rx_bytes;
	u64 rx_ring_empty;
	u64 rx_err_no_buf;
	u64 rx_err_oflow;
	u64 rx_err_ver;
	u64 rx_lost;
	u64 rx_missed;
	u64 rx_memcpy;
	u64 rx_async;
	u64 tx_pkts;
	u64 tx_bytes;
	u64 tx_ring_full;
	u64 tx_err_no_buf;
	u64 tx_errors;
	u64 tx_memcpy;
	u64 tx_async;
	u64 tx_batches;
	u64 tx_starved;
	u64 interrupts;
	u64 notifies;
};

/**
 * struct ntb_transport_qp - a queue pair
 * @transport:	context it belongs to
 * @ndev:	NTB device, for short
 * @cb_data:	the client's cookie
 * @rx_handler:	called for each frame received, in softirq context
 * @tx_handler:	called for each frame sent or lost
 * @event_handler: called when the link of the pair changes
 * @qp_num:	number of the pair, the same on both sides
 * @client_ready: the client has asked for the link
 * @link_is_up:	both sides are ready
 * @active:	the receive tasklet may run
 * @link_lock:	serialises the pair's link work, clean-up and link-down
 * @link_work:	waits for the peer's half of the pair
 * @link_cleanup: takes the pair down after the peer has gone
 * @rx_tasklet:	receives
 * @tx_lock:	protects @tx_free_q
 * @tx_free_q:	unused transmit entries
 * @tx_cache:	some of them, of the client that sends: not locked
 * @rx_lock:	protects the three receive lists
 * @rx_free_q:	unused receive entries
 * @rx_pend_q:	client buffers waiting for the backend
 * @rx_post_q:	client buffers being filled
 * @rx_alloc:	receive entries that exist
 * @stats:	counters
 * @priv:	the backend's part of the pair
 * @debugfs_dir: qpN directory
 */
struct ntb_transport_qp {
	struct ntb_transport_ctx *transport;
	struct ntb_dev *ndev;
	void *cb_data;
	void (*rx_handler)(struct ntb_transport_qp *qp, void *qp_data, void *data, int len);
	void (*tx_handler)(struct ntb_transport_qp *qp, void *qp_data, void *data, int len);
	void (*event_handler)(void *data, int status);
	u8 qp_num;

	bool client_ready;
	bool link_is_up;
	bool active;
	struct mutex link_lock;	/* see above */
	struct delayed_work link_work;
	struct work_struct link_cleanup;
	struct tasklet_struct rx_tasklet;

	spinlock_t tx_lock;	/* see above */
	struct list_head tx_free_q;
	struct list_head tx_cache;

	spinlock_t rx_lock;	/* see above */
	struct list_head rx_free_q;
	struct list_head rx_pend_q;
	struct list_head rx_post_q;
	unsigned int rx_alloc;

	struct ntb_qp_stats stats;
	void *priv;
	struct dentry *debugfs_dir;
};

/* qp.c */
int ntb_qp_init(struct ntb_transport_ctx *nt, unsigned int qp_num);
void ntb_qp_exit(struct ntb_transport_qp *qp);
void ntb_qp_stop(struct ntb_transport_qp *qp);
void ntb_qp_link_lost(struct ntb_transport_qp *qp);
void ntb_qp_received(struct ntb_transport_qp *qp, struct ntb_queue_entry *entry);
void ntb_qp_received_all(struct ntb_transport_qp *qp, struct list_head *list);
void ntb_qp_sent(struct ntb_transport_qp *qp, struct ntb_queue_entry *entry, int result);
void ntb_qp_sent_all(struct ntb_transport_qp *qp, struct list_head *list, int result);
void ntb_qp_take_down(struct ntb_transport_qp *qp, bool by_client);

/* qp_entry.c */
int ntb_qp_alloc_tx(struct ntb_transport_qp *qp, unsigned int count);
int ntb_qp_alloc_rx(struct ntb_transport_qp *qp, unsigned int count);
void ntb_qp_free_entries(struct ntb_transport_qp *qp);
void ntb_list_add(spinlock_t *lock, struct ntb_queue_entry *entry, struct list_head *list);
struct ntb_queue_entry *ntb_list_rm(spinlock_t *lock, struct list_head *list);
struct ntb_queue_entry *ntb_qp_tx_entry(struct ntb_transport_qp *qp);

#endif
