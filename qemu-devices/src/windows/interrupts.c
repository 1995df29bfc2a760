/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts that the controller sends itself: INTx messages, MSIs and MSI-X.
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/bswap.h"
#include "qemu/lockable.h"
#include "qemu/log.h"
#include "hw/pci/pci_regs.h"
#include "windows/bus.h"
#include "windows/inbound.h"
#include "windows/interrupts.h"
#include "windows/msix.h"
#include "trace-ntb_edma.h"

/* Message codes, PCIe base specification: INTA to INTD. */
#define ASSERT_INTX     0x20
#define DEASSERT_INTX   0x24
#define INTX_END        0x28

void dwc_ep_intx(DwcPcieEp *ep, unsigned function, unsigned pin, bool asserted)
{
    DwcEpFunction *fn = &ep->fn[function];
    DwcLinkIntx intx = {
        .pin = cpu_to_le32(pin),
        .asserted = cpu_to_le32(asserted),
    };
    DwcLinkEpoch epoch;

    WITH_QEMU_LOCK_GUARD(&ep->lock) {
        uint8_t *c = fn->dbi.config;
        uint16_t status = lduw_le_p(c + PCI_STATUS);

        if (c[PCI_INTERRUPT_PIN] != pin + 1) {
            qemu_log_mask(LOG_GUEST_ERROR, "dwc-pcie-ep: INT%c message is "
                          "dropped: interrupt pin in DBI is %u\n", 'A' + pin,
                          c[PCI_INTERRUPT_PIN]);
            return;
        }
        if (!ep->up) {
            return;
        }
        /* It falls when the host says so: see DWC_LINK_INTX_FELL. */
        if (asserted) {
            stw_le_p(c + PCI_STATUS, status | PCI_STATUS_INTERRUPT);
            fn->intx_asserted++;
        }
        intx.serial = cpu_to_le32(fn->intx_asserted);
        epoch = ep->epoch;
    }
    if (asserted) {
        stat64_add(&ep->stats.intx, 1);
    }
    trace_dwc_intx(pin, asserted);
    dwc_link_send_in(ep->link, epoch, DWC_LINK_OF(function, DWC_LINK_INTX),
                     &intx, sizeof(intx), NULL, 0, !ep->for_host);
}

void dwc_ep_message(DwcPcieEp *ep, unsigned function, uint8_t code)
{
    if (code < ASSERT_INTX || code >= INTX_END) {
        qemu_log_mask(LOG_UNIMP, "dwc-pcie-ep: message 0x%02x is dropped: only "
                      "INTx messages are there\n", code);
        return;
    }
    dwc_ep_intx(ep, function, code & 3, code < DEASSERT_INTX);
}

void dwc_ep_msix_doorbell(DwcPcieEp *ep, uint32_t val)
{
    /* Bits 10:0 are the vector, 28:24 the function. */
    unsigned vector = extract32(val, 0, 11);
    DwcLinkMsix msix = { .vector = cpu_to_le32(vector) };
    unsigned function = extract32(val, 24, 5);
    DwcLinkEpoch epoch = 0;

    WITH_QEMU_LOCK_GUARD(&ep->lock) {
        if (function < ep->functions &&
            dwc_dbi_msix_enabled(&ep->fn[function].dbi)) {
            epoch = dwc_bus_master_locked(ep, function);
        }
    }
    trace_dwc_msix_doorbell(val, epoch != 0);
    if (!epoch) {
        stat64_add(&ep->stats.faults, 1);
        qemu_log_mask(LOG_GUEST_ERROR, "dwc-pcie-ep: MSI-X doorbell 0x%x while "
                      "the host has not enabled MSI-X and bus mastering\n",
                      val);
        return;
    }
    stat64_add(&ep->stats.msix, 1);
    if (!dwc_inbound_is_shown(ep)) {
        dwc_msix_ring(ep, epoch, function, vector);
        return;
    }
    dwc_link_send_in(ep->link, epoch, DWC_LINK_OF(function, DWC_LINK_MSIX),
                     &msix, sizeof(msix), NULL, 0, !ep->for_host);
}

#define MSI(reg)    (DWC_CAP_MSI + (reg))

void dwc_ep_msi_request(DwcPcieEp *ep, unsigned vector)
{
    const uint8_t *c = ep->fn[0].dbi.config;
    DwcLinkEpoch epoch;
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
        epoch = dwc_bus_master_locked(ep, 0);
        addr = dwc_dbi_msi_address(&ep->fn[0].dbi);
        stl_le_p(data, log2 ? deposit32(message, 0, log2, vector) : message);
    }
    if (dwc_bus_message(ep, epoch, 0, addr, data, sizeof(data), !ep->for_host)) {
        stat64_add(&ep->stats.msi, 1);
    }
}
