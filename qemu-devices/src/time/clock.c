/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtual clock under -icount is the count of instructions, times what one
 * takes, plus a bias.  QEMU itself adds to the bias when a guest is idle.
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "qemu/seqlock.h"
#include "qemu/timer.h"
#include "system/cpus.h"
#include "exec/icount.h"
#include "system/cpu-timers-internal.h"
#include "time/clock.h"

/* What timers do is none of the CPU's accesses, though it waits in one. */
static bool clock_runs_timers;

int64_t dwc_clock_now(void)
{
    return qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
}

void dwc_clock_jump(int64_t ns)
{
    seqlock_write_lock(&timers_state.vm_clock_seqlock,
                       &timers_state.vm_clock_lock);
    qatomic_set_i64(&timers_state.qemu_icount_bias,
                    timers_state.qemu_icount_bias + ns);
    seqlock_write_unlock(&timers_state.vm_clock_seqlock,
                         &timers_state.vm_clock_lock);
}

/*
 * The CPU has a budget of instructions, up to the next timer.  What an
 * instruction takes longer shortens the budget, so that the CPU stops when it
 * is used up; what exceeds it goes to the bias.
 */
void dwc_clock_spend(CPUState *cpu, int64_t ns)
{
    int64_t left = cpu->neg.icount_decr.u16.low + cpu->icount_extra;
    int64_t wanted = ns >> timers_state.icount_time_shift;
    int64_t cut = MIN(wanted, left);
    int64_t extra = MIN(cut, cpu->icount_extra);

    /* So that what is executed stays the count of instructions. */
    cpu->icount_budget -= cut;
    cpu->icount_extra -= extra;
    cpu->neg.icount_decr.u16.low -= cut - extra;
    dwc_clock_jump(ns);
}

int64_t dwc_clock_next(void)
{
    int64_t left = qemu_clock_deadline_ns_all(QEMU_CLOCK_VIRTUAL,
                                              QEMU_TIMER_ATTR_ALL);

    return left < 0 ? INT64_MAX : dwc_clock_now() + left;
}

void dwc_clock_run(void)
{
    bool nested = clock_runs_timers;

    clock_runs_timers = true;
    qemu_clock_run_timers(QEMU_CLOCK_VIRTUAL);
    clock_runs_timers = nested;
    if (qemu_clock_expired(QEMU_CLOCK_VIRTUAL)) {
        /* Of another context, whose thread needs the big lock for them. */
        qemu_clock_notify(QEMU_CLOCK_VIRTUAL);
        bql_unlock();
        sched_yield();
        bql_lock();
    }
}

CPUState *dwc_clock_executing(void)
{
    return qemu_in_vcpu_thread() && current_cpu->running &&
           !clock_runs_timers ? current_cpu : NULL;
}
