// SPDX-License-Identifier: GPL-2.0-only
/*
 * The NTB device: its operations are replaced by ones that pass through here.
 */
#include <linux/ntb.h>
#include <linux/sched.h>
#include <linux/seq_file.h>

#include "stall.h"

/* Translations kept for the reader. */
#define STALL_TRANSLATIONS	32

static struct ntb_dev *stall_ntb;
static const struct ntb_dev_ops *stall_ntb_real;
static struct ntb_dev_ops stall_ntb_ops;

static int stall_ntb_spad = -1;
static u32 stall_ntb_spad_val;

static struct {
	int window;
	dma_addr_t addr;
} stall_ntb_translations[STALL_TRANSLATIONS];
static unsigned int stall_ntb_translation_count;

static u64 stall_ntb_link_is_up(struct ntb_dev *ntb, enum ntb_speed *speed, enum ntb_width *width)
{
	/* who waits here does so while the link goes down */
	if (stall_hold_pass("link_is_up"))
		return 0;

	return stall_ntb_real->link_is_up(ntb, speed, width);
}

static u32 stall_ntb_spad_read(struct ntb_dev *ntb, int sidx)
{
	if (sidx == READ_ONCE(stall_ntb_spad))
		return READ_ONCE(stall_ntb_spad_val);

	return stall_ntb_real->spad_read(ntb, sidx);
}

static u32 stall_ntb_peer_spad_read(struct ntb_dev *ntb, int pidx, int sidx)
{
	if (current->flags & PF_WQ_WORKER)
		stall_hold_pass("work:peer_spad_read");
	return stall_ntb_real->peer_spad_read(ntb, pidx, sidx);
}

static int stall_ntb_peer_spad_write(struct ntb_dev *ntb, int pidx, int sidx, u32 val)
{
	stall_hold_pass("peer_spad_write");
	return stall_ntb_real->peer_spad_write(ntb, pidx, sidx, val);
}

static int stall_ntb_mw_set_trans(struct ntb_dev *ntb, int pidx, int widx, dma_addr_t addr,
				  resource_size_t size)
{
	unsigned int i = stall_ntb_translation_count;

	if (i < STALL_TRANSLATIONS) {
		stall_ntb_translations[i].window = widx;
		stall_ntb_translations[i].addr = addr;
		stall_ntb_translation_count++;
	}

	return stall_ntb_real->mw_set_trans(ntb, pidx, widx, addr, size);
}

/**
 * stall_ntb_dma_dev() - device that does DMA for the NTB
 *
 * Return: the device
 */
struct device *stall_ntb_dma_dev(void)
{
	return ntb_get_dma_dev(stall_ntb);
}

/**
 * stall_ntb_link_event() - tell the transport of an event of the link
 */
void stall_ntb_link_event(void)
{
	ntb_link_event(stall_ntb);
}

/**
 * stall_ntb_pretend() - the peer has written something to a scratchpad
 * @spad:	number of the scratchpad; negative: none
 * @val:	what is read there from now on
 */
void stall_ntb_pretend(int spad, u32 val)
{
	WRITE_ONCE(stall_ntb_spad, -1);
	WRITE_ONCE(stall_ntb_spad_val, val);
	WRITE_ONCE(stall_ntb_spad, spad);
}

void stall_ntb_show(struct seq_file *s)
{
	unsigned int i;

	for (i = 0; i < stall_ntb_translation_count; i++)
		seq_printf(s, "translation: window %d %pad\n", stall_ntb_translations[i].window,
			   &stall_ntb_translations[i].addr);
}

/* Takes a note of the device, and leaves it to others. */
static int stall_ntb_probe(struct ntb_client *client, struct ntb_dev *ntb)
{
	if (!stall_ntb) {
		get_device(&ntb->dev);
		stall_ntb = ntb;
	}

	return -ENODEV;
}

static void stall_ntb_remove(struct ntb_client *client, struct ntb_dev *ntb)
{
}

static struct ntb_client stall_ntb_client = {
	.ops = {
		.probe = stall_ntb_probe,
		.remove = stall_ntb_remove,
	},
};

/**
 * stall_ntb_init() - find the NTB device, and come between it and who uses it
 *
 * Return: 0, -ENODEV if there is none that nobody uses, or another errno
 */
int stall_ntb_init(void)
{
	int rc;

	rc = ntb_register_client(&stall_ntb_client);
	if (rc)
		return rc;
	ntb_unregister_client(&stall_ntb_client);
	if (!stall_ntb)
		return -ENODEV;

	stall_ntb_real = stall_ntb->ops;
	stall_ntb_ops = *stall_ntb_real;
	stall_ntb_ops.link_is_up = stall_ntb_link_is_up;
	stall_ntb_ops.peer_spad_write = stall_ntb_peer_spad_write;
	stall_ntb_ops.spad_read = stall_ntb_spad_read;
	stall_ntb_ops.peer_spad_read = stall_ntb_peer_spad_read;
	stall_ntb_ops.mw_set_trans = stall_ntb_mw_set_trans;
	WRITE_ONCE(stall_ntb->ops, &stall_ntb_ops);

	return 0;
}

/**
 * stall_ntb_exit() - undo stall_ntb_init()
 *
 * The transport must be gone.
 */
void stall_ntb_exit(void)
{
	WRITE_ONCE(stall_ntb->ops, stall_ntb_real);
	put_device(&stall_ntb->dev);
}
