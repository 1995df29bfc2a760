/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine's threads. */
#include "qemu/osdep.h"
#include <poll.h>
#include <sys/eventfd.h>
#include "qemu/rcu.h"
#include "edma/engine.h"
#include "link/wake-event.h"

/* Blocks until a doorbell, or something else to do, is signalled. */
static void engine_wait(DwcEngineChannel *ec)
{
    struct pollfd p = { .fd = ec->kick, .events = POLLIN };
    uint64_t count;

    /* The peer shares the descriptor and may have made it non-blocking. */
    while (read(ec->kick, &count, sizeof(count)) < 0) {
        poll(&p, 1, -1);
    }
}

static void *engine_thread(void *opaque)
{
    DwcEngineChannel *ec = opaque;

    rcu_register_thread();
    while (!qatomic_read(&ec->engine->quit)) {
        if (!dwc_edma_walk(&ec->walk)) {
            engine_wait(ec);
        }
    }
    rcu_unregister_thread();
    return NULL;
}

void dwc_engine_start(DwcEngine *engine, DwcEdma *edma, DwcEdmaStats *stats,
                      const DwcEdmaPort *port, void *opaque)
{
    DwcEdmaDir dir;
    unsigned ch;

    engine->edma = edma;
    for (dir = 0; dir < DWC_EDMA_DIRS; dir++) {
        for (ch = 0; ch < edma->channels[dir]; ch++) {
            DwcEngineChannel *ec = &engine->channel[dir][ch];
            g_autofree char *name = g_strdup_printf("dwc-%s%u",
                                                    dwc_edma_dir_name(dir), ch);

            ec->engine = engine;
            ec->walk = (DwcEdmaWalk) {
                .edma = edma,
                .c = &edma->channel[dir][ch],
                .port = port,
                .opaque = opaque,
                .stats = stats,
            };
            ec->kick = eventfd(0, EFD_CLOEXEC);
            qemu_thread_create(&ec->thread, name, engine_thread, ec,
                               QEMU_THREAD_JOINABLE);
        }
    }
    engine->started = true;
}

void dwc_engine_stop(DwcEngine *engine)
{
    DwcEdma *edma = engine->edma;
    DwcEdmaDir dir;
    unsigned ch;

    if (!engine->started) {
        return;
    }
    qatomic_set(&engine->quit, true);
    dwc_edma_shut(edma);
    for (dir = 0; dir < DWC_EDMA_DIRS; dir++) {
        for (ch = 0; ch < edma->channels[dir]; ch++) {
            dwc_engine_kick(engine, dir * DWC_EDMA_MAX_CHANNELS + ch);
        }
    }
    for (dir = 0; dir < DWC_EDMA_DIRS; dir++) {
        for (ch = 0; ch < edma->channels[dir]; ch++) {
            qemu_thread_join(&engine->channel[dir][ch].thread);
            close(engine->channel[dir][ch].kick);
        }
    }
    engine->started = false;
}

void dwc_engine_kick(DwcEngine *engine, unsigned channel)
{
    DwcEngineChannel *ec =
        &engine->channel[channel / DWC_EDMA_MAX_CHANNELS]
                        [channel % DWC_EDMA_MAX_CHANNELS];

    dwc_wake_event_set(ec->kick);
}
