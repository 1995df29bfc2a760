/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Promises and horizons. */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "time/clock.h"
#include "time/internal.h"
#include "time/pace.h"
#include "time/sleep.h"
#include "time/vcpu.h"
#include "trace-ntb_edma.h"

/* Events from outside wait so long at most, that the other side may run on. */
#define TIME_CHUNK_NS   (1 * SCALE_MS)
/* Most of that is answered while the clock stands still; the rest needs it. */
#define TIME_PATIENCE_NS NANOSECONDS_PER_SECOND

DwcTime dwc_time;

bool dwc_time_enabled(void)
{
    return dwc_time.enabled;
}

void dwc_time_decide(void)
{
    dwc_time.decided = true;
}

bool dwc_time_too_late(void)
{
    return dwc_time.decided && !dwc_time.enabled;
}

bool dwc_time_joined(void)
{
    return dwc_time.joined && !qatomic_read(&dwc_time.parting);
}

int64_t dwc_time_joined_at(void)
{
    return dwc_time_joined() ? dwc_time.base : -1;
}

int64_t dwc_time_now(void)
{
    return dwc_clock_now() - dwc_time.base;
}

/* --- A CPU that does not execute. --- */

static void time_run_on(int64_t target)
{
    dwc_clock_jump(MAX(0, target - dwc_clock_now()));
    dwc_clock_run();
}

static void time_advance_alone(void)
{
    int64_t now = dwc_clock_now();
    int64_t target = MIN(dwc_clock_next(), now + TIME_CHUNK_NS);
    int64_t ns = dwc_pace_step(target - now);

    if (ns) {
        dwc_time_wait(dwc_time_nothing, ns);
    } else {
        time_run_on(target);
    }
}

/* On to the next event; or closer to it, if something has to come first. */
static void time_advance(void)
{
    int64_t now, target, ns;

    if (dwc_time_is_held()) {
        return;
    }
    timer_del(dwc_time.stop);
    if (dwc_clock_next() <= dwc_clock_now()) {
        dwc_clock_run();
        return;
    }
    if (!dwc_time_joined()) {
        time_advance_alone();
        return;
    }
    dwc_time_look();
    now = dwc_time_now();
    target = dwc_time.promised > now ? dwc_time.promised : now + TIME_CHUNK_NS;
    target = MAX(now, MIN(target, dwc_clock_next() - dwc_time.base));
    dwc_time_promise(target);
    if (dwc_time.horizon < target) {
        dwc_time_wait(dwc_time_wanted(target), -1);
        return;
    }
    ns = QSIMPLEQ_EMPTY(&dwc_time.inbox) ? dwc_pace_step(target - now) : 0;
    if (ns) {
        dwc_time_wait(dwc_time_nothing, ns);
        return;
    }
    time_run_on(dwc_time.base + target);
}

bool dwc_time_await(const bool *done)
{
    CPUState *cpu = dwc_clock_executing();

    if (!cpu) {
        return false;
    }
    while (!*done && dwc_time_joined()) {
        time_advance();
        dwc_vcpu_rest(cpu);
    }
    /* Its budget is out of date. */
    dwc_vcpu_settle();
    cpu_exit(cpu);
    return *done;
}

bool dwc_time_pass(bool (*done)(void *opaque), void *opaque)
{
    CPUState *cpu = dwc_clock_executing();
    int64_t until = get_clock() + TIME_PATIENCE_NS;
    bool nested = dwc_time.passing, over, moved = false;

    if (!cpu || !dwc_time_joined()) {
        return false;
    }
    dwc_time.passing = true;
    while (!(over = done(opaque)) && dwc_time_joined()) {
        if (get_clock() < until) {
            dwc_time_stand_still();
        } else {
            if (!moved) {
                moved = true;
                trace_dwc_time_impatient(dwc_time_now());
            }
            time_advance();
        }
        dwc_vcpu_rest(cpu);
    }
    dwc_time.passing = nested;
    dwc_vcpu_settle();
    cpu_exit(cpu);
    return over;
}

/* Before the CPU executes; false: once more. */
static bool time_settle(CPUState *cpu)
{
    int64_t now;

    if (dwc_time_is_held()) {
        return false;
    }
    if (dwc_sleep_goes_on(dwc_vcpu_idle(cpu)) ||
        (dwc_time_joined() && dwc_time.promised > dwc_time_now())) {
        time_advance();
        return false;
    }
    timer_del(dwc_time.stop);
    if (dwc_clock_next() <= dwc_clock_now()) {
        /* Whoever finds them undone has all threads with timers wake. */
        dwc_clock_run();
        return false;
    }
    if (!dwc_time_joined()) {
        return true;
    }
    dwc_time_look();
    now = dwc_time_now();
    dwc_time_promise(now);
    if (dwc_time.horizon > now) {
        timer_mod(dwc_time.stop, dwc_time.base + dwc_time.horizon);
        return true;
    }
    dwc_time_wait(dwc_time_wanted(now + 1), -1);
    return false;
}

void dwc_time_use_seed(uint64_t seed)
{
    dwc_time.seed = seed;
}

static void time_stop(void *opaque)
{
    dwc_vcpu_settle();
}

bool dwc_time_begin(int64_t latency, int64_t grid, Error **errp)
{
    if (!dwc_vcpu_take(time_settle, errp)) {
        return false;
    }
    QSIMPLEQ_INIT(&dwc_time.inbox);
    g_queue_init(&dwc_time.sent);
    dwc_time.delivery = timer_new_ns(QEMU_CLOCK_VIRTUAL, dwc_time_deliver, NULL);
    dwc_time.stop = timer_new_ns(QEMU_CLOCK_VIRTUAL, time_stop, NULL);
    dwc_time_be_alone();
    dwc_time.latency = latency;
    dwc_time.grid = grid;
    dwc_time.enabled = true;
    return true;
}
