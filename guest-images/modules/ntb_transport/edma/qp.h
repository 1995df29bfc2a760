/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Remote-eDMA backend: a queue pair's rings, descriptors and session.
 */
#ifndef NTB_TRANSPORT_EDMA_QP_H
#define NTB_TRANSPORT_EDMA_QP_H

#include <linux/llist.h>
#include <linux/timer.h>
#include <linux/wait.h>

#include "edma/desc.h"
#include "edma/edma.h"

/* Descriptors with frames of a queue pair in flight at once. */
#define EDMA_DESCS		4
/* Behind them the one by which the endpoint pushes the buffers posted. */
#define EDMA_PUSH_DESC		EDMA_DESCS
#define EDMA_ALL_DESCS		(EDMA_DESCS + 1)

/* After so many failures in a row, a jiffy apart, the peer is taken for gone. */
#define EDMA_TX_FAILURES	50

enum edma_qp_state {
	EDMA_QP_IDLE,		/* no session */
	EDMA_QP_READY,		/* buffers posted, peer unknown */
	EDMA_QP_BOUND,		/* knows the peer's session */
	EDMA_QP_UP,		/* the peer knows ours too */
};

/**
 * struct edma_local - the rings of a queue pair in own memory
 * @comp:	completions, written by the peer's engine
 * @commit:	commits, written by the peer's engine
 * @shadow_comp: what the own engine copies to the peer's completions
 * @shadow_commit: what the own engine copies to the peer's commits
 * @posts:	host: the endpoint's posted buffers, written by its engine
 * @shadow_prod: endpoint: what its engine copies to their number
 */
struct edma_local {
	struct edma_completion comp[EDMA_RING_ENTRIES];
	__le32 commit[EDMA_RING_ENTRIES];
	struct edma_completion shadow_comp[EDMA_RING_ENTRIES];
	__le32 shadow_commit[EDMA_RING_ENTRIES];
	struct edma_posts posts;
	__le32 shadow_prod;
};

/**
 * struct edma_qp - the backend's part of a queue pair
 * @ed:		device
 * @qp:		the pair
 * @state:	of the session, under the pair's link_lock
 * @gen:	number of the last session
 * @peer_gen:	session of the peer this one is bound to
 * @wq:		woken by notifications and finished transfers
 * @local:	rings in own memory
 * @local_dma:	their address for the engine
 * @tx_lock:	protects the transmit half
 * @tx_open:	frames may be sent
 * @tx_starved:	waits for the peer to post
 * @il:		template of the descriptor being prepared
 * @il_src:	where the next element's source would be, were it contiguous
 * @il_dst:	the same of the destination
 * @descs:	descriptors
 * @tx_flying:	how many of those with frames are in flight
 * @tx_ending:	how many have ended and are still being handled
 * @tx_new:	frames the client has given, the last one first; not locked
 * @tx_given:	bytes of all frames given; not locked, one writer
 * @tx_taken:	bytes of those that went into descriptors
 * @tx_pend_q:	frames to send, in order
 * @tx_pend:	how many
 * @tx_pend_bytes: their size
 * @tx_last:	when the last descriptor ended, in jiffies
 * @tx_queued:	frames the client has given and not got back
 * @tx_failures: descriptors that failed since one ended well
 * @tx_next:	buffers of the peer used up
 * @tx_posted:	buffers of the peer known
 * @tx_dma_bytes: bytes moved by descriptors that ended well
 * @peer_comp:	address of the peer's completion ring
 * @peer_commit: address of the peer's commits
 * @peer_posts:	endpoint: address of the host's struct edma_posts
 * @pushed:	endpoint: buffers posted that are there
 * @push_failures: endpoint: copies of them that failed since one ended well
 * @tx_tasklet:	starts the next descriptor
 * @tx_retry:	tries again when a descriptor could not be had
 * @rx_posting:	serialises posting: tasklet and session set-up
 * @rx_cons:	completions consumed
 * @rx_end:	completions committed
 * @rx_budget:	frames for the tasklet's next run
 * @rx_posted:	buffers posted
 * @rx_slot:	entries of the buffers posted
 */
struct edma_qp {
	struct edma_dev *ed;
	struct ntb_transport_qp *qp;
	enum edma_qp_state state;
	u32 gen;
	u32 peer_gen;
	wait_queue_head_t wq;
	struct edma_local *local;
	dma_addr_t local_dma;

	spinlock_t tx_lock;	/* see above */
	bool tx_open;
	bool tx_starved;
	struct dma_interleaved_template *il;
	u64 il_src;
	u64 il_dst;
	struct edma_desc descs[EDMA_ALL_DESCS];
	unsigned int tx_flying;
	unsigned int tx_ending;
	struct llist_head tx_new;
	u32 tx_given;
	u32 tx_taken;
	struct list_head tx_pend_q;
	unsigned int tx_pend;
	unsigned int tx_pend_bytes;
	unsigned long tx_last;
	atomic_t tx_queued;
	unsigned int tx_failures;
	u32 tx_next;
	u32 tx_posted;
	u64 tx_dma_bytes;
	u64 peer_comp;
	u64 peer_commit;
	u64 peer_posts;
	u32 pushed;
	unsigned int push_failures;
	struct tasklet_struct tx_tasklet;
	struct timer_list tx_retry;

	spinlock_t rx_posting;	/* see above */
	u32 rx_cons;
	u32 rx_end;
	unsigned int rx_budget;
	u32 rx_posted;
	struct ntb_queue_entry *rx_slot[EDMA_RING_ENTRIES];
};

static inline size_t edma_side_at(struct edma_qp *eq, enum edma_role who)
{
	struct edma_layout *lay = &eq->ed->lay;

	return lay->qp_offset + eq->qp->qp_num * lay->qp_stride +
	       offsetof(struct edma_qp_ctrl, side[who]);
}

static inline size_t edma_post_at(struct edma_qp *eq, enum edma_role who, u32 index)
{
	struct edma_layout *lay = &eq->ed->lay;

	return lay->qp_offset + eq->qp->qp_num * lay->qp_stride +
	       offsetof(struct edma_qp_ctrl, post[who]) +
	       index % EDMA_RING_ENTRIES * sizeof(struct edma_post);
}

static inline u32 edma_side_read32(struct edma_qp *eq, enum edma_role who, size_t field)
{
	return edma_ctrl_read32(&eq->ed->ctrl, edma_side_at(eq, who) + field);
}

static inline u64 edma_side_read64(struct edma_qp *eq, enum edma_role who, size_t field)
{
	return edma_ctrl_read64(&eq->ed->ctrl, edma_side_at(eq, who) + field);
}

static inline void edma_side_write32(struct edma_qp *eq, enum edma_role who, size_t field,
				     u32 val)
{
	edma_ctrl_write32(&eq->ed->ctrl, edma_side_at(eq, who) + field, val);
}

static inline void edma_side_write64(struct edma_qp *eq, enum edma_role who, size_t field,
				     u64 val)
{
	edma_ctrl_write64(&eq->ed->ctrl, edma_side_at(eq, who) + field, val);
}

/* A field of struct edma_qp_side, of one side. */
#define side_read(eq, who, field) \
	edma_side_read32(eq, who, offsetof(struct edma_qp_side, field))
#define side_write(eq, who, field, val) \
	edma_side_write32(eq, who, offsetof(struct edma_qp_side, field), val)
#define side_read64(eq, who, field) \
	edma_side_read64(eq, who, offsetof(struct edma_qp_side, field))
#define side_write64(eq, who, field, val) \
	edma_side_write64(eq, who, offsetof(struct edma_qp_side, field), val)

#endif
