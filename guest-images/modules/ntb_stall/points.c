// SPDX-License-Identifier: GPL-2.0-only
/*
 * Points within the transport, in the form of it that tells of them
 * (ntb_transport/held).
 */
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "stall.h"

/* What that form calls. */
#define STALL_POINTS_HOOK	"nt_point_hook"

static atomic_t stall_points_polls;

static void stall_points_pass(const char *function, const char *what)
{
	char point[48];

	if (!strcmp(what, "rx_poll"))
		atomic_inc(&stall_points_polls);
	snprintf(point, sizeof(point), "%s:%s", function, what);
	stall_hold_pass(point);
}

/**
 * stall_points_use() - be told of the points from now on
 *
 * The transport has to be unloaded before this module is.
 *
 * Return: 0, or -ENOENT if what is loaded tells of none
 */
int stall_points_use(void)
{
	void (**hook)(const char *function, const char *what) = __symbol_get(STALL_POINTS_HOOK);

	if (!hook)
		return -ENOENT;
	WRITE_ONCE(*hook, stall_points_pass);
	__symbol_put(STALL_POINTS_HOOK);

	return 0;
}

void stall_points_show(struct seq_file *s)
{
	seq_printf(s, "receive tasklets that look for frames: %d\n",
		   atomic_read(&stall_points_polls));
}
