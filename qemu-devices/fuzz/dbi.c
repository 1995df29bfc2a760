/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whatever the endpoint writes through DBI and DBI2 and the host through its
 * configuration space: BARs stay BARs, read-only bits stay as they are.
 */
#include "input.h"
#include "qemu/bswap.h"
#include "qemu/host-utils.h"
#include "hw/pci/pci_regs.h"
#include "dbi/dbi.h"
#include "dbi/rebar.h"

static const DwcBarKind kinds[2][DWC_BARS] = {
    { DWC_BAR_FREE },
    { DWC_BAR_64BIT, DWC_BAR_UPPER, DWC_BAR_64BIT, DWC_BAR_UPPER,
      DWC_BAR_64BIT, DWC_BAR_UPPER },
};

static void check_bars(const DwcDbi *dbi)
{
    unsigned n;

    for (n = 0; n <= DWC_ROM; n++) {
        DwcBar bar = dwc_dbi_bar(dbi, n);

        if (!bar.size) {
            continue;
        }
        if (n == DWC_ROM) {
            MUST("a ROM has at least 2 KiB", bar.size >= 2048);
            continue;
        }
        MUST("a BAR's size is a power of two that leaves its type bits alone",
             is_power_of_2(bar.size) && bar.size >= 16);
        MUST("an upper half is no BAR",
             dbi->options.bars[n] != DWC_BAR_UPPER);
        if (dbi->options.bars[n] == DWC_BAR_64BIT) {
            MUST("a BAR of 64 bits only says so",
                 (bar.flags & ~PCI_BASE_ADDRESS_MEM_PREFETCH) ==
                 PCI_BASE_ADDRESS_MEM_TYPE_64);
        }
    }
}

/* Read-only for the host is what the masks say; a size selects a BAR's bits. */
static void check_host_write(const uint8_t *before, const DwcDbi *dbi,
                             hwaddr addr)
{
    hwaddr reg = addr & ~3ull;
    bool bars = dwc_dbi_bar_at(addr) >= 0 || dwc_rebar_is_control(dbi, reg);
    hwaddr i;

    for (i = 0; i < DWC_DBI_SIZE; i++) {
        if (dwc_dbi_bar_at(i) >= 0 && bars) {
            continue;
        }
        MUST("the host changes no bit that it may not write",
             !((before[i] ^ dbi->config[i]) & ~dbi->wmask[i] &
               ~(before[i] & dbi->w1cmask[i])));
        MUST("a write changes no register but its own",
             before[i] == dbi->config[i] || (i & ~3ull) == reg);
    }
}

static void step(DwcDbi *dbi, Input *in)
{
    uint8_t op = take(in, 1);
    hwaddr addr = take(in, 2) % DWC_DBI_SIZE;
    unsigned size = 1 << (op >> 6) % 3;
    uint32_t val = take(in, 4);
    uint8_t before[DWC_DBI_SIZE];

    /* As the memory core and the link's decoder let them through. */
    addr &= ~(hwaddr)(size - 1);
    switch (op % 8) {
    case 0:
    case 1:
        dwc_dbi_write(dbi, addr, val, size);
        break;
    case 2:
        dwc_dbi2_write(dbi, addr, val, size);
        break;
    case 3:
        addr %= 0x700;
        memcpy(before, dbi->config, sizeof(before));
        dwc_dbi_host_write(dbi, addr, val, size);
        check_host_write(before, dbi, addr);
        break;
    case 4:
        MUST("both ends read the same, but for port logic",
             dwc_dbi_host_read(dbi, addr) ==
             (addr < DWC_PORT_LOGIC ?
              dwc_dbi_read(dbi, addr & ~3ull, 4, val & 1) : 0));
        dwc_dbi_read(dbi, addr, size, val & 1);
        dwc_dbi2_read(dbi, addr, size);
        break;
    case 5:
        /* Unlocked, as the driver does around its own writes. */
        dwc_dbi_write(dbi, 0x8bc, 1, 4);
        dwc_dbi_write(dbi, addr, val, size);
        dwc_dbi_write(dbi, 0x8bc, 0, 4);
        break;
    case 6:
        dwc_dbi_hot_reset(dbi);
        MUST("after a reset the function is no bus master",
             !dwc_dbi_bus_master(dbi) && !dwc_dbi_msi_address(dbi));
        break;
    case 7:
        dwc_dbi_reset(dbi);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input in = { data, size };
    uint8_t options = take(&in, 1);
    g_autofree DwcDbi *dbi = g_new(DwcDbi, 1);

    dwc_dbi_init(dbi, &(DwcDbiOptions) {
        .bars = kinds[options & 1],
        .msi_vectors = 1 << (options >> 5) % 6,
        .msix = options & 2,
        .resizable_bars = options & 4,
        .ats = options & 8,
    });
    while (in.left) {
        step(dbi, &in);
        check_bars(dbi);
    }
    return 0;
}
