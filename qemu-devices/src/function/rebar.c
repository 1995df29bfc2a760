/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Resizable BARs, the host's side: extended configuration space as the endpoint
 * has it, and a BAR that follows the size which the host selects.
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "qemu/units.h"
#include "hw/pci/pci.h"
#include "function/function.h"
#include "trace-ntb_edma.h"

/* Above is port logic, which is the endpoint's own. */
#define EXTENDED_END    0x700
#define CTRL(entry)     (8 + 8 * (entry))
#define CTRL_BAR        0x00000007
#define CTRL_SIZE       0x00003f00
#define CTRL_SIZE_SHIFT 8

static unsigned fn_rebar_find(const uint8_t *space)
{
    unsigned at = PCI_CONFIG_SPACE_SIZE, left = EXTENDED_END / 4;

    while (at >= PCI_CONFIG_SPACE_SIZE && at < EXTENDED_END && left--) {
        uint32_t header = ldl_le_p(space + (at & ~3u));

        if (PCI_EXT_CAP_ID(header) == PCI_EXT_CAP_ID_REBAR) {
            return at & ~3u;
        }
        at = PCI_EXT_CAP_NEXT(header);
    }
    return 0;
}

void dwc_function_take_extended(DwcPcieFunction *fn)
{
    PCIDevice *pdev = PCI_DEVICE(fn);
    unsigned i;

    memcpy(pdev->config + PCI_CONFIG_SPACE_SIZE,
           fn->space + PCI_CONFIG_SPACE_SIZE,
           EXTENDED_END - PCI_CONFIG_SPACE_SIZE);
    fn->rebar = fn_rebar_find(fn->space);
    if (!fn->rebar) {
        return;
    }
    fn->rebar_entries = extract32(ldl_le_p(fn->space + fn->rebar + CTRL(0)), 5,
                                  3);
    if (fn->rebar + CTRL(fn->rebar_entries) > EXTENDED_END) {
        fn->rebar_entries = 0;
    }
    for (i = 0; i < fn->rebar_entries; i++) {
        pci_set_long(pdev->wmask + fn->rebar + CTRL(i), CTRL_SIZE);
    }
}

/* BAR N with SIZE bytes from now on, with as much of its address as is left. */
static void fn_rebar_resize(DwcPcieFunction *fn, unsigned n, uint64_t size)
{
    PCIDevice *pdev = PCI_DEVICE(fn);
    unsigned reg = PCI_BASE_ADDRESS_0 + 4 * n;
    uint64_t mask = ~(size - 1);
    bool wide = pdev->io_regions[n].type & PCI_BASE_ADDRESS_MEM_TYPE_64;
    uint32_t flags = pci_get_long(pdev->config + reg) &
                     ~PCI_BASE_ADDRESS_MEM_MASK;

    if (!fn->bar[n].present || size == pdev->io_regions[n].size) {
        return;
    }
    if (!wide && size > 2 * GiB) {
        qemu_log_mask(LOG_GUEST_ERROR, "dwc-pcie-function: BAR %u has 32 bits "
                      "and cannot have 0x%"PRIx64" bytes\n", n, size);
        return;
    }
    trace_dwc_function_resize(n, size);
    memory_region_transaction_begin();
    pdev->io_regions[n].size = size;
    memory_region_set_size(&fn->bar[n].trap, size);
    memory_region_set_size(&fn->bar[n].container, size);
    pci_set_long(pdev->wmask + reg, mask & UINT32_MAX);
    pci_set_long(pdev->config + reg,
                 (pci_get_long(pdev->config + reg) & mask & ~0xfu) | flags);
    if (wide) {
        pci_set_long(pdev->wmask + reg + 4, mask >> 32);
        pci_set_long(pdev->config + reg + 4,
                     pci_get_long(pdev->config + reg + 4) & (mask >> 32));
    }
    /* The PCI core looks at addresses again when the command is written. */
    pci_default_write_config(pdev, PCI_COMMAND,
                             pci_get_word(pdev->config + PCI_COMMAND), 2);
    memory_region_transaction_commit();
}

static void fn_rebar_apply(DwcPcieFunction *fn, unsigned entry)
{
    uint32_t ctrl = pci_get_long(PCI_DEVICE(fn)->config + fn->rebar +
                                 CTRL(entry));
    unsigned code = (ctrl & CTRL_SIZE) >> CTRL_SIZE_SHIFT;

    if ((ctrl & CTRL_BAR) < DWC_LINK_BARS && code <= 42) {
        fn_rebar_resize(fn, ctrl & CTRL_BAR, MiB << code);
    }
}

void dwc_function_rebar_written(DwcPcieFunction *fn, uint32_t addr,
                                uint32_t now)
{
    uint8_t *p = PCI_DEVICE(fn)->config + (addr & ~3u);
    unsigned i;

    for (i = 0; i < fn->rebar_entries; i++) {
        if ((addr & ~3u) == fn->rebar + CTRL(i)) {
            /* What the endpoint made of it: it may not offer this size. */
            pci_set_long(p, now);
            fn_rebar_apply(fn, i);
        }
    }
}

void dwc_function_rebar_reset(DwcPcieFunction *fn, const uint8_t *space)
{
    unsigned i;

    for (i = 0; i < fn->rebar_entries; i++) {
        unsigned at = fn->rebar + CTRL(i);

        pci_set_long(PCI_DEVICE(fn)->config + at, ldl_le_p(space + at));
        fn_rebar_apply(fn, i);
    }
}
