/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DBI: configuration space and port logic.  Port logic offsets after Linux's
 * pcie-designware.h.
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "hw/pci/pci.h"
#include "hw/registerfields.h"
#include "dbi/rebar.h"
#include "link/tlp.h"

REG32(PORT_DEBUG0, 0x728)
    FIELD(PORT_DEBUG0, LTSSM, 0, 6)
REG32(PORT_DEBUG1, 0x72c)
    FIELD(PORT_DEBUG1, LINK_UP, 4, 1)
REG32(LINK_WIDTH_SPEED_CONTROL, 0x80c)
    FIELD(LINK_WIDTH_SPEED_CONTROL, SPEED_CHANGE, 17, 1)
REG32(MISC_CONTROL_1, 0x8bc)
    FIELD(MISC_CONTROL_1, DBI_RO_WR_EN, 0, 1)
REG32(ATU_VIEWPORT, 0x900)

#define LTSSM_L0        0x11

bool dwc_dbi_memory_enabled(const DwcDbi *dbi)
{
    return lduw_le_p(dbi->config + PCI_COMMAND) & PCI_COMMAND_MEMORY;
}

bool dwc_dbi_bus_master(const DwcDbi *dbi)
{
    return lduw_le_p(dbi->config + PCI_COMMAND) & PCI_COMMAND_MASTER;
}

unsigned dwc_dbi_max_payload(const DwcDbi *dbi)
{
    unsigned code = FIELD_EX32(lduw_le_p(dbi->config + DWC_CAP_EXP +
                                         PCI_EXP_DEVCTL), DEVCTL, PAYLOAD);

    return dwc_tlp_limit(code);
}

unsigned dwc_dbi_power_state(const DwcDbi *dbi)
{
    return dbi->config[DWC_CAP_PM + PCI_PM_CTRL] & PCI_PM_CTRL_STATE_MASK;
}

bool dwc_dbi_outbound_aborts(const DwcDbi *dbi)
{
    return ldl_le_p(dbi->config + DWC_ERROR_RESPONSE) &
           DWC_ERROR_RESPONSE_GLOBAL;
}

uint64_t dwc_dbi_msi_address(const DwcDbi *dbi)
{
    const uint8_t *msi = dbi->config + DWC_CAP_MSI;

    if (!(lduw_le_p(msi + PCI_MSI_FLAGS) & PCI_MSI_FLAGS_ENABLE)) {
        return 0;
    }
    return (uint32_t)ldl_le_p(msi + PCI_MSI_ADDRESS_LO) |
           (uint64_t)ldl_le_p(msi + PCI_MSI_ADDRESS_HI) << 32;
}

bool dwc_dbi_msix_enabled(const DwcDbi *dbi)
{
    const uint8_t *msix = dbi->config + DWC_CAP_MSIX;

    return dbi->options.msix &&
           (lduw_le_p(msix + PCI_MSIX_FLAGS) & PCI_MSIX_FLAGS_ENABLE);
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

uint32_t dwc_dbi_merge(uint32_t old, hwaddr addr, uint32_t val, unsigned size)
{
    return deposit32(old, (addr & 3) * 8, MIN(size, 4 - (addr & 3)) * 8, val);
}

/* The bits of the register at ADDR that this write clears by its ones. */
static uint32_t dbi_cleared(const DwcDbi *dbi, hwaddr addr, uint32_t val,
                            unsigned size)
{
    return dwc_dbi_merge(0, addr, val, size) &
           ldl_le_p(dbi->w1cmask + (addr & ~3ull));
}

/* What the endpoint may write of a register at REG that is none of a BAR's. */
static uint32_t dbi_writable(const DwcDbi *dbi, hwaddr reg, bool unlocked)
{
    uint32_t mask = ldl_le_p(dbi->wmask + reg);

    if (reg >= DWC_PORT_LOGIC) {
        return UINT32_MAX;
    }
    if (unlocked) {
        mask |= dbi->options.forgive_read_only ? UINT32_MAX :
                ldl_le_p(dbi->openmask + reg);
    }
    return mask & ~ldl_le_p(dbi->w1cmask + reg);
}

/* One bit of the port logic opens all functions. */
static bool dbi_unlocked(const DwcDbi *dbi)
{
    const DwcDbi *port = dbi->options.first ?: dbi;

    return FIELD_EX32(ldl_le_p(port->config + A_MISC_CONTROL_1),
                      MISC_CONTROL_1, DBI_RO_WR_EN);
}

void dwc_dbi_write(DwcDbi *dbi, hwaddr addr, uint32_t val, unsigned size)
{
    uint32_t reg = addr & ~3ull;
    uint8_t *p = dbi->config + reg;
    uint32_t old = ldl_le_p(p);
    bool unlocked = dbi_unlocked(dbi);
    uint32_t mask;
    uint32_t w1c = dbi_cleared(dbi, addr, val, size);

    val = dwc_dbi_merge(old, addr, val, size);
    if (dwc_dbi_bar_at(reg) >= 0) {
        dwc_dbi_write_bar(dbi, dwc_dbi_bar_at(reg), val, unlocked);
        return;
    }
    if (dwc_rebar_is_register(dbi, reg)) {
        dwc_rebar_write(dbi, reg, val, unlocked);
        return;
    }
    switch (reg) {
    case DWC_VERSION_NUMBER:
    case DWC_VERSION_TYPE:
    case A_PORT_DEBUG0:
    case A_PORT_DEBUG1:
    case A_ATU_VIEWPORT:
        return;
    }
    mask = dbi_writable(dbi, reg, unlocked);
    if ((val ^ old) & ~mask & ~ldl_le_p(dbi->w1cmask + reg)) {
        qemu_log_mask(LOG_GUEST_ERROR, "dwc-pcie-ep: DBI write of 0x%08x to "
                      "read-only bits of 0x%03x while DBI_RO_WR_EN is %d\n",
                      val, reg, unlocked);
    }
    stl_le_p(p, ((old & ~mask) | (val & mask)) & ~w1c);
}

void dwc_dbi_link_is_up(DwcDbi *dbi)
{
    uint8_t *p = dbi->config + A_LINK_WIDTH_SPEED_CONTROL;

    stl_le_p(p, FIELD_DP32(ldl_le_p(p), LINK_WIDTH_SPEED_CONTROL, SPEED_CHANGE,
                           0));
}

uint32_t dwc_dbi_host_read(const DwcDbi *dbi, hwaddr addr)
{
    hwaddr reg = addr & ~3ull;

    return reg < DWC_PORT_LOGIC ? ldl_le_p(dbi->config + reg) : 0;
}

void dwc_dbi_host_write(DwcDbi *dbi, hwaddr addr, uint32_t val, unsigned size)
{
    uint32_t reg = addr & ~3ull;
    uint8_t *p = dbi->config + reg;
    uint32_t old = ldl_le_p(p);
    uint32_t mask = ldl_le_p(dbi->wmask + reg);
    uint32_t w1c = dbi_cleared(dbi, addr, val, size);

    val = dwc_dbi_merge(old, addr, val, size);
    if (dwc_dbi_bar_at(reg) >= 0) {
        dwc_dbi_write_bar(dbi, dwc_dbi_bar_at(reg), val, false);
    } else if (dwc_rebar_is_register(dbi, reg)) {
        dwc_rebar_write(dbi, reg, val, false);
    } else {
        stl_le_p(p, ((old & ~mask) | (val & mask)) & ~w1c);
    }
}
