/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DBI and DBI2.  Port logic offsets after Linux's pcie-designware.h.
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "hw/pci/pci.h"
#include "hw/pci/pcie_regs.h"
#include "hw/registerfields.h"
#include "dbi.h"

REG32(PORT_DEBUG0, 0x728)
    FIELD(PORT_DEBUG0, LTSSM, 0, 6)
REG32(PORT_DEBUG1, 0x72c)
    FIELD(PORT_DEBUG1, LINK_UP, 4, 1)
REG32(MISC_CONTROL_1, 0x8bc)
    FIELD(MISC_CONTROL_1, DBI_RO_WR_EN, 0, 1)
REG32(VERSION_NUMBER, 0x8f8)
REG32(VERSION_TYPE, 0x8fc)
REG32(ATU_VIEWPORT, 0x900)

#define LTSSM_L0        0x11
#define VERSION_562A    0x3536322a
#define TYPE_GA         0x67612a2a

/* What the host may write, outside the BARs. */
static const struct {
    uint16_t offset, size;
    uint32_t mask;
} writable[] = {
    { PCI_COMMAND, 2, PCI_COMMAND_IO | PCI_COMMAND_MEMORY |
                      PCI_COMMAND_MASTER | PCI_COMMAND_PARITY |
                      PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE },
    { PCI_CACHE_LINE_SIZE, 1, 0xff },
    { PCI_LATENCY_TIMER, 1, 0xff },
    { PCI_INTERRUPT_LINE, 1, 0xff },
    { DWC_CAP_PM + PCI_PM_CTRL, 2, PCI_PM_CTRL_STATE_MASK |
                                   PCI_PM_CTRL_PME_ENABLE },
    { DWC_CAP_MSI + PCI_MSI_FLAGS, 2, PCI_MSI_FLAGS_ENABLE |
                                      PCI_MSI_FLAGS_QSIZE },
    { DWC_CAP_MSI + PCI_MSI_ADDRESS_LO, 4, 0xfffffffc },
    { DWC_CAP_MSI + PCI_MSI_ADDRESS_HI, 4, 0xffffffff },
    { DWC_CAP_MSI + PCI_MSI_DATA_64, 2, 0xffff },
    { DWC_CAP_MSI + PCI_MSI_MASK_64, 4, 0xffffffff },
    { DWC_CAP_EXP + PCI_EXP_DEVCTL, 2, 0x7fff },
    { DWC_CAP_EXP + PCI_EXP_LNKCTL, 2, 0x0fcb },
    { DWC_CAP_EXP + PCI_EXP_DEVCTL2, 2, 0xffff },
    { DWC_CAP_EXP + PCI_EXP_LNKCTL2, 2, 0xffff },
    { DWC_CAP_MSIX + PCI_MSIX_FLAGS, 2, PCI_MSIX_FLAGS_ENABLE |
                                        PCI_MSIX_FLAGS_MASKALL },
};

static void or_le(uint8_t *p, unsigned size, uint32_t val)
{
    stn_le_p(p, size, ldn_le_p(p, size) | val);
}

void dwc_dbi_init(DwcDbi *dbi, unsigned msi_vectors, bool msix)
{
    unsigned i;

    memset(dbi, 0, sizeof(*dbi));
    dbi->msix = msix;
    for (i = 0; i < ARRAY_SIZE(writable); i++) {
        if (!msix && writable[i].offset >= DWC_CAP_MSIX) {
            continue;
        }
        or_le(dbi->wmask + writable[i].offset, writable[i].size,
              writable[i].mask);
    }
    dwc_dbi_reset(dbi, msi_vectors);
}

void dwc_dbi_reset(DwcDbi *dbi, unsigned msi_vectors)
{
    uint8_t *c = dbi->config;

    memset(c, 0, sizeof(dbi->config));
    memset(dbi->bar_mask, 0, sizeof(dbi->bar_mask));
    stw_le_p(c + PCI_VENDOR_ID, 0x16c3);
    stw_le_p(c + PCI_DEVICE_ID, 0xabcd);
    stw_le_p(c + PCI_STATUS, PCI_STATUS_CAP_LIST);
    c[PCI_CAPABILITY_LIST] = DWC_CAP_PM;
    c[PCI_INTERRUPT_PIN] = 1;

    c[DWC_CAP_PM] = PCI_CAP_ID_PM;
    c[DWC_CAP_PM + 1] = DWC_CAP_MSI;
    stw_le_p(c + DWC_CAP_PM + PCI_PM_PMC, 3);
    stw_le_p(c + DWC_CAP_PM + PCI_PM_CTRL, PCI_PM_CTRL_NO_SOFT_RESET);

    c[DWC_CAP_MSI] = PCI_CAP_ID_MSI;
    c[DWC_CAP_MSI + 1] = DWC_CAP_EXP;
    stw_le_p(c + DWC_CAP_MSI + PCI_MSI_FLAGS,
             PCI_MSI_FLAGS_64BIT | PCI_MSI_FLAGS_MASKBIT |
             (ctz32(msi_vectors) << 1));

    c[DWC_CAP_EXP] = PCI_CAP_ID_EXP;
    c[DWC_CAP_EXP + 1] = dbi->msix ? DWC_CAP_MSIX : 0;
    stw_le_p(c + DWC_CAP_EXP + PCI_EXP_FLAGS,
             PCI_EXP_FLAGS_VER2 | (PCI_EXP_TYPE_ENDPOINT << 4));
    /* 256 bytes of payload, role-based errors. */
    stl_le_p(c + DWC_CAP_EXP + PCI_EXP_DEVCAP, PCI_EXP_DEVCAP_RBER | 1);
    /* 8 GT/s, four lanes. */
    stl_le_p(c + DWC_CAP_EXP + PCI_EXP_LNKCAP, 0x43);
    stw_le_p(c + DWC_CAP_EXP + PCI_EXP_LNKSTA, 0x43);
    stl_le_p(c + DWC_CAP_EXP + PCI_EXP_LNKCAP2, 0xe);
    stw_le_p(c + DWC_CAP_EXP + PCI_EXP_LNKCTL2, 3);

    if (dbi->msix) {
        c[DWC_CAP_MSIX] = PCI_CAP_ID_MSIX;
    }
    stl_le_p(c + A_VERSION_NUMBER, VERSION_562A);
    stl_le_p(c + A_VERSION_TYPE, TYPE_GA);
}

bool dwc_dbi_is_bar(hwaddr addr)
{
    return addr >= PCI_BASE_ADDRESS_0 &&
           addr < PCI_BASE_ADDRESS_0 + 4 * DWC_BARS;
}

static bool is_64bit(const DwcDbi *dbi, unsigned n)
{
    uint32_t low = ldl_le_p(dbi->config + PCI_BASE_ADDRESS_0 + 4 * n);

    return !(low & PCI_BASE_ADDRESS_SPACE_IO) &&
           (low & PCI_BASE_ADDRESS_MEM_TYPE_MASK) ==
           PCI_BASE_ADDRESS_MEM_TYPE_64;
}

static bool is_upper_half(const DwcDbi *dbi, unsigned n)
{
    return (n & 1) && (dbi->bar_mask[n - 1] & 1) && is_64bit(dbi, n - 1);
}

/* Bits of BAR register N that hold an address. */
static uint32_t bar_address_bits(const DwcDbi *dbi, unsigned n)
{
    if (is_upper_half(dbi, n)) {
        return ~dbi->bar_mask[n];
    }
    return dbi->bar_mask[n] & 1 ? ~(dbi->bar_mask[n] | 0xf) : 0;
}

static void write_bar(DwcDbi *dbi, unsigned n, uint32_t val, uint32_t flag_bits)
{
    uint8_t *p = dbi->config + PCI_BASE_ADDRESS_0 + 4 * n;
    uint32_t old = ldl_le_p(p);
    uint32_t flags = is_upper_half(dbi, n) ? 0 : 0xf;

    val = (val & bar_address_bits(dbi, n)) |
          (val & flags & flag_bits) | (old & flags & ~flag_bits);
    stl_le_p(p, val);
}

DwcBar dwc_dbi_bar(const DwcDbi *dbi, unsigned n)
{
    const uint8_t *p = dbi->config + PCI_BASE_ADDRESS_0 + 4 * n;
    uint64_t mask = dbi->bar_mask[n] | 0xf;
    DwcBar bar = {};

    if (!(dbi->bar_mask[n] & 1) || is_upper_half(dbi, n)) {
        return bar;
    }
    bar.flags = ldl_le_p(p) & 0xf;
    bar.addr = ldl_le_p(p) & ~0xfu;
    if (is_64bit(dbi, n) && n + 1 < DWC_BARS) {
        bar.addr |= (uint64_t)ldl_le_p(p + 4) << 32;
        mask |= (uint64_t)dbi->bar_mask[n + 1] << 32;
    }
    /* A mask with holes is the guest's mistake; the size stays sane. */
    bar.size = mask >> 62 ? 1ull << 62 : pow2ceil(mask + 1);
    return bar;
}

bool dwc_dbi_bus_master(const DwcDbi *dbi)
{
    return lduw_le_p(dbi->config + PCI_COMMAND) & PCI_COMMAND_MASTER;
}

uint64_t dwc_dbi_msi_address(const DwcDbi *dbi)
{
    const uint8_t *msi = dbi->config + DWC_CAP_MSI;

    if (!(lduw_le_p(msi + PCI_MSI_FLAGS) & PCI_MSI_FLAGS_ENABLE)) {
        return 0;
    }
    return ldl_le_p(msi + PCI_MSI_ADDRESS_LO) |
           (uint64_t)ldl_le_p(msi + PCI_MSI_ADDRESS_HI) << 32;
}

bool dwc_dbi_msix_enabled(const DwcDbi *dbi)
{
    return dbi->msix && (lduw_le_p(dbi->config + DWC_CAP_MSIX + PCI_MSIX_FLAGS)
                         & PCI_MSIX_FLAGS_ENABLE);
}

void dwc_dbi_hot_reset(DwcDbi *dbi)
{
    uint8_t *c = dbi->config;
    unsigned i, n;

    for (n = 0; n < DWC_BARS; n++) {
        write_bar(dbi, n, 0, 0);
    }
    for (i = 0; i < ARRAY_SIZE(writable); i++) {
        uint8_t *p = c + writable[i].offset;

        if (ldn_le_p(dbi->wmask + writable[i].offset, writable[i].size)) {
            stn_le_p(p, writable[i].size,
                     ldn_le_p(p, writable[i].size) & ~writable[i].mask);
        }
    }
}

uint32_t dwc_dbi_read(DwcDbi *dbi, hwaddr addr, unsigned size, bool link_up)
{
    uint32_t reg = addr & ~3ull;
    uint32_t val;

    switch (reg) {
    case A_PORT_DEBUG0:
        val = FIELD_DP32(ldl_le_p(dbi->config + reg), PORT_DEBUG0, LTSSM,
                         link_up ? LTSSM_L0 : 0);
        break;
    case A_PORT_DEBUG1:
        val = FIELD_DP32(0, PORT_DEBUG1, LINK_UP, link_up);
        break;
    case A_ATU_VIEWPORT:
        /* All ones: there is no viewport, the iATU is unrolled. */
        val = UINT32_MAX;
        break;
    default:
        val = ldl_le_p(dbi->config + reg);
        break;
    }
    return extract32(val, (addr & 3) * 8, MIN(size, 4 - (addr & 3)) * 8);
}

/* Bytes of a register written, the others as they are. */
static uint32_t merge(uint32_t old, hwaddr addr, uint32_t val, unsigned size)
{
    return deposit32(old, (addr & 3) * 8, MIN(size, 4 - (addr & 3)) * 8, val);
}

void dwc_dbi_write(DwcDbi *dbi, hwaddr addr, uint32_t val, unsigned size)
{
    uint32_t reg = addr & ~3ull;
    uint8_t *p = dbi->config + reg;
    uint32_t old = ldl_le_p(p);
    bool unlocked = FIELD_EX32(ldl_le_p(dbi->config + A_MISC_CONTROL_1),
                               MISC_CONTROL_1, DBI_RO_WR_EN);
    uint32_t mask;

    val = merge(old, addr, val, size);
    if (dwc_dbi_is_bar(reg)) {
        write_bar(dbi, (reg - PCI_BASE_ADDRESS_0) / 4, val,
                  unlocked ? 0xf : 0);
        return;
    }
    switch (reg) {
    case A_VERSION_NUMBER:
    case A_VERSION_TYPE:
    case A_PORT_DEBUG0:
    case A_PORT_DEBUG1:
    case A_ATU_VIEWPORT:
        return;
    }
    mask = reg >= DWC_PORT_LOGIC || unlocked ? UINT32_MAX :
           ldl_le_p(dbi->wmask + reg);
    if ((val ^ old) & ~mask) {
        qemu_log_mask(LOG_GUEST_ERROR, "dwc-pcie-ep: DBI write of 0x%08x to "
                      "read-only bits of 0x%03x while DBI_RO_WR_EN is 0\n",
                      val, reg);
    }
    stl_le_p(p, (old & ~mask) | (val & mask));
}

uint32_t dwc_dbi2_read(DwcDbi *dbi, hwaddr addr, unsigned size)
{
    hwaddr reg = addr & ~3ull;

    if (!dwc_dbi_is_bar(reg)) {
        return 0;
    }
    return extract32(dbi->bar_mask[(reg - PCI_BASE_ADDRESS_0) / 4],
                     (addr & 3) * 8, MIN(size, 4 - (addr & 3)) * 8);
}

void dwc_dbi2_write(DwcDbi *dbi, hwaddr addr, uint32_t val, unsigned size)
{
    hwaddr reg = addr & ~3ull;
    unsigned n = (reg - PCI_BASE_ADDRESS_0) / 4;

    if (!dwc_dbi_is_bar(reg)) {
        qemu_log_mask(LOG_UNIMP, "dwc-pcie-ep: DBI2 write to 0x%03x: only "
                      "BAR masks are there\n", (unsigned)reg);
        return;
    }
    dbi->bar_mask[n] = merge(dbi->bar_mask[n], addr, val, size);
    if (!(dbi->bar_mask[n] & 1) && !is_upper_half(dbi, n)) {
        /* A disabled BAR reads as zero. */
        stl_le_p(dbi->config + reg, 0);
    }
}

void dwc_dbi_host_write(DwcDbi *dbi, hwaddr addr, uint32_t val, unsigned size)
{
    uint32_t reg = addr & ~3ull;
    uint8_t *p = dbi->config + reg;
    uint32_t old = ldl_le_p(p);
    uint32_t mask = ldl_le_p(dbi->wmask + reg);

    val = merge(old, addr, val, size);
    if (dwc_dbi_is_bar(reg)) {
        write_bar(dbi, (reg - PCI_BASE_ADDRESS_0) / 4, val, 0);
    } else {
        stl_le_p(p, (old & ~mask) | (val & mask));
    }
}
