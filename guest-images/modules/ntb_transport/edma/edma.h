/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Remote-eDMA backend: the device, its window and its channels.
 */
#ifndef NTB_TRANSPORT_EDMA_H
#define NTB_TRANSPORT_EDMA_H

#include "core/transport.h"
#include "edma/chan.h"
#include "edma/ctrl.h"
#include "edma/regs.h"
#include "edma/wire.h"

#define EDMA_LL_SIZE		SZ_4K

struct edma_qp;

/**
 * struct edma_side - what differs between endpoint and host
 * @init:	once a device
 * @exit:	undoes @init
 * @publish:	write the scratchpads only this side has
 * @link_setup:	as in struct ntb_transport_backend
 * @link_teardown: likewise
 * @link_broken: likewise
 * @watch:	called now and then while the link is up; may be NULL
 * @notify:	make the peer look at its rings of queue pair qp. Any context.
 * @db_event:	a doorbell or completion interrupt
 * @stop_chan:	stop a channel that sends; true if it does not run any more
 * @stop_all:	the same with all of them at once, when one cannot be stopped
 * @force_stop:	the peer does not answer: keep the engine from writing to
 *		this side's memory; true if it does not any more
 * @show:	lines of the debugfs file "window"
 */
struct edma_side {
	int (*init)(struct edma_dev *ed);
	void (*exit)(struct edma_dev *ed);
	void (*publish)(struct edma_dev *ed);
	int (*link_setup)(struct edma_dev *ed);
	void (*link_teardown)(struct edma_dev *ed);
	bool (*link_broken)(struct edma_dev *ed);
	void (*watch)(struct edma_dev *ed);
	void (*notify)(struct edma_dev *ed, struct ntb_transport_qp *qp);
	void (*db_event)(struct edma_dev *ed, int vector);
	bool (*stop_chan)(struct edma_dev *ed, struct edma_chan *ec);
	bool (*stop_all)(struct edma_dev *ed);
	bool (*force_stop)(struct edma_dev *ed);
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
 * @ctrl:	control structure, while there is a session
 * @session:	number of the link, 0 without
 * @lay:	layout of the window
 * @chans:	channels that send
 * @chan_count:	how many
 * @qps:	queue pairs, created or not
 * @peer_dead:	the peer has not answered in time: do not wait again
 * @engine_off:	the engine was kept from this side's memory then
 * @early:	the completion interrupt of a channel notifies the peer
 * @ctrl_version: version of the control structure this side claims
 * @reported_version: last control structure version complained about
 * @notified:	notifications sent
 * @coalesced:	notifications not needed because one was on its way
 * @repeated:	notifications sent again
 * @received:	notifications received
 * @beat:	last value of the peer's beat
 * @beat_time:	when it last changed, in jiffies
 * @polled:	channels asked for completions nobody told of
 */
struct edma_dev {
	struct ntb_transport_ctx *nt;
	const struct edma_side *side;
	void *half;
	enum edma_role me;
	enum edma_role peer;
	struct device *dma_dev;
	struct iosys_map ctrl;
	u32 session;
	struct edma_layout lay;
	struct edma_chan chans[EDMA_MAX_CHANS];
	unsigned int chan_count;
	struct edma_qp *qps;
	bool peer_dead;
	bool engine_off;
	bool early;
	u32 ctrl_version;
	u32 reported_version;
	u64 notified;
	u64 coalesced;
	u64 repeated;
	u64 received;
	u32 beat;
	unsigned long beat_time;
	u64 polled;
};

/**
 * edma_cut_off() - keep the engine from writing to this side's memory
 * @ed:		device whose peer does not answer
 */
static inline void edma_cut_off(struct edma_dev *ed)
{
	ed->engine_off = ed->side->force_stop(ed);
	ed->peer_dead = true;
}

/* backend.c */
extern const struct ntb_transport_backend edma_backend;

#endif
