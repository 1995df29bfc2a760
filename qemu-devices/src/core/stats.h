/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters, readable over QMP while everything runs. */
#ifndef NTB_EDMA_CORE_STATS_H
#define NTB_EDMA_CORE_STATS_H

#include "qemu/osdep.h"
#include "qemu/stats64.h"
#include "qapi/visitor.h"
#include "edma/regs.h"

typedef struct DwcChannelStats {
    Stat64 doorbells;
    Stat64 transfers;           /* runs that ended without an abort */
    Stat64 elements;            /* data elements */
    Stat64 bytes;               /* payload that data elements moved */
    /* Local interrupts for a transfer whose doorbell came over the link. */
    Stat64 notifications;
    Stat64 aborts;
    Stat64 busy_ns;             /* from a doorbell taken to rest */
} DwcChannelStats;

typedef struct DwcStats {
    DwcChannelStats channel[DWC_EDMA_DIRS][DWC_EDMA_MAX_CHANNELS];
    Stat64 msi, msix, intx;     /* messages to the host, not the engine's */
    Stat64 imwr;                /* the engine's interrupt messages */
    Stat64 register_reads;      /* eDMA, through the link */
    Stat64 faults;              /* refused or aborted accesses */
} DwcStats;

/* HOST_READS: register reads that the host served by itself. */
void dwc_stats_visit(const DwcStats *stats, const DwcEdma *edma,
                     uint64_t host_reads, Visitor *v, const char *name,
                     Error **errp);

#endif
