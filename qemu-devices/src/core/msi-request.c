/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MSIs on the glue's request. */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/bswap.h"
#include "qemu/lockable.h"
#include "qemu/log.h"
#include "hw/pci/pci_regs.h"
#include "windows/bus.h"
#include "core/msi-request.h"
#include "trace-ntb_edma.h"

#define MSI(reg)    (DWC_CAP_MSI + (reg))

void dwc_ep_msi_request(DwcPcieEp *ep, unsigned vector)
{
    const uint8_t *c = ep->dbi.config;
    uint64_t addr;
    uint8_t data[4];

    WITH_QEMU_LOCK_GUARD(&ep->lock) {
        unsigned flags = lduw_le_p(c + MSI(PCI_MSI_FLAGS));
        unsigned log2 = MIN(extract32(flags, 4, 3), 5);
        uint32_t message = lduw_le_p(c + MSI(PCI_MSI_DATA_64));

        trace_dwc_msi_request(vector, flags);
        if (!(flags & PCI_MSI_FLAGS_ENABLE) || vector >> log2) {
            qemu_log_mask(LOG_GUEST_ERROR, "dwc-pcie-ep: MSI %u is not sent: "
                          "the host has enabled %u\n", vector,
                          flags & PCI_MSI_FLAGS_ENABLE ? 1 << log2 : 0);
            return;
        }
        addr = dwc_dbi_msi_address(&ep->dbi);
        stl_le_p(data, log2 ? deposit32(message, 0, log2, vector) : message);
    }
    if (dwc_bus_message(ep, addr, data, sizeof(data), !ep->for_host)) {
        stat64_add(&ep->stats.msi, 1);
    }
}
