/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the doorbell to rest. */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/timer.h"
#include "edma/walker.h"
#include "trace-ntb_edma.h"

bool dwc_edma_stopping(DwcEdmaWalker *w)
{
    w->port->breathe(w->opaque);
    return qatomic_read(&w->c->stop);
}

/* One transfer, as the channel's registers have it. */
static void run_single(DwcEdmaWalker *w, DwcEdmaProgram *p)
{
    DwcEdmaFault fault;
    bool whole;

    trace_dwc_edma_element(dwc_edma_dir_name(w->c->dir), w->c->index, 0,
                           p->element.control, p->element.source,
                           p->element.destination, p->element.size);
    fault = dwc_edma_copy(w, &p->element, &whole);
    if (fault != DWC_EDMA_FAULT_NONE) {
        dwc_edma_halt(w, fault, p);
        return;
    }
    if (whole) {
        dwc_edma_count(&w->stats->elements, 1);
        dwc_edma_count(&w->stats->transfers, 1);
        p->element.size = 0;
    }
    dwc_edma_advance(w, p, whole ? p->element.control : 0, true);
}

bool dwc_edma_walk(DwcEdmaWalker *w)
{
    DwcEdmaProgram p;
    bool rung;

    dwc_edma_lock(w->edma);
    rung = dwc_edma_channel_take(w->edma, w->c, &p);
    dwc_edma_unlock(w->edma);
    w->port->breathe(w->opaque);
    if (!rung) {
        return false;
    }
    dwc_edma_count(&w->stats->doorbells, 1);
    w->began = get_clock();
    if (p.list) {
        dwc_edma_walk_list(w, &p);
    } else {
        run_single(w, &p);
    }
    return true;
}
