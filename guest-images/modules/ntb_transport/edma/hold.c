// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remote-eDMA backend: whether a few frames wait for more.
 *
 * A descriptor costs both sides interrupts and register accesses across the
 * link, whatever it moves. So while traffic flows, a few bytes wait for more,
 * at most tx_hold_us - unless waiting has lately brought nothing, as when each
 * frame answers one of the peer's.
 */
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/moduleparam.h>

#include "edma/hold.h"

/* Bytes that do not wait. */
#define EDMA_HOLD_ENOUGH	(160 * 1024)
/* Vain waits until it pauses, and frames that are sent at once meanwhile. */
#define EDMA_HOLD_CREDIT	4
#define EDMA_HOLD_PAUSE		64

static unsigned int edma_hold_us = 1000;
module_param_named(tx_hold_us, edma_hold_us, uint, 0644);
MODULE_PARM_DESC(tx_hold_us, "Remote eDMA: longest wait of a frame for others to share a DMA descriptor, in microseconds (0: none)");

static void edma_hold_was_worth_it(struct edma_hold *hold)
{
	hold->credit = min(hold->credit + 1, EDMA_HOLD_CREDIT);
}

static bool edma_hold_goes_on(struct edma_hold *hold, unsigned int bytes)
{
	if (bytes < EDMA_HOLD_ENOUGH)
		return true;

	hrtimer_try_to_cancel(&hold->timer);
	edma_hold_was_worth_it(hold);

	return false;
}

static bool edma_hold_begins(struct edma_hold *hold, unsigned int frames, unsigned int bytes,
			     unsigned long last)
{
	if (!edma_hold_us || bytes >= EDMA_HOLD_ENOUGH || time_after(jiffies, last + 1))
		return false;

	if (hold->credit <= 0) {
		/* try again now and then */
		if (hold->credit-- > -EDMA_HOLD_PAUSE)
			return false;
		hold->credit = 1;
	}

	hold->state = EDMA_HOLD_WAITING;
	hold->pend = frames;
	hrtimer_start(&hold->timer, us_to_ktime(edma_hold_us), HRTIMER_MODE_REL_SOFT);

	return true;
}

/**
 * edma_hold_waits() - shall the frames that are there wait?
 * @hold:	of a queue pair with nothing in flight; its lock is held
 * @frames:	frames that are there
 * @bytes:	their size
 * @last:	when the last descriptor ended, in jiffies
 *
 * Return: true if the timer or a call with more frames will ask again
 */
bool edma_hold_waits(struct edma_hold *hold, unsigned int frames, unsigned int bytes,
		     unsigned long last)
{
	bool waits;

	switch (hold->state) {
	case EDMA_HOLD_WAITING:
		waits = edma_hold_goes_on(hold, bytes);
		break;
	case EDMA_HOLD_OVER:
		if (frames > hold->pend)
			edma_hold_was_worth_it(hold);
		else
			hold->credit--;
		waits = false;
		break;
	default:
		waits = edma_hold_begins(hold, frames, bytes, last);
		break;
	}

	if (!waits)
		hold->state = EDMA_HOLD_NONE;

	return waits;
}

/**
 * edma_hold_is_over() - the timer has fired
 * @hold:	of a queue pair whose lock is held
 *
 * Return: true if frames wait, which shall be sent now
 */
bool edma_hold_is_over(struct edma_hold *hold)
{
	if (hold->state != EDMA_HOLD_WAITING)
		return false;

	hold->state = EDMA_HOLD_OVER;
	return true;
}

/**
 * edma_hold_init() - once a queue pair
 * @hold:	to be set up
 * @over:	function of the timer
 */
void edma_hold_init(struct edma_hold *hold, enum hrtimer_restart (*over)(struct hrtimer *timer))
{
	hrtimer_setup(&hold->timer, over, CLOCK_MONOTONIC, HRTIMER_MODE_REL_SOFT);
}

/**
 * edma_hold_reset() - at the beginning of a session
 * @hold:	of the queue pair
 */
void edma_hold_reset(struct edma_hold *hold)
{
	hold->state = EDMA_HOLD_NONE;
	hold->credit = EDMA_HOLD_CREDIT;
}
