/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the form of the module that can be held has in addition: each of the
 * places where a race is decided is told to ntb_stall, which may keep the CPU
 * there. Included before everything else.
 */
#ifndef NT_HELD_H
#define NT_HELD_H

#include <linux/interrupt.h>
#include <linux/mutex.h>

#include "core/ready.h"

/* held/points.c */
void nt_point(const char *function, const char *what);

#define nt_say(flag)				\
	do {					\
		nt_point(__func__, "say");	\
		nt_say(flag);			\
		nt_point(__func__, "said");	\
	} while (0)

#define tasklet_schedule(tasklet)		\
	do {					\
		nt_point(__func__, "schedule");	\
		tasklet_schedule(tasklet);	\
	} while (0)

#define tasklet_kill(tasklet)			\
	do {					\
		tasklet_kill(tasklet);		\
		nt_point(__func__, "killed");	\
	} while (0)

/* What a lock belongs to goes. */
#define mutex_destroy(lock)			\
	do {					\
		nt_point(__func__, "gone");	\
		mutex_destroy(lock);		\
	} while (0)

/* An operation of a backend. */
#define rx_poll(qp)	rx_poll((nt_point(__func__, "rx_poll"), qp))

#endif
