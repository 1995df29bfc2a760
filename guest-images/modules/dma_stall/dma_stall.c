// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands between the clients of a DMA engine and its driver, and keeps what they
 * issue from starting until one of them gives up and terminates its channel.
 */
#include <linux/atomic.h>
#include <linux/dmaengine.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

MODULE_DESCRIPTION("Keeps a DMA engine's descriptors from starting");
MODULE_LICENSE("GPL");

static char *engine;
module_param(engine, charp, 0444);
MODULE_PARM_DESC(engine, "device that has the channels; the first one by default");

static bool to_device;
module_param(to_device, bool, 0644);
MODULE_PARM_DESC(to_device, "nothing towards devices starts, until such a channel is terminated");

static bool to_memory;
module_param(to_memory, bool, 0644);
MODULE_PARM_DESC(to_memory, "nothing towards memory starts, until such a channel is terminated");

static atomic_t waiting = ATOMIC_INIT(0);
module_param_named(waiting, waiting.counter, int, 0444);
MODULE_PARM_DESC(waiting, "how often something was issued that did not start");

static struct dma_device *stall_device;
static void (*stall_real_issue)(struct dma_chan *chan);
static int (*stall_real_terminate)(struct dma_chan *chan);

/* Whether the channel stands still: each has one direction. */
static bool *stall_of(struct dma_chan *chan)
{
	struct dma_slave_caps caps;

	if (dma_get_slave_caps(chan, &caps))
		return NULL;

	return caps.directions & BIT(DMA_MEM_TO_DEV) ? &to_device : &to_memory;
}

static void stall_issue_pending(struct dma_chan *chan)
{
	bool *stalled = stall_of(chan);

	if (stalled && READ_ONCE(*stalled))
		atomic_inc(&waiting);
	else
		stall_real_issue(chan);
}

static int stall_terminate_all(struct dma_chan *chan)
{
	bool *stalled = stall_of(chan);

	if (stalled)
		WRITE_ONCE(*stalled, false);

	return stall_real_terminate(chan);
}

/* Takes a note of the engine, and no channel. */
static bool stall_is_engine(struct dma_chan *chan, void *unused)
{
	if (!stall_device && (!engine || !strcmp(engine, dev_name(chan->device->dev))))
		stall_device = chan->device;

	return false;
}

static int __init stall_init(void)
{
	dma_cap_mask_t mask;

	dma_cap_zero(mask);
	dma_cap_set(DMA_SLAVE, mask);
	dma_request_channel(mask, stall_is_engine, NULL);
	if (!stall_device)
		return -ENODEV;

	stall_real_issue = stall_device->device_issue_pending;
	stall_real_terminate = stall_device->device_terminate_all;
	WRITE_ONCE(stall_device->device_issue_pending, stall_issue_pending);
	WRITE_ONCE(stall_device->device_terminate_all, stall_terminate_all);

	return 0;
}
module_init(stall_init);

/* No exit: clients may be in these functions at any time, and nothing would wait for them. */
