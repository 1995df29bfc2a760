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
	STALL_TOO_LATE,
};

static const char *const stall_hold_names[] = {
	[STALL_IDLE] = "idle",	       [STALL_ARMED] = "armed",		[STALL_HELD] = "held",
	[STALL_RELEASED] = "released", [STALL_TIMED_OUT] = "timed out",
	[STALL_TOO_LATE] = "too late",
};

static DEFINE_SPINLOCK(stall_hold_lock);
static enum stall_hold_state stall_hold_state;
/* of whoever was held last: another may be held before that one has looked again */
static unsigned int stall_hold_turn;
/* is the hold one that follows another, so that what comes before it is known? */
static bool stall_hold_follows;
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
	stall_hold_follows = false;
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
	stall_hold_follows = true;
	WRITE_ONCE(stall_hold_state, *stall_hold_now.at ? STALL_ARMED : STALL_RELEASED);
}

/**
 * struct stall_held - somebody who is held
 * @turn:	tells it apart from others
 * @ms:		for so many milliseconds at most; 0: it is not held
 * @by_peer:	until the peer says so
 */
struct stall_held {
	unsigned int turn;
	unsigned int ms;
	bool by_peer;
};

static struct stall_held stall_hold_enter(const char *point)
{
	struct stall_held held = {};

	guard(spinlock_irqsave)(&stall_hold_lock);
	if (stall_hold_state == STALL_HELD && !strcmp(point, stall_hold_now.until)) {
		stall_hold_release();
	} else if (stall_hold_state == STALL_ARMED && !strcmp(point, stall_hold_now.at)) {
		WRITE_ONCE(stall_hold_state, STALL_HELD);
		held.turn = ++stall_hold_turn;
		held.ms = stall_hold_now.ms;
		held.by_peer = !strcmp(stall_hold_now.until, "peer");
	} else if (stall_hold_state == STALL_ARMED && stall_hold_follows &&
		   !strcmp(point, stall_hold_now.until)) {
		WRITE_ONCE(stall_hold_state, STALL_TOO_LATE);
	}

	return held;
}

/* stall_hold_lock is held. */
static bool stall_hold_lasts(const struct stall_held *held)
{
	return stall_hold_state == STALL_HELD && stall_hold_turn == held->turn;
}

/* The holder itself looks: whoever else could may be shut out, interrupts being off. */
static bool stall_hold_goes_on(const struct stall_held *held)
{
	bool answered = held->by_peer && stall_hold_peer->has_answered();

	guard(spinlock_irqsave)(&stall_hold_lock);
	if (!stall_hold_lasts(held))
		return true;
	if (answered)
		stall_hold_release();

	return answered;
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
	struct stall_held held = stall_hold_enter(point);
	unsigned int ms;

	if (!held.ms)
		return false;
	if (held.by_peer)
		stall_hold_peer->tell();

	for (ms = held.ms; ms; ms--) {
		if (stall_hold_goes_on(&held))
			return true;
		mdelay(1);
	}

	guard(spinlock_irqsave)(&stall_hold_lock);
	if (stall_hold_lasts(&held))
		WRITE_ONCE(stall_hold_state, STALL_TIMED_OUT);

	return true;
}

void stall_hold_show(struct seq_file *s)
{
	guard(spinlock_irqsave)(&stall_hold_lock);
	seq_printf(s, "hold: %s", stall_hold_names[stall_hold_state]);
	if (stall_hold_state == STALL_HELD || stall_hold_state >= STALL_TIMED_OUT)
		seq_printf(s, " at %s", stall_hold_now.at);
	seq_putc(s, '\n');
}
