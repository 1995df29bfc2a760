/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Elements of a linked list, after Linux's dw-edma-v0-regs.h. */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/bswap.h"
#include "qemu/rcu.h"
#include "edma/walker.h"

#define LINK_SIZE   16


/*
 * The control word is read first: whoever writes an element writes that word
 * last.
 */
bool dwc_edma_fetch(DwcEdmaWalker *w, uint64_t addr, DwcEdmaElement *e)
{
    uint64_t len = DWC_EDMA_ELEMENT_SIZE;
    uint8_t *p;

    RCU_READ_LOCK_GUARD();
    p = w->port->local(w->opaque, addr, &len);
    if (!p || len < LINK_SIZE || (addr & 3)) {
        return false;
    }
    e->control = le32_to_cpu(qatomic_load_acquire((uint32_t *)p));
    e->source = ldq_le_p(p + 8);
    if (e->control & DWC_EDMA_LLP) {
        e->size = 0;
        e->destination = 0;
        return true;
    }
    if (len < DWC_EDMA_ELEMENT_SIZE) {
        return false;
    }
    e->size = ldl_le_p(p + 4);
    e->destination = ldq_le_p(p + 16);
    return true;
}
