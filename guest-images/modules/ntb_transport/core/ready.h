/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two sides that wait for each other: a client that says it is ready while the
 * link comes up.
 */
#ifndef NT_READY_H
#define NT_READY_H

#include <asm/barrier.h>
#include <linux/atomic.h>
#include <linux/types.h>

/**
 * nt_say() - set a flag, before looking at the other side's
 * @flag:	the own one
 *
 * Of two sides that each do so at least one finds the other's set: the full
 * barrier orders the store before all later reads.
 */
static inline void nt_say(bool *flag)
{
	smp_store_mb(*flag, true); /* pairs with itself, on the other side */
}

#endif
