/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A channel at work: from the doorbell to rest.
 *
 * Knows neither the register map nor the machine: the first is behind
 * edma->map, the second behind the port.
 */
#ifndef NTB_EDMA_EDMA_WALK_H
#define NTB_EDMA_EDMA_WALK_H

#include "qemu/rcu.h"
#include "edma/port.h"
#include "edma/regs.h"
#include "edma/stats.h"

/* An element that was fetched before its turn. */
typedef struct DwcEdmaAhead {
    bool valid;
    bool there;                 /* there was memory at ADDR */
    uint64_t addr;
    DwcEdmaElement element;
} DwcEdmaAhead;

typedef struct DwcEdmaWalk {
    DwcEdma *edma;
    DwcEdmaChannel *c;
    const DwcEdmaPort *port;
    void *opaque;               /* the port's */
    DwcEdmaStats *stats;
    int64_t began;              /* by the port's clock, ns */
    DwcEdmaAhead ahead;
    unsigned moved;             /* elements that are not counted yet */
    uint64_t bytes;             /* ... and bytes */
    bool moved_any;             /* this run has moved an element */
} DwcEdmaWalk;

/* What the port shows of memory is used between these two. */
static inline void dwc_edma_hold(const DwcEdmaWalk *w)
{
    if (w->port->hold) {
        w->port->hold(w->opaque);
    }
    rcu_read_lock();
}

static inline void dwc_edma_release(const DwcEdmaWalk *w)
{
    rcu_read_unlock();
    if (w->port->release) {
        w->port->release(w->opaque);
    }
}

/* Does what the doorbell asks for.  False: nobody has rung. */
bool dwc_edma_walk(DwcEdmaWalk *w);

#endif
