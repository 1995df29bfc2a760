// SPDX-License-Identifier: GPL-2.0-only
/*
 * The DMA engine of the endpoint: channels taken from others, and descriptors
 * that never start.
 */
#include <linux/dmaengine.h>
#include <linux/seq_file.h>

#include "stall.h"

static struct dma_device *stall_engine;
static void (*stall_engine_issue)(struct dma_chan *chan);
static int (*stall_engine_terminate)(struct dma_chan *chan);
static bool stall_engine_ignores;
static unsigned int stall_engine_ignored;
static struct dma_chan *stall_engine_taken;

static void stall_engine_issue_pending(struct dma_chan *chan)
{
	if (READ_ONCE(stall_engine_ignores))
		stall_engine_ignored++;
	else
		stall_engine_issue(chan);
}

static int stall_engine_terminate_all(struct dma_chan *chan)
{
	stall_hold_pass("terminate");
	return stall_engine_terminate(chan);
}

/* Takes a note of the engine; takes the channel if it is one that reads. */
static bool stall_engine_is_free_reader(struct dma_chan *chan, void *dev)
{
	struct dma_slave_caps caps;

	if (chan->device->dev != dev)
		return false;
	stall_engine = chan->device;

	return !dma_get_slave_caps(chan, &caps) && caps.directions & BIT(DMA_DEV_TO_MEM);
}

static bool stall_engine_is_its(struct dma_chan *chan, void *dev)
{
	if (chan->device->dev == dev)
		stall_engine = chan->device;

	return false;
}

static struct dma_chan *stall_engine_request(dma_filter_fn filter)
{
	dma_cap_mask_t mask;

	dma_cap_zero(mask);
	dma_cap_set(DMA_SLAVE, mask);
	return dma_request_channel(mask, filter, stall_ntb_dma_dev());
}

/**
 * stall_engine_take_read() - take a read channel, as any client may
 *
 * Return: 0, or -EBUSY if there is none to be had
 */
int stall_engine_take_read(void)
{
	if (!stall_engine_taken)
		stall_engine_taken = stall_engine_request(stall_engine_is_free_reader);

	return stall_engine_taken ? 0 : -EBUSY;
}

/**
 * stall_engine_ignore() - whether descriptors start
 * @ignore:	they do not: what is issued is ignored
 *
 * Return: 0, or -ENODEV if there is no engine with a channel that is free
 */
int stall_engine_ignore(bool ignore)
{
	if (!stall_engine)
		stall_engine_request(stall_engine_is_its);
	if (!stall_engine)
		return -ENODEV;

	if (!stall_engine_issue) {
		stall_engine_issue = stall_engine->device_issue_pending;
		stall_engine_terminate = stall_engine->device_terminate_all;
		WRITE_ONCE(stall_engine->device_issue_pending, stall_engine_issue_pending);
		WRITE_ONCE(stall_engine->device_terminate_all, stall_engine_terminate_all);
	}
	WRITE_ONCE(stall_engine_ignores, ignore);

	return 0;
}

void stall_engine_show(struct seq_file *s)
{
	seq_printf(s, "ignored: %u\n", stall_engine_ignored);
}

/**
 * stall_engine_exit() - give everything back
 */
void stall_engine_exit(void)
{
	if (stall_engine_issue) {
		WRITE_ONCE(stall_engine->device_issue_pending, stall_engine_issue);
		WRITE_ONCE(stall_engine->device_terminate_all, stall_engine_terminate);
	}
	if (stall_engine_taken)
		dma_release_channel(stall_engine_taken);
}
