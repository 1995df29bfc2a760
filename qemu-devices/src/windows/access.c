/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Accesses of the host's through BARs: to the eDMA registers and to RAM at once,
 * on the link's thread, to other devices later, with the big lock.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/lockable.h"
#include "qemu/log.h"
#include "qemu/rcu.h"
#include "exec/memory.h"
#include "windows/access.h"
#include "windows/inbound.h"
#include "trace-ntb_edma.h"

/* Accesses of the host's that may wait for the big lock. */
#define MAX_WAITING 65536
/* Accesses made at a time, so that the main loop gets to other things. */
#define MAX_RUN     1024

/* The interrupt controller asks whose MSI it is. */
#define ACCESS_ATTRS \
    ((MemTxAttrs) { .requester_id = DWC_MSI_DEVICE_ID })

/* An access of the host's to another device, which needs the big lock. */
typedef struct Access {
    QSIMPLEQ_ENTRY(Access) next;
    bool is_read;
    DwcLinkEpoch epoch;         /* in which it was made */
    uint32_t seq;
    uint64_t addr, value;
    unsigned size;
} Access;

struct DwcAccesses {
    QemuMutex lock;             /* a leaf */
    QSIMPLEQ_HEAD(, Access) accesses;
    unsigned waiting;
};

void dwc_access_init(DwcPcieEp *ep)
{
    ep->accesses = g_new0(DwcAccesses, 1);
    qemu_mutex_init(&ep->accesses->lock);
    QSIMPLEQ_INIT(&ep->accesses->accesses);
}

static void access_enqueue(DwcPcieEp *ep, bool is_read, uint32_t seq,
                           uint64_t addr, uint64_t value, unsigned size)
{
    Access *a = g_new(Access, 1);
    bool full;

    /* On the link's thread, which is the one that changes the epoch. */
    *a = (Access) { .is_read = is_read, .epoch = ep->epoch, .seq = seq,
                    .addr = addr, .value = value, .size = size };
    WITH_QEMU_LOCK_GUARD(&ep->accesses->lock) {
        QSIMPLEQ_INSERT_TAIL(&ep->accesses->accesses, a, next);
        full = ++ep->accesses->waiting > MAX_WAITING;
    }
    if (full) {
        qemu_log_mask(LOG_GUEST_ERROR, "dwc-pcie-ep: the host has %d accesses "
                      "under way to devices; hanging up\n", MAX_WAITING);
        dwc_link_disconnect(ep->link);
    }
    dwc_ep_schedule(ep);
}

void dwc_access_run(DwcPcieEp *ep)
{
    DwcAccesses *all = ep->accesses;
    unsigned left = MAX_RUN;

    while (left--) {
        uint64_t value = 0;
        MemTxResult result;
        Access *a;

        WITH_QEMU_LOCK_GUARD(&all->lock) {
            a = QSIMPLEQ_FIRST(&all->accesses);
            if (a) {
                QSIMPLEQ_REMOVE_HEAD(&all->accesses, next);
                all->waiting--;
            }
        }
        if (!a) {
            return;
        }
        ep->for_host = true;
        if (a->is_read) {
            result = address_space_read(ep->as, a->addr, ACCESS_ATTRS,
                                        &value, a->size);
            dwc_link_reply_in(ep->link, a->epoch, a->seq,
                              result == MEMTX_OK ? DWC_LINK_OK :
                                                   DWC_LINK_UNSUPPORTED_REQUEST,
                              &value, a->size);
        } else {
            result = address_space_write(ep->as, a->addr, ACCESS_ATTRS,
                                         &a->value, a->size);
        }
        ep->for_host = false;
        if (result != MEMTX_OK) {
            stat64_add(&ep->stats.faults, 1);
        }
        g_free(a);
    }
    trace_dwc_inbound_later(MAX_RUN);
    dwc_ep_schedule(ep);
}

typedef enum Found {
    FOUND_NOTHING,              /* no window leads anywhere */
    FOUND_VALUE,
    FOUND_DEVICE,               /* it is to be asked, with the big lock */
} Found;

/* What the access reads, little-endian, where that needs no device. */
static Found access_find(DwcPcieEp *ep, unsigned function,
                         const DwcLinkBarAccess *access, uint64_t *addr,
                         uint64_t *value)
{
    unsigned size = le32_to_cpu(access->size);
    uint64_t len = size;
    int at;

    stat64_add(&ep->stats.bar_reads, 1);
    if (!dwc_inbound_translate(ep, function, le32_to_cpu(access->bar),
                               le64_to_cpu(access->offset), size, addr)) {
        return FOUND_NOTHING;
    }
    at = dwc_ep_edma_offset(ep, *addr, size);
    if (at >= 0) {
        *value = dwc_edma_read(&ep->edma, at);
        if (size == 8) {
            *value |= (uint64_t)dwc_edma_read(&ep->edma, at + 4) << 32;
        }
        stat64_add(&ep->stats.register_reads, 1);
        trace_dwc_edma_read(at, size, *value, true);
        *value = cpu_to_le64(*value);
        return FOUND_VALUE;
    }
    WITH_RCU_READ_LOCK_GUARD() {
        uint8_t *p = dwc_ram_map_lookup(qatomic_rcu_read(&ep->local.map),
                                        *addr, &len);

        if (p && len == size) {
            memcpy(value, p, size);
            return FOUND_VALUE;
        }
    }
    return FOUND_DEVICE;
}

void dwc_access_read(DwcPcieEp *ep, unsigned function, uint32_t seq,
                     const DwcLinkBarAccess *access)
{
    unsigned size = le32_to_cpu(access->size);
    uint64_t addr, value = 0;

    switch (access_find(ep, function, access, &addr, &value)) {
    case FOUND_NOTHING:
        dwc_link_reply(ep->link, seq, DWC_LINK_UNSUPPORTED_REQUEST, NULL, 0);
        break;
    case FOUND_VALUE:
        dwc_link_reply(ep->link, seq, DWC_LINK_OK, &value, size);
        break;
    case FOUND_DEVICE:
        access_enqueue(ep, true, seq, addr, 0, size);
        break;
    }
}

bool dwc_access_read_now(DwcPcieEp *ep, const DwcLinkBarAccess *access,
                         uint64_t *value)
{
    bool nested = ep->for_host;
    MemTxResult result;
    uint64_t addr;

    switch (access_find(ep, 0, access, &addr, value)) {
    case FOUND_NOTHING:
        return false;
    case FOUND_VALUE:
        return true;
    case FOUND_DEVICE:
        break;
    }
    ep->for_host = true;
    result = address_space_read(ep->as, addr, ACCESS_ATTRS, value,
                                le32_to_cpu(access->size));
    ep->for_host = nested;
    return result == MEMTX_OK;
}

void dwc_access_write(DwcPcieEp *ep, unsigned function,
                      const DwcLinkBarAccess *access)
{
    unsigned size = le32_to_cpu(access->size);
    /* Stays little-endian: these are the bytes on the bus. */
    uint64_t addr, value = access->value, len = size;
    int at;

    stat64_add(&ep->stats.bar_writes, 1);
    if (!dwc_inbound_translate(ep, function, le32_to_cpu(access->bar),
                               le64_to_cpu(access->offset), size, &addr)) {
        return;
    }
    at = dwc_ep_edma_offset(ep, addr, size);
    if (at >= 0) {
        value = le64_to_cpu(value);
        trace_dwc_edma_write(at, size, value, true);
        dwc_ep_edma_write(ep, at, value, DWC_EDMA_FROM_LINK);
        if (size == 8) {
            dwc_ep_edma_write(ep, at + 4, value >> 32, DWC_EDMA_FROM_LINK);
        }
        return;
    }
    WITH_RCU_READ_LOCK_GUARD() {
        uint8_t *p = dwc_ram_map_lookup(qatomic_rcu_read(&ep->local.map),
                                        addr, &len);

        if (p && len == size) {
            /* Not through the address space: that may take the big lock. */
            stn_le_p(p, size, le64_to_cpu(value));
            return;
        }
    }
    access_enqueue(ep, false, 0, addr, value, size);
}
