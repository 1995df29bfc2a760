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
    int kick;               /* eventfd: something to do; the host has it, too */
} DwcEngineChannel;

struct DwcEngine {
    DwcEdma *edma;
    DwcEngineChannel channel[DWC_EDMA_DIRS][DWC_EDMA_MAX_CHANNELS];
    bool started, quit;     /* quit: atomic */
};

/* A thread for each channel of EDMA, working through PORT. */
void dwc_engine_start(DwcEngine *engine, DwcEdma *edma, DwcEdmaStats *stats,
                      const DwcEdmaPort *port, void *opaque);
/* Not with the big lock: a thread may be waiting for it. */
void dwc_engine_stop(DwcEngine *engine);
/* A doorbell was rung: direction * 8 + channel. */
void dwc_engine_kick(DwcEngine *engine, unsigned channel);

#endif
