// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remote-eDMA backend: the read channel that notifies the endpoint.
 *
 * Its list is one element and a link back to it. The element copies a number
 * from host memory into the control structure and raises the local interrupt,
 * which only this channel has unmasked. Toggling the cycle bits hands it to
 * the engine once more, and the doorbell starts it.
 *
 * The endpoint acknowledges the number in its interrupt handler. Until then
 * no other notification is needed, for the handler is still to come.
 */
#include <linux/dma-mapping.h>

#include "edma/host/host.h"

#define LIST_CONTROL		0x00
#define LIST_SIZE		0x04
#define LIST_SRC		0x08
#define LIST_DST		0x10
#define LIST_LINK_CONTROL	0x18
#define LIST_LINK		0x20

/* An answer normally takes well below a millisecond. */
#define NOTIFY_LOST_MS		100

static void edma_host_notify_ring(struct edma_host *eh)
{
	struct edma_dev *ed = eh->ed;
	u32 cycle = eh->notify_cycle;

	WRITE_ONCE(*eh->notify_src, cpu_to_le32(++eh->notify_seq));
	eh->notify_cycle ^= EDMA_LL_CB;
	eh->notify_time = jiffies;

	/* the element last: its cycle bit hands the list to the engine */
	writel(EDMA_LL_LLP | EDMA_LL_TCB | cycle, eh->notify_list + LIST_LINK_CONTROL);
	writel(EDMA_LL_LIE | cycle, eh->notify_list + LIST_CONTROL);
	/* the list must be written before the doorbell, also where the path to it is longer */
	readl(eh->notify_list + LIST_CONTROL);
	writel(ed->lay.notify_channel, eh->regs + EDMA_REG_RD_DOORBELL);
	ed->notified++;
}

/**
 * edma_host_notify() - make the endpoint look at its rings
 * @eh:		host's half
 *
 * Any context. What the endpoint shall see must be in place.
 */
void edma_host_notify(struct edma_host *eh)
{
	struct edma_dev *ed = eh->ed;

	guard(spinlock_irqsave)(&eh->notify_lock);

	if (!eh->notify_list)
		return;
	if (ctrl_read(ed, notify_ack) == eh->notify_seq)
		edma_host_notify_ring(eh);
	else
		ed->coalesced++;
}

/**
 * edma_host_notify_check() - repeat a notification that got lost
 * @eh:		host's half
 *
 * To be called now and then.
 */
void edma_host_notify_check(struct edma_host *eh)
{
	struct edma_dev *ed = eh->ed;

	guard(spinlock_irqsave)(&eh->notify_lock);

	if (!eh->notify_list || ctrl_read(ed, notify_ack) == eh->notify_seq ||
	    time_before(jiffies, eh->notify_time + msecs_to_jiffies(NOTIFY_LOST_MS)))
		return;

	ed->repeated++;
	edma_host_notify_ring(eh);
}

static bool edma_host_notify_filter(struct dma_chan *chan, void *param)
{
	struct edma_host *eh = param;

	return chan->device->dev == eh->chip.dev && chan->chan_id == eh->ed->lay.notify_channel;
}

/**
 * edma_host_notify_open() - set the channel up
 * @eh:		host's half, with the engine open and no transfer begun
 *
 * Return: 0 or an errno
 */
int edma_host_notify_open(struct edma_host *eh)
{
	struct edma_dev *ed = eh->ed;
	struct edma_layout *lay = &ed->lay;
	unsigned int ch = lay->notify_channel;
	u64 list_addr = ctrl_read64(ed, ll_addr) + (u64)ch * lay->ll_size;
	void __iomem *list;
	dma_cap_mask_t mask;

	dma_cap_zero(mask);
	dma_cap_set(DMA_SLAVE, mask);
	eh->notify_dma = dma_request_channel(mask, edma_host_notify_filter, eh);
	if (!eh->notify_dma) {
		dev_err(nt_dev(ed->nt), "read channel %u is not available for notifications\n", ch);
		return -EBUSY;
	}

	eh->notify_src = dma_alloc_coherent(ed->dma_dev, sizeof(*eh->notify_src),
					    &eh->notify_src_dma, GFP_KERNEL);
	if (!eh->notify_src) {
		dma_release_channel(eh->notify_dma);
		eh->notify_dma = NULL;
		return -ENOMEM;
	}

	list = eh->window + lay->ll_offset + ch * lay->ll_size;
	writel(sizeof(__le32), list + LIST_SIZE);
	writeq(eh->notify_src_dma, list + LIST_SRC);
	writeq(ctrl_read64(ed, ctrl_addr) + offsetof(struct edma_ctrl, notify_seen),
	       list + LIST_DST);
	writeq(list_addr, list + LIST_LINK);
	writel(0, list + LIST_CONTROL);

	/*
	 * dw-edma masks the local interrupts of the channels it uses, by read
	 * and write; this must not come between, so it is done before.
	 */
	writel(EDMA_INT_ALL & ~EDMA_INT_DONE(ch), eh->regs + EDMA_REG_RD_INT_MASK);
	writel(EDMA_CONTROL1_CCS | EDMA_CONTROL1_LLE, eh->regs + EDMA_REG_RD_CONTROL1(ch));
	writel(lower_32_bits(list_addr), eh->regs + EDMA_REG_RD_LLP_LOW(ch));
	writel(upper_32_bits(list_addr), eh->regs + EDMA_REG_RD_LLP_HIGH(ch));
	writel(1, eh->regs + EDMA_REG_RD_ENGINE_EN);

	scoped_guard(spinlock_irqsave, &eh->notify_lock) {
		eh->notify_seq = 0;
		eh->notify_cycle = EDMA_LL_CB;
		eh->notify_list = list;
	}

	return 0;
}

void edma_host_notify_close(struct edma_host *eh)
{
	struct edma_dev *ed = eh->ed;

	scoped_guard(spinlock_irqsave, &eh->notify_lock)
		eh->notify_list = NULL;

	if (!eh->notify_src)
		return;

	/* dw-edma has stopped the engine: it reads the number no more */
	dma_free_coherent(ed->dma_dev, sizeof(*eh->notify_src), eh->notify_src, eh->notify_src_dma);
	eh->notify_src = NULL;
}
