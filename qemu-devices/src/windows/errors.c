/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors that a function finds in what comes over the link. */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/lockable.h"
#include "hw/pci/pci_regs.h"
#include "link/tlp.h"
#include "time/sync.h"
#include "windows/errors.h"
#include "trace-ntb_edma.h"

void dwc_error_found(DwcPcieEp *ep, unsigned function, const DwcAerError *error)
{
    DwcLinkError message = {};
    DwcAerMessage kind;
    DwcLinkEpoch epoch;

    WITH_QEMU_LOCK_GUARD(&ep->lock) {
        kind = dwc_aer_found(&ep->fn[function].dbi, error);
        epoch = ep->up ? ep->epoch : 0;
    }
    trace_dwc_error(function, error->status, error->pci_status, kind);
    /* A message of the link has no time of its own. */
    if (kind != DWC_AER_SILENT && epoch && !dwc_time_enabled()) {
        message.message = cpu_to_le32(kind);
        dwc_link_send_in(ep->link, epoch, DWC_LINK_OF(function, DWC_LINK_ERROR),
                         &message, sizeof(message), NULL, 0, false);
    }
}

/* All of the host's requests come from its root complex, which is 00:00.0. */
void dwc_error_unsupported(DwcPcieEp *ep, unsigned function, unsigned bar,
                           uint64_t offset, unsigned size, bool is_write)
{
    DwcAerError error = {
        .status = PCI_ERR_UNC_UNSUP,
        .advisory = !is_write,
        .has_header = true,
    };
    uint64_t addr;

    WITH_QEMU_LOCK_GUARD(&ep->lock) {
        addr = dwc_dbi_bar(&ep->fn[function].dbi, bar).addr + offset;
    }
    dwc_tlp_memory_request(error.header, 0, addr, size, is_write);
    dwc_error_found(ep, function, &error);
}
