/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The linked-list walker. */
#include "qemu/osdep.h"
#include "edma/walker.h"
#include "trace-ntb_edma.h"

/*
 * Whether the consumer owns the element.
 *
 * A link element with the wrong cycle bit ends the walk as any other does.  The
 * next doorbell (FIRST) then takes that link if it toggles the cycle: Linux
 * reuses the list's memory for the next part of a transfer, may end that part
 * sooner than the last one, and so rings with the old link still in place.
 */
static bool owned(const DwcEdmaElement *e, bool cycle, bool first)
{
    if (!!(e->control & DWC_EDMA_CB) == cycle) {
        return true;
    }
    return first && (e->control & DWC_EDMA_LLP) && (e->control & DWC_EDMA_TCB);
}

/* At rest, with DUE the interrupts of the element before. */
static void rest(DwcEdmaWalker *w, const DwcEdmaProgram *p, uint32_t due,
                 bool moved)
{
    if (moved) {
        dwc_edma_count(&w->stats->transfers, 1);
    }
    dwc_edma_advance(w, p, due, true);
}

/*
 * Walks the list while its elements' cycle bits match the consumer's.
 *
 * The interrupt for an element is raised when the element behind it has been
 * fetched, and with the channel at rest if that one ends the list: whoever gets
 * the interrupt for the last element may reuse the list at once.
 */
void dwc_edma_walk_list(DwcEdmaWalker *w, DwcEdmaProgram *p)
{
    DwcEdmaElement *e = &p->element;
    uint32_t due = 0;
    bool first = true, moved = false;

    for (;; first = false) {
        DwcEdmaElement next;
        DwcEdmaFault fault;
        bool whole;

        if (dwc_edma_stopping(w)) {
            rest(w, p, due, moved);
            return;
        }
        if (!dwc_edma_fetch(w, p->llp, &next)) {
            if (due) {
                dwc_edma_advance(w, p, due, false);
            }
            dwc_edma_halt(w, DWC_EDMA_FAULT_LIST, p);
            return;
        }
        if (!owned(&next, p->cycle, first)) {
            rest(w, p, due, moved);
            return;
        }
        trace_dwc_edma_element(dwc_edma_dir_name(w->c->dir), w->c->index,
                               p->llp, next.control, next.source,
                               next.destination, next.size);
        if (next.control & DWC_EDMA_LLP) {
            p->llp = next.source;
            p->cycle ^= !!(next.control & DWC_EDMA_TCB);
            continue;
        }
        *e = next;
        dwc_edma_advance(w, p, due, false);
        due = 0;
        fault = dwc_edma_copy(w, e, &whole);
        if (fault != DWC_EDMA_FAULT_NONE) {
            dwc_edma_halt(w, fault, p);
            return;
        }
        if (!whole) {
            rest(w, p, 0, moved);
            return;
        }
        moved = true;
        p->llp += DWC_EDMA_ELEMENT_SIZE;
        dwc_edma_count(&w->stats->elements, 1);
        due = e->control & (DWC_EDMA_LIE | DWC_EDMA_RIE);
    }
}
