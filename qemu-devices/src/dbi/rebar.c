/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Resizable BARs. */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/bswap.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"
#include "qemu/units.h"
#include "hw/pci/pci.h"
#include "hw/pci/pcie_regs.h"
#include "hw/registerfields.h"
#include "dbi/rebar.h"

/* An entry, from the capability's first on. */
REG32(REBAR_CAP, 0x04)
    /* 1 MiB to 128 TiB */
    FIELD(REBAR_CAP, SIZES, 4, 28)
REG32(REBAR_CTRL, 0x08)
    FIELD(REBAR_CTRL, BAR, 0, 3)
    FIELD(REBAR_CTRL, ENTRIES, 5, 3)
    FIELD(REBAR_CTRL, SIZE, 8, 6)
    /* 256 TiB to 8 EiB */
    FIELD(REBAR_CTRL, SIZES, 16, 16)
#define ENTRY_SIZE  8

static hwaddr rebar_cap_of(unsigned entry)
{
    return DWC_CAP_REBAR + A_REBAR_CAP + ENTRY_SIZE * entry;
}

static hwaddr rebar_ctrl_of(unsigned entry)
{
    return DWC_CAP_REBAR + A_REBAR_CTRL + ENTRY_SIZE * entry;
}

/* Bit N: 1 MiB << N. */
static uint64_t rebar_offered(const DwcDbi *dbi, unsigned entry)
{
    uint32_t cap = ldl_le_p(dbi->config + rebar_cap_of(entry));
    uint32_t ctrl = ldl_le_p(dbi->config + rebar_ctrl_of(entry));

    return FIELD_EX32(cap, REBAR_CAP, SIZES) |
           (uint64_t)FIELD_EX32(ctrl, REBAR_CTRL, SIZES) << 28;
}

static void rebar_select(DwcDbi *dbi, unsigned entry, unsigned size)
{
    uint8_t *p = dbi->config + rebar_ctrl_of(entry);
    unsigned n = FIELD_EX32(ldl_le_p(p), REBAR_CTRL, BAR);
    uint8_t *bar = dbi->config + PCI_BASE_ADDRESS_0 + 4 * n;

    stl_le_p(p, FIELD_DP32(ldl_le_p(p), REBAR_CTRL, SIZE, size));
    /* Address bits that the larger size takes away read zero. */
    dwc_dbi_write_bar(dbi, n, ldl_le_p(bar), false);
    if (n + 1 < DWC_BARS) {
        dwc_dbi_write_bar(dbi, n + 1, ldl_le_p(bar + 4), false);
    }
}

static void rebar_select_smallest(DwcDbi *dbi, unsigned entry)
{
    uint64_t sizes = rebar_offered(dbi, entry);

    rebar_select(dbi, entry, sizes ? ctz64(sizes) : 0);
}

static bool rebar_has_entry(const DwcDbiOptions *options, unsigned n)
{
    return options->bars[n] == DWC_BAR_RESIZABLE ||
           (options->resizable_bars && (options->bars[n] == DWC_BAR_FREE ||
                                        options->bars[n] == DWC_BAR_64BIT));
}

bool dwc_rebar_is_there(const DwcDbiOptions *options)
{
    unsigned n;

    for (n = 0; n < DWC_BARS; n++) {
        if (rebar_has_entry(options, n)) {
            return true;
        }
    }
    return false;
}

void dwc_rebar_init(DwcDbi *dbi)
{
    unsigned n;

    for (n = 0; n < DWC_BARS; n++) {
        if (rebar_has_entry(&dbi->options, n)) {
            stl_le_p(dbi->wmask + rebar_ctrl_of(dbi->rebar_entries++),
                     R_REBAR_CTRL_SIZE_MASK);
        }
    }
}

void dwc_rebar_reset(DwcDbi *dbi)
{
    unsigned n, entry = 0;

    if (!dbi->rebar_entries) {
        return;
    }
    stl_le_p(dbi->config + DWC_CAP_REBAR,
             PCI_EXT_CAP(PCI_EXT_CAP_ID_REBAR, 1,
                         dwc_dbi_next_extended(&dbi->options, DWC_CAP_REBAR)));
    for (n = 0; n < DWC_BARS; n++) {
        uint32_t ctrl = FIELD_DP32(0, REBAR_CTRL, BAR, n);

        if (!rebar_has_entry(&dbi->options, n)) {
            continue;
        }
        if (!entry) {
            ctrl = FIELD_DP32(ctrl, REBAR_CTRL, ENTRIES, dbi->rebar_entries);
        }
        /* 1 MiB and nothing else, until the driver says otherwise. */
        stl_le_p(dbi->config + rebar_cap_of(entry),
                 FIELD_DP32(0, REBAR_CAP, SIZES, 1));
        stl_le_p(dbi->config + rebar_ctrl_of(entry), ctrl);
        entry++;
    }
}

void dwc_rebar_hot_reset(DwcDbi *dbi)
{
    unsigned entry;

    for (entry = 0; entry < dbi->rebar_entries; entry++) {
        rebar_select_smallest(dbi, entry);
    }
}

bool dwc_rebar_is_register(const DwcDbi *dbi, hwaddr addr)
{
    return dbi->rebar_entries && addr >= rebar_cap_of(0) &&
           addr < rebar_cap_of(dbi->rebar_entries);
}

bool dwc_rebar_is_control(const DwcDbi *dbi, hwaddr addr)
{
    return dwc_rebar_is_register(dbi, addr) && ((addr - rebar_cap_of(0)) & 4);
}

void dwc_rebar_write(DwcDbi *dbi, hwaddr reg, uint32_t val, bool unlocked)
{
    unsigned entry = (reg - rebar_cap_of(0)) / ENTRY_SIZE;
    uint8_t *p = dbi->config + reg;
    unsigned size;

    if (!dwc_rebar_is_control(dbi, reg)) {
        if (unlocked) {
            stl_le_p(p, val & R_REBAR_CAP_SIZES_MASK);
            rebar_select_smallest(dbi, entry);
        }
        return;
    }
    if (unlocked) {
        stl_le_p(p, FIELD_DP32(ldl_le_p(p), REBAR_CTRL, SIZES,
                               FIELD_EX32(val, REBAR_CTRL, SIZES)));
    }
    size = FIELD_EX32(val, REBAR_CTRL, SIZE);
    if (size == FIELD_EX32(ldl_le_p(p), REBAR_CTRL, SIZE)) {
        return;
    }
    if (!extract64(rebar_offered(dbi, entry), size, 1)) {
        qemu_log_mask(LOG_GUEST_ERROR, "dwc-pcie-ep: size code %u is not among "
                      "those that the resizable BAR's entry %u offers "
                      "(0x%"PRIx64")\n", size, entry, rebar_offered(dbi, entry));
        return;
    }
    rebar_select(dbi, entry, size);
}

uint64_t dwc_rebar_size(const DwcDbi *dbi, unsigned n)
{
    unsigned entry;

    for (entry = 0; entry < dbi->rebar_entries; entry++) {
        uint32_t ctrl = ldl_le_p(dbi->config + rebar_ctrl_of(entry));

        if (FIELD_EX32(ctrl, REBAR_CTRL, BAR) == n) {
            return MiB << MIN(FIELD_EX32(ctrl, REBAR_CTRL, SIZE), 43);
        }
    }
    return 0;
}
