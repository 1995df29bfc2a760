/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MSIs on the glue's request. */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/bswap.h"
#include "qemu/host-utils.h"
#include "qemu/lockable.h"
#include "qemu/log.h"
#include "hw/pci/pci_regs.h"
#include "bus.h"
#include "msi-request.h"
#include "trace-ntb_edma.h"

#define MSI(reg)    (DWC_CAP_MSI + (reg))

/* A message to send, worked out with the lock and sent without. */
typedef struct Message {
    uint64_t addr;
    uint32_t data;
} Message;

static Message compose(const DwcDbi *dbi, unsigned vector)
{
    const uint8_t *c = dbi->config;
    unsigned log2 = extract32(lduw_le_p(c + MSI(PCI_MSI_FLAGS)), 4, 3);
    uint32_t data = lduw_le_p(c + MSI(PCI_MSI_DATA_64));

    return (Message) {
        .addr = dwc_dbi_msi_address(dbi),
        .data = log2 ? deposit32(data, 0, log2, vector) : data,
    };
}

static void send_message(DwcPcieEp *ep, const Message *message)
{
    uint8_t bytes[4];

    stl_le_p(bytes, message->data);
    if (dwc_bus_write(ep, message->addr, bytes, sizeof(bytes),
                      !ep->for_host)) {
        stat64_add(&ep->stats.msi, 1);
    }
}

void dwc_ep_msi_request(DwcPcieEp *ep, unsigned vector)
{
    uint8_t *c = ep->dbi.config;
    Message message;

    WITH_QEMU_LOCK_GUARD(&ep->lock) {
        unsigned flags = lduw_le_p(c + MSI(PCI_MSI_FLAGS));
        uint32_t mask = ldl_le_p(c + MSI(PCI_MSI_MASK_64));
        uint32_t pending = ldl_le_p(c + MSI(PCI_MSI_PENDING_64));

        trace_dwc_msi_request(vector, flags, mask);
        if (!(flags & PCI_MSI_FLAGS_ENABLE) ||
            vector >> MIN(extract32(flags, 4, 3), 5)) {
            qemu_log_mask(LOG_GUEST_ERROR, "dwc-pcie-ep: MSI %u is not sent: "
                          "the host has enabled %u\n", vector,
                          flags & PCI_MSI_FLAGS_ENABLE ?
                          1 << MIN(extract32(flags, 4, 3), 5) : 0);
            return;
        }
        if (extract32(mask, vector, 1)) {
            stl_le_p(c + MSI(PCI_MSI_PENDING_64), pending | BIT(vector));
            dwc_ep_tell_host(ep, MSI(PCI_MSI_PENDING_64));
            return;
        }
        message = compose(&ep->dbi, vector);
    }
    send_message(ep, &message);
}

void dwc_ep_msi_unmask(DwcPcieEp *ep)
{
    uint8_t *c = ep->dbi.config;
    Message messages[32];
    unsigned n = 0, i;

    WITH_QEMU_LOCK_GUARD(&ep->lock) {
        uint32_t pending = ldl_le_p(c + MSI(PCI_MSI_PENDING_64));
        uint32_t due = pending & ~ldl_le_p(c + MSI(PCI_MSI_MASK_64));

        if (!due || !(lduw_le_p(c + MSI(PCI_MSI_FLAGS)) &
                      PCI_MSI_FLAGS_ENABLE)) {
            return;
        }
        stl_le_p(c + MSI(PCI_MSI_PENDING_64), pending & ~due);
        dwc_ep_tell_host(ep, MSI(PCI_MSI_PENDING_64));
        for (; due; due &= due - 1) {
            messages[n++] = compose(&ep->dbi, ctz32(due));
        }
    }
    for (i = 0; i < n; i++) {
        send_message(ep, &messages[i]);
    }
}
