// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who is told of the points: ntb_stall, once it has said so.
 */
#include <linux/export.h>
#include <linux/srcu.h>

#include "held/held.h"

typedef void (*nt_point_fn)(const char *function, const char *what);

DEFINE_STATIC_SRCU(nt_point_srcu);
static nt_point_fn nt_point_told;

/**
 * nt_point_tell() - have somebody told of the points
 * @fn:	called with the names of the function and of the point in it, in any
 *	context; NULL: nobody is told, and when this returns nobody is being told
 */
void nt_point_tell(nt_point_fn fn)
{
	WRITE_ONCE(nt_point_told, fn);
	synchronize_srcu(&nt_point_srcu);
}
EXPORT_SYMBOL_GPL(nt_point_tell);

/**
 * nt_point() - the CPU is at a point
 * @function:	name of the function
 * @what:	name of the point in it
 */
void nt_point(const char *function, const char *what)
{
	int idx = srcu_read_lock(&nt_point_srcu);
	nt_point_fn fn = READ_ONCE(nt_point_told);

	if (fn)
		fn(function, what);
	srcu_read_unlock(&nt_point_srcu, idx);
}
