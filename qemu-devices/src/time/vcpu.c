/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How QEMU is made to leave idle time to us.
 *
 * QEMU asks the accelerator whether a halted CPU is idle: if it is, the CPU's
 * thread sleeps and the main loop moves the virtual clock on.  Here the answer
 * is always that it is not, and work is put into the CPU's queue, which its
 * thread does before it executes anything.
 *
 * A CPU that is busy gets that work whenever it ceases to execute.  QEMU would
 * find its timer due otherwise, and wake the threads of all contexts for it.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/atomic.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "qemu/timer.h"
#include "system/accel-ops.h"
#include "system/cpus.h"
#include "accel/tcg/cpu-ops.h"
#include "exec/icount.h"
#include "time/vcpu.h"

static DwcVcpuSettle *vcpu_settle;
static bool vcpu_queued;                /* atomic */
static bool vcpu_nested;
static DwcMailSide *vcpu_side;          /* RCU */
static QEMUTimer *vcpu_again;
static void (*vcpu_kick_before)(CPUState *cpu);
static TCGCPUOps vcpu_ops;
static void (*vcpu_exit_before)(CPUState *cpu);

bool dwc_vcpu_idle(CPUState *cpu)
{
    return cpu->halted && !cpu_has_work(cpu);
}

bool dwc_vcpu_wanted(void)
{
    return !cpu_work_list_empty(first_cpu) || qatomic_read(&first_cpu->stop);
}

void dwc_vcpu_rest(CPUState *cpu)
{
    if (!cpu->stop) {
        return;
    }
    /*
     * What is to be done while no CPU executes may be among its work, and waits
     * for this one otherwise, which is in the middle of an access.
     */
    cpu_exec_end(cpu);
    qemu_wait_io_event_common(cpu);
    cpu_exec_start(cpu);
    while (cpu->stopped) {
        qemu_cond_wait_bql(cpu->halt_cond);
    }
}

static void vcpu_work(CPUState *cpu, run_on_cpu_data data)
{
    qatomic_set(&vcpu_queued, false);
    for (;;) {
        if (!cpu_work_list_empty(cpu)) {
            /* Behind what others want. */
            dwc_vcpu_settle();
            return;
        }
        if (cpu->stop || cpu->stopped) {
            /* When the machine goes on: timers rest until then. */
            timer_mod(vcpu_again, 0);
            return;
        }
        if (vcpu_settle(cpu)) {
            return;
        }
    }
}

void dwc_vcpu_settle(void)
{
    if (!qatomic_xchg(&vcpu_queued, true)) {
        async_run_on_cpu(first_cpu, vcpu_work, RUN_ON_CPU_NULL);
    }
}

static bool vcpu_is_idle(CPUState *cpu)
{
    /* QEMU may ask from within what runs here. */
    if (qemu_cpu_is_self(cpu) && !vcpu_nested) {
        vcpu_nested = true;
        dwc_vcpu_settle();
        vcpu_nested = false;
    }
    return false;
}

static void vcpu_kick(CPUState *cpu)
{
    vcpu_kick_before(cpu);
    WITH_RCU_READ_LOCK_GUARD() {
        DwcMailSide *side = qatomic_rcu_read(&vcpu_side);

        if (side) {
            dwc_mail_wake(side);
        }
    }
}

static void vcpu_exit(CPUState *cpu)
{
    if (vcpu_exit_before) {
        vcpu_exit_before(cpu);
    }
    dwc_vcpu_settle();
}

void dwc_vcpu_hear(DwcMailSide *side)
{
    qatomic_rcu_set(&vcpu_side, side);
}

static void vcpu_go_on(void *opaque)
{
    dwc_vcpu_settle();
}

bool dwc_vcpu_take(DwcVcpuSettle *settle, Error **errp)
{
    /* QEMU's one object for it; nothing reads the two members but by name. */
    AccelOpsClass *ops = (AccelOpsClass *)cpus_get_accel();

    if (icount_enabled() != ICOUNT_PRECISE) {
        error_setg(errp, "virtual time needs -icount shift=N");
        return false;
    }
    if (!first_cpu || CPU_NEXT(first_cpu)) {
        error_setg(errp, "virtual time needs a machine with one CPU: -smp 1");
        return false;
    }
    vcpu_settle = settle;
    vcpu_kick_before = ops->kick_vcpu_thread;
    ops->kick_vcpu_thread = vcpu_kick;
    ops->cpu_thread_is_idle = vcpu_is_idle;
    vcpu_ops = *first_cpu->cc->tcg_ops;
    vcpu_exit_before = vcpu_ops.cpu_exec_exit;
    vcpu_ops.cpu_exec_exit = vcpu_exit;
    first_cpu->cc->tcg_ops = &vcpu_ops;
    vcpu_again = timer_new_ns(QEMU_CLOCK_VIRTUAL, vcpu_go_on, NULL);
    return true;
}
