/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration space of the function after a reset: which capabilities
 * there are, where, and what of it the host may write.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/host-utils.h"
#include "hw/pci/pci.h"
#include "hw/pci/pcie_regs.h"
#include "dbi/aer.h"
#include "dbi/ats.h"
#include "dbi/rebar.h"

#define VERSION_562A    0x3536322a
#define TYPE_GA         0x67612a2a

/* Bits of a register, outside the BARs. */
typedef struct Writable {
    uint16_t offset, size;
    uint32_t mask;
} Writable;

/* What the host may write. */
static const Writable writable[] = {
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
    { DWC_CAP_ATS + PCI_ATS_CTRL, 2, PCI_ATS_CTRL_ENABLE |
                                     PCI_ATS_CTRL_STU(0x1f) },
};

/*
 * What the endpoint may write, too, while DBI_RO_WR_EN is set: what describes
 * the function, as Linux's pcie-designware{,-ep}.c and the glue drivers write
 * it, and its like.  What tells of a state stays read-only.
 */
static const Writable opened[] = {
    { PCI_VENDOR_ID, 4, 0xffffffff },
    { PCI_CLASS_REVISION, 4, 0xffffffff },
    { PCI_HEADER_TYPE, 1, PCI_HEADER_TYPE_MULTI_FUNCTION },
    { PCI_CARDBUS_CIS, 4, 0xffffffff },
    { PCI_SUBSYSTEM_VENDOR_ID, 4, 0xffffffff },
    { PCI_CAPABILITY_LIST, 1, 0xff },
    { PCI_INTERRUPT_PIN, 1, 0xff },
    { DWC_CAP_PM, 4, 0xffffff00 },
    { DWC_CAP_PM + PCI_PM_CTRL, 2, PCI_PM_CTRL_NO_SOFT_RESET },
    { DWC_CAP_MSI, 4, 0xff00 | (PCI_MSI_FLAGS_QMASK | PCI_MSI_FLAGS_64BIT |
                                PCI_MSI_FLAGS_MASKBIT) << 16 },
    { DWC_CAP_EXP, 4, 0xff00 | (PCI_EXP_FLAGS_SLOT | PCI_EXP_FLAGS_IRQ) << 16 },
    { DWC_CAP_EXP + PCI_EXP_DEVCAP, 4, 0xffffffff },
    { DWC_CAP_EXP + PCI_EXP_LNKCAP, 4, 0xffffffff },
    { DWC_CAP_EXP + PCI_EXP_LNKSTA, 2, PCI_EXP_LNKSTA_SLC },
    { DWC_CAP_EXP + PCI_EXP_DEVCAP2, 4, 0xffffffff },
    { DWC_CAP_EXP + PCI_EXP_LNKCAP2, 4, 0xffffffff },
    { DWC_CAP_MSIX, 4, 0xff00 | PCI_MSIX_FLAGS_QSIZE << 16 },
    { DWC_CAP_MSIX + PCI_MSIX_TABLE, 4, 0xffffffff },
    { DWC_CAP_MSIX + PCI_MSIX_PBA, 4, 0xffffffff },
    { DWC_CAP_REBAR, 4, 0xffffffff },
    { DWC_CAP_SECPCI, 4, 0xffffffff },
    { DWC_CAP_ATS, 4, 0xffffffff },
    { DWC_CAP_ATS + PCI_ATS_CAP, 2, 0x7f },
};

/* Bits that are cleared by writing ones, by either end. */
static const Writable write_one_to_clear[] = {
    { PCI_STATUS, 2, PCI_STATUS_PARITY | PCI_STATUS_SIG_TARGET_ABORT |
                     PCI_STATUS_REC_TARGET_ABORT | PCI_STATUS_REC_MASTER_ABORT |
                     PCI_STATUS_SIG_SYSTEM_ERROR | PCI_STATUS_DETECTED_PARITY },
    { DWC_CAP_PM + PCI_PM_CTRL, 2, PCI_PM_CTRL_PME_STATUS },
    { DWC_CAP_EXP + PCI_EXP_DEVSTA, 2, PCI_EXP_DEVSTA_CED |
                                       PCI_EXP_DEVSTA_NFED |
                                       PCI_EXP_DEVSTA_FED |
                                       PCI_EXP_DEVSTA_URD },
};

static void dbi_or_le(uint8_t *p, unsigned size, uint32_t val)
{
    stn_le_p(p, size, ldn_le_p(p, size) | val);
}

static bool dbi_is_there(const DwcDbiOptions *options, hwaddr offset)
{
    return offset >= DWC_CAP_SECPCI ? options->ats :
           offset >= DWC_CAP_REBAR ? dwc_rebar_is_there(options) :
           offset >= DWC_CAP_AER ? true :
           offset >= DWC_CAP_MSIX ? options->msix : true;
}

hwaddr dwc_dbi_next_extended(const DwcDbiOptions *options, hwaddr cap)
{
    static const hwaddr chain[] = {
        DWC_CAP_AER, DWC_CAP_REBAR, DWC_CAP_SECPCI, DWC_CAP_ATS
    };
    unsigned i;

    for (i = 0; i < ARRAY_SIZE(chain); i++) {
        if (chain[i] > cap && dbi_is_there(options, chain[i])) {
            return chain[i];
        }
    }
    return 0;
}

void dwc_dbi_init(DwcDbi *dbi, const DwcDbiOptions *options)
{
    unsigned i;

    memset(dbi, 0, sizeof(*dbi));
    dbi->options = *options;
    for (i = 0; i < ARRAY_SIZE(writable); i++) {
        if (!dbi_is_there(options, writable[i].offset)) {
            continue;
        }
        dbi_or_le(dbi->wmask + writable[i].offset, writable[i].size,
                  writable[i].mask);
    }
    for (i = 0; i < ARRAY_SIZE(opened); i++) {
        const Writable *w = &opened[i];

        if (dbi_is_there(options, w->offset)) {
            dbi_or_le(dbi->openmask + w->offset, w->size, w->mask);
        }
    }
    for (i = 0; i < ARRAY_SIZE(write_one_to_clear); i++) {
        const Writable *w = &write_one_to_clear[i];

        dbi_or_le(dbi->w1cmask + w->offset, w->size, w->mask);
    }
    dwc_aer_init(dbi);
    dwc_rebar_init(dbi);
    dwc_dbi_reset(dbi);
}

void dwc_dbi_reset(DwcDbi *dbi)
{
    uint8_t *c = dbi->config;

    memset(c, 0, sizeof(dbi->config));
    dwc_dbi_reset_bars(dbi);
    stw_le_p(c + PCI_VENDOR_ID, 0x16c3);
    stw_le_p(c + PCI_DEVICE_ID, 0xabcd);
    stw_le_p(c + PCI_STATUS, PCI_STATUS_CAP_LIST);
    if (dbi->options.multifunction) {
        c[PCI_HEADER_TYPE] = PCI_HEADER_TYPE_MULTI_FUNCTION;
    }
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
             (ctz32(dbi->options.msi_vectors) << 1));

    c[DWC_CAP_EXP] = PCI_CAP_ID_EXP;
    c[DWC_CAP_EXP + 1] = dbi->options.msix ? DWC_CAP_MSIX : 0;
    stw_le_p(c + DWC_CAP_EXP + PCI_EXP_FLAGS,
             PCI_EXP_FLAGS_VER2 | (PCI_EXP_TYPE_ENDPOINT << 4));
    /* 256 bytes of payload, role-based errors, function-level reset. */
    stl_le_p(c + DWC_CAP_EXP + PCI_EXP_DEVCAP,
             PCI_EXP_DEVCAP_RBER | PCI_EXP_DEVCAP_FLR | 1);
    /* 8 GT/s, four lanes. */
    stl_le_p(c + DWC_CAP_EXP + PCI_EXP_LNKCAP, 0x43);
    stw_le_p(c + DWC_CAP_EXP + PCI_EXP_LNKSTA, 0x43);
    stl_le_p(c + DWC_CAP_EXP + PCI_EXP_LNKCAP2, 0xe);
    stw_le_p(c + DWC_CAP_EXP + PCI_EXP_LNKCTL2, 3);

    if (dbi->options.msix) {
        c[DWC_CAP_MSIX] = PCI_CAP_ID_MSIX;
    }
    stl_le_p(c + DWC_ERROR_RESPONSE, dbi->options.outbound_aborts ?
                                     DWC_ERROR_RESPONSE_GLOBAL : 0);
    stl_le_p(c + DWC_VERSION_NUMBER, VERSION_562A);
    stl_le_p(c + DWC_VERSION_TYPE, TYPE_GA);
    dwc_aer_reset(dbi);
    dwc_rebar_reset(dbi);
    dwc_ats_reset(dbi);
}

void dwc_dbi_hot_reset(DwcDbi *dbi)
{
    uint8_t *c = dbi->config;
    unsigned i, n;

    for (n = 0; n <= DWC_ROM; n++) {
        dwc_dbi_write_bar(dbi, n, 0, false);
    }
    for (i = 0; i < DWC_PORT_LOGIC; i++) {
        if (!dwc_aer_is_sticky(i)) {
            c[i] &= ~dbi->w1cmask[i];
        }
    }
    for (i = 0; i < ARRAY_SIZE(writable); i++) {
        uint8_t *p = c + writable[i].offset;

        if (ldn_le_p(dbi->wmask + writable[i].offset, writable[i].size)) {
            stn_le_p(p, writable[i].size,
                     ldn_le_p(p, writable[i].size) & ~writable[i].mask);
        }
    }
    dwc_rebar_hot_reset(dbi);
}
