/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The outbound window. */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/lockable.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "exec/target_page.h"
#include "memory/change.h"
#include "time/sync.h"
#include "windows/bus.h"
#include "windows/in-flight.h"
#include "windows/interrupts.h"
#include "windows/outbound.h"
#include "trace-ntb_edma.h"

/* Most pieces of host RAM the window shows; more would trap. */
#define MAX_SHOWN   256

typedef struct Shown {
    uint64_t at;                /* in the window */
    uint64_t bus, size;
} Shown;

struct DwcOutbound {
    MemoryRegion container, trap;
    GPtrArray *aliases;         /* MemoryRegion */
    DwcPeerMemory *peer;        /* whose regions the aliases show; a reference */
    GArray *shown;              /* what the aliases are, to see a change */
};

/* What an access to the outbound window becomes on the bus. */
typedef struct Request {
    uint64_t bus;
    DwcTlpType type;
    uint8_t code;               /* of a message */
    unsigned function;          /* whose request it is */
} Request;

static bool outbound_translate(DwcPcieEp *ep, hwaddr addr, unsigned size,
                               Request *request)
{
    const DwcIatuRegion *r;
    uint64_t len = size;

    QEMU_LOCK_GUARD(&ep->lock);
    r = dwc_iatu_outbound(&ep->iatu, ep->outbound_base + addr, &len);
    if (!r || len < size) {
        return false;
    }
    *request = (Request) {
        .bus = ep->outbound_base + addr - r->base + r->target,
        .type = dwc_iatu_type(r),
        .code = dwc_iatu_message_code(r),
        .function = dwc_iatu_function(r),
    };
    trace_dwc_outbound_translate(r - ep->iatu.outbound, addr, size,
                                 request->bus, request->type);
    return request->function < ep->functions;
}

static void outbound_refuse(DwcPcieEp *ep, const char *what, hwaddr addr)
{
    stat64_add(&ep->stats.faults, 1);
    qemu_log_mask(LOG_GUEST_ERROR, "dwc-pcie-ep: outbound %s at window offset "
                  "0x%"HWADDR_PRIx": no outbound memory region matches\n",
                  what, addr);
}

/* A read that nobody has answered: all ones, and perhaps an error. */
static MemTxResult outbound_failed(DwcPcieEp *ep, uint64_t *val)
{
    *val = UINT64_MAX;
    QEMU_LOCK_GUARD(&ep->lock);
    return dwc_dbi_outbound_aborts(&ep->fn[0].dbi) ? MEMTX_ERROR : MEMTX_OK;
}

static MemTxResult outbound_read(void *opaque, hwaddr addr, uint64_t *val,
                                 unsigned size, MemTxAttrs attrs)
{
    DwcPcieEp *ep = opaque;
    Request request;
    uint64_t bytes;

    if (!ep->for_host) {
        dwc_in_flight_arrive(ep);
    }
    if (ep->for_host || !outbound_translate(ep, addr, size, &request) ||
        request.type != DWC_TLP_MEM) {
        outbound_refuse(ep, "read", addr);
        return outbound_failed(ep, val);
    }
    if (!dwc_bus_read(ep, request.function, request.bus, &bytes, size)) {
        return outbound_failed(ep, val);
    }
    *val = ldn_le_p(&bytes, size);
    return MEMTX_OK;
}

static void outbound_count_interrupt(DwcPcieEp *ep, const Request *request)
{
    const DwcDbi *dbi = &ep->fn[request->function].dbi;
    uint64_t msi;
    bool msix;

    WITH_QEMU_LOCK_GUARD(&ep->lock) {
        msi = dwc_dbi_msi_address(dbi);
        msix = dwc_dbi_msix_enabled(dbi);
    }
    if (msi && request->bus == msi) {
        stat64_add(&ep->stats.msi, 1);
    } else if (msix && !dwc_bus_is_ram(ep, request->function, request->bus)) {
        stat64_add(&ep->stats.msix, 1);
    }
}

void dwc_outbound_write(DwcPcieEp *ep, hwaddr addr, uint64_t val, unsigned size)
{
    uint8_t bytes[8];
    Request request;

    if (!outbound_translate(ep, addr, size, &request) ||
        (request.type != DWC_TLP_MEM && request.type != DWC_TLP_MSG)) {
        outbound_refuse(ep, "write", addr);
        return;
    }
    if (request.type == DWC_TLP_MSG) {
        dwc_ep_message(ep, request.function, request.code);
        return;
    }
    stn_le_p(bytes, size, val);
    if (dwc_bus_write(ep, request.function, request.bus, bytes, size,
                      !ep->for_host)) {
        outbound_count_interrupt(ep, &request);
    }
}

/* Posted: what becomes of it nobody tells the CPU. */
static MemTxResult outbound_write(void *opaque, hwaddr addr, uint64_t val,
                                  unsigned size, MemTxAttrs attrs)
{
    DwcPcieEp *ep = opaque;

    if (ep->for_host || !dwc_in_flight_take(ep, addr, val, size)) {
        dwc_outbound_write(ep, addr, val, size);
    }
    return MEMTX_OK;
}

static const MemoryRegionOps outbound_ops = {
    .read_with_attrs = outbound_read,
    .write_with_attrs = outbound_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

MemoryRegion *dwc_outbound_init(DwcPcieEp *ep)
{
    DwcOutbound *out = g_new0(DwcOutbound, 1);

    ep->outbound = out;
    dwc_in_flight_init(ep);
    memory_region_init(&out->container, OBJECT(ep), "dwc-outbound",
                       ep->outbound_size);
    memory_region_init_io(&out->trap, OBJECT(ep), &outbound_ops, ep,
                          "dwc-outbound-trap", ep->outbound_size);
    /* A read lets other accesses in while it waits for the host. */
    out->trap.disable_reentrancy_guard = true;
    memory_region_add_subregion(&out->container, 0, &out->trap);
    out->aliases = g_ptr_array_new();
    out->shown = g_array_new(false, true, sizeof(Shown));
    return &out->container;
}

MemoryRegion *dwc_outbound_region(DwcPcieEp *ep)
{
    return &ep->outbound->container;
}

/*
 * What of the window is host RAM now, and may show: where a whole page of the
 * window is a whole page of RAM, for QEMU's CPUs abort on any other.
 */
static GArray *outbound_work_out(DwcPcieEp *ep, DwcPeerMemory *peer)
{
    GArray *shown = g_array_new(false, true, sizeof(Shown));
    uint64_t end = ep->outbound_base + ep->outbound_size;
    uint64_t page = qemu_target_page_size();
    unsigned i;

    QEMU_LOCK_GUARD(&ep->lock);
    /* What the host may take back at any time is not shown as RAM, nor what
     * takes its time. */
    if (!peer || qatomic_read(&ep->translated) || dwc_time_enabled()) {
        return shown;
    }
    for (i = 0; i < ep->iatu.outbound_count; i++) {
        const DwcIatuRegion *r = &ep->iatu.outbound[i];
        uint64_t at = MAX(r->base, ep->outbound_base);
        uint64_t last = MIN(dwc_iatu_last(&ep->iatu, r), end - 1);

        if (!dwc_iatu_enabled(r) || dwc_iatu_type(r) != DWC_TLP_MEM ||
            dwc_iatu_function(r) >= ep->functions ||
            !dwc_dbi_bus_master(&ep->fn[dwc_iatu_function(r)].dbi)) {
            continue;
        }
        while (at <= last && shown->len < MAX_SHOWN) {
            uint64_t len = last - at + 1;
            /* An earlier region may cover part of this one. */
            bool ours = dwc_iatu_outbound(&ep->iatu, at, &len) == r;
            uint64_t bus = at - r->base + r->target;
            uint8_t *p = dwc_ram_map_lookup(peer->map, bus, &len);
            uint64_t first = ROUND_UP(at, page);
            uint64_t after = ROUND_DOWN(at + len, page);

            if (p && ours && first < after && !((at ^ bus) & (page - 1))) {
                Shown s = { first - ep->outbound_base, bus + (first - at),
                            after - first };

                g_array_append_val(shown, s);
            }
            at += len;
        }
    }
    return shown;
}

static void outbound_drop(DwcPcieEp *ep)
{
    DwcOutbound *out = ep->outbound;
    unsigned i;

    for (i = 0; i < out->aliases->len; i++) {
        MemoryRegion *alias = g_ptr_array_index(out->aliases, i);

        memory_region_del_subregion(&out->container, alias);
        object_unparent(OBJECT(alias));
        g_free(alias);
    }
    g_ptr_array_set_size(out->aliases, 0);
}

/* What the window has to show; a reference to *PEER goes to the caller. */
static GArray *outbound_wanted(DwcPcieEp *ep, DwcPeerMemory **peer)
{
    WITH_RCU_READ_LOCK_GUARD() {
        *peer = qatomic_rcu_read(&ep->peer);
        if (*peer) {
            object_ref(OBJECT(*peer));
        }
    }
    if (*peer) {
        dwc_peer_memory_register(*peer);
    }
    return outbound_work_out(ep, *peer);
}

static bool outbound_is_shown(DwcOutbound *out, DwcPeerMemory *peer,
                              GArray *shown)
{
    return peer == out->peer && shown->len == out->shown->len &&
           (!shown->len || !memcmp(shown->data, out->shown->data,
                                   shown->len * sizeof(Shown)));
}

static void outbound_show(void *opaque)
{
    DwcPcieEp *ep = opaque;
    DwcOutbound *out = ep->outbound;
    DwcPeerMemory *peer;
    GArray *shown = outbound_wanted(ep, &peer);
    unsigned i;

    memory_region_transaction_begin();
    outbound_drop(ep);
    for (i = 0; i < shown->len; i++) {
        Shown *s = &g_array_index(shown, Shown, i);
        uint64_t len = s->size, offset;
        MemoryRegion *ram = dwc_peer_memory_region(peer, s->bus, &len, &offset);
        MemoryRegion *alias = g_new0(MemoryRegion, 1);

        memory_region_init_alias(alias, OBJECT(ep), "dwc-outbound-ram", ram,
                                 offset, len);
        memory_region_add_subregion_overlap(&out->container, s->at, alias, 1);
        g_ptr_array_add(out->aliases, alias);
        trace_dwc_outbound_ram(s->at, s->bus, len);
    }
    memory_region_transaction_commit();
    g_array_free(out->shown, true);
    out->shown = shown;
    if (out->peer) {
        object_unref(OBJECT(out->peer));
    }
    out->peer = peer;
}

void dwc_outbound_update(DwcPcieEp *ep)
{
    DwcPeerMemory *peer;
    GArray *shown = outbound_wanted(ep, &peer);

    if (!outbound_is_shown(ep->outbound, peer, shown)) {
        dwc_memory_change(outbound_show, ep);
    }
    g_array_free(shown, true);
    if (peer) {
        object_unref(OBJECT(peer));
    }
}
