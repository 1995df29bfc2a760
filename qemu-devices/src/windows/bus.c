/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory accesses on the PCIe side. */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/lockable.h"
#include "qemu/rcu.h"
#include "link/wake-event.h"
#include "time/access.h"
#include "time/sync.h"
#include "hw/pci/pci_regs.h"
#include "windows/bus-internal.h"
#include "windows/errors.h"
#include "trace-ntb_edma.h"

DwcLinkEpoch dwc_bus_master_locked(const DwcPcieEp *ep, unsigned function)
{
    return ep->up && function < ep->functions &&
           dwc_dbi_bus_master(&ep->fn[function].dbi) ? ep->epoch : 0;
}

DwcLinkEpoch dwc_bus_master(DwcPcieEp *ep, unsigned function)
{
    QEMU_LOCK_GUARD(&ep->lock);
    return dwc_bus_master_locked(ep, function);
}

uint8_t *dwc_bus_ram(DwcPcieEp *ep, uint64_t addr, uint64_t *len)
{
    DwcPeerMemory *peer = qatomic_rcu_read(&ep->peer);

    if (!peer || qatomic_read(&ep->translated)) {
        return NULL;
    }
    return dwc_ram_map_lookup(peer->map, addr, len);
}

bool dwc_bus_flush(DwcPcieEp *ep, DwcLinkEpoch epoch)
{
    DwcLinkCall *call = dwc_link_ask_in(ep->link, epoch, DWC_LINK_FLUSH, NULL,
                                        0);

    return dwc_link_await_unlocked(call, NULL, 0) == DWC_LINK_OK;
}

/*
 * With a latency short writes are messages, which take their time.  Later ones
 * must not pass them through shared memory: that is used again when the host has
 * said that it has made all of them.
 */
static bool bus_catch_up(DwcPcieEp *ep, DwcLinkEpoch epoch)
{
    uint32_t delayed;

    WITH_QEMU_LOCK_GUARD(&ep->memory_lock) {
        delayed = ep->delayed;
    }
    if (!dwc_bus_flush(ep, epoch)) {
        return false;
    }
    WITH_QEMU_LOCK_GUARD(&ep->memory_lock) {
        /* Unless another thread has done so, or a new peer has connected. */
        if (epoch == ep->memory_epoch && (int32_t)(delayed - ep->arrived) > 0 &&
            (int32_t)(ep->delayed - delayed) >= 0) {
            ep->arrived = delayed;
        }
    }
    return true;
}

/* What became of a short write. */
typedef enum Short {
    SHORT_POSTED,
    SHORT_SENT,
    SHORT_BEHIND,               /* others, sent as messages, are under way */
    SHORT_FULL,
    SHORT_LOST,
} Short;

/* PATIENT: wait for earlier messages rather than send one more. */
static Short bus_try_short(DwcPcieEp *ep, DwcLinkEpoch epoch,
                           unsigned function, const DwcLinkMem *mem,
                           const void *buf, size_t len, bool patient)
{
    DwcPost post = {
        .addr = le64_to_cpu(mem->addr), .size = len, .function = function,
    };
    bool behind;

    QEMU_LOCK_GUARD(&ep->memory_lock);
    if (epoch != ep->memory_epoch) {
        return SHORT_LOST;
    }
    behind = ep->delayed != ep->arrived;
    if (dwc_link_slow(ep->link) || (behind && !patient)) {
        ep->delayed++;
        return dwc_link_send_in(ep->link, epoch,
                                DWC_LINK_OF(function, DWC_LINK_MEM_WRITE), mem,
                                sizeof(*mem), buf, len, false) ? SHORT_SENT :
                                                                 SHORT_LOST;
    }
    if (behind) {
        return SHORT_BEHIND;
    }
    memcpy(&post.value, buf, len);
    if (!dwc_post(&ep->posts->memory, &ep->memory_head, post)) {
        return SHORT_FULL;
    }
    dwc_wake_event_set(ep->memory_event);
    return SHORT_POSTED;
}

/* A short write, through shared memory to the host's main loop. */
static bool bus_post(DwcPcieEp *ep, DwcLinkEpoch epoch, unsigned function,
                     const DwcLinkMem *mem, const void *buf, size_t len,
                     bool wait)
{
    bool patient = wait;
    int full = 0;

    for (;;) {
        switch (bus_try_short(ep, epoch, function, mem, buf, len, patient)) {
        case SHORT_POSTED:
        case SHORT_SENT:
            return true;
        case SHORT_LOST:
            return false;
        case SHORT_BEHIND:
            /* If more messages were sent meanwhile, this becomes one, too. */
            patient = false;
            break;
        case SHORT_FULL:
            if (!wait) {
                stat64_add(&ep->stats.faults, 1);
                return false;
            }
            full++;
            break;
        }
        if (full == 3 || !bus_catch_up(ep, epoch)) {
            /* Still full after the host said that it has emptied it. */
            dwc_link_disconnect_in(ep->link, epoch);
            return false;
        }
    }
}

bool dwc_bus_refuse(DwcPcieEp *ep, const char *what, uint64_t addr)
{
    stat64_add(&ep->stats.faults, 1);
    trace_dwc_bus_refused(what, addr);
    return false;
}

/* With virtual time: all of it travels, whatever lies behind. */
static bool bus_post_timed(DwcPcieEp *ep, const DwcLinkMem *mem,
                           const void *buf, size_t len)
{
    uint8_t letter[sizeof(*mem) + DWC_LINK_MAX_DATA];

    memcpy(letter, mem, sizeof(*mem));
    memcpy(letter + sizeof(*mem), buf, len);
    return dwc_time_post(DWC_LINK_MEM_WRITE, letter, sizeof(*mem) + len, len,
                         dwc_bus_is_ram(ep, 0, le64_to_cpu(mem->addr)));
}

bool dwc_bus_message(DwcPcieEp *ep, DwcLinkEpoch epoch, unsigned function,
                     uint64_t addr, const void *buf, size_t len, bool wait)
{
    uint16_t type = DWC_LINK_OF(function, DWC_LINK_MEM_WRITE);
    DwcLinkMem mem = {
        .addr = cpu_to_le64(addr),
        .size = cpu_to_le32(len),
    };

    if (!epoch) {
        return dwc_bus_refuse(ep, "write", addr);
    }
    trace_dwc_bus_write(addr, len);
    if (dwc_time_enabled()) {
        return bus_post_timed(ep, &mem, buf, len);
    }
    if (qatomic_read(&ep->posting)) {
        if (len <= sizeof(uint64_t)) {
            return bus_post(ep, epoch, function, &mem, buf, len, wait);
        }
        /* It must not be passed by a short write that follows. */
        dwc_link_send_in(ep->link, epoch, type, &mem, sizeof(mem), buf, len,
                         false);
        return dwc_bus_flush(ep, epoch);
    }
    return dwc_link_send_in(ep->link, epoch, type, &mem, sizeof(mem), buf, len,
                            wait);
}

bool dwc_bus_write_flawed(DwcPcieEp *ep, unsigned function, DwcLinkFlaw flaw,
                          uint64_t addr, size_t len)
{
    static const uint8_t nothing[DWC_LINK_MAX_DATA];
    DwcLinkEpoch epoch = dwc_bus_master(ep, function);
    DwcLinkMem mem = {
        .addr = cpu_to_le64(addr),
        .size = cpu_to_le32(len),
        .flaw = cpu_to_le32(flaw),
    };

    if (!epoch) {
        return dwc_bus_refuse(ep, "write", addr);
    }
    trace_dwc_bus_write(addr, len);
    if (dwc_time_enabled()) {
        return bus_post_timed(ep, &mem, nothing, len);
    }
    dwc_link_send_in(ep->link, epoch, DWC_LINK_OF(function, DWC_LINK_MEM_WRITE),
                     &mem, sizeof(mem), nothing, len, false);
    return dwc_bus_flush(ep, epoch);
}

bool dwc_bus_write(DwcPcieEp *ep, unsigned function, uint64_t addr,
                   const void *buf, size_t len, bool wait)
{
    DwcLinkEpoch epoch = dwc_bus_master(ep, function);
    uint64_t there = len;
    uint8_t *p;

    if (!epoch) {
        return dwc_bus_refuse(ep, "write", addr);
    }
    if (dwc_time_enabled()) {
        return dwc_bus_message(ep, epoch, function, addr, buf, len, wait);
    }
    if (qatomic_read(&ep->translated) && wait) {
        return dwc_bus_write_translated(ep, epoch, function, addr, buf, len);
    }
    WITH_RCU_READ_LOCK_GUARD() {
        p = dwc_bus_ram(ep, addr, &there);
        if (p && there == len) {
            memcpy(p, buf, len);
            return true;
        }
    }
    return dwc_bus_message(ep, epoch, function, addr, buf, len, wait);
}

/* What a completion says of its completer. */
static const DwcAerError unanswered = {
    .pci_status = PCI_STATUS_REC_MASTER_ABORT,
};

bool dwc_bus_read_message(DwcPcieEp *ep, DwcLinkEpoch epoch, unsigned function,
                          uint64_t addr, void *buf, size_t len)
{
    DwcLinkMem mem = {
        .addr = cpu_to_le64(addr),
        .size = cpu_to_le32(len),
    };
    DwcLinkStatus status;
    DwcLinkCall *call;

    trace_dwc_bus_read(addr, len);
    call = dwc_link_ask_in(ep->link, epoch,
                           DWC_LINK_OF(function, DWC_LINK_MEM_READ), &mem,
                           sizeof(mem));
    status = dwc_link_await_unlocked(call, buf, len);
    if (status != DWC_LINK_OK) {
        stat64_add(&ep->stats.faults, 1);
    }
    if (status == DWC_LINK_UNSUPPORTED_REQUEST) {
        dwc_error_found(ep, function, &unanswered);
    }
    return status == DWC_LINK_OK;
}

static bool bus_ask_timed(DwcPcieEp *ep, uint64_t addr, void *buf, size_t len)
{
    DwcLinkMem mem = {
        .addr = cpu_to_le64(addr),
        .size = cpu_to_le32(len),
    };
    bool ok = dwc_time_ask(DWC_LINK_MEM_READ, &mem, sizeof(mem), buf, len);

    trace_dwc_bus_read(addr, len);
    if (!ok) {
        stat64_add(&ep->stats.faults, 1);
    }
    return ok;
}

bool dwc_bus_read(DwcPcieEp *ep, unsigned function, uint64_t addr, void *buf,
                  size_t len)
{
    DwcLinkEpoch epoch = dwc_bus_master(ep, function);
    uint64_t there = len;
    uint8_t *p;

    if (!epoch) {
        memset(buf, 0xff, len);
        return dwc_bus_refuse(ep, "read", addr);
    }
    if (dwc_time_reads()) {
        return bus_ask_timed(ep, addr, buf, len);
    }
    if (qatomic_read(&ep->translated)) {
        return dwc_bus_read_translated(ep, epoch, function, addr, buf, len);
    }
    WITH_RCU_READ_LOCK_GUARD() {
        p = dwc_bus_ram(ep, addr, &there);
        if (p && there == len) {
            memcpy(buf, p, len);
            return true;
        }
    }
    return dwc_bus_read_message(ep, epoch, function, addr, buf, len);
}

bool dwc_bus_is_ram(DwcPcieEp *ep, unsigned function, uint64_t addr)
{
    uint64_t target = addr, len = 1;
    DwcPeerMemory *peer;
    bool known = true;

    if (qatomic_read(&ep->translated)) {
        g_rw_lock_reader_lock(&ep->iotlb.lock);
        known = dwc_iotlb_find(&ep->iotlb, function, addr, true, &target);
        g_rw_lock_reader_unlock(&ep->iotlb.lock);
    }
    RCU_READ_LOCK_GUARD();
    peer = qatomic_rcu_read(&ep->peer);
    return known && peer && dwc_ram_map_lookup(peer->map, target, &len);
}
