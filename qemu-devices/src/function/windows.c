/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the function's BARs show: pieces of the endpoint's RAM over the trap. */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "exec/target_page.h"
#include "function/function.h"
#include "time/sync.h"
#include "trace-ntb_edma.h"

bool dwc_function_target(DwcPcieFunction *fn, unsigned bar, uint64_t offset,
                         unsigned size, uint64_t *target)
{
    unsigned i;

    for (i = 0; i < fn->windows; i++) {
        const DwcFunctionWindow *w = &fn->window[i];

        if (w->valid && w->bar == bar && offset >= w->offset &&
            offset - w->offset < w->size) {
            *target = w->target + (offset - w->offset);
            return size <= w->size - (offset - w->offset);
        }
    }
    return false;
}

static bool fn_in_range(DwcFunctionBar *bar, uint64_t offset,
                              uint64_t size)
{
    return size && offset < bar->size && size <= bar->size - offset;
}

/* Where in its BAR the window first leads to RAM. */
static bool fn_first_ram(DwcPcieFunction *fn, const DwcLinkWindow *msg,
                               uint64_t *at)
{
    uint64_t size = le64_to_cpu(msg->size), done, len;

    for (done = 0; done < size; done += len) {
        uint64_t offset;

        len = size - done;
        if (dwc_peer_memory_region(fn->first->peer,
                                   le64_to_cpu(msg->target) + done, &len,
                                   &offset)) {
            *at = le64_to_cpu(msg->offset) + done;
            return true;
        }
    }
    return false;
}

/*
 * Before RAM is shown where a BAR has trapped: what the CPUs have written
 * there by messages must have arrived, for what they read next does not go
 * that way any more.  They may have written it through another function.
 */
static void fn_await_posted(DwcPcieFunction *fn, const DwcLinkWindow *msg)
{
    DwcLinkBarAccess access = {
        .bar = msg->bar,
        .size = cpu_to_le32(1),
    };
    DwcPcieFunction *first = fn->first;
    uint64_t at;

    if (first->posted == first->arrived || !first->link ||
        !fn_first_ram(fn, msg, &at)) {
        return;
    }
    access.offset = cpu_to_le64(at);
    /* With the big lock: the endpoint's link answers reads of RAM itself. */
    if (dwc_link_await(dwc_function_ask(fn, DWC_LINK_BAR_READ, &access,
                                        sizeof(access)),
                       NULL, 0) == DWC_LINK_GONE) {
        dwc_function_vanish(fn);
    } else {
        first->arrived = first->posted;
    }
}

/* [AT, END) of the window's BAR shows MR from OFFSET on. */
static void fn_show(DwcPcieFunction *fn, unsigned id, uint64_t at,
                          uint64_t end, MemoryRegion *mr, uint64_t offset)
{
    DwcFunctionWindow *w = &fn->window[id];
    MemoryRegion *alias = g_new0(MemoryRegion, 1);

    memory_region_init_alias(alias, OBJECT(fn), "dwc-bar-window", mr, offset,
                             end - at);
    /* Of regions that match the same address the lowest wins. */
    memory_region_add_subregion_overlap(&fn->bar[w->bar].container, at, alias,
                                        DWC_LINK_MAX_WINDOWS - id);
    g_ptr_array_add(w->aliases, alias);
}

/*
 * RAM shows where a whole page of the BAR is a whole page of RAM: QEMU's CPUs
 * abort on any other.  The rest traps, and so hides windows of higher numbers.
 * An expansion ROM, which nobody may write, traps altogether.
 */
static void fn_show_window(DwcPcieFunction *fn, unsigned id)
{
    DwcFunctionWindow *w = &fn->window[id];
    DwcFunctionBar *bar = &fn->bar[w->bar];
    uint64_t page = qemu_target_page_size();
    uint64_t end = w->offset + w->size, at, len;
    uint64_t done = ROUND_DOWN(w->offset, page);
    uint64_t all = MIN(ROUND_UP(end, page),
                       memory_region_size(&bar->container));

    for (at = w->offset; at < end; at += len) {
        uint64_t offset, first, last;
        MemoryRegion *ram;

        len = end - at;
        ram = dwc_peer_memory_region(fn->first->peer,
                                     w->target + (at - w->offset), &len,
                                     &offset);
        first = ROUND_UP(at, page);
        last = ROUND_DOWN(at + len, page);
        if (!ram || first >= last || (at ^ offset) & (page - 1)) {
            continue;
        }
        if (done < first) {
            fn_show(fn, id, done, first, &bar->trap, done);
        }
        fn_show(fn, id, first, last, ram, offset + (first - at));
        trace_dwc_function_ram(w->bar, first, last - first);
        done = last;
    }
    if (done < all) {
        fn_show(fn, id, done, all, &bar->trap, done);
    }
}

void dwc_function_map(DwcPcieFunction *fn, const DwcLinkWindow *msg)
{
    unsigned id = le32_to_cpu(msg->id), bar = le32_to_cpu(msg->bar);
    DwcFunctionWindow *w = &fn->window[id];

    dwc_function_unmap(fn, msg);
    if (bar != PCI_ROM_SLOT) {
        fn_await_posted(fn, msg);
    }
    if (fn->first->vanished || !fn->first->link) {
        return;
    }
    w->valid = true;
    fn->windows = MAX(fn->windows, id + 1);
    w->bar = bar;
    w->offset = le64_to_cpu(msg->offset);
    w->size = le64_to_cpu(msg->size);
    w->target = le64_to_cpu(msg->target);
    w->aliases = g_ptr_array_new();
    trace_dwc_function_window("map", id, w->bar, w->offset, w->size);
    if (!fn_in_range(&fn->bar[bar], w->offset, w->size)) {
        /* The BAR has changed since; another message about it follows. */
        return;
    }
    /* With virtual time an access takes its time, and so traps. */
    if (bar != PCI_ROM_SLOT && !dwc_time_enabled()) {
        memory_region_transaction_begin();
        fn_show_window(fn, id);
        memory_region_transaction_commit();
    }
}

static void fn_unmap(DwcPcieFunction *fn, unsigned id)
{
    DwcFunctionWindow *w = &fn->window[id];
    unsigned i;

    if (!w->valid) {
        return;
    }
    trace_dwc_function_window("unmap", id, w->bar, w->offset, w->size);
    memory_region_transaction_begin();
    for (i = 0; i < w->aliases->len; i++) {
        MemoryRegion *alias = g_ptr_array_index(w->aliases, i);

        memory_region_del_subregion(&fn->bar[w->bar].container, alias);
        object_unparent(OBJECT(alias));
        g_free(alias);
    }
    memory_region_transaction_commit();
    g_ptr_array_free(w->aliases, true);
    memset(w, 0, sizeof(*w));
}

void dwc_function_unmap(DwcPcieFunction *fn, const DwcLinkWindow *msg)
{
    fn_unmap(fn, le32_to_cpu(msg->id));
}

void dwc_function_unmap_all(DwcPcieFunction *fn)
{
    unsigned i;

    memory_region_transaction_begin();
    for (i = 0; i < DWC_LINK_MAX_WINDOWS; i++) {
        fn_unmap(fn, i);
    }
    memory_region_transaction_commit();
}
