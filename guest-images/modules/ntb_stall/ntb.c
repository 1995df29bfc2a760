// SPDX-License-Identifier: GPL-2.0-only
/*
 * The NTB device: its operations are replaced by ones that pass through here.
 */
#include <linux/bottom_half.h>
#include <linux/delay.h>
#include <linux/ntb.h>
#include <linux/platform_device.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/smp.h>
#include <linux/workqueue.h>

#include "stall.h"

/* Interrupts are off meanwhile. */
#define STALL_NTB_DB_MS_MAX	100

/* Translations kept for the reader. */
#define STALL_TRANSLATIONS	32

static struct ntb_dev *stall_ntb;
static const struct ntb_dev_ops *stall_ntb_real;
static struct ntb_dev_ops stall_ntb_ops;

/* What is held here and the peer speak to each other by the last scratchpad. */
enum stall_ntb_word {
	STALL_NOTHING,
	STALL_SOMEBODY_IS_HELD,
	STALL_GO_ON,
};

static unsigned int stall_ntb_db_events;
static bool stall_ntb_loses_db;
static unsigned int stall_ntb_db_ms;

/* What memory is allocated for, if it is not the device that does DMA. */
static struct platform_device *stall_ntb_owner;

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

/* Asked once for each doorbell that the device tells of, before anything is done about it. */
static u64 stall_ntb_db_vector_mask(struct ntb_dev *ntb, int vector)
{
	stall_ntb_db_events++;
	stall_hold_pass("db_event");
	mdelay(READ_ONCE(stall_ntb_db_ms));
	if (READ_ONCE(stall_ntb_loses_db))
		return 0;

	return stall_ntb_real->db_vector_mask(ntb, vector);
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

static int stall_ntb_link_disable(struct ntb_dev *ntb)
{
	stall_hold_pass("link_disable");
	return stall_ntb_real->link_disable(ntb);
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

static struct device *stall_ntb_get_dma_dev(struct ntb_dev *ntb)
{
	return stall_ntb_owner ? &stall_ntb_owner->dev : stall_ntb_real->get_dma_dev(ntb);
}

/**
 * stall_ntb_be_incoherent() - the device that does DMA does not see the CPU's caches
 *
 * For transports that are loaded afterwards. What they allocate for DMA is mapped
 * a second time then, outside of the linear map.
 *
 * Return: 0 or an errno
 */
int stall_ntb_be_incoherent(void)
{
	struct platform_device *pdev;

	if (stall_ntb_owner)
		return 0;
	pdev = platform_device_register_simple(KBUILD_MODNAME, PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(pdev))
		return PTR_ERR(pdev);
	stall_ntb_owner = pdev;

	return 0;
}

/**
 * stall_ntb_dma_dev() - device that does DMA for the NTB
 *
 * Return: the device
 */
struct device *stall_ntb_dma_dev(void)
{
	return stall_ntb_real->get_dma_dev(stall_ntb);
}

static void stall_ntb_nothing(struct work_struct *work)
{
}

/*
 * Has works and tasklets of this CPU end that have begun: while somebody is
 * held here they would not, and whoever waits for them would wait for that.
 * A work that sleeps meanwhile is not among them.
 */
static void stall_ntb_settle(void)
{
	struct work_struct work;

	INIT_WORK_ONSTACK(&work, stall_ntb_nothing);
	schedule_work_on(raw_smp_processor_id(), &work);
	flush_work(&work);
	destroy_work_on_stack(&work);
	local_bh_disable();
	local_bh_enable();
}

/**
 * stall_ntb_link_event() - tell the transport of an event of the link
 *
 * Whoever calls this stays on one CPU.
 */
void stall_ntb_link_event(void)
{
	stall_ntb_settle();
	ntb_link_event(stall_ntb);
}

/**
 * stall_ntb_db_event() - tell the transport of a doorbell
 * @vector:	the doorbell's
 *
 * No tasklet that this schedules runs before the point "told" has been passed.
 * Whoever calls this stays on one CPU.
 */
void stall_ntb_db_event(int vector)
{
	stall_ntb_settle();
	local_bh_disable();
	ntb_db_event(stall_ntb, vector);
	stall_hold_pass("told");
	local_bh_enable();
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

/* Somebody is held: says so in the peer's last scratchpad. */
static void stall_ntb_tell_peer(void)
{
	int spad = ntb_spad_count(stall_ntb) - 1;

	stall_ntb_real->spad_write(stall_ntb, spad, STALL_NOTHING);
	stall_ntb_real->peer_spad_write(stall_ntb, NTB_DEF_PEER_IDX, spad, STALL_SOMEBODY_IS_HELD);
}

/* Has it said in this side's last one to go on? */
static bool stall_ntb_peer_has_answered(void)
{
	return stall_ntb_real->spad_read(stall_ntb, ntb_spad_count(stall_ntb) - 1) == STALL_GO_ON;
}

const struct stall_peer stall_ntb_peer = {
	.tell = stall_ntb_tell_peer,
	.has_answered = stall_ntb_peer_has_answered,
};

/**
 * stall_ntb_lose_doorbells() - whether the transport learns of doorbells
 * @lose:	it does not
 */
void stall_ntb_lose_doorbells(bool lose)
{
	WRITE_ONCE(stall_ntb_loses_db, lose);
}

/**
 * stall_ntb_slow_doorbells() - how long the transport is being told of a doorbell
 * @ms:	milliseconds, at most STALL_NTB_DB_MS_MAX
 *
 * Return: 0 or -EINVAL
 */
int stall_ntb_slow_doorbells(unsigned int ms)
{
	if (ms > STALL_NTB_DB_MS_MAX)
		return -EINVAL;
	WRITE_ONCE(stall_ntb_db_ms, ms);

	return 0;
}

void stall_ntb_show(struct seq_file *s)
{
	unsigned int i;

	seq_printf(s, "doorbell events: %u\n", stall_ntb_db_events);
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
	stall_ntb_ops.db_vector_mask = stall_ntb_db_vector_mask;
	stall_ntb_ops.peer_spad_write = stall_ntb_peer_spad_write;
	stall_ntb_ops.spad_read = stall_ntb_spad_read;
	stall_ntb_ops.peer_spad_read = stall_ntb_peer_spad_read;
	stall_ntb_ops.link_disable = stall_ntb_link_disable;
	stall_ntb_ops.mw_set_trans = stall_ntb_mw_set_trans;
	stall_ntb_ops.get_dma_dev = stall_ntb_get_dma_dev;
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
	if (stall_ntb_owner)
		platform_device_unregister(stall_ntb_owner);
}
