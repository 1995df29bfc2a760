/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The function's BARs: where they are, which follows what either end writes. */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "hw/pci/pci.h"
#include "function/function.h"
#include "trace-ntb_edma.h"

void dwc_function_init_bars(DwcPcieFunction *fn)
{
    unsigned n;

    for (n = 0; n < DWC_LINK_BARS; n++) {
        DwcFunctionBar *bar = &fn->bar[n];

        bar->fn = fn;
        bar->n = n;
        memory_region_init(&bar->container, OBJECT(fn), "dwc-bar", 0);
        memory_region_init_io(&bar->trap, OBJECT(fn), &dwc_function_bar_ops, bar,
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
