/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory accesses on the PCIe side of a host that translates. */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/rcu.h"
#include "windows/bus-internal.h"
#include "trace-ntb_edma.h"

/* What came of an access to one page behind the host's IOMMU. */
typedef enum Translated {
    TRANSLATED_DONE,
    TRANSLATED_REFUSED,         /* nothing is mapped there, or read-only */
    TRANSLATED_DEVICE,          /* no RAM: the host has to make the access */
    TRANSLATED_UNKNOWN,         /* taken back again: the host has to, too */
} Translated;

/* In the page where this process sees it, if it is known. */
static Translated bus_access_known(DwcPcieEp *ep, unsigned function,
                                   uint64_t addr, void *buf, uint64_t len,
                                   bool write)
{
    Translated result = TRANSLATED_UNKNOWN;
    uint64_t target, there = len;

    g_rw_lock_reader_lock(&ep->iotlb.lock);
    if (dwc_iotlb_find(&ep->iotlb, function, addr, write, &target)) {
        DwcPeerMemory *peer;
        uint8_t *p = NULL;

        RCU_READ_LOCK_GUARD();
        peer = qatomic_rcu_read(&ep->peer);
        if (peer) {
            p = dwc_ram_map_lookup(peer->map, target, &there);
        }
        result = TRANSLATED_DEVICE;
        if (p && there == len) {
            memcpy(write ? (void *)p : buf, write ? buf : (void *)p, len);
            result = TRANSLATED_DONE;
        }
    }
    g_rw_lock_reader_unlock(&ep->iotlb.lock);
    return result;
}

/* Within one page.  Waits for the host, without the big lock. */
static Translated bus_access_page(DwcPcieEp *ep, DwcLinkEpoch epoch,
                                  unsigned function, uint64_t addr, void *buf,
                                  uint64_t len, bool write)
{
    DwcLinkTranslate ask = {
        .addr = cpu_to_le64(addr),
        .write = cpu_to_le32(write),
    };
    Translated result = bus_access_known(ep, function, addr, buf, len, write);
    int attempt;

    /* Another channel's page may take the entry's place in between. */
    for (attempt = 0; result == TRANSLATED_UNKNOWN && attempt < 4; attempt++) {
        DwcLinkCall *call =
            dwc_link_ask_in(ep->link, epoch,
                            DWC_LINK_OF(function, DWC_LINK_TRANSLATE), &ask,
                            sizeof(ask));

        if (dwc_link_await_unlocked(call, NULL, 0) != DWC_LINK_OK) {
            trace_dwc_bus_untranslated(addr, write);
            return TRANSLATED_REFUSED;
        }
        result = bus_access_known(ep, function, addr, buf, len, write);
    }
    return result;
}

static uint64_t bus_in_page(uint64_t addr, uint64_t len)
{
    return MIN(len, DWC_IOTLB_PAGE - (addr & (DWC_IOTLB_PAGE - 1)));
}

bool dwc_bus_write_translated(DwcPcieEp *ep, DwcLinkEpoch epoch,
                              unsigned function, uint64_t addr,
                              const uint8_t *buf, uint64_t len)
{
    uint64_t done, piece;

    for (done = 0; done < len; done += piece) {
        piece = bus_in_page(addr + done, len - done);
        switch (bus_access_page(ep, epoch, function, addr + done,
                                (void *)(buf + done), piece, true)) {
        case TRANSLATED_DONE:
            break;
        case TRANSLATED_REFUSED:
            /* Posted: nobody tells the requester. */
            stat64_add(&ep->stats.faults, 1);
            break;
        case TRANSLATED_DEVICE:
            if (!dwc_bus_message(ep, epoch, function, addr + done, buf + done,
                                 piece, true)) {
                return false;
            }
            break;
        case TRANSLATED_UNKNOWN:
            /* It may be RAM: later writes must not pass this one. */
            if (!dwc_bus_message(ep, epoch, function, addr + done, buf + done,
                                 piece, true) ||
                !dwc_bus_flush(ep, epoch)) {
                return false;
            }
            break;
        }
    }
    return true;
}

bool dwc_bus_read_translated(DwcPcieEp *ep, DwcLinkEpoch epoch,
                             unsigned function, uint64_t addr, uint8_t *buf,
                             uint64_t len)
{
    uint64_t done, piece;

    for (done = 0; done < len; done += piece) {
        piece = bus_in_page(addr + done, len - done);
        switch (bus_access_page(ep, epoch, function, addr + done, buf + done,
                                piece, false)) {
        case TRANSLATED_DONE:
            break;
        case TRANSLATED_REFUSED:
            memset(buf + done, 0xff, len - done);
            return dwc_bus_refuse(ep, "read", addr + done);
        default:
            if (!dwc_bus_read_message(ep, epoch, function, addr + done,
                                      buf + done, piece)) {
                memset(buf + done, 0xff, len - done);
                return false;
            }
            break;
        }
    }
    return true;
}
