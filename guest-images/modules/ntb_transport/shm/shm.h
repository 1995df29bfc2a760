/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shared-memory backend: each side's memory window is cut into one ring for
 * each queue pair that uses it, and the peer writes frames there.
 *
 * A queue pair's share of a window is a row of slots of the maximum frame
 * size, with a shm_header at the end of each slot, and a shm_consumer at the
 * end of the share. Layout and handshake are those of the upstream driver
 * (drivers/ntb/ntb_transport.c), which may run on the other side.
 */
#ifndef NTB_TRANSPORT_SHM_H
#define NTB_TRANSPORT_SHM_H

#include <linux/build_bug.h>
#include <linux/dmaengine.h>
#include <linux/wait.h>

#include "core/transport.h"

#define SHM_VERSION		4
#define SHM_MIN_RX_ENTRIES	100

enum shm_spad {
	SHM_SPAD_NUM_MWS	= SPAD_BACKEND,
	SHM_SPAD_MW0_SIZE_HIGH,
	SHM_SPAD_MW0_SIZE_LOW,
};

enum shm_flags {
	SHM_DONE	= BIT(0),
	SHM_LINK_DOWN	= BIT(1),
};

/* At the end of each slot. */
struct shm_header {
	u32 ver;
	u32 len;
	u32 flags;
};

static_assert(sizeof(struct shm_header) == 12);

/* At the end of each share: the last slot the receiver has emptied. */
struct shm_consumer {
	u32 entry;
};

static_assert(sizeof(struct shm_consumer) == 4);

/* Two slots tell full from empty, and hold at least a byte each. */
#define SHM_MIN_SHARE	(2 * (sizeof(struct shm_header) + 1) + sizeof(struct shm_consumer))

/**
 * struct shm_mw - a memory window
 * @phys_addr:	where the peer's window starts
 * @phys_size:	its size in bytes
 * @vbase:	its mapping
 * @xlat_size:	bytes of own memory the peer sees; 0: none
 * @alloc_size:	bytes allocated
 * @alloc_addr:	what was allocated
 * @alloc_dma:	bus address of @alloc_addr
 * @virt_addr:	aligned start of the memory the peer sees
 * @dma_addr:	bus address of @virt_addr
 */
struct shm_mw {
	phys_addr_t phys_addr;
	resource_size_t phys_size;
	void __iomem *vbase;
	size_t xlat_size;
	size_t alloc_size;
	void *alloc_addr;
	dma_addr_t alloc_dma;
	void *virt_addr;
	dma_addr_t dma_addr;
};

/**
 * struct shm_copy_ends - who is told that a frame's payload has been copied
 * @tx:		it is in the peer's ring
 * @rx:		it is in the client's buffer
 */
struct shm_copy_ends {
	void (*tx)(struct ntb_queue_entry *entry);
	void (*rx)(struct ntb_queue_entry *entry);
};

/**
 * struct shm_dma_ends - who is told that a copy by DMA has ended, well or not
 * @tx:		into the peer's ring
 * @rx:		into the client's buffer
 */
struct shm_dma_ends {
	void (*tx)(struct ntb_queue_entry *entry, bool ok);
	void (*rx)(struct ntb_queue_entry *entry, bool ok);
};

/**
 * struct shm_qp - the backend's part of a queue pair
 * @tx_mw:	the pair's share of the peer's memory
 * @tx_mw_phys:	its physical address
 * @tx_mw_size:	its size in bytes
 * @peer_consumer: where the peer learns what has been emptied here
 * @tx_index:	next slot to fill
 * @tx_max_entry: slots
 * @tx_max_frame: bytes in a slot
 * @tx_seq:	frames sent since the pair came up
 * @rx_buff:	the pair's share of own memory, NULL before the handshake
 * @consumer:	where the peer says what it has emptied
 * @rx_index:	next slot to empty
 * @rx_max_entry: slots
 * @rx_max_frame: bytes in a slot
 * @rx_seq:	frames received since the pair came up
 * @rx_waits:	a frame waited, with a buffer for it, when last looked
 * @rx_waits_seq: @rx_seq at that time
 * @copy_ends:	called when a frame has been copied
 * @dma_ends:	called when a copy by DMA has ended
 * @tx_chan:	DMA_MEMCPY channel for transmission or NULL
 * @rx_chan:	DMA_MEMCPY channel for reception or NULL
 * @tx_mw_dma:	@tx_mw_phys mapped for @tx_chan
 * @tx_cookie:	last transfer submitted to @tx_chan
 * @rx_cookie:	last transfer submitted to @rx_chan
 * @tx_thread:	copies outgoing frames, or NULL
 * @tx_thread_wq: wakes it
 * @tx_thread_q: frames it shall copy, under the pair's tx_lock
 * @tx_thread_busy: frames given to it and not copied yet
 */
struct shm_qp {
	void __iomem *tx_mw;
	phys_addr_t tx_mw_phys;
	size_t tx_mw_size;
	struct shm_consumer __iomem *peer_consumer;
	unsigned int tx_index;
	unsigned int tx_max_entry;
	unsigned int tx_max_frame;
	u32 tx_seq;

	void *rx_buff;
	struct shm_consumer *consumer;
	unsigned int rx_index;
	unsigned int rx_max_entry;
	unsigned int rx_max_frame;
	u32 rx_seq;
	bool rx_waits;
	u32 rx_waits_seq;

	const struct shm_copy_ends *copy_ends;
	const struct shm_dma_ends *dma_ends;
	struct dma_chan *tx_chan;
	struct dma_chan *rx_chan;
	dma_addr_t tx_mw_dma;
	dma_cookie_t tx_cookie;
	dma_cookie_t rx_cookie;

	struct task_struct *tx_thread;
	wait_queue_head_t tx_thread_wq;
	struct list_head tx_thread_q;
	atomic_t tx_thread_busy;
};

/**
 * struct shm_dev - the backend's part of a context
 * @mw:		memory windows
 * @qps:	queue pairs, created or not
 * @reported_mws: last window count of the peer complained about
 * @reported_size: last size of a window complained about
 * @said_no_dma: the lack of a DMA_MEMCPY engine has been reported
 */
struct shm_dev {
	struct shm_mw *mw;
	struct shm_qp *qps;
	u32 reported_mws;
	u64 reported_size;
	bool said_no_dma;
};

static inline struct shm_header *shm_rx_header(struct shm_qp *sq, unsigned int slot)
{
	return sq->rx_buff + sq->rx_max_frame * (slot + 1) - sizeof(struct shm_header);
}

/* backend.c */
extern const struct ntb_transport_backend shm_backend;

/* rings.c */
extern const struct shm_copy_ends shm_ring_ends;
int shm_tx_enqueue(struct ntb_transport_qp *qp, struct ntb_queue_entry *entry);
unsigned int shm_tx_free(struct ntb_transport_qp *qp);
bool shm_rx_poll(struct ntb_transport_qp *qp);
bool shm_rx_missed(struct ntb_transport_qp *qp);

/* window.c */
resource_size_t shm_window_usable(struct shm_mw *mw);
int shm_window_map(struct ntb_transport_ctx *nt, unsigned int num);
void shm_window_unmap(struct shm_mw *mw);
int shm_window_set(struct ntb_transport_ctx *nt, unsigned int num, u64 size);
void shm_window_free(struct ntb_transport_ctx *nt, unsigned int num);

/* link.c */
int shm_init(struct ntb_transport_ctx *nt);
void shm_exit(struct ntb_transport_ctx *nt);
void shm_publish(struct ntb_transport_ctx *nt);
int shm_link_setup(struct ntb_transport_ctx *nt);
void shm_link_teardown(struct ntb_transport_ctx *nt);
int shm_qp_poll(struct ntb_transport_qp *qp);
void shm_qp_stop(struct ntb_transport_qp *qp, bool was_up, bool by_client);

/* copy.c */
void shm_copy_open(struct ntb_transport_qp *qp, const struct shm_copy_ends *ends);
void shm_copy_close(struct ntb_transport_qp *qp);
void shm_copy_drain(struct ntb_transport_qp *qp);
void shm_copy_tx(struct ntb_queue_entry *entry);
void shm_copy_rx(struct ntb_queue_entry *entry);

/* dma.c */
void shm_dma_open(struct ntb_transport_qp *qp, const struct shm_dma_ends *ends);
void shm_dma_close(struct shm_qp *sq);
void shm_dma_drain(struct shm_qp *sq);
int shm_dma_tx(struct ntb_queue_entry *entry);
int shm_dma_rx(struct ntb_queue_entry *entry);
void shm_dma_rx_flush(struct ntb_transport_qp *qp);
unsigned int shm_dma_align(struct shm_qp *sq);

#endif
