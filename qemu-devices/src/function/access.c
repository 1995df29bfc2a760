/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's accesses to BARs.
 *
 * A BAR is a region that traps and sends every access to the endpoint, under
 * pieces of the endpoint's RAM where a window leads there.  So an access that
 * comes before the window's announcement is slow but right.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "hw/pci/pci.h"
#include "function/function.h"
#include "time/sync.h"
#include "trace-ntb_edma.h"

/* Writes under way before the host waits for them; the endpoint bears more. */
#define MOST_POSTED 4096

/*
 * Awaits an answer of the endpoint's, without the big lock, which that may need
 * before it can answer.  Meanwhile others access BARs, and the function can be
 * unplugged.  READ: a CPU waits for a completion, which may time out.  False: the
 * link is lost.
 */
static bool fn_await(DwcPcieFunction *fn, DwcLinkCall *call, void *data,
                     unsigned size, bool read)
{
    DwcPcieFunction *first = fn->first;
    uint64_t posted = first->posted;
    PCIDevice *port = dwc_function_port(fn);
    bool answered;

    object_ref(OBJECT(port));
    answered = dwc_link_await_unlocked(call, data, size) != DWC_LINK_GONE;
    if (answered) {
        first->arrived = MAX(first->arrived, posted);
    } else {
        if (read) {
            dwc_function_timed_out(port);
        }
        /* The read gives all ones, so no other BAR may answer after it. */
        dwc_function_vanish(fn);
    }
    object_unref(OBJECT(port));
    return answered;
}

static uint64_t fn_ask_bar(DwcFunctionBar *bar, hwaddr addr, unsigned size,
                           bool read)
{
    DwcLinkBarAccess access = {
        .bar = cpu_to_le32(bar->n),
        .size = cpu_to_le32(size),
        .offset = cpu_to_le64(addr),
    };
    uint64_t val = 0;

    fn_await(bar->fn, dwc_function_ask(bar->fn, DWC_LINK_BAR_READ, &access,
                                       sizeof(access)), &val, size, read);
    return le64_to_cpu(val);
}

static uint64_t fn_bar_read(void *opaque, hwaddr addr, unsigned size)
{
    DwcFunctionBar *bar = opaque;
    DwcLinkBarAccess access = {
        .bar = cpu_to_le32(bar->n),
        .size = cpu_to_le32(size),
        .offset = cpu_to_le64(addr),
    };
    uint64_t val = 0, target;

    /* The function can go while an access waits for the big lock. */
    if (!bar->fn->first->link || dwc_function_for_endpoint(bar->fn)) {
        return UINT64_MAX;
    }
    if (!dwc_time_joined() &&
        dwc_function_target(bar->fn, bar->n, addr, size, &target) &&
        dwc_function_register_read(bar->fn, target, size, &val)) {
        return val;
    }
    if (dwc_function_page_read(bar, addr, &val, size)) {
        return val;
    }
    if (!dwc_function_time_read(bar->fn, &access, &val)) {
        val = fn_ask_bar(bar, addr, size, true);
    }
    trace_dwc_function_read(bar->n, addr, size, val);
    return val;
}

void dwc_function_flush(DwcPcieFunction *fn, bool read)
{
    DwcPcieFunction *first = fn->first;
    uint64_t posted = first->posted;

    if (posted == first->made || !first->link) {
        return;
    }
    if (fn_await(fn, dwc_function_ask(fn, DWC_LINK_FLUSH, NULL, 0), NULL, 0,
                 read)) {
        first->made = MAX(first->made, posted);
    }
}

/*
 * Each so many of the host's writes it waits until the endpoint has made them,
 * as for credits: there they may wait for a main loop that has other things to
 * do.
 */
static void fn_limit_posted(DwcPcieFunction *fn)
{
    if (fn->first->posted - fn->first->made >= MOST_POSTED) {
        dwc_function_flush(fn, false);
    }
}

static bool fn_is_memory(DwcFunctionBar *bar, hwaddr addr, unsigned size)
{
    uint64_t target, len = size, offset;

    return dwc_function_target(bar->fn, bar->n, addr, size, &target) &&
           dwc_peer_memory_region(bar->fn->first->peer, target, &len, &offset);
}

static void fn_bar_write(void *opaque, hwaddr addr, uint64_t val,
                               unsigned size)
{
    DwcFunctionBar *bar = opaque;
    DwcLinkBarAccess access = {
        .bar = cpu_to_le32(bar->n),
        .size = cpu_to_le32(size),
        .offset = cpu_to_le64(addr),
        .value = cpu_to_le64(val),
    };
    DwcPcieFunction *first = bar->fn->first;
    bool full = false, slow = false;
    uint64_t target;

    if (!first->link || dwc_function_for_endpoint(bar->fn) ||
        bar->n == PCI_ROM_SLOT) {
        return;
    }
    if (dwc_time_joined() &&
        dwc_function_time_write(bar->fn, &access,
                                fn_is_memory(bar, addr, size))) {
        trace_dwc_function_write(bar->n, addr, size, val);
        return;
    }
    if (dwc_function_page_write(bar, addr, val, size)) {
        return;
    }
    if (dwc_function_target(bar->fn, bar->n, addr, size, &target)) {
        if (dwc_function_register_write(bar->fn, target, size, val)) {
            return;
        }
        full = dwc_function_is_register(bar->fn, target, size);
        slow = full && dwc_function_registers_slow(bar->fn);
    }
    trace_dwc_function_write(bar->n, addr, size, val);
    first->posted++;
    if (slow) {
        first->regs.delayed = first->posted;
    }
    if (!dwc_function_tell(bar->fn, DWC_LINK_BAR_WRITE, &access, sizeof(access),
                           true)) {
        dwc_function_vanish(bar->fn);
    } else if (full && !slow) {
        /* Later writes must not pass this one through shared memory. */
        fn_ask_bar(bar, addr, size, false);
    } else {
        fn_limit_posted(bar->fn);
    }
}

uint64_t dwc_function_bar_read(DwcFunctionBar *bar, uint64_t offset,
                               unsigned size)
{
    return fn_bar_read(bar, offset, size);
}

void dwc_function_bar_write(DwcFunctionBar *bar, uint64_t offset, uint64_t val,
                            unsigned size)
{
    fn_bar_write(bar, offset, val, size);
}

const MemoryRegionOps dwc_function_bar_ops = {
    .read = fn_bar_read,
    .write = fn_bar_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};
