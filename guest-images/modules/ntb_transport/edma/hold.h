/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Remote-eDMA backend: whether a few frames wait for more.
 */
#ifndef NTB_TRANSPORT_EDMA_HOLD_H
#define NTB_TRANSPORT_EDMA_HOLD_H

#include <linux/hrtimer.h>
#include <linux/types.h>

/**
 * struct edma_hold - whether a few frames wait for more
 * @state:	what they do
 * @pend:	frames when the waiting began
 * @credit:	positive if waiting has been worth it
 * @timer:	ends it; its function is the owner's, and calls edma_hold_is_over()
 */
struct edma_hold {
	enum {
		EDMA_HOLD_NONE,
		EDMA_HOLD_WAITING,
		EDMA_HOLD_OVER,		/* waited long enough */
	} state;
	unsigned int pend;
	int credit;
	struct hrtimer timer;
};

void edma_hold_init(struct edma_hold *hold, enum hrtimer_restart (*over)(struct hrtimer *timer));
void edma_hold_reset(struct edma_hold *hold);
bool edma_hold_waits(struct edma_hold *hold, unsigned int frames, unsigned int bytes,
		     unsigned long last);
bool edma_hold_is_over(struct edma_hold *hold);

#endif
