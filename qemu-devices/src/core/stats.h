/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters, readable over QMP while everything runs. */
#ifndef NTB_EDMA_CORE_STATS_H
#define NTB_EDMA_CORE_STATS_H

#include "qemu/osdep.h"
#include "qemu/stats64.h"
#include "qapi/visitor.h"
#include "edma/regs.h"
#include "edma/stats.h"

typedef struct DwcStats {
    DwcEdmaStats edma;
    Stat64 msi, msix, intx;     /* messages to the host, not the engine's */
    Stat64 register_reads;      /* eDMA, through the link */
    Stat64 bar_reads, bar_writes; /* by messages, what windows map left out */
    Stat64 iatu_writes;         /* registers of regions, by the CPUs */
    Stat64 bar_changes;         /* size, address or type, whoever wrote */
    Stat64 faults;              /* refused accesses, the engine's apart */
} DwcStats;

/* HOST_READS: register reads that the host served by itself. */
void dwc_stats_visit(const DwcStats *stats, const DwcEdma *edma,
                     uint64_t host_reads, Visitor *v, const char *name,
                     Error **errp);

#endif
