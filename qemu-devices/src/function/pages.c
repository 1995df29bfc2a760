/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages of BARs in front of an endpoint that is behind an IOMMU.
 *
 * An access travels, and the endpoint says with it where the page leads, if that
 * is RAM: further ones are made where this process sees that RAM.  It takes all
 * pages back when what it said of one ends.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "function/function.h"
#include "trace-ntb_edma.h"

/* What the pages of a function's BAR are called in the table. */
static unsigned fn_page_owner(unsigned function, unsigned bar)
{
    return function * DWC_LINK_BARS + bar;
}

void dwc_function_take_page(DwcPcieFunction *first, unsigned function,
                            const DwcLinkPage *page)
{
    unsigned bar = le32_to_cpu(page->bar);
    uint64_t offset = le64_to_cpu(page->offset);
    uint64_t target = le64_to_cpu(page->target);
    bool writable = le32_to_cpu(page->writable);

    trace_dwc_function_page(bar, offset, target, writable);
    dwc_iotlb_insert(&first->pages, fn_page_owner(function, bar), offset, target,
                     writable);
}

void dwc_function_drop_pages(DwcPcieFunction *first, uint32_t seq)
{
    trace_dwc_function_pages_end();
    /* Waits for the accesses under way. */
    dwc_iotlb_clear(&first->pages);
    if (seq) {
        dwc_link_reply(first->link, seq, DWC_LINK_OK, NULL, 0);
    }
}

static bool fn_page_known(const DwcFunctionBar *bar, uint64_t offset, bool write)
{
    DwcIotlb *pages = &bar->fn->first->pages;
    uint64_t target;
    bool known;

    g_rw_lock_reader_lock(&pages->lock);
    known = dwc_iotlb_find(pages, fn_page_owner(bar->fn->number, bar->n), offset, write,
                           &target);
    g_rw_lock_reader_unlock(&pages->lock);
    return known;
}

/* BYTES are as on the bus.  True: there is nobody else to ask. */
static bool fn_page_access(const DwcFunctionBar *bar, uint64_t offset,
                           void *bytes, unsigned size, bool write)
{
    DwcPcieFunction *first = bar->fn->first;
    uint64_t within = offset & (DWC_IOTLB_PAGE - 1), target, len = size;
    uint8_t *p = NULL;

    if (within + size > DWC_IOTLB_PAGE || !fn_page_known(bar, offset, write)) {
        return false;
    }
    /* What travels must not be passed. */
    dwc_function_flush(bar->fn, !write);
    if (!first->link || first->vanished) {
        /* The function has gone while this waited. */
        if (!write) {
            memset(bytes, 0xff, size);
        }
        return true;
    }
    g_rw_lock_reader_lock(&first->pages.lock);
    if (dwc_iotlb_find(&first->pages, fn_page_owner(bar->fn->number, bar->n), offset,
                       write, &target)) {
        p = dwc_ram_map_lookup(first->peer->map, target, &len);
        if (p && len == size) {
            memcpy(write ? (void *)p : bytes, write ? bytes : (void *)p, size);
        }
    }
    g_rw_lock_reader_unlock(&first->pages.lock);
    return p && len == size;
}

bool dwc_function_page_read(DwcFunctionBar *bar, uint64_t offset, uint64_t *val,
                            unsigned size)
{
    uint64_t bytes = 0;

    if (!fn_page_access(bar, offset, &bytes, size, false)) {
        return false;
    }
    *val = le64_to_cpu(bytes);
    return true;
}

bool dwc_function_page_write(DwcFunctionBar *bar, uint64_t offset, uint64_t val,
                             unsigned size)
{
    uint64_t bytes = cpu_to_le64(val);

    return fn_page_access(bar, offset, &bytes, size, true);
}
