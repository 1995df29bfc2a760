/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The DMA engine: one thread a channel, off QEMU's big lock. */
#ifndef NTB_EDMA_EDMA_ENGINE_H
#define NTB_EDMA_EDMA_ENGINE_H

#include "qemu/thread.h"
#include "edma/walk.h"

typedef struct DwcEngine DwcEngine;

typedef struct DwcEngineChannel {
    DwcEngine *engine;
    DwcEdmaWalk walk;
    QemuThread thread;
    int kick;               /* eventfd: something to do */
    int peer_kick;          /* the same, written by the peer; -1: no peer */
    int events;             /* an epoll of both */
    struct DwcTimedChannel *timed;  /* instead of all these: see timed.c */
} DwcEngineChannel;

struct DwcEngine {
    DwcEdma *edma;
    DwcEngineChannel channel[DWC_EDMA_DIRS][DWC_EDMA_MAX_CHANNELS];
    bool started, quit;     /* atomic */
};

/* Direction * 8 + channel. */
DwcEngineChannel *dwc_engine_channel(DwcEngine *engine, unsigned channel);
/* A thread for each channel of EDMA, working through PORT. */
void dwc_engine_start(DwcEngine *engine, DwcEdma *edma, DwcEdmaStats *stats,
                      const DwcEdmaPort *port, void *opaque);
/* Not with the big lock: a thread may be waiting for it. */
void dwc_engine_stop(DwcEngine *engine);
/* A doorbell was rung: direction * 8 + channel. */
void dwc_engine_kick(DwcEngine *engine, unsigned channel);
/* Returns an eventfd that a peer may write to instead; the engine closes it. */
int dwc_engine_add_peer_kick(DwcEngine *engine, unsigned channel);
/*
 * With virtual time channels have no threads: they work when they are due, with
 * the big lock.
 */
void dwc_engine_start_timed(DwcEngineChannel *ec);
void dwc_engine_kick_timed(DwcEngineChannel *ec);
void dwc_engine_stop_timed(DwcEngineChannel *ec);
/* From within a channel's work: returns NS later. */
void dwc_engine_elapse(DwcEngine *engine, unsigned channel, int64_t ns);

/* What the peer writes to its eventfds has no effect any more. */
void dwc_engine_remove_peer_kicks(DwcEngine *engine);

#endif
