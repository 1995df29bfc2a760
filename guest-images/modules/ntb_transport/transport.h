/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Internals of the NTB transport: contexts, queue pairs and what a backend
 * must offer.
 */
#ifndef NTB_TRANSPORT_INTERNAL_H
#define NTB_TRANSPORT_INTERNAL_H

#include <linux/interrupt.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/ntb.h>
#include <linux/ntb_transport.h>
#include <linux/pci.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

/* Only devices with two ports are supported. */
#define PIDX			NTB_DEF_PEER_IDX

#define LINK_RETRY_MS		10
#define LINK_WATCH_MS		250

struct dentry;
struct seq_file;
struct ntb_transport_ctx;
struct ntb_transport_qp;

/*
 * Scratchpads every backend uses. The numbers are those of the upstream
 * driver (drivers/ntb/ntb_transport.c); what follows NUM_QPS is the backend's.
 */
enum ntb_transport_spad {
	SPAD_VERSION		= 0,
	SPAD_QP_LINKS		= 1,
	SPAD_NUM_QPS		= 2,
	SPAD_BACKEND		= 3,
};

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
 * @dma:	bus address of @buf while it is mapped
 */
struct ntb_queue_entry {
	struct list_head entry;
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
	void (*rx_handler)(struct ntb_transport_qp *qp, void *qp_data,
			   void *data, int len);
	void (*tx_handler)(struct ntb_transport_qp *qp, void *qp_data,
			   void *data, int len);
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

	spinlock_t rx_lock;	/* see above */
	struct list_head rx_free_q;
	struct list_head rx_pend_q;
	struct list_head rx_post_q;
	unsigned int rx_alloc;

	struct ntb_qp_stats stats;
	void *priv;
	struct dentry *debugfs_dir;
};

/**
 * struct ntb_transport_backend - how payload moves between the two sides
 * @name:	for people
 * @version:	what SPAD_VERSION holds; the two sides' must be equal
 * @init:	once a device, before any queue pair exists
 * @exit:	undoes @init
 * @publish:	write the scratchpads from SPAD_BACKEND on for the peer
 * @link_setup:	the peer has the same version: 0 when the link may come up,
 *		-EAGAIN to be called again, another errno (logged) if it cannot
 * @link_teardown: undoes @link_setup, complete or not
 * @link_broken: true if the peer has taken its side down behind our back
 * @qp_create:	allocate @priv of a pair and its transmit entries
 * @qp_destroy:	undoes @qp_create
 * @qp_poll:	try to connect: 1 when the pair is up on both sides, 0 not yet
 * @qp_broken:	true if the peer's half of a pair that is up has gone
 * @qp_stop:	end the pair's session: nothing in flight in either direction
 *		afterwards, client buffers back in rx_pend_q. May sleep.
 *		was_up: the pair was up; by_client: the own client asked for
 *		it, so the peer must be told
 * @max_size:	largest payload
 * @tx_enqueue:	send an entry; 0 when the backend has taken it
 * @tx_free:	frames the pair would take now
 * @rx_poll:	body of the receive tasklet; returns true to run again
 * @db_event:	doorbell interrupt, in hard interrupt context
 * @show_qp:	backend part of qpN/stats
 * @show_window: content of the debugfs file "window"
 */
struct ntb_transport_backend {
	const char *name;
	u32 version;
	int (*init)(struct ntb_transport_ctx *nt);
	void (*exit)(struct ntb_transport_ctx *nt);
	void (*publish)(struct ntb_transport_ctx *nt);
	int (*link_setup)(struct ntb_transport_ctx *nt);
	void (*link_teardown)(struct ntb_transport_ctx *nt);
	bool (*link_broken)(struct ntb_transport_ctx *nt);

	int (*qp_create)(struct ntb_transport_qp *qp);
	void (*qp_destroy)(struct ntb_transport_qp *qp);
	int (*qp_poll)(struct ntb_transport_qp *qp);
	bool (*qp_broken)(struct ntb_transport_qp *qp);
	void (*qp_stop)(struct ntb_transport_qp *qp, bool was_up,
			bool by_client);
	unsigned int (*max_size)(struct ntb_transport_qp *qp);
	int (*tx_enqueue)(struct ntb_transport_qp *qp,
			  struct ntb_queue_entry *entry);
	unsigned int (*tx_free)(struct ntb_transport_qp *qp);
	bool (*rx_poll)(struct ntb_transport_qp *qp);
	void (*db_event)(struct ntb_transport_ctx *nt, int vector);

	void (*show_qp)(struct ntb_transport_qp *qp, struct seq_file *s);
	void (*show_window)(struct ntb_transport_ctx *nt, struct seq_file *s);
};

/**
 * struct ntb_transport_ctx - the transport on one NTB device
 * @entry:	link in the list of all contexts
 * @client_devs: devices of the client bus
 * @ndev:	NTB device
 * @ops:	backend
 * @priv:	the backend's part
 * @mw_count:	memory windows in use
 * @qp_count:	queue pairs
 * @qp_vec:	the queue pairs
 * @qp_free:	bit set: pair not given to a client
 * @link_is_up:	handshake done
 * @removing:	no new work
 * @link_event_lock: serialises link work and clean-up
 * @link_work:	handshake
 * @link_watch:	looks for a peer that has gone without a word
 * @link_cleanup: takes the link down
 * @reported_version: last version of the peer complained about
 * @reported_qps: last queue pair count of the peer complained about
 * @reported_error: last failure of link_setup
 * @debugfs_dir: directory of the device
 */
struct ntb_transport_ctx {
	struct list_head entry;
	struct list_head client_devs;
	struct ntb_dev *ndev;
	const struct ntb_transport_backend *ops;
	void *priv;

	unsigned int mw_count;
	unsigned int qp_count;
	struct ntb_transport_qp *qp_vec;
	u64 qp_free;

	bool link_is_up;
	bool removing;
	struct mutex link_event_lock;	/* see above */
	struct delayed_work link_work;
	struct delayed_work link_watch;
	struct work_struct link_cleanup;
	u32 reported_version;
	u32 reported_qps;
	int reported_error;

	struct dentry *debugfs_dir;
};

/* core.c: module parameters */
extern unsigned long max_mw_size;
extern unsigned int transport_mtu;
extern unsigned int copy_bytes;
extern bool use_dma;
extern bool tx_memcpy_offload;

/* link.c */
void nt_link_init(struct ntb_transport_ctx *nt);
void nt_link_down(struct ntb_transport_ctx *nt);
void nt_link_event(void *data);
void ntb_transport_restart(struct ntb_transport_ctx *nt);

/* qp.c */
int ntb_qp_init(struct ntb_transport_ctx *nt, unsigned int qp_num);
void ntb_qp_exit(struct ntb_transport_qp *qp);
void ntb_qp_stop(struct ntb_transport_qp *qp);
void ntb_qp_link_lost(struct ntb_transport_qp *qp);
void ntb_qp_received(struct ntb_transport_qp *qp,
		     struct ntb_queue_entry *entry);
void ntb_qp_sent(struct ntb_transport_qp *qp, struct ntb_queue_entry *entry,
		 int result);
void ntb_qp_take_down(struct ntb_transport_qp *qp, bool by_client);

/* qp_entry.c */
int ntb_qp_alloc_tx(struct ntb_transport_qp *qp, unsigned int count);
int ntb_qp_alloc_rx(struct ntb_transport_qp *qp, unsigned int count);
void ntb_qp_free_entries(struct ntb_transport_qp *qp);
void ntb_list_add(spinlock_t *lock, struct ntb_queue_entry *entry,
		  struct list_head *list);
struct ntb_queue_entry *ntb_list_rm(spinlock_t *lock, struct list_head *list);

/* client_bus.c */
int ntb_client_bus_register(void);
void ntb_client_bus_unregister(void);
void ntb_client_bus_add(struct ntb_transport_ctx *nt);
void ntb_client_bus_remove(struct ntb_transport_ctx *nt);

/* debugfs.c */
void ntb_transport_debugfs_init(void);
void ntb_transport_debugfs_exit(void);
void ntb_transport_debugfs_add(struct ntb_transport_ctx *nt);
void ntb_transport_debugfs_add_qp(struct ntb_transport_qp *qp);

extern const struct ntb_transport_backend shm_backend;
#ifdef CONFIG_NTB_TRANSPORT_EDMA
extern const struct ntb_transport_backend edma_backend;
#endif

static inline struct device *nt_dev(struct ntb_transport_ctx *nt)
{
	return &nt->ndev->pdev->dev;
}

/**
 * nt_device_gone() - has the device been removed under us?
 * @nt:	context
 *
 * ntb_hw_epf finds its own scratchpads by an offset it reads from the device:
 * from one that is gone that is all ones, and the access goes astray. It also
 * warns about commands without an answer. So neither may be tried then.
 *
 * Return: true if reads come back as all ones
 */
static inline bool nt_device_gone(struct ntb_transport_ctx *nt)
{
	return ntb_peer_spad_read(nt->ndev, PIDX, SPAD_VERSION) == ~0U;
}

#endif
