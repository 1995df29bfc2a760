/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The BARs: DBI shows the registers, DBI2 the masks behind them. */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/bswap.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"
#include "hw/pci/pci.h"
#include "dbi/rebar.h"

static hwaddr bar_register(unsigned n)
{
    return n == DWC_ROM ? PCI_ROM_ADDRESS : PCI_BASE_ADDRESS_0 + 4 * n;
}

int dwc_dbi_bar_at(hwaddr addr)
{
    hwaddr reg = addr & ~3ull;

    if (reg >= PCI_BASE_ADDRESS_0 && reg < bar_register(DWC_BARS - 1) + 4) {
        return (reg - PCI_BASE_ADDRESS_0) / 4;
    }
    return reg == PCI_ROM_ADDRESS ? DWC_ROM : -1;
}

bool dwc_dbi_changes_bars(const DwcDbi *dbi, hwaddr addr)
{
    return dwc_dbi_bar_at(addr) >= 0 || dwc_rebar_is_register(dbi, addr);
}

static bool bar_has_fixed_type(const DwcDbi *dbi, unsigned n)
{
    return dbi->options.bars[n] == DWC_BAR_64BIT ||
           dbi->options.bars[n] == DWC_BAR_UPPER ||
           dbi->options.bars[n] == DWC_BAR_NONE;
}

/* Whether register N can be that of a BAR of its own. */
static bool bar_can_be(const DwcDbi *dbi, unsigned n)
{
    return n == DWC_ROM || (dbi->options.bars[n] != DWC_BAR_UPPER &&
                            dbi->options.bars[n] != DWC_BAR_NONE);
}

static bool bar_is_64bit(const DwcDbi *dbi, unsigned n)
{
    uint32_t low = ldl_le_p(dbi->config + bar_register(n));

    if (n == DWC_ROM) {
        return false;
    }
    if (bar_has_fixed_type(dbi, n)) {
        return dbi->options.bars[n] == DWC_BAR_64BIT;
    }
    return !(low & PCI_BASE_ADDRESS_SPACE_IO) &&
           (low & PCI_BASE_ADDRESS_MEM_TYPE_MASK) ==
           PCI_BASE_ADDRESS_MEM_TYPE_64;
}

static bool bar_is_upper_half(const DwcDbi *dbi, unsigned n)
{
    return n < DWC_BARS && (n & 1) && (dbi->bar_mask[n - 1] & 1) &&
           bar_is_64bit(dbi, n - 1);
}

/* Whether register N is a BAR's, or its lower half. */
static bool bar_is_enabled(const DwcDbi *dbi, unsigned n)
{
    return (dbi->bar_mask[n] & 1) && !bar_is_upper_half(dbi, n) &&
           bar_can_be(dbi, n);
}

/* The mask of BAR N.  An upper half is what any is, whatever it would be alone. */
static uint32_t bar_shown_mask(const DwcDbi *dbi, unsigned n)
{
    bool fixed = n < DWC_BARS && !bar_is_upper_half(dbi, n) &&
                 (dbi->options.bars[n] == DWC_BAR_FIXED ||
                  dbi->options.bars[n] == DWC_BAR_WIRED);

    /* What it was as an upper half is not shown. */
    return fixed ? (dbi->bar_mask[n] & 1) |
                   ((dbi->options.bar_sizes[n] - 1) & ~1u) :
                   dbi->bar_mask[n];
}

/* Size of BAR N (not an upper half) less one: the bits within it. */
static uint64_t bar_size_mask(const DwcDbi *dbi, unsigned n)
{
    bool wide = bar_is_64bit(dbi, n) && n + 1 < DWC_BARS;
    uint64_t mask = bar_shown_mask(dbi, n);
    uint64_t resized = dwc_rebar_size(dbi, n);

    if (n == DWC_ROM) {
        return mask | (uint32_t)~PCI_ROM_ADDRESS_MASK;
    }
    if (wide) {
        mask |= (uint64_t)dbi->bar_mask[n + 1] << 32;
    }
    if (resized && mask == 1) {
        mask = resized - 1;
    }
    return (wide ? mask : (uint32_t)mask) | 0xf;
}

uint64_t dwc_dbi_bar_mask(const DwcDbi *dbi, unsigned n)
{
    uint64_t mask = bar_size_mask(dbi, n);
    uint64_t resized = dwc_rebar_size(dbi, n);

    /* The size of a resizable one stays selected while it is disabled. */
    return resized && !(dbi->bar_mask[n] & ~1u) ? resized - 1 : mask;
}

/* Bits of BAR register N that hold an address. */
static uint32_t bar_address_bits(const DwcDbi *dbi, unsigned n)
{
    if (bar_is_upper_half(dbi, n)) {
        return ~bar_size_mask(dbi, n - 1) >> 32;
    }
    return bar_is_enabled(dbi, n) ? ~bar_size_mask(dbi, n) : 0;
}

/* The low bits that are no address. */
static uint32_t bar_flags(const DwcDbi *dbi, unsigned n)
{
    return n == DWC_ROM ? PCI_ROM_ADDRESS_ENABLE :
           bar_is_upper_half(dbi, n) ? 0 : 0xf;
}

/* Of these, what the host may write, too: whether the ROM answers. */
static uint32_t bar_host_flags(const DwcDbi *dbi, unsigned n)
{
    return n == DWC_ROM && bar_is_enabled(dbi, n) ? PCI_ROM_ADDRESS_ENABLE : 0;
}

/* Those of the low bits that nobody may set. */
static uint32_t bar_fixed_flags(const DwcDbi *dbi, unsigned n)
{
    if (n == DWC_ROM) {
        return PCI_ROM_ADDRESS_ENABLE;
    }
    switch (dbi->options.bars[n]) {
    case DWC_BAR_FREE:
    case DWC_BAR_RESIZABLE:
    case DWC_BAR_FIXED:
    case DWC_BAR_WIRED:
        return 0;
    case DWC_BAR_64BIT:
        return PCI_BASE_ADDRESS_SPACE | PCI_BASE_ADDRESS_MEM_TYPE_MASK;
    case DWC_BAR_UPPER:
    case DWC_BAR_NONE:
        return 0xf;
    }
    g_assert_not_reached();
}

void dwc_dbi_write_bar(DwcDbi *dbi, unsigned n, uint32_t val, bool unlocked)
{
    uint8_t *p = dbi->config + bar_register(n);
    uint32_t old = ldl_le_p(p);
    uint32_t flags = bar_flags(dbi, n);
    uint32_t settable = bar_host_flags(dbi, n) |
                        (unlocked ? flags & ~bar_fixed_flags(dbi, n) : 0);

    val = (val & (bar_address_bits(dbi, n) | settable)) |
          (old & flags & ~settable);
    stl_le_p(p, val);
}

DwcBar dwc_dbi_bar(const DwcDbi *dbi, unsigned n)
{
    const uint8_t *p = dbi->config + bar_register(n);
    uint64_t mask = bar_size_mask(dbi, n);
    uint32_t flags = bar_flags(dbi, n);
    DwcBar bar = {};

    if (!bar_is_enabled(dbi, n)) {
        return bar;
    }
    bar.flags = ldl_le_p(p) & flags;
    bar.addr = ldl_le_p(p) & ~flags;
    if (bar_is_64bit(dbi, n) && n + 1 < DWC_BARS) {
        bar.addr |= (uint64_t)ldl_le_p(p + 4) << 32;
    }
    /* A mask with holes is the guest's mistake; the size stays sane. */
    bar.size = mask >> 62 ? 1ull << 62 : pow2ceil(mask + 1);
    return bar;
}

/* What of VAL the mask of BAR N takes: bit 0 enables. */
static uint32_t bar_mask_taken(const DwcDbi *dbi, unsigned n, uint32_t val)
{
    switch (n == DWC_ROM ? DWC_BAR_FREE : dbi->options.bars[n]) {
    case DWC_BAR_RESIZABLE:
        return val & 1;
    case DWC_BAR_FIXED:
        return bar_is_upper_half(dbi, n) ? val : val & 1;
    case DWC_BAR_WIRED:
        return 1;
    default:
        return val;
    }
}

void dwc_dbi_reset_bars(DwcDbi *dbi)
{
    unsigned n;

    for (n = 0; n <= DWC_ROM; n++) {
        dbi->bar_mask[n] = bar_mask_taken(dbi, n, 0);
    }
}

uint32_t dwc_dbi2_read(DwcDbi *dbi, hwaddr addr, unsigned size)
{
    int n = dwc_dbi_bar_at(addr);

    return n < 0 ? 0 :
           extract32(bar_shown_mask(dbi, n), (addr & 3) * 8,
                     MIN(size, 4 - (addr & 3)) * 8);
}

void dwc_dbi2_write(DwcDbi *dbi, hwaddr addr, uint32_t val, unsigned size)
{
    int n = dwc_dbi_bar_at(addr);
    bool was_enabled;
    uint8_t *p;

    if (n < 0) {
        qemu_log_mask(LOG_UNIMP, "dwc-pcie-ep: DBI2 write to 0x%03x: only "
                      "BAR masks are there\n", (unsigned)addr);
        return;
    }
    p = dbi->config + bar_register(n);
    was_enabled = bar_is_enabled(dbi, n);
    val = dwc_dbi_merge(bar_shown_mask(dbi, n), addr, val, size);
    dbi->bar_mask[n] = bar_mask_taken(dbi, n, val);
    if (bar_is_upper_half(dbi, n)) {
        dwc_dbi_write_bar(dbi, n, ldl_le_p(p), false);
        return;
    }
    if (!bar_is_enabled(dbi, n)) {
        /* A disabled BAR reads as zero. */
        stl_le_p(p, 0);
        if (was_enabled && n + 1 < DWC_BARS && !bar_is_enabled(dbi, n + 1)) {
            /* ... and so does what may have been its upper half. */
            stl_le_p(p + 4, 0);
        }
        return;
    }
    if (!was_enabled && n < DWC_BARS &&
        dbi->options.bars[n] == DWC_BAR_64BIT) {
        stl_le_p(p, PCI_BASE_ADDRESS_MEM_TYPE_64);
    }
    /* Address bits that a larger size takes away read zero. */
    dwc_dbi_write_bar(dbi, n, ldl_le_p(p), false);
    if (n + 1 < DWC_BARS) {
        dwc_dbi_write_bar(dbi, n + 1, ldl_le_p(p + 4), false);
    }
}
