/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Remote-eDMA backend: what the two sides share.
 *
 * The dedicated window, endpoint memory and registers seen by the host:
 *
 *   +-------------------+ 0
 *   | control structure |  struct edma_ctrl, then a struct edma_qp_ctrl for
 *   |                   |  each queue pair
 *   +-------------------+ regs_offset (rounded down to the iATU's alignment)
 *   | eDMA registers    |
 *   +-------------------+ ll_offset
 *   | linked lists      |  ll_size bytes for each read channel
 *   +-------------------+
 *   | not used          |
 *   +-------------------+ size of the BAR
 *
 * It holds no payload: that goes from the sender's buffer straight into a
 * buffer the receiver has posted. All fields are little endian.
 */
#ifndef NTB_TRANSPORT_EDMA_WIRE_H
#define NTB_TRANSPORT_EDMA_WIRE_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

/* In SPAD_VERSION, so that a peer with the default backend keeps its link down. */
#define EDMA_SPAD_MAGIC		0x65444d41

#define EDMA_CTRL_MAGIC		0x4e65444d

#define EDMA_CTRL_VERSION	3

#define EDMA_RING_ENTRIES	256

enum edma_spad {
	EDMA_SPAD_CTRL_VERSION	= SPAD_BACKEND,
	EDMA_SPAD_ROLE,		/* enum edma_role + 1 */
	EDMA_SPAD_WINDOW,	/* endpoint: index of the window + 1 */
	EDMA_SPAD_SESSION,	/* endpoint: 0 until the window can be used */
};

enum edma_role {
	EDMA_ENDPOINT,
	EDMA_HOST,
};

/**
 * struct edma_ctrl - start of the control structure
 * @magic:	EDMA_CTRL_MAGIC
 * @version:	EDMA_CTRL_VERSION
 * @session:	number of this link, the same as in EDMA_SPAD_SESSION; 0 when
 *		the endpoint leaves
 * @ctrl_size:	bytes of the control structure with its queue pairs
 * @qp_count:	queue pairs
 * @ring_entries: entries of each ring, a power of two
 * @qp_offset:	of the first struct edma_qp_ctrl
 * @qp_stride:	distance of the next
 * @regs_offset: of the eDMA registers in the window
 * @regs_size:	their size
 * @ll_offset:	of the linked lists in the window
 * @ll_size:	bytes for each read channel
 * @ll_addr:	address of the linked lists for the engine
 * @ctrl_addr:	address of this structure for the engine
 * @wr_channels: write channels
 * @rd_channels: read channels
 * @notify_channel: read channel that only notifies
 * @doorbells:	doorbell bits the endpoint can ring
 * @notify_ack:	last value of @notify_seen the endpoint has acted upon
 * @beat:	counts up while the endpoint is alive
 * @host_session: written by the host: @session when it is attached, else 0
 * @host_doorbells: written by the host: queue pair n is notified by
 *		doorbell bit n % @host_doorbells
 * @host_beat:	written by the host: counts up while it is alive
 * @notify_seen: written by the notify channel
 */
struct edma_ctrl {
	__le32 magic;
	__le32 version;
	__le32 session;
	__le32 ctrl_size;
	__le32 qp_count;
	__le32 ring_entries;
	__le32 qp_offset;
	__le32 qp_stride;
	__le32 regs_offset;
	__le32 regs_size;
	__le32 ll_offset;
	__le32 ll_size;
	__le64 ll_addr;
	__le64 ctrl_addr;
	__le32 wr_channels;
	__le32 rd_channels;
	__le32 notify_channel;
	__le32 doorbells;
	__le32 notify_ack;
	__le32 beat;
	__le32 reserved0[10];
	/* 0x80: written by the host */
	__le32 host_session;
	__le32 host_doorbells;
	__le32 host_beat;
	__le32 reserved1[13];
	/* 0xc0: written by the engine */
	__le32 notify_seen;
	__le32 reserved2[15];
};

static_assert(sizeof(struct edma_ctrl) == 256);
static_assert(offsetof(struct edma_ctrl, ll_addr) == 0x30);
static_assert(offsetof(struct edma_ctrl, host_session) == 0x80);
static_assert(offsetof(struct edma_ctrl, notify_seen) == 0xc0);

/**
 * struct edma_qp_side - what one side says about its half of a queue pair
 * @gen:	number of this side's session, 0 while it has none: the peer
 *		may write to the buffers posted
 * @peer_gen:	the peer's @gen this side is bound to, 0 while it is not: no
 *		transfer of this side to the peer is in flight
 * @post_prod:	host: buffers posted since the session began
 * @want_post:	this side waits for the peer to post buffer number want_post
 * @comp_addr:	address of the completion ring for the engine
 * @commit_addr: address of the commits, a __le32 for each entry of the ring
 * @posts_addr:	host: address of its struct edma_posts
 */
struct edma_qp_side {
	__le32 gen;
	__le32 peer_gen;
	__le32 post_prod;
	__le32 want_post;
	__le64 comp_addr;
	__le64 commit_addr;
	__le64 posts_addr;
	__le32 reserved[6];
};

static_assert(sizeof(struct edma_qp_side) == 64);
static_assert(offsetof(struct edma_qp_side, comp_addr) == 16);

/**
 * struct edma_post - a buffer posted for reception
 * @addr:	its address for the engine
 * @len:	its size
 * @reserved:	0
 */
struct edma_post {
	__le64 addr;
	__le32 len;
	__le32 reserved;
};

static_assert(sizeof(struct edma_post) == 16);

/**
 * struct edma_posts - the endpoint's posted buffers in the host's memory
 * @post:	what the endpoint's engine has copied from the control structure
 * @prod:	so many have been posted since the session began; written behind them
 * @reserved:	0
 *
 * A read over the link takes the host's CPU a round trip, so it looks here.
 */
struct edma_posts {
	struct edma_post post[EDMA_RING_ENTRIES];
	__le32 prod;
	__le32 reserved[3];
};

static_assert(sizeof(struct edma_posts) == EDMA_RING_ENTRIES * 16 + 16);

/**
 * struct edma_qp_ctrl - a queue pair in the control structure
 * @side:	indexed by enum edma_role
 * @post:	buffers posted by either side; the host has the endpoint's in its
 *		struct edma_posts
 */
struct edma_qp_ctrl {
	struct edma_qp_side side[2];
	struct edma_post post[2][EDMA_RING_ENTRIES];
};

static_assert(sizeof(struct edma_qp_ctrl) == 2 * 64 + 2 * EDMA_RING_ENTRIES * 16);

enum edma_completion_flags {
	EDMA_TOO_LONG	= BIT(0),	/* frame larger than the buffer, not sent */
	EDMA_VOID	= BIT(1),	/* the buffer's frame was lost */
};

/**
 * struct edma_completion - a buffer has been filled
 * @seq:	number of the frame since the session began
 * @len:	bytes
 * @flags:	enum edma_completion_flags
 * @reserved:	0
 *
 * Lies in the receiver's memory, written by the engine behind the payload.
 * Frame n belongs to buffer n posted and to entry n % ring_entries.
 *
 * Behind the completions of a descriptor's frames the engine writes the commit:
 * commit[first frame % ring_entries] = last frame + 1. It makes them valid, all
 * at once. The receiver takes frames in order: it looks at the commit of the
 * first frame it has not seen, whatever channels have written behind it.
 */
struct edma_completion {
	__le32 seq;
	__le32 len;
	__le32 flags;
	__le32 reserved;
};

static_assert(sizeof(struct edma_completion) == 16);

#endif
