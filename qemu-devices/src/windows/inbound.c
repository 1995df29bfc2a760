/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inbound windows: parts of BARs and the local addresses behind them. */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/lockable.h"
#include "qemu/log.h"
#include "windows/inbound.h"
#include "windows/pages.h"
#include "windows/posted.h"
#include "trace-ntb_edma.h"

/* One place for each region and each BAR that it touches. */
#define PLACES_PER_REGION   8
#define WINDOWS             (DWC_IATU_MAX_REGIONS * PLACES_PER_REGION)

/* The one place of region 0 that is none of a BAR's. */
#define WIRED_PLACE         (PLACES_PER_REGION - 1)

QEMU_BUILD_BUG_ON(WINDOWS > DWC_LINK_MAX_WINDOWS);
QEMU_BUILD_BUG_ON(DWC_ROM >= WIRED_PLACE);
QEMU_BUILD_BUG_ON(DWC_ROM + 1 != DWC_LINK_BARS);
QEMU_BUILD_BUG_ON(DWC_ROM >= PLACES_PER_REGION);

typedef struct Window {
    bool valid;
    bool wired;                 /* leads past the iATU, and past an SMMU */
    unsigned bar;
    uint64_t offset, size, target;
} Window;

struct DwcInbound {
    Window window[WINDOWS];
    DwcBar bar[DWC_ROM + 1];
    uint32_t bars_serial;       /* how often these changed */
};

void dwc_inbound_init(DwcPcieEp *ep)
{
    unsigned n;

    for (n = 0; n < ep->functions; n++) {
        ep->fn[n].inbound = g_new0(DwcInbound, 1);
    }
}

/*
 * The databook's LWR_TARGET_RW: "field size depends on log2(BAR_MASK+1) in BAR
 * match mode".  A bit that was not there when it was written stays away when
 * the mask shrinks.
 */
void dwc_inbound_trim(DwcPcieEp *ep, hwaddr addr)
{
    DwcIatuRegion *r = dwc_iatu_inbound_at(&ep->iatu, addr);
    uint64_t within;
    unsigned n;

    if (ep->forgive_bar_match || !r || !dwc_iatu_enabled(r) ||
        !dwc_iatu_bar_match(r) || dwc_iatu_bar(r) > DWC_ROM) {
        return;
    }
    /* One that matches several has the first one's BAR behind it. */
    for (n = 0; n < ep->functions && !dwc_iatu_is_for(r, n); n++) {
    }
    if (n == ep->functions) {
        return;
    }
    within = r->target & dwc_dbi_bar_mask(&ep->fn[n].dbi, dwc_iatu_bar(r));
    if (within) {
        qemu_log_mask(LOG_GUEST_ERROR, "dwc-pcie-ep: iATU: the target 0x%"PRIx64
                      " of BAR %u is not aligned to the BAR, whose mask has to "
                      "be written first\n", r->target, dwc_iatu_bar(r));
    }
    r->target &= ~within;
}

/* The part of BAR, which is FUNCTION's, that region R shows. */
static Window inbound_match(const DwcPcieEp *ep, unsigned function,
                            const DwcIatuRegion *r, const DwcBar *bar,
                            unsigned n)
{
    Window w = { .bar = n };
    uint64_t first, last;

    if (!dwc_iatu_enabled(r) || dwc_iatu_type(r) != DWC_TLP_MEM ||
        !dwc_iatu_is_for(r, function) || !bar->size) {
        return w;
    }
    if (dwc_iatu_bar_match(r)) {
        w.valid = dwc_iatu_bar(r) == n;
        w.size = bar->size;
        /* The offset takes the place of the target's low bits. */
        w.target = ep->forgive_bar_match ? r->target :
                                           r->target & ~(bar->size - 1);
        w.target = dwc_ep_cpu_address(ep, w.target);
        return w;
    }
    /* Address match, with the address that the host gave the BAR. */
    first = MAX(r->base, bar->addr);
    last = MIN(dwc_iatu_last(&ep->iatu, r), bar->addr + bar->size - 1);
    if (!bar->addr || first > last || (n == DWC_ROM && !bar->flags)) {
        return w;
    }
    w.valid = true;
    w.offset = first - bar->addr;
    w.size = last - first + 1;
    w.target = dwc_ep_cpu_address(ep, r->target + (first - r->base));
    return w;
}

/* The BAR that shows the eDMA's registers past the iATU. */
static Window inbound_wired(const DwcPcieEp *ep, const DwcBar *bar, unsigned n)
{
    return (Window) {
        .valid = bar->size >= DWC_DMA_SIZE,
        .bar = n,
        .size = DWC_DMA_SIZE,
        .target = ep->registers_base + DWC_DMA_OFFSET,
        .wired = true,
    };
}

static bool inbound_same(const Window *a, const Window *b)
{
    return a->valid == b->valid && a->bar == b->bar &&
           a->offset == b->offset && a->size == b->size &&
           a->target == b->target;
}

/*
 * Behind an SMMU, and where what the host writes is on its way to memory for a
 * while, it is told of no window, and so sends all its accesses here.
 */
bool dwc_inbound_is_shown(const DwcPcieEp *ep)
{
    return !ep->iommu && ep->forgive_posted_order;
}

static bool inbound_is_told(const DwcPcieEp *ep)
{
    return ep->connected && dwc_inbound_is_shown(ep);
}

static DwcLinkWindow inbound_message(const Window *w, unsigned id)
{
    return (DwcLinkWindow) {
        .id = cpu_to_le32(id),
        .bar = cpu_to_le32(w->bar),
        .offset = cpu_to_le64(w->offset),
        .size = cpu_to_le64(w->size),
        .target = cpu_to_le64(w->target),
    };
}

static void inbound_work_out(DwcPcieEp *ep, unsigned function, Window *now)
{
    const DwcEpFunction *fn = &ep->fn[function];
    unsigned i, n;

    for (n = 0; n <= DWC_ROM; n++) {
        const DwcBar *bar = &fn->inbound->bar[n];

        if (n < DWC_BARS && fn->dbi.options.bars[n] == DWC_BAR_WIRED) {
            now[WIRED_PLACE] = inbound_wired(ep, bar, n);
            continue;
        }
        for (i = 0; i < ep->iatu.inbound_count; i++) {
            now[i * PLACES_PER_REGION + n] =
                inbound_match(ep, function, &ep->iatu.inbound[i], bar, n);
        }
    }
}

/* Whether any BAR has changed. */
static bool inbound_update_bars(DwcPcieEp *ep, DwcEpFunction *fn)
{
    DwcInbound *in = fn->inbound;
    bool changed = false;
    unsigned n;

    for (n = 0; n <= DWC_ROM; n++) {
        DwcBar bar = dwc_dbi_bar(&fn->dbi, n);

        if (bar.size != in->bar[n].size || bar.addr != in->bar[n].addr ||
            bar.flags != in->bar[n].flags) {
            trace_dwc_bar(n, bar.size, bar.addr, bar.flags);
            stat64_add(&ep->stats.bar_changes, 1);
            in->bar[n] = bar;
            changed = true;
        }
    }
    in->bars_serial += changed;
    return changed;
}

void dwc_inbound_bars(DwcPcieEp *ep, unsigned function, DwcLinkBars *bars)
{
    const DwcInbound *in = ep->fn[function].inbound;
    unsigned n;

    memset(bars, 0, sizeof(*bars));
    bars->serial = cpu_to_le32(in->bars_serial);
    for (n = 0; n <= DWC_ROM; n++) {
        bars->bar[n].size = cpu_to_le64(in->bar[n].size);
        bars->bar[n].addr = cpu_to_le64(in->bar[n].addr);
        bars->bar[n].flags = cpu_to_le32(in->bar[n].flags);
    }
}

/* Sends a message; with ASK returns the question whether it was acted on. */
static DwcLinkCall *inbound_tell(DwcPcieEp *ep, uint16_t type, const void *msg,
                                 size_t len, bool ask)
{
    if (ask) {
        return dwc_link_ask(ep->link, type, msg, len);
    }
    dwc_link_send(ep->link, type, 0, msg, len, NULL, 0, false);
    return NULL;
}

DwcLinkCall *dwc_inbound_update(DwcPcieEp *ep, unsigned function, bool ask)
{
    Window *old = ep->fn[function].inbound->window;
    g_autofree Window *now = g_new0(Window, WINDOWS);
    bool bars_changed = inbound_update_bars(ep, &ep->fn[function]);
    unsigned last_unmap = WINDOWS;
    DwcLinkCall *call = NULL;
    DwcLinkWindow msg;
    bool changed = false;
    unsigned i;

    inbound_work_out(ep, function, now);
    for (i = 0; i < WINDOWS; i++) {
        changed |= !inbound_same(&old[i], &now[i]);
        if (old[i].valid && !inbound_same(&old[i], &now[i])) {
            last_unmap = i;
        }
    }
    for (i = 0; i < WINDOWS; i++) {
        if (!old[i].valid || inbound_same(&old[i], &now[i])) {
            continue;
        }
        trace_dwc_window("unmap", i, old[i].bar, old[i].offset, old[i].size,
                         old[i].target);
        if (inbound_is_told(ep)) {
            /* Answered in order, so the last one's answer is enough. */
            msg = inbound_message(&old[i], i);
            call = inbound_tell(ep, DWC_LINK_OF(function, DWC_LINK_UNMAP),
                                &msg, sizeof(msg),
                                ask && !bars_changed && i == last_unmap);
        }
    }
    if (changed) {
        /* Whose memory it is from here on nobody knows. */
        dwc_posted_arrive(ep);
    }
    if (changed && ep->iommu) {
        call = dwc_pages_end(ep, ask && !bars_changed);
    }
    if (bars_changed && ep->connected) {
        DwcLinkBars bars;

        dwc_inbound_bars(ep, function, &bars);
        call = inbound_tell(ep, DWC_LINK_OF(function, DWC_LINK_BAR_STATE),
                            &bars, sizeof(bars), ask);
    }
    for (i = 0; i < WINDOWS; i++) {
        if (!now[i].valid || inbound_same(&old[i], &now[i])) {
            continue;
        }
        trace_dwc_window("map", i, now[i].bar, now[i].offset, now[i].size,
                         now[i].target);
        if (inbound_is_told(ep)) {
            msg = inbound_message(&now[i], i);
            inbound_tell(ep, DWC_LINK_OF(function, DWC_LINK_MAP), &msg,
                         sizeof(msg), false);
        }
    }
    memcpy(old, now, sizeof(*now) * WINDOWS);
    return call;
}

DwcLinkCall *dwc_inbound_update_all(DwcPcieEp *ep, bool ask)
{
    DwcLinkCall *last = NULL;
    unsigned n;

    for (n = 0; n < ep->functions; n++) {
        DwcLinkCall *call = dwc_inbound_update(ep, n, ask);

        /* Answered in order, so the last one's answer is enough. */
        if (call && last) {
            dwc_link_forget(last);
        }
        last = call ?: last;
    }
    return last;
}

void dwc_inbound_announce(DwcPcieEp *ep, unsigned function)
{
    const Window *window = ep->fn[function].inbound->window;
    unsigned i;

    for (i = 0; i < WINDOWS; i++) {
        if (window[i].valid && dwc_inbound_is_shown(ep)) {
            DwcLinkWindow msg = inbound_message(&window[i], i);

            dwc_link_send(ep->link, DWC_LINK_OF(function, DWC_LINK_MAP), 0,
                          &msg, sizeof(msg), NULL, 0, false);
        }
    }
}

bool dwc_inbound_page(const DwcPcieEp *ep, unsigned function, unsigned bar,
                      uint64_t offset, uint64_t *addr)
{
    unsigned i;

    for (i = 0; i < WINDOWS; i++) {
        const Window *w = &ep->fn[function].inbound->window[i];

        if (!w->valid || w->bar != bar || w->offset >= offset + DWC_IOTLB_PAGE ||
            offset >= w->offset + w->size) {
            continue;
        }
        *addr = w->target + (offset - w->offset);
        return !w->wired && offset >= w->offset &&
               DWC_IOTLB_PAGE <= w->size - (offset - w->offset);
    }
    return false;
}

/* Lowest region first, as the hardware matches. */
bool dwc_inbound_find(DwcPcieEp *ep, unsigned function, unsigned bar,
                      uint64_t offset, unsigned size, uint64_t *addr,
                      bool *translated)
{
    const DwcEpFunction *fn = &ep->fn[function];
    unsigned i;

    QEMU_LOCK_GUARD(&ep->lock);
    for (i = 0; dwc_dbi_memory_enabled(&fn->dbi) && i < WINDOWS; i++) {
        const Window *w = &fn->inbound->window[i];

        if (w->valid && w->bar == bar && offset >= w->offset &&
            offset - w->offset < w->size &&
            size <= w->size - (offset - w->offset)) {
            *addr = w->target + (offset - w->offset);
            *translated = ep->iommu && !w->wired;
            trace_dwc_inbound_translate(i / PLACES_PER_REGION, bar, offset,
                                        size, *addr);
            return true;
        }
    }
    return false;
}

bool dwc_inbound_translate(DwcPcieEp *ep, unsigned function, unsigned bar,
                           uint64_t offset, unsigned size, uint64_t *addr,
                           bool *translated)
{
    if (dwc_inbound_find(ep, function, bar, offset, size, addr, translated)) {
        return true;
    }
    stat64_add(&ep->stats.faults, 1);
    qemu_log_mask(LOG_GUEST_ERROR, "dwc-pcie-ep: the host accessed BAR %u of "
                  "function %u at 0x%"PRIx64", where no inbound region "
                  "matches\n", bar, function, offset);
    return false;
}
