/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When two machines begin to have one time, and when they cease to. */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include "qemu/atomic.h"
#include "qemu/rcu.h"
#include "time/clock.h"
#include "time/costs.h"
#include "time/internal.h"
#include "time/vcpu.h"
#include "trace-ntb_edma.h"

typedef struct TimeMeeting {
    DwcMailPages *pages;
    unsigned side;
    DwcTimeDeliver *deliver;
    void *opaque;
} TimeMeeting;

typedef struct TimePages {
    struct rcu_head rcu;
    DwcMailPages *pages;
} TimePages;

static DwcMailPages alone;

static void time_unmap(TimePages *old)
{
    munmap(old->pages, ROUND_UP(sizeof(*old->pages),
                                qemu_real_host_page_size()));
    g_free(old);
}

static void time_use(DwcMailPages *pages, unsigned side)
{
    TimePages *old;

    dwc_time.mail = (DwcMail) { .mine = &pages->side[side],
                         .theirs = &pages->side[!side] };
    dwc_vcpu_hear(dwc_time.mail.mine);
    if (dwc_time.pages && dwc_time.pages != &alone) {
        old = g_new(TimePages, 1);
        old->pages = dwc_time.pages;
        /* Somebody may be ringing its bell. */
        call_rcu(old, time_unmap, rcu);
    }
    dwc_time.pages = pages;
}

void dwc_time_be_alone(void)
{
    time_use(&alone, 0);
}

static void time_leave(void)
{
    if (!dwc_time.joined) {
        return;
    }
    dwc_time.joined = false;
    timer_del(dwc_time.stop);
    dwc_time_drop_letters();
    dwc_time_be_alone();
}

/*
 * When the link comes up is the outside's choice: without this the guests' ticks
 * would lie otherwise to each other in each run.  A whole grid is skipped at
 * least, so that all that guests do periodically is due before it ends.
 */
static void time_reach_grid(void)
{
    int64_t grid = dwc_time.grid, now = dwc_clock_now();

    if (grid) {
        dwc_clock_jump(QEMU_ALIGN_UP(now, grid) + grid - now);
    }
}

static void time_join_now(CPUState *cpu, run_on_cpu_data data)
{
    g_autofree TimeMeeting *m = data.host_ptr;

    time_leave();
    time_use(m->pages, m->side);
    dwc_time.deliver = m->deliver;
    dwc_time.opaque = m->opaque;
    time_reach_grid();
    dwc_cost_take_chances(dwc_time.seed, m->side);
    dwc_time.base = dwc_clock_now();
    dwc_time.last_sent = 0;
    dwc_time.joined = true;
    trace_dwc_time_join(dwc_time.base);
    /* What it promises is nothing yet. */
    dwc_time.promised = 0;
    dwc_vcpu_settle();
}

void dwc_time_join(DwcMailPages *pages, unsigned side, DwcTimeDeliver *deliver,
                   void *opaque)
{
    TimeMeeting *m = g_new(TimeMeeting, 1);

    *m = (TimeMeeting) { pages, side, deliver, opaque };
    qatomic_set(&dwc_time.owner, opaque);
    async_run_on_cpu(first_cpu, time_join_now, RUN_ON_CPU_HOST_PTR(m));
}

static void time_part_now(CPUState *cpu, run_on_cpu_data data)
{
    /* What has joined by now did so before: the CPU's queue keeps the order. */
    time_leave();
    qatomic_dec(&dwc_time.parting);
}

void dwc_time_part(const void *opaque)
{
    if (dwc_time.enabled &&
        qatomic_cmpxchg(&dwc_time.owner, opaque, NULL) == opaque) {
        qatomic_inc(&dwc_time.parting);
        async_run_on_cpu(first_cpu, time_part_now, RUN_ON_CPU_NULL);
    }
}
