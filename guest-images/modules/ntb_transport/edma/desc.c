// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remote-eDMA backend: DMA descriptors.
 *
 * A descriptor carries the payloads of consecutive frames into the buffers the
 * peer has posted, then their completions, then the commit that makes them
 * valid. One that fails has committed nothing: its frames are reported lost,
 * and another descriptor declares their buffers void, for those behind them
 * may be filled already.
 */
#include <linux/dmaengine.h>

#include "edma/desc.h"
#include "edma/posts.h"

/*
 * A descriptor's chunks lie anywhere on both sides, and an interleaved template
 * is the only one of dmaengine's that has both. It gives the gap from one chunk
 * to the next, as a size_t: a chunk at a lower address than the last is behind
 * a gap of nearly 2^64, and its address the sum modulo 2^64. That holds where a
 * size_t is as wide as an address.
 */
static_assert(sizeof_field(struct data_chunk, src_icg) == sizeof(u64) &&
	      sizeof_field(struct data_chunk, dst_icg) == sizeof(u64) &&
	      sizeof(dma_addr_t) == sizeof(u64));

/**
 * edma_desc_element() - add an element
 * @desc:	descriptor that has been begun
 * @src:	address of this side's memory
 * @dst:	address of the peer's
 * @len:	bytes
 */
void edma_desc_element(struct edma_desc *desc, u64 src, u64 dst, size_t len)
{
	struct edma_qp *eq = desc->eq;
	struct dma_interleaved_template *il = eq->il;
	size_t n = il->frame_size++;

	if (!n) {
		il->src_start = src;
		il->dst_start = dst;
	} else {
		il->sgl[n - 1].src_icg = src - eq->il_src;
		il->sgl[n - 1].dst_icg = dst - eq->il_dst;
	}
	il->sgl[n].size = len;
	il->sgl[n].icg = 0;
	il->sgl[n].src_icg = 0;
	il->sgl[n].dst_icg = 0;
	eq->il_src = src + len;
	eq->il_dst = dst + len;
	desc->bytes += len;
}

static void edma_desc_complete(struct edma_desc *desc, u32 seq, u32 len, u32 flags)
{
	struct edma_local *local = desc->eq->local;
	struct edma_completion *comp;

	comp = &local->shadow_comp[seq % EDMA_RING_ENTRIES];
	comp->seq = cpu_to_le32(seq);
	comp->len = cpu_to_le32(len);
	comp->flags = cpu_to_le32(flags);
}

/**
 * edma_desc_init() - once a descriptor
 * @desc:	descriptor
 * @eq:		queue pair it belongs to
 * @ended:	called when it has ended, in softirq context
 */
void edma_desc_init(struct edma_desc *desc, struct edma_qp *eq,
		    void (*ended)(struct edma_desc *desc, int result))
{
	desc->eq = eq;
	desc->ended = ended;
	INIT_LIST_HEAD(&desc->frames);
}

/**
 * edma_desc_begin() - begin a descriptor
 * @desc:	free descriptor
 * @first:	number of its first frame
 *
 * The pair's tx_lock is held from here to edma_desc_submit().
 */
void edma_desc_begin(struct edma_desc *desc, u32 first)
{
	desc->first = first;
	desc->count = 0;
	desc->bytes = 0;
	desc->eq->il->frame_size = 0;
}

/**
 * edma_desc_add() - add a frame
 * @desc:	descriptor
 * @entry:	frame; the descriptor takes it from its list
 */
void edma_desc_add(struct edma_desc *desc, struct ntb_queue_entry *entry)
{
	struct edma_qp *eq = desc->eq;
	u32 seq = desc->first + desc->count;
	u32 flags = 0;

	if (entry->len <= edma_posts_len(eq, seq))
		edma_desc_element(desc, entry->dma, edma_posts_addr(eq, seq), entry->len);
	else
		flags = EDMA_TOO_LONG;

	edma_desc_complete(desc, seq, entry->len, flags);
	list_move_tail(&entry->entry, &desc->frames);
	desc->count++;
}

static u64 edma_desc_local_addr(struct edma_qp *eq, size_t offset)
{
	return eq->local_dma + offset;
}

/* What follows the payload. */
static void edma_desc_end(struct edma_desc *desc)
{
	struct edma_qp *eq = desc->eq;
	u32 slot = desc->first % EDMA_RING_ENTRIES;
	u32 now = min(desc->count, EDMA_RING_ENTRIES - slot);
	size_t comp = offsetof(struct edma_local, shadow_comp);
	size_t commit = offsetof(struct edma_local, shadow_commit);
	size_t size = sizeof(struct edma_completion);

	edma_desc_element(desc, edma_desc_local_addr(eq, comp + slot * size),
			  eq->peer_comp + slot * size, now * size);
	if (now < desc->count)
		edma_desc_element(desc, edma_desc_local_addr(eq, comp), eq->peer_comp,
				  (desc->count - now) * size);

	size = sizeof(__le32);
	eq->local->shadow_commit[slot] = cpu_to_le32(desc->first + desc->count);
	edma_desc_element(desc, edma_desc_local_addr(eq, commit + slot * size),
			  eq->peer_commit + slot * size, size);
}

/* In the DMA driver's tasklet. */
static void edma_desc_done(void *param, const struct dmaengine_result *res)
{
	struct edma_desc *desc = param;
	struct edma_qp *eq = desc->eq;
	struct edma_dev *ed = eq->ed;
	struct dma_chan *chan = desc->chan->dma;

	if (!res || res->result == DMA_TRANS_NOERROR) {
		if (!ed->early)
			ed->side->notify(ed, eq->qp);
		desc->ended(desc, 0);
		return;
	}

	/* what only declares buffers void is tried again */
	if (!list_empty(&desc->frames))
		dev_err_ratelimited(nt_dev(ed->nt),
				    "qp %u: DMA channel %u reports error %d: %u frames lost\n",
				    eq->qp->qp_num, desc->chan->index, res->result, desc->count);
	desc->ended(desc, -EIO);
	/* dw-edma does not start those behind it before it is asked again */
	dma_async_issue_pending(chan);
}

/**
 * edma_desc_start() - hand a descriptor to the engine with the elements it has
 * @desc:	descriptor
 * @ec:		channel
 *
 * Return: 0 or an errno
 */
int edma_desc_start(struct edma_desc *desc, struct edma_chan *ec)
{
	struct dma_async_tx_descriptor *txd;
	struct edma_qp *eq = desc->eq;
	enum edma_desc_state before;

	/* the engine reads what was written to the shadow rings */
	dma_wmb();

	txd = dmaengine_prep_interleaved_dma(ec->dma, eq->il, DMA_PREP_INTERRUPT | DMA_CTRL_ACK);
	if (!txd)
		return -ENOMEM;

	/* before the channel has it: another pair on that channel may start it */
	before = desc->state;
	WRITE_ONCE(desc->chan, ec);
	WRITE_ONCE(desc->state, EDMA_DESC_FLYING);

	txd->callback_result = edma_desc_done;
	txd->callback_param = desc;
	if (dma_submit_error(dmaengine_submit(txd))) {
		WRITE_ONCE(desc->state, before);
		return -EIO;
	}

	WRITE_ONCE(ec->last, jiffies);
	atomic_inc(&ec->flying);
	dma_async_issue_pending(ec->dma);

	return 0;
}

/**
 * edma_desc_submit() - hand a descriptor of frames to the engine
 * @desc:	descriptor with its frames, or none if it declares them void
 * @ec:		channel
 *
 * Return: 0, or an errno: the descriptor still has its frames
 */
int edma_desc_submit(struct edma_desc *desc, struct edma_chan *ec)
{
	struct edma_qp *eq = desc->eq;
	int rc;

	edma_desc_end(desc);
	rc = edma_desc_start(desc, ec);
	if (rc)
		return rc;
	eq->tx_flying++;
	eq->qp->stats.tx_batches++;

	return 0;
}

/**
 * edma_desc_void() - make a lost descriptor one that declares its buffers void
 * @desc:	descriptor, to be submitted next
 */
void edma_desc_void(struct edma_desc *desc)
{
	u32 i;

	desc->bytes = 0;
	desc->eq->il->frame_size = 0;
	for (i = 0; i < desc->count; i++)
		edma_desc_complete(desc, desc->first + i, 0, EDMA_VOID);
}
