/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MSI-X vectors that the core sends by itself, by what is in this machine's memory. */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/lockable.h"
#include "qemu/log.h"
#include "qemu/range.h"
#include "exec/memory.h"
#include "hw/pci/pci_regs.h"
#include "windows/bus.h"
#include "windows/inbound.h"
#include "windows/msix.h"
#include "windows/pages.h"
#include "windows/posted.h"
#include "trace-ntb_edma.h"

/* What the capability says. */
typedef struct Msix {
    bool enabled, masked;
    unsigned vectors;
    unsigned table_bar, pba_bar;
    uint64_t table, pba;        /* offsets in these */
} Msix;

/* With the controller's lock. */
static Msix msix_now(const DwcPcieEp *ep, unsigned function)
{
    const DwcDbi *dbi = &ep->fn[function].dbi;
    const uint8_t *c = dbi->config + DWC_CAP_MSIX;
    unsigned flags = lduw_le_p(c + PCI_MSIX_FLAGS);
    uint32_t table = ldl_le_p(c + PCI_MSIX_TABLE);
    uint32_t pba = ldl_le_p(c + PCI_MSIX_PBA);

    return (Msix) {
        .enabled = dwc_dbi_msix_enabled(dbi),
        .masked = flags & PCI_MSIX_FLAGS_MASKALL,
        .vectors = (flags & PCI_MSIX_FLAGS_QSIZE) + 1,
        .table_bar = table & PCI_MSIX_TABLE_BIR,
        .table = table & PCI_MSIX_TABLE_OFFSET,
        .pba_bar = pba & PCI_MSIX_PBA_BIR,
        .pba = pba & PCI_MSIX_PBA_OFFSET,
    };
}

static Msix msix_of(DwcPcieEp *ep, unsigned function)
{
    QEMU_LOCK_GUARD(&ep->lock);
    return msix_now(ep, function);
}

static bool msix_access(DwcPcieEp *ep, unsigned function, unsigned bar,
                        uint64_t offset, void *buf, unsigned size, bool write)
{
    bool translated;
    uint64_t addr;

    return dwc_inbound_find(ep, function, bar, offset, size, &addr,
                            &translated) &&
           address_space_rw(translated ? ep->dma_as : ep->as, addr,
                            MEMTXATTRS_UNSPECIFIED, buf, size, write) ==
           MEMTX_OK;
}

static bool msix_entry(DwcPcieEp *ep, unsigned function, const Msix *msix,
                       unsigned vector, uint8_t *entry)
{
    return msix_access(ep, function, msix->table_bar,
                       msix->table + (uint64_t)vector * PCI_MSIX_ENTRY_SIZE,
                       entry, PCI_MSIX_ENTRY_SIZE, false);
}

static bool msix_pending(DwcPcieEp *ep, unsigned function, const Msix *msix,
                         unsigned vector, uint8_t *bits, bool write)
{
    return msix_access(ep, function, msix->pba_bar, msix->pba + vector / 8, bits,
                       1, write);
}

static bool msix_is_masked(const Msix *msix, const uint8_t *entry)
{
    return msix->masked || (ldl_le_p(entry + PCI_MSIX_ENTRY_VECTOR_CTRL) &
                            PCI_MSIX_ENTRY_CTRL_MASKBIT);
}

static void msix_send(DwcPcieEp *ep, DwcLinkEpoch epoch, unsigned function,
                      const uint8_t *entry)
{
    dwc_bus_message(ep, epoch, function,
                    ldq_le_p(entry + PCI_MSIX_ENTRY_LOWER_ADDR),
                    entry + PCI_MSIX_ENTRY_DATA, 4, !ep->for_host);
}

void dwc_msix_ring(DwcPcieEp *ep, DwcLinkEpoch epoch, unsigned function,
                   unsigned vector)
{
    Msix msix = msix_of(ep, function);
    uint8_t entry[PCI_MSIX_ENTRY_SIZE], bits;

    if (vector >= msix.vectors) {
        qemu_log_mask(LOG_GUEST_ERROR, "dwc-pcie-ep: MSI-X %u is not sent: there "
                      "are %u vectors\n", vector, msix.vectors);
        return;
    }
    /* What the host has written there before it enabled MSI-X. */
    dwc_posted_arrive(ep);
    if (!msix_entry(ep, function, &msix, vector, entry) ||
        !msix_pending(ep, function, &msix, vector, &bits, false)) {
        qemu_log_mask(LOG_GUEST_ERROR, "dwc-pcie-ep: MSI-X %u is not sent: no "
                      "memory is behind its table or its pending bits\n", vector);
        return;
    }
    if (!msix_is_masked(&msix, entry)) {
        msix_send(ep, epoch, function, entry);
        return;
    }
    trace_dwc_msix_pending(function, vector);
    bits |= 1 << (vector % 8);
    msix_pending(ep, function, &msix, vector, &bits, true);
}

/*
 * Sends those of COUNT vectors from FIRST that are pending and not masked.  Where the
 * function may not master the bus, or nothing is behind the table, they stay pending.
 */
static void msix_send_pending(DwcPcieEp *ep, unsigned function, const Msix *msix,
                              unsigned first, unsigned count)
{
    DwcLinkEpoch epoch = dwc_bus_master(ep, function);
    unsigned i;

    for (i = first; epoch && i < first + count && i < msix->vectors; i++) {
        uint8_t entry[PCI_MSIX_ENTRY_SIZE], bits;

        if (!msix_pending(ep, function, msix, i, &bits, false)) {
            return;
        }
        if (!bits) {
            i |= 7;
        } else if ((bits & (1 << (i % 8))) &&
                   msix_entry(ep, function, msix, i, entry) &&
                   !msix_is_masked(msix, entry)) {
            bits &= ~(1 << (i % 8));
            msix_pending(ep, function, msix, i, &bits, true);
            msix_send(ep, epoch, function, entry);
        }
    }
}

static uint64_t msix_table_size(const Msix *msix)
{
    return (uint64_t)msix->vectors * PCI_MSIX_ENTRY_SIZE;
}

static bool msix_is_table(const Msix *msix, unsigned bar, uint64_t offset,
                          uint64_t size)
{
    return msix->enabled && bar == msix->table_bar &&
           ranges_overlap(offset, size, msix->table, msix_table_size(msix));
}

bool dwc_msix_has_table(DwcPcieEp *ep, unsigned function, unsigned bar,
                        uint64_t offset, uint64_t size)
{
    Msix msix = msix_now(ep, function);

    return msix_is_table(&msix, bar, offset, size);
}

void dwc_msix_written(DwcPcieEp *ep, unsigned function, unsigned bar,
                      uint64_t offset, unsigned size)
{
    Msix msix = msix_of(ep, function);

    if (msix_is_table(&msix, bar, offset, size)) {
        uint64_t at = offset - MIN(offset, msix.table);

        msix_send_pending(ep, function, &msix, at / PCI_MSIX_ENTRY_SIZE, 1);
    }
}

void dwc_msix_changed(DwcPcieEp *ep, unsigned function, uint64_t offset,
                      unsigned size)
{
    /* Bus mastering, too, lets go what is pending. */
    if (!dwc_inbound_is_shown(ep) &&
        (ranges_overlap(offset, size, DWC_CAP_MSIX, PCI_CAP_MSIX_SIZEOF) ||
         ranges_overlap(offset, size, PCI_COMMAND, 2))) {
        dwc_pages_end(ep, false);
        qatomic_set(&ep->fn[function].msix_changed, true);
        dwc_ep_schedule(ep);
    }
}

void dwc_msix_follow(DwcPcieEp *ep)
{
    unsigned n;

    for (n = 0; n < ep->functions; n++) {
        if (qatomic_xchg(&ep->fn[n].msix_changed, false)) {
            Msix msix = msix_of(ep, n);

            dwc_posted_arrive(ep);
            ep->for_host = true;
            msix_send_pending(ep, n, &msix, 0, msix.enabled ? msix.vectors : 0);
            ep->for_host = false;
        }
    }
}
