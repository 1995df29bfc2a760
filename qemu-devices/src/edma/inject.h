/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Faults on demand: an element of which the bus says that nobody answers, or
 * whose data is poisoned.
 *
 * What is asked for over QMP waits here until the channels' threads come across
 * it, so that it hits traffic and not the moment of asking.
 */
#ifndef NTB_EDMA_EDMA_INJECT_H
#define NTB_EDMA_EDMA_INJECT_H

#include "edma/types.h"
#include "qemu/thread.h"

/* Whatever channel of the direction comes next. */
#define DWC_EDMA_ANY_CHANNEL    DWC_EDMA_MAX_CHANNELS

typedef struct DwcEdmaInject {
    QemuMutex lock;             /* a leaf */
    bool armed;                 /* atomic: it is worth taking the lock */
    struct {
        DwcEdmaFault fault;
        uint32_t left;          /* faults to come */
        uint32_t skip;          /* elements to let through before each */
        uint32_t passed;
    } plan[DWC_EDMA_DIRS][DWC_EDMA_MAX_CHANNELS + 1];
} DwcEdmaInject;

void dwc_edma_inject_init(DwcEdmaInject *inject);
/* Replaces what was asked of CHANNEL before. */
void dwc_edma_inject_plan(DwcEdmaInject *inject, DwcEdmaDir dir,
                          unsigned channel, DwcEdmaFault fault, uint32_t count,
                          uint32_t skip);
/* What shall be wrong with the data element that CH is about to move. */
DwcEdmaFault dwc_edma_inject_next(DwcEdmaInject *inject, DwcEdmaDir dir,
                                  unsigned ch);
/* How many faults of a direction are still to come. */
uint64_t dwc_edma_inject_left(DwcEdmaInject *inject, DwcEdmaDir dir);

#endif
