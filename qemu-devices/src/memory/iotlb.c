/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Translations that the host has handed out. */
#include "qemu/osdep.h"
#include "memory/iotlb.h"

/* Addresses of each function, or BAR, begin at 0: they are spread. */
#define IOTLB_SPREAD 0x9e37u

static unsigned iotlb_slot(unsigned function, uint64_t iova)
{
    return ((iova >> DWC_IOTLB_PAGE_BITS) + function * IOTLB_SPREAD) %
           DWC_IOTLB_ENTRIES;
}

void dwc_iotlb_init(DwcIotlb *iotlb)
{
    g_rw_lock_init(&iotlb->lock);
}

void dwc_iotlb_insert(DwcIotlb *iotlb, unsigned function, uint64_t iova,
                      uint64_t target, bool writable)
{
    DwcIotlbEntry *e = &iotlb->entry[iotlb_slot(function, iova)];
    DwcIotlbEntry now = {
        .valid = true,
        .writable = writable,
        .function = function,
        .iova = iova & ~(DWC_IOTLB_PAGE - 1),
        .target = target & ~(DWC_IOTLB_PAGE - 1),
    };

    g_rw_lock_writer_lock(&iotlb->lock);
    /* What was asked for to be read may be known as writable. */
    now.writable |= e->valid && e->writable && e->function == function &&
                    e->iova == now.iova && e->target == now.target;
    *e = now;
    g_rw_lock_writer_unlock(&iotlb->lock);
}

void dwc_iotlb_invalidate(DwcIotlb *iotlb, unsigned function, uint64_t iova,
                          uint64_t size)
{
    uint64_t first = iova & ~(DWC_IOTLB_PAGE - 1), last = iova + (size - 1);
    unsigned i;

    g_rw_lock_writer_lock(&iotlb->lock);
    for (i = 0; i < DWC_IOTLB_ENTRIES; i++) {
        DwcIotlbEntry *e = &iotlb->entry[i];

        if (e->function == function &&
            (!size || last < first || (e->iova >= first && e->iova <= last))) {
            e->valid = false;
        }
    }
    g_rw_lock_writer_unlock(&iotlb->lock);
}

void dwc_iotlb_clear(DwcIotlb *iotlb)
{
    g_rw_lock_writer_lock(&iotlb->lock);
    memset(iotlb->entry, 0, sizeof(iotlb->entry));
    g_rw_lock_writer_unlock(&iotlb->lock);
}

bool dwc_iotlb_find(const DwcIotlb *iotlb, unsigned function, uint64_t iova,
                    bool write, uint64_t *target)
{
    const DwcIotlbEntry *e = &iotlb->entry[iotlb_slot(function, iova)];
    uint64_t offset = iova & (DWC_IOTLB_PAGE - 1);

    if (!e->valid || e->function != function || e->iova != iova - offset ||
        (write && !e->writable)) {
        return false;
    }
    *target = e->target + offset;
    return true;
}
