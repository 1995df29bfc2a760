// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/time_grid/wait
 *
 * A number of milliseconds that is written there makes write() return at a
 * multiple of it by CLOCK_MONOTONIC, half of it away at least.  For the last
 * fifth no interrupt is taken: what is due meanwhile is done at the end, so
 * that whatever recurs more often than that goes by the same multiple from
 * then on, whenever it was that it began.
 */
#include <linux/debugfs.h>
#include <linux/hrtimer.h>
#include <linux/irqflags.h>
#include <linux/kstrtox.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "grid.h"

/* No longer without interrupts than 24 ms. */
#define GRID_MAX_MS	120

/**
 * grid_sleep_until() - sleep, whatever signals come but one that kills
 * @at:		nanoseconds of CLOCK_MONOTONIC
 *
 * Return: 0 at that time, or an errno if the sleeper is killed
 */
int grid_sleep_until(u64 at)
{
	ktime_t time = ns_to_ktime(at);
	int rc;

	do {
		if (fatal_signal_pending(current))
			return -EINTR;
		set_current_state(TASK_KILLABLE);
		rc = schedule_hrtimeout(&time, HRTIMER_MODE_ABS);
	} while (rc);

	return 0;
}

static void grid_spin_until(u64 at)
{
	unsigned long flags;

	local_irq_save(flags);
	while (ktime_get_ns() < at)
		cpu_relax();
	local_irq_restore(flags);
}

static ssize_t grid_wait_write(struct file *file, const char __user *ubuf, size_t count,
			       loff_t *ppos)
{
	unsigned int ms;
	u64 period, at;
	int rc;

	rc = kstrtouint_from_user(ubuf, count, 0, &ms);
	if (rc)
		return rc;
	if (!ms || ms > GRID_MAX_MS)
		return -EINVAL;

	period = ms * NSEC_PER_MSEC;
	at = DIV64_U64_ROUND_UP(ktime_get_ns() + period / 2, period) * period;
	rc = grid_sleep_until(at - period / 5);
	if (rc)
		return rc;
	grid_spin_until(at);

	return count;
}

/* The file "wait". */
const struct file_operations grid_wait_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = grid_wait_write,
};
