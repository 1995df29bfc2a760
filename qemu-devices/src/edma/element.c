/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Elements after Linux's dw-edma-v0-regs.h. */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/bswap.h"
#include "edma/element.h"
#include "trace-ntb_edma.h"

/* Bytes of a link element: it has no destination. */
#define LINK_SIZE   16

/* SIZE bytes at ADDR, which may lie in several pieces. */
static bool edma_element_part(DwcEdmaWalk *w, uint64_t addr, uint8_t *buf,
                              uint64_t size)
{
    uint64_t done, len;

    for (done = 0; done < size; done += len) {
        uint8_t *p;

        len = size - done;
        p = w->port->local(w->opaque, addr + done, &len, false);
        if (!p) {
            return false;
        }
        memcpy(buf + done, p, len);
    }
    return true;
}

/* The control word is read first: a driver writes an element's last. */
static bool edma_element_words(DwcEdmaWalk *w, uint64_t addr,
                               DwcEdmaElement *e)
{
    uint8_t rest[DWC_EDMA_ELEMENT_SIZE - 4];
    uint64_t len = 4;
    uint8_t *p = addr & 3 ? NULL : w->port->local(w->opaque, addr, &len, false);

    if (!p || len < 4) {
        return false;
    }
    e->control = le32_to_cpu(qatomic_load_acquire((uint32_t *)p));
    if (!edma_element_part(w, addr + 4, rest,
                           e->control & DWC_EDMA_LLP ? LINK_SIZE - 4 :
                                                       sizeof(rest))) {
        return false;
    }
    e->source = ldq_le_p(rest + 4);
    e->size = e->control & DWC_EDMA_LLP ? 0 : ldl_le_p(rest);
    e->destination = e->control & DWC_EDMA_LLP ? 0 : ldq_le_p(rest + 12);
    return true;
}

static bool edma_element_read(DwcEdmaWalk *w, uint64_t addr, DwcEdmaElement *e)
{
    bool there;

    dwc_edma_hold(w);
    there = edma_element_words(w, addr, e);
    dwc_edma_release(w);
    return there;
}

bool dwc_edma_element_fetch(DwcEdmaWalk *w, uint64_t addr, DwcEdmaElement *e)
{
    bool ahead = w->ahead.valid && w->ahead.addr == addr;

    w->ahead.valid = false;
    if (!ahead) {
        return edma_element_read(w, addr, e);
    }
    *e = w->ahead.element;
    return w->ahead.there;
}

void dwc_edma_element_fetch_ahead(DwcEdmaWalk *w, uint64_t addr)
{
    DwcEdmaForgive *forgive = &w->edma->forgive;
    DwcEdmaAhead *ahead = &w->ahead;

    if (dwc_edma_forgives(forgive, forgive->stale_element)) {
        return;
    }
    *ahead = (DwcEdmaAhead) { .valid = true, .addr = addr };
    ahead->there = edma_element_read(w, addr, &ahead->element);
    trace_dwc_edma_ahead(dwc_edma_dir_name(w->c->dir), w->c->index, addr,
                         ahead->there, ahead->element.control);
}

/*
 * A link element with the wrong cycle bit ends the walk as any other does.
 * Where that is forgiven the next doorbell takes it if it toggles the cycle:
 * Linux reuses the list's memory for the next part of a transfer, may end that
 * part sooner than the last one, and so rings with the old link still in place.
 */
bool dwc_edma_element_owned(DwcEdmaWalk *w, const DwcEdmaElement *e,
                            bool cycle, bool first)
{
    if (!!(e->control & DWC_EDMA_CB) == cycle) {
        return true;
    }
    return w->edma->forgive.link_cycle && first &&
           (e->control & DWC_EDMA_LLP) && (e->control & DWC_EDMA_TCB);
}
