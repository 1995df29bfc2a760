// SPDX-License-Identifier: GPL-2.0-only
/*
 * One caller is held at one point until another comes to a second point, or
 * the peer says that it may go on.
 */
#include <linux/delay.h>
#include <linux/seq_file.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "stall.h"

/* Who is held may have interrupts off. */
#define STALL_HOLD_MS_MAX	5000

enum stall_hold_state {
	STALL_IDLE,
	STALL_ARMED,
	STALL_HELD,
	STALL_RELEASED,
	STALL_TIMED_OUT,
};

static const char *const stall_hold_names[] = {
	[STALL_IDLE] = "idle",	       [STALL_ARMED] = "armed",		[STALL_HELD] = "held",
	[STALL_RELEASED] = "released", [STALL_TIMED_OUT] = "timed out",
};

static DEFINE_SPINLOCK(stall_hold_lock);
static enum stall_hold_state stall_hold_state;
static struct stall_hold stall_hold_now;
static struct stall_hold stall_hold_next;
static const struct stall_peer *stall_hold_peer;

/**
 * stall_hold_init() - before anybody can be held
 * @peer:	of holds that end when the peer says so
 */
void stall_hold_init(const struct stall_peer *peer)
{
	stall_hold_peer = peer;
}

/**
 * stall_hold_arm() - hold the next who comes to a point
 * @now:	where, and for how long
 * @next:	the same for when that one has been released, or without a point
 *
 * Return: 0, -EINVAL, or -EBUSY while somebody is held
 */
int stall_hold_arm(const struct stall_hold *now, const struct stall_hold *next)
{
	if (now->ms > STALL_HOLD_MS_MAX || next->ms > STALL_HOLD_MS_MAX)
		return -EINVAL;

	guard(spinlock_irqsave)(&stall_hold_lock);
	if (stall_hold_state == STALL_HELD)
		return -EBUSY;
	stall_hold_now = *now;
	stall_hold_next = *next;
	WRITE_ONCE(stall_hold_state, STALL_ARMED);

	return 0;
}

/**
 * stall_hold_cancel() - hold nobody any more
 */
void stall_hold_cancel(void)
{
	guard(spinlock_irqsave)(&stall_hold_lock);
	WRITE_ONCE(stall_hold_state, STALL_IDLE);
}

/* Whoever is held goes on; stall_hold_lock is held. */
static void stall_hold_release(void)
{
	stall_hold_now = stall_hold_next;
	*stall_hold_next.at = 0;
	WRITE_ONCE(stall_hold_state, *stall_hold_now.at ? STALL_ARMED : STALL_RELEASED);
}

/* Returns how many milliseconds the caller is to be held at most. */
static unsigned int stall_hold_enter(const char *point, bool *by_peer)
{
	guard(spinlock_irqsave)(&stall_hold_lock);
	if (stall_hold_state == STALL_HELD && !strcmp(point, stall_hold_now.until)) {
		stall_hold_release();
		return 0;
	}
	if (stall_hold_state != STALL_ARMED || strcmp(point, stall_hold_now.at))
		return 0;

	WRITE_ONCE(stall_hold_state, STALL_HELD);
	*by_peer = !strcmp(stall_hold_now.until, "peer");

	return stall_hold_now.ms;
}

/* The holder itself looks: whoever else could may be shut out, interrupts being off. */
static bool stall_hold_goes_on(bool by_peer)
{
	if (READ_ONCE(stall_hold_state) != STALL_HELD)
		return true;
	if (!by_peer || !stall_hold_peer->has_answered())
		return false;

	guard(spinlock_irqsave)(&stall_hold_lock);
	stall_hold_release();

	return true;
}

/**
 * stall_hold_pass() - somebody comes to a point
 * @point:	its name
 *
 * Any context.
 *
 * Return: true if it was held there
 */
bool stall_hold_pass(const char *point)
{
	bool by_peer = false;
	unsigned int ms = stall_hold_enter(point, &by_peer);

	if (!ms)
		return false;
	if (by_peer)
		stall_hold_peer->tell();

	for (; ms; ms--) {
		if (stall_hold_goes_on(by_peer))
			return true;
		mdelay(1);
	}

	guard(spinlock_irqsave)(&stall_hold_lock);
	if (stall_hold_state == STALL_HELD)
		WRITE_ONCE(stall_hold_state, STALL_TIMED_OUT);

	return true;
}

void stall_hold_show(struct seq_file *s)
{
	guard(spinlock_irqsave)(&stall_hold_lock);
	seq_printf(s, "hold: %s", stall_hold_names[stall_hold_state]);
	if (stall_hold_state == STALL_HELD || stall_hold_state == STALL_TIMED_OUT)
		seq_printf(s, " at %s", stall_hold_now.at);
	seq_putc(s, '\n');
}
