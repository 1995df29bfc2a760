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
#define STALL_POINTS_TELL	"nt_point_tell"

typedef void (*stall_points_fn)(const char *function, const char *what);

static atomic_t stall_points_polls;

static void stall_points_pass(const char *function, const char *what)
{
	char point[48];

	if (!strcmp(what, "rx_poll"))
		atomic_inc(&stall_points_polls);
	snprintf(point, sizeof(point), "%s:%s", function, what);
	stall_hold_pass(point);
}

/* NULL: nobody is told any more, nor is being told. */
static int stall_points_tell(stall_points_fn fn)
{
	void (*tell)(stall_points_fn fn) = __symbol_get(STALL_POINTS_TELL);

	if (!tell)
		return -ENOENT;
	tell(fn);
	__symbol_put(STALL_POINTS_TELL);

	return 0;
}

/**
 * stall_points_use() - be told of the points from now on
 *
 * Return: 0, or -ENOENT if what is loaded tells of none
 */
int stall_points_use(void)
{
	return stall_points_tell(stall_points_pass);
}

/**
 * stall_points_exit() - be told of nothing any more
 */
void stall_points_exit(void)
{
	stall_points_tell(NULL);
}

void stall_points_show(struct seq_file *s)
{
	seq_printf(s, "receive tasklets that look for frames: %d\n",
		   atomic_read(&stall_points_polls));
}
