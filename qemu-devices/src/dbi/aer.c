/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Advanced error reporting. */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/host-utils.h"
#include "hw/pci/pci.h"
#include "hw/pci/pcie_regs.h"
#include "dbi/aer.h"

/* All that an endpoint without atomic requests and ACS may find. */
#define UNCORRECTABLE \
    (PCI_ERR_UNC_DLP | PCI_ERR_UNC_POISON_TLP | PCI_ERR_UNC_FCP | \
     PCI_ERR_UNC_COMP_TIME | PCI_ERR_UNC_COMP_ABORT | PCI_ERR_UNC_UNX_COMP | \
     PCI_ERR_UNC_RX_OVER | PCI_ERR_UNC_MALF_TLP | PCI_ERR_UNC_ECRC | \
     PCI_ERR_UNC_UNSUP)
#define FATAL \
    (PCI_ERR_UNC_DLP | PCI_ERR_UNC_FCP | PCI_ERR_UNC_RX_OVER | \
     PCI_ERR_UNC_MALF_TLP)
#define CORRECTABLE \
    (PCI_ERR_COR_RCVR | PCI_ERR_COR_BAD_TLP | PCI_ERR_COR_BAD_DLLP | \
     PCI_ERR_COR_REP_ROLL | PCI_ERR_COR_REP_TIMER | PCI_ERR_COR_ADV_NONFATAL)

static uint32_t aer_read(const DwcDbi *dbi, unsigned reg)
{
    return ldl_le_p(dbi->config + DWC_CAP_AER + reg);
}

static void aer_write(DwcDbi *dbi, unsigned reg, uint32_t val)
{
    stl_le_p(dbi->config + DWC_CAP_AER + reg, val);
}

bool dwc_aer_is_sticky(hwaddr addr)
{
    return addr >= DWC_CAP_AER && addr < DWC_CAP_AER + DWC_AER_SIZE;
}

void dwc_aer_init(DwcDbi *dbi)
{
    uint8_t *writable = dbi->wmask + DWC_CAP_AER;
    uint8_t *clearable = dbi->w1cmask + DWC_CAP_AER;

    stl_le_p(writable + PCI_ERR_UNCOR_MASK, UNCORRECTABLE);
    stl_le_p(writable + PCI_ERR_UNCOR_SEVER, UNCORRECTABLE);
    stl_le_p(writable + PCI_ERR_COR_MASK, CORRECTABLE);
    stl_le_p(clearable + PCI_ERR_UNCOR_STATUS, UNCORRECTABLE);
    stl_le_p(clearable + PCI_ERR_COR_STATUS, CORRECTABLE);
    stl_le_p(dbi->openmask + DWC_CAP_AER, 0xffffffff);
}

void dwc_aer_reset(DwcDbi *dbi)
{
    aer_write(dbi, 0, PCI_EXT_CAP(PCI_EXT_CAP_ID_ERR, 2,
                                  dwc_dbi_next_extended(&dbi->options,
                                                        DWC_CAP_AER)));
    aer_write(dbi, PCI_ERR_UNCOR_SEVER, FATAL);
    aer_write(dbi, PCI_ERR_COR_MASK, PCI_ERR_COR_ADV_NONFATAL);
}

/* The first of those that are not masked is the one whose header is kept. */
static void aer_log(DwcDbi *dbi, const DwcAerError *error)
{
    uint32_t cap = aer_read(dbi, PCI_ERR_CAP);
    unsigned i;

    if (aer_read(dbi, PCI_ERR_UNCOR_STATUS) &
        BIT(PCI_ERR_CAP_FEP(cap)) & UNCORRECTABLE) {
        return;
    }
    aer_write(dbi, PCI_ERR_CAP, (cap & ~PCI_ERR_CAP_FEP_MASK) |
                                PCI_ERR_CAP_FEP(ctz32(error->status)));
    for (i = 0; i < 4; i++) {
        aer_write(dbi, PCI_ERR_HEADER_LOG + 4 * i,
                  error->has_header ? error->header[i] : 0);
    }
}

static void aer_note(DwcDbi *dbi, const DwcAerError *error)
{
    bool masked = aer_read(dbi, PCI_ERR_UNCOR_MASK) & error->status;

    if (!masked) {
        aer_log(dbi, error);
    }
    aer_write(dbi, PCI_ERR_UNCOR_STATUS,
              aer_read(dbi, PCI_ERR_UNCOR_STATUS) | error->status);
}

static void aer_device_status(DwcDbi *dbi, uint16_t bits)
{
    uint8_t *p = dbi->config + DWC_CAP_EXP + PCI_EXP_DEVSTA;

    stw_le_p(p, lduw_le_p(p) | bits);
}

static DwcAerMessage aer_advisory(DwcDbi *dbi, const DwcAerError *error,
                                  uint16_t control)
{
    aer_device_status(dbi, PCI_EXP_DEVSTA_CED);
    aer_write(dbi, PCI_ERR_COR_STATUS,
              aer_read(dbi, PCI_ERR_COR_STATUS) | PCI_ERR_COR_ADV_NONFATAL);
    if (aer_read(dbi, PCI_ERR_COR_MASK) & PCI_ERR_COR_ADV_NONFATAL) {
        return DWC_AER_SILENT;
    }
    aer_note(dbi, error);
    return control & DWC_AER_CORRECTABLE;
}

static DwcAerMessage aer_uncorrectable(DwcDbi *dbi, const DwcAerError *error,
                                       uint16_t control)
{
    bool fatal = aer_read(dbi, PCI_ERR_UNCOR_SEVER) & error->status;
    bool serr = lduw_le_p(dbi->config + PCI_COMMAND) & PCI_COMMAND_SERR;
    DwcAerMessage message = fatal ? DWC_AER_FATAL : DWC_AER_NON_FATAL;
    uint8_t *status = dbi->config + PCI_STATUS;

    aer_device_status(dbi, fatal ? PCI_EXP_DEVSTA_FED : PCI_EXP_DEVSTA_NFED);
    aer_note(dbi, error);
    if (aer_read(dbi, PCI_ERR_UNCOR_MASK) & error->status ||
        !(serr || (control & message))) {
        return DWC_AER_SILENT;
    }
    if (error->status == PCI_ERR_UNC_UNSUP && !serr &&
        !(control & PCI_EXP_DEVCTL_URRE)) {
        return DWC_AER_SILENT;
    }
    if (serr) {
        stw_le_p(status, lduw_le_p(status) | PCI_STATUS_SIG_SYSTEM_ERROR);
    }
    return message;
}

/* 6.2.5: "Sequence of Device Error Signaling and Logging Operations". */
DwcAerMessage dwc_aer_found(DwcDbi *dbi, const DwcAerError *error)
{
    uint16_t control = lduw_le_p(dbi->config + DWC_CAP_EXP + PCI_EXP_DEVCTL);
    uint8_t *status = dbi->config + PCI_STATUS;
    bool fatal = aer_read(dbi, PCI_ERR_UNCOR_SEVER) & error->status;

    stw_le_p(status, lduw_le_p(status) | error->pci_status);
    if (!error->status) {
        return DWC_AER_SILENT;
    }
    if (error->status == PCI_ERR_UNC_UNSUP) {
        aer_device_status(dbi, PCI_EXP_DEVSTA_URD);
    }
    return error->advisory && !fatal ? aer_advisory(dbi, error, control) :
                                       aer_uncorrectable(dbi, error, control);
}
