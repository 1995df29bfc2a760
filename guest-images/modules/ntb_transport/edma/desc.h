/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Remote-eDMA backend: DMA descriptors.
 */
#ifndef NTB_TRANSPORT_EDMA_DESC_H
#define NTB_TRANSPORT_EDMA_DESC_H

#include <linux/list.h>
#include <linux/sizes.h>

#include "edma/chan.h"

/* Frames in one DMA descriptor, and bytes behind which no other is added. */
#define EDMA_BATCH		64
#define EDMA_BATCH_BYTES	SZ_4M
/* Payload, two pieces of the completion ring, the commit. */
#define EDMA_BATCH_ELEMENTS	(EDMA_BATCH + 3)

struct edma_qp;
struct ntb_queue_entry;

enum edma_desc_state {
	EDMA_DESC_FREE,
	EDMA_DESC_FLYING,
	EDMA_DESC_LOST,		/* failed: its buffers are to be declared void */
};

/**
 * struct edma_desc - a DMA descriptor of a queue pair
 * @eq:		queue pair
 * @ended:	called when it has ended: result is 0, or an errno if it has
 *		failed or was terminated
 * @state:	under the pair's tx_lock
 * @chan:	channel it was submitted to
 * @first:	number of its first frame
 * @count:	frames
 * @bytes:	it moves, completions included
 * @frames:	their entries; none if it declares buffers void or pushes the buffers posted
 */
struct edma_desc {
	struct edma_qp *eq;
	void (*ended)(struct edma_desc *desc, int result);
	enum edma_desc_state state;
	struct edma_chan *chan;
	u32 first;
	u32 count;
	size_t bytes;
	struct list_head frames;
};

void edma_desc_init(struct edma_desc *desc, struct edma_qp *eq,
		    void (*ended)(struct edma_desc *desc, int result));
void edma_desc_begin(struct edma_desc *desc, u32 first);
void edma_desc_element(struct edma_desc *desc, u64 src, u64 dst, size_t len);
void edma_desc_add(struct edma_desc *desc, struct ntb_queue_entry *entry);
int edma_desc_start(struct edma_desc *desc, struct edma_chan *ec);
int edma_desc_submit(struct edma_desc *desc, struct edma_chan *ec);
void edma_desc_void(struct edma_desc *desc);

/* Any context. Is it in flight on this channel? */
static inline bool edma_desc_flies_on(const struct edma_desc *desc, const struct edma_chan *ec)
{
	return READ_ONCE(desc->state) == EDMA_DESC_FLYING && READ_ONCE(desc->chan) == ec;
}

#endif
