/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine's threads. */
#include "qemu/osdep.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include "qemu/error-report.h"
#include "qemu/rcu.h"
#include "edma/engine.h"
#include "link/wake-event.h"
#include "time/sync.h"

/* Edge-triggered: each write to FD wakes the thread, so the count is not read. */
static void engine_listen(DwcEngineChannel *ec, int fd)
{
    struct epoll_event event = { .events = EPOLLIN | EPOLLET };

    if (epoll_ctl(ec->events, EPOLL_CTL_ADD, fd, &event) < 0) {
        error_report("dwc-pcie-ep: cannot listen to a channel's event: %s",
                     strerror(errno));
    }
}

/* Blocks until a doorbell, or something else to do, is signalled. */
static void engine_wait(DwcEngineChannel *ec)
{
    struct epoll_event event;

    while (epoll_wait(ec->events, &event, 1, -1) < 0 && errno == EINTR) {
        /* Again. */
    }
}

DwcEngineChannel *dwc_engine_channel(DwcEngine *engine, unsigned channel)
{
    return &engine->channel[channel / DWC_EDMA_MAX_CHANNELS]
                           [channel % DWC_EDMA_MAX_CHANNELS];
}

int dwc_engine_add_peer_kick(DwcEngine *engine, unsigned channel)
{
    DwcEngineChannel *ec = dwc_engine_channel(engine, channel);

    ec->peer_kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (ec->timed) {
        /* Nobody rings it: the host's writes come when they are due. */
        return ec->peer_kick;
    }
    engine_listen(ec, ec->peer_kick);
    return ec->peer_kick;
}

void dwc_engine_remove_peer_kicks(DwcEngine *engine)
{
    DwcEdmaDir dir;
    unsigned ch;

    for (dir = 0; dir < DWC_EDMA_DIRS; dir++) {
        for (ch = 0; ch < engine->edma->channels[dir]; ch++) {
            DwcEngineChannel *ec = &engine->channel[dir][ch];

            if (ec->peer_kick >= 0) {
                /* The other process has it still, so closing is not enough. */
                if (!ec->timed) {
                    epoll_ctl(ec->events, EPOLL_CTL_DEL, ec->peer_kick, NULL);
                }
                close(ec->peer_kick);
                ec->peer_kick = -1;
            }
        }
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
    dwc_time_decide();
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
            ec->peer_kick = -1;
            if (dwc_time_enabled()) {
                dwc_engine_start_timed(ec);
                continue;
            }
            ec->kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
            ec->events = epoll_create1(EPOLL_CLOEXEC);
            engine_listen(ec, ec->kick);
            qemu_thread_create(&ec->thread, name, engine_thread, ec,
                               QEMU_THREAD_JOINABLE);
        }
    }
    qatomic_set(&engine->started, true);
}

static void engine_wake(DwcEngineChannel *ec)
{
    if (ec->timed) {
        dwc_engine_kick_timed(ec);
    } else {
        dwc_wake_event_set(ec->kick);
    }
}

void dwc_engine_stop(DwcEngine *engine)
{
    DwcEdma *edma = engine->edma;
    DwcEdmaDir dir;
    unsigned ch;

    if (!engine->started) {
        return;
    }
    qatomic_set(&engine->started, false);
    qatomic_set(&engine->quit, true);
    dwc_edma_shut(edma);
    for (dir = 0; dir < DWC_EDMA_DIRS; dir++) {
        for (ch = 0; ch < edma->channels[dir]; ch++) {
            engine_wake(&engine->channel[dir][ch]);
        }
    }
    for (dir = 0; dir < DWC_EDMA_DIRS; dir++) {
        for (ch = 0; ch < edma->channels[dir]; ch++) {
            DwcEngineChannel *ec = &engine->channel[dir][ch];

            if (ec->timed) {
                dwc_engine_stop_timed(ec);
                continue;
            }
            qemu_thread_join(&ec->thread);
            close(ec->events);
            close(ec->kick);
        }
    }
}

void dwc_engine_kick(DwcEngine *engine, unsigned channel)
{
    /* Afterwards there is nobody to wake, and the numbers of its fds are others'. */
    if (qatomic_read(&engine->started)) {
        engine_wake(dwc_engine_channel(engine, channel));
    }
}
