/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A CPU that has been idle for long has no power, and needs time to come back.
 *
 * An operating system that knows when the next interrupt comes puts it to sleep
 * at once, and one that has to guess guesses by how long it was idle before.
 * Here it sleeps where it turns out that it was idle long enough for that.
 */
#include "qemu/osdep.h"
#include "qemu/timer.h"
#include "time/clock.h"
#include "time/costs.h"
#include "time/sleep.h"

static QEMUTimer *sleep_over;           /* ends idle steps where it wakes; NULL: none */
static bool sleep_idle;
static int64_t sleep_since, sleep_until;

static void sleep_ends(void *opaque)
{
}

void dwc_sleep_allow(void)
{
    sleep_over = timer_new_ns(QEMU_CLOCK_VIRTUAL, sleep_ends, NULL);
}

bool dwc_sleep_goes_on(bool idle)
{
    const DwcTimeProfile *p = dwc_cost_profile();
    int64_t now = dwc_clock_now();
    bool was_idle = sleep_idle;

    if (!sleep_over) {
        return idle;
    }
    if (sleep_until > now) {
        return true;
    }
    sleep_idle = idle;
    if (idle && !was_idle) {
        sleep_since = now;
    }
    if (!idle && was_idle && now - sleep_since >= p->sleep_after_ns) {
        sleep_until = now + p->wake_ns;
        timer_mod(sleep_over, sleep_until);
    }
    return idle || sleep_until > now;
}
