// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who is told of the points: ntb_stall, once it has set the hook.
 */
#include <linux/export.h>

#include "held/held.h"

typedef void (*nt_point_fn)(const char *function, const char *what);

/* called with the names of the function and of the point in it; any context */
nt_point_fn nt_point_hook;
EXPORT_SYMBOL_GPL(nt_point_hook);

/**
 * nt_point() - the CPU is at a point
 * @function:	name of the function
 * @what:	name of the point in it
 */
void nt_point(const char *function, const char *what)
{
	nt_point_fn hook = READ_ONCE(nt_point_hook);

	if (hook)
		hook(function, what);
}
