/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the engine counts.  Readable while it runs. */
#ifndef NTB_EDMA_EDMA_STATS_H
#define NTB_EDMA_EDMA_STATS_H

#include "qapi/visitor.h"
#include "qemu/stats64.h"
#include "edma/types.h"

/* Written by the channel's own thread alone. */
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

typedef struct DwcEdmaStats {
    DwcChannelStats channel[DWC_EDMA_DIRS][DWC_EDMA_MAX_CHANNELS];
    Stat64 imwr;                /* interrupt messages */
} DwcEdmaStats;

/*
 * Adds the lists "write" and "read" to the dictionary that is being visited.
 * CHANNELS: how many each direction has.
 */
bool dwc_edma_stats_visit(const DwcEdmaStats *stats, const unsigned *channels,
                          Visitor *v, Error **errp);

#endif
