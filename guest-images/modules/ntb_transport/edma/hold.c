// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remote-eDMA backend: whether a few frames wait for more.
 *
 * A descriptor costs both sides interrupts and register accesses across the
 * link, whatever it moves. So while traffic flows, a few bytes wait for more,
 * at most tx_hold_us - unless waiting has lately brought nothing, as when each
 * frame answers one of the peer's.
 */
#include "edma/qp.h"

/* Bytes that do not wait. */
#define HOLD_ENOUGH		(160 * 1024)
/* Waiting goes on after so many failures, and pauses for so many frames. */
#define HOLD_CREDIT		4
#define HOLD_PAUSE		64

static void hold_was_worth_it(struct edma_hold *hold)
{
	hold->credit = min(hold->credit + 1, HOLD_CREDIT);
}

static bool hold_goes_on(struct edma_qp *eq)
{
	struct edma_hold *hold = &eq->hold;

	if (eq->tx_pend_bytes < HOLD_ENOUGH)
		return true;

	hrtimer_try_to_cancel(&hold->timer);
	hold_was_worth_it(hold);

	return false;
}

static bool hold_begins(struct edma_qp *eq)
{
	struct edma_hold *hold = &eq->hold;

	if (!edma_tx_hold_us || eq->tx_pend_bytes >= HOLD_ENOUGH ||
	    time_after(jiffies, eq->tx_last + 1))
		return false;

	if (hold->credit <= 0) {
		/* try again now and then */
		if (hold->credit-- > -HOLD_PAUSE)
			return false;
		hold->credit = 1;
	}

	hold->state = EDMA_HOLD_WAITING;
	hold->pend = eq->tx_pend;
	hrtimer_start(&hold->timer, us_to_ktime(edma_tx_hold_us),
		      HRTIMER_MODE_REL_SOFT);

	return true;
}

/**
 * edma_hold() - shall the frames that are there wait?
 * @eq:		queue pair with nothing in flight; its tx_lock is held
 *
 * Return: true if a timer or a call with more frames will ask again
 */
bool edma_hold(struct edma_qp *eq)
{
	struct edma_hold *hold = &eq->hold;
	bool waits;

	switch (hold->state) {
	case EDMA_HOLD_WAITING:
		waits = hold_goes_on(eq);
		break;
	case EDMA_HOLD_OVER:
		if (eq->tx_pend > hold->pend)
			hold_was_worth_it(hold);
		else
			hold->credit--;
		waits = false;
		break;
	default:
		waits = hold_begins(eq);
		break;
	}

	if (!waits)
		hold->state = EDMA_HOLD_NONE;

	return waits;
}

static enum hrtimer_restart hold_timer(struct hrtimer *timer)
{
	struct edma_qp *eq = container_of(timer, struct edma_qp, hold.timer);

	guard(spinlock_irqsave)(&eq->tx_lock);
	if (eq->hold.state == EDMA_HOLD_WAITING) {
		eq->hold.state = EDMA_HOLD_OVER;
		edma_tx_start(eq);
	}

	return HRTIMER_NORESTART;
}

/**
 * edma_hold_init() - once a queue pair
 * @eq:		queue pair
 */
void edma_hold_init(struct edma_qp *eq)
{
	hrtimer_setup(&eq->hold.timer, hold_timer, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_SOFT);
}

/**
 * edma_hold_reset() - at the beginning of a session
 * @eq:		queue pair
 */
void edma_hold_reset(struct edma_qp *eq)
{
	eq->hold.state = EDMA_HOLD_NONE;
	eq->hold.credit = HOLD_CREDIT;
}
