/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine with virtual time: a channel at work is a coroutine, which a timer
 * of the virtual clock enters when its next step is due.
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/coroutine.h"
#include "qemu/timer.h"
#include "edma/engine.h"
#include "time/clock.h"
#include "time/costs.h"

typedef struct DwcTimedChannel {
    QEMUTimer *due;
    Coroutine *work;            /* NULL: at rest */
} DwcTimedChannel;

/* Channels that are due together come in another order with another seed. */
static void engine_due_after(DwcEngineChannel *ec, int64_t ns)
{
    timer_mod(ec->timed->due, dwc_clock_now() + ns +
              dwc_cost_chance(dwc_cost_profile()->dma_spread_ns));
}

static void coroutine_fn engine_work(void *opaque)
{
    DwcEngineChannel *ec = opaque;

    while (!qatomic_read(&ec->engine->quit) && dwc_edma_walk(&ec->walk)) {
        /* It was rung again. */
    }
    ec->timed->work = NULL;
}

static void engine_due(void *opaque)
{
    DwcEngineChannel *ec = opaque;

    if (!ec->timed->work) {
        ec->timed->work = qemu_coroutine_create(engine_work, ec);
    }
    qemu_coroutine_enter(ec->timed->work);
}

void dwc_engine_start_timed(DwcEngineChannel *ec)
{
    ec->timed = g_new0(DwcTimedChannel, 1);
    ec->timed->due = timer_new_ns(QEMU_CLOCK_VIRTUAL, engine_due, ec);
}

void dwc_engine_kick_timed(DwcEngineChannel *ec)
{
    /* One at work looks for doorbells before it rests. */
    if (!ec->timed->work && !timer_pending(ec->timed->due)) {
        engine_due_after(ec, dwc_cost_profile()->dma_start_ns);
    }
}

/* QEMU ends: what is half done stays so. */
void dwc_engine_stop_timed(DwcEngineChannel *ec)
{
    timer_free(ec->timed->due);
    g_free(ec->timed);
    ec->timed = NULL;
}

void dwc_engine_elapse(DwcEngine *engine, unsigned channel, int64_t ns)
{
    DwcEngineChannel *ec = dwc_engine_channel(engine, channel);

    engine_due_after(ec, ns);
    qemu_coroutine_yield();
}
