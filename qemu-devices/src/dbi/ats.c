/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Address translation services. */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "hw/pci/pci.h"
#include "hw/pci/pcie_regs.h"
#include "dbi/ats.h"

static void ats_head(DwcDbi *dbi, hwaddr cap, uint16_t id)
{
    stl_le_p(dbi->config + cap,
             PCI_EXT_CAP(id, 1, dwc_dbi_next_extended(&dbi->options, cap)));
}

/*
 * Lane errors and equalization are zero, and so is the depth of a queue.  Requests
 * are for whole pages: Linux enables it with Intel's IOMMU for nothing else, and
 * such hosts did with an RK3588 ("PCI: dw-rockchip: Hide broken ATS capability for
 * RK3588 running in EP mode").
 */
void dwc_ats_reset(DwcDbi *dbi)
{
    if (dbi->options.ats) {
        ats_head(dbi, DWC_CAP_SECPCI, PCI_EXT_CAP_ID_SECPCI);
        ats_head(dbi, DWC_CAP_ATS, PCI_EXT_CAP_ID_ATS);
        stw_le_p(dbi->config + DWC_CAP_ATS + PCI_ATS_CAP,
                 PCI_ATS_CAP_PAGE_ALIGNED);
    }
}
