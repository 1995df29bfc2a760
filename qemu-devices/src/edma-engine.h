/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The DMA engine: one thread a channel, off QEMU's big lock. */
#ifndef NTB_EDMA_EDMA_ENGINE_H
#define NTB_EDMA_EDMA_ENGINE_H

#include "qemu/thread.h"
#include "edma-regs.h"

typedef struct DwcPcieEp DwcPcieEp;

typedef struct DwcEngineChannel {
    DwcPcieEp *ep;
    DwcEdmaDir dir;
    unsigned ch;
    QemuThread thread;
    int kick;               /* eventfd: something to do; the host has it, too */
} DwcEngineChannel;

typedef struct DwcEngine {
    DwcEngineChannel channel[DWC_EDMA_DIRS][DWC_EDMA_MAX_CHANNELS];
    bool started, quit;     /* quit: atomic */
} DwcEngine;

void dwc_engine_start(DwcPcieEp *ep);
/* Not with the big lock: a thread may be waiting for it. */
void dwc_engine_stop(DwcPcieEp *ep);
/* A doorbell was rung: direction * 8 + channel. */
void dwc_engine_kick(DwcPcieEp *ep, unsigned channel);

#endif
