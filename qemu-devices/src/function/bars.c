/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The function's BARs: where they are, which follows what either end writes,
 * and the host's accesses to them.
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

static uint64_t fn_ask_bar(DwcFunctionBar *bar, hwaddr addr,
                                 unsigned size)
{
    DwcLinkBarAccess access = {
        .bar = cpu_to_le32(bar->n),
        .size = cpu_to_le32(size),
        .offset = cpu_to_le64(addr),
    };
    uint64_t val = 0;
    uint32_t delayed = bar->fn->first->regs.delayed;
    /* While this waits the function can be unplugged. */
    PCIDevice *port = dwc_function_port(bar->fn);
    DwcLinkStatus status;
    DwcLinkCall *call;

    object_ref(OBJECT(port));
    call = dwc_function_ask(bar->fn, DWC_LINK_BAR_READ, &access,
                            sizeof(access));
    /* The answer comes when all that was sent before has been done. */
    bar->fn->first->posted = false;
    /* The endpoint may need this VM's big lock before it can answer. */
    status = dwc_link_await_unlocked(call, &val, size);
    if (bar->fn->first->regs.delayed == delayed) {
        bar->fn->first->regs.delayed = 0;
    }
    if (status == DWC_LINK_GONE) {
        dwc_function_timed_out(port);
        /* The read gives all ones, so no other BAR may answer after it. */
        dwc_function_vanish(bar->fn);
    }
    object_unref(OBJECT(port));
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
        val = fn_ask_bar(bar, addr, size);
    }
    trace_dwc_function_read(bar->n, addr, size, val);
    return val;
}

void dwc_function_flush(DwcPcieFunction *fn)
{
    DwcPcieFunction *first = fn->first;

    if (!first->unconfirmed || !first->link) {
        return;
    }
    first->unconfirmed = 0;
    if (dwc_link_await_unlocked(dwc_function_ask(fn, DWC_LINK_FLUSH, NULL, 0),
                                NULL, 0) == DWC_LINK_GONE) {
        dwc_function_vanish(fn);
    }
}

/*
 * Each so many of the host's writes it waits until the endpoint has made them,
 * as for credits: there they may wait for a main loop that has other things to
 * do.
 */
static void fn_limit_posted(DwcPcieFunction *fn)
{
    if (++fn->first->unconfirmed >= MOST_POSTED) {
        dwc_function_flush(fn);
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
    bool full = false;
    uint64_t target;

    if (!bar->fn->first->link || dwc_function_for_endpoint(bar->fn) ||
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
        if (full && dwc_function_registers_slow(bar->fn)) {
            bar->fn->first->regs.delayed++;
            full = false;
        }
    }
    trace_dwc_function_write(bar->n, addr, size, val);
    bar->fn->first->posted = true;
    if (!dwc_function_tell(bar->fn, DWC_LINK_BAR_WRITE, &access, sizeof(access),
                           true)) {
        dwc_function_vanish(bar->fn);
    } else if (full) {
        /* Later writes must not pass this one through shared memory. */
        fn_ask_bar(bar, addr, size);
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

static const MemoryRegionOps fn_bar_ops = {
    .read = fn_bar_read,
    .write = fn_bar_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

void dwc_function_init_bars(DwcPcieFunction *fn)
{
    unsigned n;

    for (n = 0; n < DWC_LINK_BARS; n++) {
        DwcFunctionBar *bar = &fn->bar[n];

        bar->fn = fn;
        bar->n = n;
        memory_region_init(&bar->container, OBJECT(fn), "dwc-bar", 0);
        memory_region_init_io(&bar->trap, OBJECT(fn), &fn_bar_ops, bar,
                              "dwc-bar-trap", 0);
        /* A read lets other accesses in while it waits for the endpoint. */
        bar->trap.disable_reentrancy_guard = true;
        memory_region_add_subregion(&bar->container, 0, &bar->trap);
    }
    fn->has_bars = true;
}

void dwc_function_exit_bars(DwcPcieFunction *fn)
{
    unsigned n;

    dwc_function_unmap_all(fn);
    dwc_function_msix_untrap(fn);
    /* A region in a region of the same owner is a reference to itself. */
    for (n = 0; n < DWC_LINK_BARS && fn->has_bars; n++) {
        memory_region_del_subregion(&fn->bar[n].container, &fn->bar[n].trap);
    }
    fn->has_bars = false;
}

/* BAR N as the PCI core has it; SIZE 0: there is none. */
static void fn_register_bar(DwcPcieFunction *fn, unsigned n, uint64_t size,
                            uint32_t flags)
{
    PCIDevice *pdev = PCI_DEVICE(fn);
    DwcFunctionBar *bar = &fn->bar[n];

    bar->size = size;
    bar->flags = flags;
    pdev->io_regions[n].size = 0;
    memory_region_set_size(&bar->trap, size);
    memory_region_set_size(&bar->container, size);
    if (size) {
        pci_register_bar(pdev, n, n == PCI_ROM_SLOT ? 0 : flags,
                         &bar->container);
    }
}

/* The address of BAR N; it takes effect with the next write of COMMAND. */
static void fn_set_bar(DwcPcieFunction *fn, unsigned n, const DwcLinkBar *bar)
{
    PCIDevice *pdev = PCI_DEVICE(fn);
    uint8_t *p = pdev->config + pci_bar(pdev, n);
    uint64_t addr = le64_to_cpu(bar->addr);

    pci_set_long(p, (uint32_t)addr | le32_to_cpu(bar->flags));
    if (fn->bar[n].size && n != PCI_ROM_SLOT &&
        (fn->bar[n].flags & PCI_BASE_ADDRESS_MEM_TYPE_64)) {
        pci_set_long(p + 4, addr >> 32);
    }
}

/* Whether the upper half of BAR N - 1 is where BAR N would be. */
static bool fn_is_upper_half(DwcPcieFunction *fn, unsigned n)
{
    return n && n != PCI_ROM_SLOT && fn->bar[n - 1].size &&
           (fn->bar[n - 1].flags & PCI_BASE_ADDRESS_MEM_TYPE_64);
}

static bool fn_take_bar(DwcPcieFunction *fn, unsigned n, const DwcLinkBar *bar)
{
    uint32_t flags = le32_to_cpu(bar->flags);
    /* One that no host could decode is not decoded; its register stays. */
    bool valid = dwc_link_bar_valid(n, bar) && !fn_is_upper_half(fn, n);
    uint64_t size = valid ? le64_to_cpu(bar->size) : 0;
    bool changed = size != fn->bar[n].size ||
                   (size && n != PCI_ROM_SLOT && flags != fn->bar[n].flags);

    if (changed) {
        fn_register_bar(fn, n, size, flags);
    }
    if (!fn_is_upper_half(fn, n)) {
        fn_set_bar(fn, n, bar);
    }
    trace_dwc_function_bar(n, size, le64_to_cpu(bar->addr), flags);
    return changed;
}

void dwc_function_take_bars(DwcPcieFunction *fn, const DwcLinkBars *bars)
{
    PCIDevice *pdev = PCI_DEVICE(fn);
    uint32_t serial = le32_to_cpu(bars->serial);
    uint16_t command = pci_get_word(pdev->config + PCI_COMMAND);
    bool changed = false;
    unsigned n;

    /* A newer state may have been taken already: see DwcLinkBars. */
    if (fn->took_bars && (int32_t)(serial - fn->bars_serial) <= 0) {
        return;
    }
    fn->took_bars = true;
    fn->bars_serial = serial;
    memory_region_transaction_begin();
    /* Take all BARs out of the memory map, then put them where they are now. */
    pci_default_write_config(pdev, PCI_COMMAND, command & ~PCI_COMMAND_MEMORY,
                             2);
    for (n = 0; n < DWC_LINK_BARS; n++) {
        changed |= fn_take_bar(fn, n, &bars->bar[n]);
    }
    pci_default_write_config(pdev, PCI_COMMAND, command, 2);
    if (changed && fn->msix_bar) {
        dwc_function_msix_untrap(fn);
        dwc_function_msix_follow(fn);
    }
    memory_region_transaction_commit();
}
