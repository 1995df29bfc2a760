/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Remote-eDMA backend: internals.
 */
#ifndef NTB_TRANSPORT_EDMA_H
#define NTB_TRANSPORT_EDMA_H

#include <linux/dmaengine.h>
#include <linux/hrtimer.h>
#include <linux/io.h>
#include <linux/timer.h>
#include <linux/wait.h>

#include "transport.h"
#include "edma_wire.h"

/* Frames in one DMA descriptor. */
#define EDMA_BATCH		32
/* Payload, two pieces of the completion ring, the producer index. */
#define EDMA_BATCH_ELEMENTS	(EDMA_BATCH + 3)
#define EDMA_TX_ENTRIES		128
/* Bytes for which a descriptor starts at once. */
#define EDMA_TX_ENOUGH		(160 * 1024)
/* Waiting for more goes on after so many failures, and pauses so long. */
#define EDMA_HOLD_CREDIT	4
#define EDMA_HOLD_PAUSE		64
#define EDMA_LL_SIZE		SZ_4K
#define EDMA_MAX_CHANS		8

/* Of the unrolled register map, see dw-edma-v0-regs.h. */
#define EDMA_REG_CTRL			0x008
#define EDMA_CTRL_WR_CHANNELS			GENMASK(3, 0)
#define EDMA_CTRL_RD_CHANNELS			GENMASK(19, 16)
#define EDMA_REG_RD_ENGINE_EN		0x02c
#define EDMA_REG_RD_DOORBELL		0x030
#define EDMA_REG_RD_INT_MASK		0x0a8
#define EDMA_INT_DONE(ch)			BIT(ch)
#define EDMA_INT_ABORT(ch)			BIT(16 + (ch))
#define EDMA_INT_ALL				0x00ff00ff
#define EDMA_REG_RD_DONE_IMWR_LOW	0x0cc
#define EDMA_REG_RD_DONE_IMWR_HIGH	0x0d0
#define EDMA_REG_RD_ABORT_IMWR_LOW	0x0d4
#define EDMA_REG_RD_ABORT_IMWR_HIGH	0x0d8
#define EDMA_REG_RD_IMWR_DATA(ch)	(0x0dc + (ch) / 2 * 4)
#define EDMA_REG_RD_CONTROL1(ch)	(0x300 + (ch) * 0x200)
#define EDMA_CONTROL1_CCS			BIT(8)
#define EDMA_CONTROL1_LLE			BIT(9)
#define EDMA_REG_RD_LLP_LOW(ch)		(0x31c + (ch) * 0x200)
#define EDMA_REG_RD_LLP_HIGH(ch)	(0x320 + (ch) * 0x200)
#define EDMA_REGS_SIZE(chans)		(0x200 + (chans) * 0x200)

#define EDMA_LL_CB			BIT(0)
#define EDMA_LL_TCB			BIT(1)
#define EDMA_LL_LLP			BIT(2)
#define EDMA_LL_LIE			BIT(3)

struct edma_dev;

/**
 * struct edma_chan - a DMA channel that sends for one or more queue pairs
 * @ed:		device
 * @index:	number of the hardware channel
 * @aborting:	no descriptor may be submitted
 * @dma:	dmaengine channel
 */
struct edma_chan {
	struct edma_dev *ed;
	unsigned int index;
	bool aborting;
	struct dma_chan *dma;
};

enum edma_hold {
	EDMA_HOLD_NONE,		/* not waiting for more frames */
	EDMA_HOLD_WAITING,
	EDMA_HOLD_OVER,		/* waited long enough */
};

enum edma_qp_state {
	EDMA_QP_IDLE,		/* no session */
	EDMA_QP_READY,		/* buffers posted, peer unknown */
	EDMA_QP_BOUND,		/* knows the peer's session */
	EDMA_QP_UP,		/* the peer knows ours too */
};

/**
 * struct edma_local - the rings of a queue pair in own memory
 * @comp:	written by the peer's engine
 * @shadow:	what the own engine copies to the peer's ring
 * @prod:	producer index of @comp
 * @shadow_prod: what the own engine copies to the peer's producer index
 */
struct edma_local {
	struct edma_completion comp[EDMA_RING_ENTRIES];
	struct edma_completion shadow[EDMA_RING_ENTRIES];
	__le32 prod ____cacheline_aligned;
	__le32 shadow_prod ____cacheline_aligned;
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
 * @tx_busy:	a descriptor is in flight
 * @tx_starved:	waits for the peer to post
 * @chan:	channel that sends
 * @il:		template of the descriptor being prepared
 * @il_src:	where the next element's source would be, were it contiguous
 * @il_dst:	the same of the destination
 * @tx_pend_q:	frames to send
 * @tx_pend:	how many
 * @tx_pend_bytes: their size
 * @tx_last:	when the last descriptor ended, in jiffies
 * @hold:	whether they wait for more
 * @hold_pend:	@tx_pend when the waiting began
 * @hold_credit: positive if waiting has been worth it
 * @hold_timer:	ends it
 * @tx_flight_q: frames of the descriptor in flight
 * @tx_count:	frames in @tx_flight_q
 * @tx_queued:	frames the client has given and not got back
 * @tx_cons:	buffers of the peer used up
 * @tx_posted:	buffers of the peer known
 * @peer_comp:	address of the peer's completion ring
 * @peer_prod:	address of its producer index
 * @tx_tasklet:	starts the next descriptor
 * @tx_retry:	tries again when a descriptor could not be had
 * @rx_posting:	serialises posting: tasklet and session set-up
 * @rx_cons:	completions consumed
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

	spinlock_t tx_lock;
	bool tx_open;
	bool tx_busy;
	bool tx_starved;
	struct edma_chan *chan;
	struct dma_interleaved_template *il;
	u64 il_src;
	u64 il_dst;
	struct list_head tx_pend_q;
	unsigned int tx_pend;
	unsigned int tx_pend_bytes;
	unsigned long tx_last;
	enum edma_hold hold;
	unsigned int hold_pend;
	int hold_credit;
	struct hrtimer hold_timer;
	struct list_head tx_flight_q;
	unsigned int tx_count;
	atomic_t tx_queued;
	u32 tx_cons;
	u32 tx_posted;
	u64 peer_comp;
	u64 peer_prod;
	struct tasklet_struct tx_tasklet;
	struct timer_list tx_retry;

	spinlock_t rx_posting;
	u32 rx_cons;
	u32 rx_posted;
	struct ntb_queue_entry *rx_slot[EDMA_RING_ENTRIES];
};

/**
 * struct edma_side - what differs between endpoint and host
 * @init:	once a device
 * @exit:	undoes @init
 * @publish:	write the scratchpads only this side has
 * @link_setup:	as in struct ntb_transport_backend
 * @link_teardown: likewise
 * @link_broken: likewise
 * @notify:	make the peer look at its rings of queue pair qp. Any context.
 * @db_event:	a doorbell or completion interrupt
 * @force_stop:	the peer does not answer: keep the engine from writing to
 *		this side's memory
 * @show:	lines of the debugfs file "window"
 */
struct edma_side {
	int (*init)(struct edma_dev *ed);
	void (*exit)(struct edma_dev *ed);
	void (*publish)(struct edma_dev *ed);
	int (*link_setup)(struct edma_dev *ed);
	void (*link_teardown)(struct edma_dev *ed);
	bool (*link_broken)(struct edma_dev *ed);
	void (*notify)(struct edma_dev *ed, struct ntb_transport_qp *qp);
	void (*db_event)(struct edma_dev *ed, int vector);
	void (*force_stop)(struct edma_dev *ed);
	void (*show)(struct edma_dev *ed, struct seq_file *s);
};

/**
 * struct edma_layout - where things are in the window
 * @window:	index of the memory window
 * @size:	size of the window
 * @qp_offset:	first queue pair in the control structure
 * @qp_stride:	distance of the next
 * @ctrl_size:	size of the control structure
 * @regs_offset: registers
 * @regs_size:	their size
 * @ll_offset:	linked lists
 * @ll_size:	bytes for each read channel
 * @wr_channels: write channels of the engine
 * @rd_channels: read channels of the engine
 * @notify_channel: read channel that notifies
 */
struct edma_layout {
	unsigned int window;
	resource_size_t size;
	u32 qp_offset;
	u32 qp_stride;
	u32 ctrl_size;
	u32 regs_offset;
	u32 regs_size;
	u32 ll_offset;
	u32 ll_size;
	u32 wr_channels;
	u32 rd_channels;
	u32 notify_channel;
};

/**
 * struct edma_dev - the backend's part of a context
 * @nt:		context
 * @side:	what this side does
 * @half:	its data
 * @me:		this side's role
 * @peer:	the other one
 * @dma_dev:	device that maps client buffers for the engine
 * @ctrl:	control structure, or NULL without a link
 * @session:	number of the link, 0 without
 * @lay:	layout of the window
 * @chans:	channels that send
 * @chan_count:	how many
 * @qps:	queue pairs, created or not
 * @peer_dead:	the peer has not answered in time: do not wait again
 * @early:	the completion interrupt of a channel notifies the peer
 * @reported_version: last control structure version complained about
 * @notified:	notifications sent
 * @coalesced:	notifications not needed because one was on its way
 * @repeated:	notifications sent again
 * @received:	notifications received
 */
struct edma_dev {
	struct ntb_transport_ctx *nt;
	const struct edma_side *side;
	void *half;
	enum edma_role me;
	enum edma_role peer;
	struct device *dma_dev;
	void __iomem *ctrl;
	u32 session;
	struct edma_layout lay;
	struct edma_chan chans[EDMA_MAX_CHANS];
	unsigned int chan_count;
	struct edma_qp *qps;
	bool peer_dead;
	bool early;
	u32 reported_version;
	u64 notified;
	u64 coalesced;
	u64 repeated;
	u64 received;
};

/*
 * The control structure is device memory for the host and coherent memory
 * for the endpoint. readl() and writel() order and swap right for both.
 */
#define ctrl_read(ed, field) \
	readl((ed)->ctrl + offsetof(struct edma_ctrl, field))
#define ctrl_write(ed, field, val) \
	writel(val, (ed)->ctrl + offsetof(struct edma_ctrl, field))
#define ctrl_read64(ed, field) \
	readq((ed)->ctrl + offsetof(struct edma_ctrl, field))
#define ctrl_write64(ed, field, val) \
	writeq(val, (ed)->ctrl + offsetof(struct edma_ctrl, field))

static inline void __iomem *edma_side_at(struct edma_qp *eq, enum edma_role who)
{
	struct edma_dev *ed = eq->ed;

	return ed->ctrl + ed->lay.qp_offset +
	       eq->qp->qp_num * ed->lay.qp_stride +
	       offsetof(struct edma_qp_ctrl, side[who]);
}

static inline void __iomem *edma_post_at(struct edma_qp *eq, enum edma_role who,
					 u32 index)
{
	struct edma_dev *ed = eq->ed;

	return ed->ctrl + ed->lay.qp_offset +
	       eq->qp->qp_num * ed->lay.qp_stride +
	       offsetof(struct edma_qp_ctrl, post[who]) +
	       index % EDMA_RING_ENTRIES * sizeof(struct edma_post);
}

#define side_read(eq, who, field) \
	readl(edma_side_at(eq, who) + offsetof(struct edma_qp_side, field))
#define side_write(eq, who, field, val) \
	writel(val, edma_side_at(eq, who) + offsetof(struct edma_qp_side, field))
#define side_read64(eq, who, field) \
	readq(edma_side_at(eq, who) + offsetof(struct edma_qp_side, field))
#define side_write64(eq, who, field, val) \
	writeq(val, edma_side_at(eq, who) + offsetof(struct edma_qp_side, field))

/* True if an index moving from @old to @now passes @event. */
static inline bool edma_passes(u32 event, u32 old, u32 now)
{
	return now - event - 1 < now - old;
}

/* edma.c */
extern unsigned int edma_tx_hold_us;
void edma_kick(struct edma_dev *ed, unsigned int first, unsigned int step);
void edma_assign_chans(struct edma_dev *ed);

/* edma_session.c */
int edma_qp_poll(struct ntb_transport_qp *qp);
bool edma_qp_broken(struct ntb_transport_qp *qp);
void edma_qp_stop(struct ntb_transport_qp *qp, bool was_up, bool by_client);

/* edma_tx.c */
int edma_tx_enqueue(struct ntb_transport_qp *qp, struct ntb_queue_entry *entry);
unsigned int edma_tx_free(struct ntb_transport_qp *qp);
void edma_tx_open(struct edma_qp *eq);
void edma_tx_close(struct edma_qp *eq);
void edma_tx_resume(struct edma_qp *eq);
void edma_tx_sync(struct edma_qp *eq);
void edma_tx_abort(struct edma_qp *eq);
void edma_tx_retry(struct timer_list *t);
enum hrtimer_restart edma_tx_hold_timer(struct hrtimer *timer);
void edma_tx_tasklet(struct tasklet_struct *t);

/* edma_rx.c */
bool edma_rx_poll(struct ntb_transport_qp *qp);
void edma_rx_open(struct edma_qp *eq);
void edma_rx_close(struct edma_qp *eq);

/* edma_chan.c */
int edma_chans_request(struct edma_dev *ed, struct device *dev,
		       unsigned int first, unsigned int count);
void edma_chans_release(struct edma_dev *ed);
void edma_chan_abort(struct edma_chan *ec);
bool edma_chan_done_early(struct edma_chan *ec);

/* edma_ep.c, edma_host.c */
extern const struct edma_side edma_ep_side;
extern const struct edma_side edma_host_side;

#endif
