/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Accesses of the host's through BARs: to the eDMA registers and to RAM at once,
 * on the link's thread, to other devices later, with the big lock.  Behind an
 * SMMU, which needs that lock, all of them later, in their order.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/lockable.h"
#include "qemu/log.h"
#include "qemu/rcu.h"
#include "exec/memory.h"
#include "core/smmu.h"
#include "windows/access.h"
#include "windows/errors.h"
#include "windows/inbound.h"
#include "windows/msix.h"
#include "windows/pages.h"
#include "windows/posted.h"
#include "trace-ntb_edma.h"

/* Accesses of the host's that may wait for the big lock. */
#define MAX_WAITING 65536
/* Accesses made at a time, so that the main loop gets to other things. */
#define MAX_RUN     1024

/* The interrupt controller asks whose MSI it is.  With the big lock. */
static MemTxAttrs access_attrs(const DwcPcieEp *ep)
{
    const DwcGlue *glue = ep->profile->glue;
    uint16_t stream = glue && glue->stream ? glue->stream(ep->glue) : 0;

    return (MemTxAttrs) { .requester_id = DWC_MSI_DEVICE_ID + stream };
}

/* An access of the host's that needs the big lock. */
typedef struct Access {
    QSIMPLEQ_ENTRY(Access) next;
    bool is_read;
    bool is_flush;              /* none: those before it have been made */
    bool translated;            /* the SMMU has yet to translate ADDR */
    DwcLinkEpoch epoch;         /* in which it was made */
    uint32_t seq;
    unsigned function, bar;
    uint64_t offset;            /* in the BAR */
    uint64_t addr, value;       /* the value little-endian, as on the bus */
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

static void access_enqueue(DwcPcieEp *ep, const Access *access)
{
    Access *a = g_new(Access, 1);
    bool full;

    *a = *access;
    /* On the link's thread, which is the one that changes it. */
    a->epoch = ep->epoch;
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

static uint64_t access_read_register(DwcPcieEp *ep, unsigned at, unsigned size)
{
    uint64_t value = dwc_edma_read(&ep->edma, at);

    if (size == 8) {
        value |= (uint64_t)dwc_edma_read(&ep->edma, at + 4) << 32;
    }
    stat64_add(&ep->stats.register_reads, 1);
    trace_dwc_edma_read(at, size, value, true);
    return cpu_to_le64(value);
}

static void access_write_register(DwcPcieEp *ep, unsigned at, unsigned size,
                                  uint64_t bytes)
{
    uint64_t value = le64_to_cpu(bytes);

    trace_dwc_edma_write(at, size, value, true);
    dwc_ep_edma_write(ep, at, value, DWC_EDMA_FROM_LINK);
    if (size == 8) {
        dwc_ep_edma_write(ep, at + 4, value >> 32, DWC_EDMA_FROM_LINK);
    }
}

/* With the big lock, which holds what the SMMU says. */
static MemTxResult access_make(DwcPcieEp *ep, Access *a)
{
    AddressSpace *as = a->translated ? ep->dma_as : ep->as;
    uint64_t cpu = a->addr, len = a->size;
    int at;

    if (a->is_flush) {
        return MEMTX_OK;
    }

    if (a->translated &&
        !dwc_ep_smmu_translate(ep, a->addr, !a->is_read, &cpu, &len)) {
        return MEMTX_DECODE_ERROR;
    }
    /* What spans two translations is no register. */
    at = len == a->size ? dwc_ep_edma_offset(ep, cpu, a->size) : -1;
    if (a->translated && at < 0) {
        dwc_pages_tell(ep, a->epoch, a->function, a->bar, a->offset, a->addr,
                       cpu, !a->is_read);
    }
    if (a->is_read) {
        if (at < 0) {
            return address_space_read(as, a->addr, access_attrs(ep), &a->value,
                                      a->size);
        }
        a->value = access_read_register(ep, at, a->size);
        return MEMTX_OK;
    }
    if (at < 0) {
        MemTxResult result = address_space_write(as, a->addr, access_attrs(ep),
                                                 &a->value, a->size);

        if (!dwc_inbound_is_shown(ep)) {
            dwc_msix_written(ep, a->function, a->bar, a->offset, a->size);
        }
        return result;
    }
    access_write_register(ep, at, a->size, a->value);
    return MEMTX_OK;
}

void dwc_access_run(DwcPcieEp *ep)
{
    DwcAccesses *all = ep->accesses;
    unsigned left = MAX_RUN;

    while (left--) {
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
        result = access_make(ep, a);
        ep->for_host = false;
        if (a->is_read || a->is_flush) {
            dwc_link_reply_in(ep->link, a->epoch, a->seq,
                              result == MEMTX_OK ? DWC_LINK_OK :
                                                   DWC_LINK_UNSUPPORTED_REQUEST,
                              &a->value, a->size);
        }
        if (result != MEMTX_OK) {
            stat64_add(&ep->stats.faults, 1);
            dwc_error_unsupported(ep, a->function, a->bar, a->offset, a->size,
                                  !a->is_read);
        }
        g_free(a);
    }
    trace_dwc_inbound_later(MAX_RUN);
    dwc_ep_schedule(ep);
}

/*
 * Whether this is one to the table of MSI-X that the big lock's part has to see: of
 * writes that are on their way nobody is told.
 */
static bool access_is_table(DwcPcieEp *ep, const Access *a)
{
    if (!ep->posted) {
        return false;
    }
    QEMU_LOCK_GUARD(&ep->lock);
    return dwc_msix_has_table(ep, a->function, a->bar, a->offset, a->size);
}

typedef enum Found {
    FOUND_NOTHING,              /* no window leads anywhere */
    FOUND_VALUE,
    FOUND_LATER,                /* a device, or the SMMU, needs the big lock */
} Found;

static void access_of(Access *a, unsigned function,
                      const DwcLinkBarAccess *access)
{
    *a = (Access) {
        .function = function,
        .bar = le32_to_cpu(access->bar),
        .offset = le64_to_cpu(access->offset),
        .size = le32_to_cpu(access->size),
    };
}

/* ACCESS, and what it reads where that takes no big lock. */
static Found access_find(DwcPcieEp *ep, unsigned function,
                         const DwcLinkBarAccess *access, Access *a)
{
    uint64_t len;
    int at;

    access_of(a, function, access);
    a->is_read = true;
    len = a->size;
    stat64_add(&ep->stats.bar_reads, 1);
    if (!dwc_inbound_translate(ep, function, a->bar, a->offset, a->size,
                               &a->addr, &a->translated)) {
        return FOUND_NOTHING;
    }
    if (access_is_table(ep, a)) {
        /* It passes no write. */
        dwc_posted_arrive(ep);
        return FOUND_LATER;
    }
    if (ep->iommu) {
        return FOUND_LATER;
    }
    at = dwc_ep_edma_offset(ep, a->addr, a->size);
    if (at >= 0) {
        a->value = access_read_register(ep, at, a->size);
        return FOUND_VALUE;
    }
    dwc_posted_arrive(ep);
    WITH_RCU_READ_LOCK_GUARD() {
        uint8_t *p = dwc_ram_map_lookup(qatomic_rcu_read(&ep->local.map),
                                        a->addr, &len);

        if (p && len == a->size) {
            memcpy(&a->value, p, a->size);
            return FOUND_VALUE;
        }
    }
    return FOUND_LATER;
}

void dwc_access_read(DwcPcieEp *ep, unsigned function, uint32_t seq,
                     const DwcLinkBarAccess *access)
{
    Access a;

    switch (access_find(ep, function, access, &a)) {
    case FOUND_NOTHING:
        dwc_error_unsupported(ep, function, a.bar, a.offset, a.size, false);
        dwc_link_reply(ep->link, seq, DWC_LINK_UNSUPPORTED_REQUEST, NULL, 0);
        break;
    case FOUND_VALUE:
        dwc_link_reply(ep->link, seq, DWC_LINK_OK, &a.value, a.size);
        break;
    case FOUND_LATER:
        a.seq = seq;
        access_enqueue(ep, &a);
        break;
    }
}

bool dwc_access_read_now(DwcPcieEp *ep, const DwcLinkBarAccess *access,
                         uint64_t *value)
{
    bool nested = ep->for_host, there = true;
    Access a;

    switch (access_find(ep, 0, access, &a)) {
    case FOUND_NOTHING:
        there = false;
        break;
    case FOUND_VALUE:
        break;
    case FOUND_LATER:
        ep->for_host = true;
        there = access_make(ep, &a) == MEMTX_OK;
        ep->for_host = nested;
        break;
    }
    if (!there) {
        dwc_error_unsupported(ep, 0, a.bar, a.offset, a.size, false);
    }
    *value = a.value;
    return there;
}

void dwc_access_write(DwcPcieEp *ep, unsigned function,
                      const DwcLinkBarAccess *access)
{
    uint64_t len;
    Access a;
    int at;

    access_of(&a, function, access);
    a.value = access->value;
    len = a.size;
    stat64_add(&ep->stats.bar_writes, 1);
    if (!dwc_inbound_translate(ep, function, a.bar, a.offset, a.size, &a.addr,
                               &a.translated)) {
        dwc_error_unsupported(ep, function, a.bar, a.offset, a.size, true);
        return;
    }
    if (ep->iommu) {
        access_enqueue(ep, &a);
        return;
    }
    at = dwc_ep_edma_offset(ep, a.addr, a.size);
    if (at >= 0) {
        access_write_register(ep, at, a.size, a.value);
        return;
    }
    if (access_is_table(ep, &a)) {
        dwc_posted_arrive(ep);
        access_enqueue(ep, &a);
        return;
    }
    WITH_RCU_READ_LOCK_GUARD() {
        uint8_t *p = dwc_ram_map_lookup(qatomic_rcu_read(&ep->local.map),
                                        a.addr, &len);

        if (p && len == a.size && ep->posted) {
            dwc_posted_write(ep, a.addr, a.value, a.size);
            return;
        }
        if (p && len == a.size) {
            /* Not through the address space: that may take the big lock. */
            stn_le_p(p, a.size, le64_to_cpu(a.value));
            return;
        }
    }
    dwc_posted_arrive(ep);
    access_enqueue(ep, &a);
}

void dwc_access_flush(DwcPcieEp *ep, uint32_t seq)
{
    Access a = { .is_flush = true, .seq = seq };

    access_enqueue(ep, &a);
}
