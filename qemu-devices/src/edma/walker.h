/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A channel at work: from the doorbell to rest.
 *
 * Knows neither the register map nor the machine: the first is behind
 * edma->map, the second behind the port.
 */
#ifndef NTB_EDMA_EDMA_WALKER_H
#define NTB_EDMA_EDMA_WALKER_H

#include "edma/port.h"
#include "edma/regs.h"
#include "core/stats.h"

typedef struct DwcEdmaWalker {
    DwcEdma *edma;
    DwcEdmaChannel *c;
    const DwcEdmaPort *port;
    void *opaque;               /* the port's */
    DwcChannelStats *stats;     /* written by this channel's thread alone */
    DwcStats *totals;
    int64_t began;              /* host's monotonic clock, ns */
} DwcEdmaWalker;

/* Does what the doorbell asks for.  False: nobody has rung. */
bool dwc_edma_walk(DwcEdmaWalker *w);

/* list.c: the linked list at P. */
void dwc_edma_walk_list(DwcEdmaWalker *w, DwcEdmaProgram *p);
/* element.c: false when there is no memory at ADDR for an element. */
bool dwc_edma_fetch(DwcEdmaWalker *w, uint64_t addr, DwcEdmaElement *e);
/* copy.c: the element's bytes; WHOLE unless a request to stop came. */
DwcEdmaFault dwc_edma_copy(DwcEdmaWalker *w, const DwcEdmaElement *e,
                           bool *whole);
/* Whether the channel shall stop, after a breath. */
bool dwc_edma_stopping(DwcEdmaWalker *w);

/* notify.c */
/*
 * An element with CONTROL is done (0: none is) and P is what comes next: show
 * it, come to RESTING or not, interrupt.
 */
void dwc_edma_advance(DwcEdmaWalker *w, const DwcEdmaProgram *p,
                      uint32_t control, bool resting);
void dwc_edma_halt(DwcEdmaWalker *w, DwcEdmaFault fault,
                   const DwcEdmaProgram *p);

/* For counters that only the channel's own thread writes. */
static inline void dwc_edma_count(Stat64 *counter, uint64_t n)
{
    stat64_set(counter, stat64_get(counter) + n);
}

#endif
