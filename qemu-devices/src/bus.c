/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory accesses on the PCIe side. */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/lockable.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "bus.h"
#include "trace-ntb_edma.h"

bool dwc_bus_enabled(DwcPcieEp *ep)
{
    QEMU_LOCK_GUARD(&ep->lock);
    return ep->up && dwc_dbi_bus_master(&ep->dbi);
}

uint8_t *dwc_bus_ram(DwcPcieEp *ep, uint64_t addr, uint64_t *len)
{
    DwcPeerMemory *peer = qatomic_rcu_read(&ep->peer);

    return peer && !qatomic_read(&ep->translated) ? dwc_ram_map_lookup(peer->map, addr, len) : NULL;
}

/* Until the host has made every write sent so far. */
static bool flush(DwcPcieEp *ep)
{
    bool locked = bql_locked();
    DwcLinkStatus status;

    if (locked) {
        bql_unlock();
    }
    status = dwc_link_await(dwc_link_ask(ep->link, DWC_LINK_FLUSH, NULL, 0),
                            NULL, 0);
    if (locked) {
        bql_lock();
    }
    return status == DWC_LINK_OK;
}

/* A short write, through shared memory to the host's main loop. */
static bool post(DwcPcieEp *ep, uint64_t addr, const void *buf, size_t len,
                 bool wait)
{
    uint64_t one = 1, value = 0;
    bool posted = false;
    int attempt;

    memcpy(&value, buf, len);
    for (attempt = 0; !posted; attempt++) {
        WITH_QEMU_LOCK_GUARD(&ep->memory_lock) {
            posted = dwc_post(&ep->posts->memory, &ep->memory_head, addr, value,
                              len);
        }
        if (!posted && !wait) {
            stat64_add(&ep->stats.faults, 1);
            return false;
        }
        if (!posted && (attempt == 2 || !flush(ep))) {
            /* Still full after the host said that it has emptied it. */
            dwc_link_disconnect(ep->link);
            return false;
        }
    }
    if (write(ep->memory_event, &one, sizeof(one)) < 0) {
        /* Only when the event is pending 2^64 - 2 times: it is pending. */
        trace_dwc_bus_refused("event", addr);
    }
    return true;
}

static bool refuse(DwcPcieEp *ep, const char *what, uint64_t addr)
{
    stat64_add(&ep->stats.faults, 1);
    trace_dwc_bus_refused(what, addr);
    return false;
}

bool dwc_bus_message(DwcPcieEp *ep, uint64_t addr, const void *buf, size_t len,
                     bool wait)
{
    DwcLinkMem mem = {
        .addr = cpu_to_le64(addr),
        .size = cpu_to_le32(len),
    };

    if (!dwc_bus_enabled(ep)) {
        return refuse(ep, "write", addr);
    }
    trace_dwc_bus_write(addr, len);
    if (qatomic_read(&ep->posting)) {
        if (len <= sizeof(uint64_t)) {
            return post(ep, addr, buf, len, wait);
        }
        /* It must not be passed by a short write that follows. */
        dwc_link_send(ep->link, DWC_LINK_MEM_WRITE, 0, &mem, sizeof(mem),
                      buf, len, false);
        return flush(ep);
    }
    return dwc_link_send(ep->link, DWC_LINK_MEM_WRITE, 0, &mem, sizeof(mem),
                         buf, len, wait);
}

/* What came of an access to one page behind the host's IOMMU. */
typedef enum Translated {
    TRANSLATED_DONE,
    TRANSLATED_REFUSED,         /* nothing is mapped there, or not for this */
    TRANSLATED_DEVICE,          /* no RAM: the host has to make the access */
    TRANSLATED_UNKNOWN,         /* taken back at once: the host, too */
} Translated;

/* In the page where this process sees it, if it is known. */
static Translated access_known(DwcPcieEp *ep, uint64_t addr, void *buf,
                               uint64_t len, bool write)
{
    Translated result = TRANSLATED_UNKNOWN;
    uint64_t target, there = len;

    g_rw_lock_reader_lock(&ep->iotlb.lock);
    if (dwc_iotlb_find(&ep->iotlb, addr, write, &target)) {
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
static Translated access_page(DwcPcieEp *ep, uint64_t addr, void *buf,
                              uint64_t len, bool write)
{
    DwcLinkTranslate ask = {
        .addr = cpu_to_le64(addr),
        .write = cpu_to_le32(write),
    };
    Translated result = access_known(ep, addr, buf, len, write);
    int attempt;

    /* Another channel's page may take the entry's place in between. */
    for (attempt = 0; result == TRANSLATED_UNKNOWN && attempt < 4; attempt++) {
        bool locked = bql_locked();
        DwcLinkStatus status;

        if (locked) {
            bql_unlock();
        }
        status = dwc_link_await(dwc_link_ask(ep->link, DWC_LINK_TRANSLATE, &ask,
                                             sizeof(ask)), NULL, 0);
        if (locked) {
            bql_lock();
        }
        if (status != DWC_LINK_OK) {
            trace_dwc_bus_untranslated(addr, write);
            return TRANSLATED_REFUSED;
        }
        result = access_known(ep, addr, buf, len, write);
    }
    return result;
}

static uint64_t in_page(uint64_t addr, uint64_t len)
{
    return MIN(len, DWC_IOTLB_PAGE - (addr & (DWC_IOTLB_PAGE - 1)));
}

static bool write_translated(DwcPcieEp *ep, uint64_t addr, const uint8_t *buf,
                             uint64_t len)
{
    uint64_t done, piece;

    for (done = 0; done < len; done += piece) {
        piece = in_page(addr + done, len - done);
        switch (access_page(ep, addr + done, (void *)(buf + done), piece,
                            true)) {
        case TRANSLATED_DONE:
            break;
        case TRANSLATED_REFUSED:
            /* Posted: nobody tells the requester. */
            stat64_add(&ep->stats.faults, 1);
            break;
        case TRANSLATED_DEVICE:
            if (!dwc_bus_message(ep, addr + done, buf + done, piece, true)) {
                return false;
            }
            break;
        case TRANSLATED_UNKNOWN:
            /* RAM perhaps: later writes must not pass this one. */
            if (!dwc_bus_message(ep, addr + done, buf + done, piece, true) ||
                !flush(ep)) {
                return false;
            }
            break;
        }
    }
    return true;
}

bool dwc_bus_write(DwcPcieEp *ep, uint64_t addr, const void *buf, size_t len,
                   bool wait)
{
    uint64_t there = len;
    uint8_t *p;

    if (!dwc_bus_enabled(ep)) {
        return refuse(ep, "write", addr);
    }
    if (qatomic_read(&ep->translated) && wait) {
        return write_translated(ep, addr, buf, len);
    }
    WITH_RCU_READ_LOCK_GUARD() {
        p = dwc_bus_ram(ep, addr, &there);
        if (p && there == len) {
            memcpy(p, buf, len);
            return true;
        }
    }
    return dwc_bus_message(ep, addr, buf, len, wait);
}

/* From the host, by a message. */
static bool read_by_message(DwcPcieEp *ep, uint64_t addr, void *buf, size_t len)
{
    DwcLinkMem mem = {
        .addr = cpu_to_le64(addr),
        .size = cpu_to_le32(len),
    };
    DwcLinkStatus status;

    trace_dwc_bus_read(addr, len);
    status = dwc_link_await(dwc_link_ask(ep->link, DWC_LINK_MEM_READ,
                                         &mem, sizeof(mem)), buf, len);
    if (status != DWC_LINK_OK) {
        stat64_add(&ep->stats.faults, 1);
    }
    return status == DWC_LINK_OK;
}

static bool read_translated(DwcPcieEp *ep, uint64_t addr, uint8_t *buf,
                            uint64_t len)
{
    uint64_t done, piece;

    for (done = 0; done < len; done += piece) {
        piece = in_page(addr + done, len - done);
        switch (access_page(ep, addr + done, buf + done, piece, false)) {
        case TRANSLATED_DONE:
            break;
        case TRANSLATED_REFUSED:
            memset(buf + done, 0xff, len - done);
            return refuse(ep, "read", addr + done);
        default:
            if (!read_by_message(ep, addr + done, buf + done, piece)) {
                memset(buf + done, 0xff, len - done);
                return false;
            }
            break;
        }
    }
    return true;
}

bool dwc_bus_read(DwcPcieEp *ep, uint64_t addr, void *buf, size_t len)
{
    uint64_t there = len;
    uint8_t *p;

    if (!dwc_bus_enabled(ep)) {
        memset(buf, 0xff, len);
        return refuse(ep, "read", addr);
    }
    if (qatomic_read(&ep->translated)) {
        return read_translated(ep, addr, buf, len);
    }
    WITH_RCU_READ_LOCK_GUARD() {
        p = dwc_bus_ram(ep, addr, &there);
        if (p && there == len) {
            memcpy(buf, p, len);
            return true;
        }
    }
    return read_by_message(ep, addr, buf, len);
}

bool dwc_bus_is_ram(DwcPcieEp *ep, uint64_t addr)
{
    uint64_t target = addr, len = 1;
    DwcPeerMemory *peer;
    bool known = true;

    if (qatomic_read(&ep->translated)) {
        g_rw_lock_reader_lock(&ep->iotlb.lock);
        known = dwc_iotlb_find(&ep->iotlb, addr, true, &target);
        g_rw_lock_reader_unlock(&ep->iotlb.lock);
    }
    RCU_READ_LOCK_GUARD();
    peer = qatomic_rcu_read(&ep->peer);
    return known && peer && dwc_ram_map_lookup(peer->map, target, &len);
}
