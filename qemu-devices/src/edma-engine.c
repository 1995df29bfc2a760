/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The DMA engine.
 *
 * A doorbell wakes the channel's thread, which copies element by element and
 * memory to memory, in pieces so small that a stop or a reset is obeyed soon.
 * Element formats after Linux's dw-edma-v0-regs.h.
 */
#include "qemu/osdep.h"
#include <poll.h>
#include <sys/eventfd.h>
#include "qemu/bswap.h"
#include "qemu/lockable.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "qemu/units.h"
#include "exec/memory.h"
#include "bus.h"
#include "edma-engine.h"
#include "trace-ntb_edma.h"

#define ELEMENT_SIZE    24
#define LINK_SIZE       16
/* Copied between two looks at the stop flag. */
#define PIECE           (64 * KiB)

typedef struct Element {
    uint32_t control, size;
    uint64_t source, destination;   /* of a link element: source is the link */
} Element;

static const char *const dir_name[] = { "write", "read" };

static void settle(DwcEngineChannel *c)
{
    /* Nobody who holds the big lock waits for this thread. */
    if (qatomic_read(&c->ep->edma.lines_changed)) {
        bql_lock();
        dwc_ep_update_lines(c->ep);
        bql_unlock();
    }
}

static bool stop_requested(DwcEngineChannel *c)
{
    dwc_edma_poll(&c->ep->edma);
    settle(c);
    return qatomic_read(&c->ep->edma.channel[c->dir][c->ch].stop);
}

/* Local memory is RAM or nothing: DMA to the controller's own registers or
 * another device would need the big lock, and no driver does it. */
static uint8_t *local_ram(DwcEngineChannel *c, uint64_t addr, uint64_t *len)
{
    return dwc_ram_map_lookup(qatomic_rcu_read(&c->ep->local.map), addr, len);
}

/*
 * From what the element says to an address on the PCI bus: an address in an
 * outbound window goes through the iATU, any other goes out as it is.
 */
static bool to_bus(DwcEngineChannel *c, uint64_t addr, uint64_t *bus,
                   uint64_t *len)
{
    const DwcIatuRegion *r;

    QEMU_LOCK_GUARD(&c->ep->lock);
    if (!c->ep->up || !dwc_dbi_bus_master(&c->ep->dbi)) {
        return false;
    }
    r = dwc_iatu_outbound(&c->ep->iatu, addr, len);
    if (r && dwc_iatu_type(r) != DWC_TLP_MEM) {
        return false;
    }
    *bus = r ? addr - r->base + r->target : addr;
    return true;
}

/* Copies at most LEN bytes.  Sets LEN to how many. */
static DwcEdmaFault copy_piece(DwcEngineChannel *c, uint64_t source,
                               uint64_t destination, uint64_t *len)
{
    uint64_t local = c->dir == DWC_EDMA_WRITE ? source : destination;
    uint64_t remote = c->dir == DWC_EDMA_WRITE ? destination : source;
    uint8_t bounce[DWC_LINK_MAX_DATA];
    uint8_t *here, *there;
    uint64_t bus;

    *len = MIN(*len, PIECE);
    if (!to_bus(c, remote, &bus, len)) {
        return DWC_EDMA_FAULT_PCIE;
    }
    WITH_RCU_READ_LOCK_GUARD() {
        here = local_ram(c, local, len);
        if (!here) {
            return DWC_EDMA_FAULT_LOCAL;
        }
        there = dwc_bus_ram(c->ep, bus, len);
        if (there) {
            if (c->dir == DWC_EDMA_WRITE) {
                memcpy(there, here, *len);
            } else {
                /* By this way translated code in the range is dropped. */
                address_space_write(c->ep->as, local, MEMTXATTRS_UNSPECIFIED,
                                    there, *len);
            }
            return DWC_EDMA_FAULT_NONE;
        }
        *len = MIN(*len, sizeof(bounce));
        if (c->dir == DWC_EDMA_WRITE) {
            memcpy(bounce, here, *len);
        }
    }
    if (c->dir == DWC_EDMA_WRITE) {
        return dwc_bus_write(c->ep, bus, bounce, *len, true) ?
               DWC_EDMA_FAULT_NONE : DWC_EDMA_FAULT_PCIE;
    }
    if (!dwc_bus_read(c->ep, bus, bounce, *len)) {
        return DWC_EDMA_FAULT_PCIE;
    }
    address_space_write(c->ep->as, local, MEMTXATTRS_UNSPECIFIED, bounce, *len);
    return DWC_EDMA_FAULT_NONE;
}

static DwcEdmaFault copy(DwcEngineChannel *c, const Element *e)
{
    DwcChannelStats *stats = &c->ep->stats.channel[c->dir][c->ch];
    uint64_t done = 0;

    while (done < e->size && !stop_requested(c)) {
        uint64_t len = e->size - done;
        DwcEdmaFault fault = copy_piece(c, e->source + done,
                                        e->destination + done, &len);

        if (fault != DWC_EDMA_FAULT_NONE) {
            return fault;
        }
        done += len;
        stat64_add(&stats->bytes, len);
    }
    return DWC_EDMA_FAULT_NONE;
}

static void send_imwr(DwcEngineChannel *c, bool abort)
{
    uint64_t addr;
    uint32_t data;

    dwc_edma_lock(&c->ep->edma);
    addr = dwc_edma_imwr(&c->ep->edma, c->dir, c->ch, abort, &data);
    dwc_edma_unlock(&c->ep->edma);
    trace_dwc_edma_imwr(dir_name[c->dir], c->ch, addr, data);
    stat64_add(&c->ep->stats.imwr, 1);
    stl_le_p(&data, data);
    /* After the data: they are in place, and the message goes out last. */
    smp_wmb();
    dwc_bus_write(c->ep, addr, &data, sizeof(data), true);
}

static void notify_done(DwcEngineChannel *c, uint32_t control)
{
    if (control & DWC_EDMA_LIE) {
        bool unmasked;

        dwc_edma_lock(&c->ep->edma);
        unmasked = dwc_edma_raise_done(&c->ep->edma, c->dir, c->ch);
        if (unmasked && c->ep->edma.channel[c->dir][c->ch].from_link) {
            stat64_add(&c->ep->stats.channel[c->dir][c->ch].notifications, 1);
        }
        dwc_edma_unlock(&c->ep->edma);
        settle(c);
    }
    if (control & DWC_EDMA_RIE) {
        send_imwr(c, false);
    }
}

static void notify_abort(DwcEngineChannel *c, DwcEdmaFault fault, bool local,
                         bool remote)
{
    dwc_edma_lock(&c->ep->edma);
    dwc_edma_raise_abort(&c->ep->edma, c->dir, c->ch, fault, local);
    dwc_edma_set_state(&c->ep->edma, c->dir, c->ch, DWC_EDMA_HALTED);
    dwc_edma_went_idle(&c->ep->edma, c->dir, c->ch);
    dwc_edma_unlock(&c->ep->edma);
    stat64_add(&c->ep->stats.channel[c->dir][c->ch].aborts, 1);
    stat64_add(&c->ep->stats.faults, 1);
    trace_dwc_edma_abort(dir_name[c->dir], c->ch, fault);
    settle(c);
    if (remote) {
        send_imwr(c, true);
    }
}

/* The list is in local memory.  The control word is read first: whoever
 * writes an element writes that word last. */
static bool fetch(DwcEngineChannel *c, uint64_t addr, Element *e)
{
    uint64_t len = ELEMENT_SIZE;
    uint8_t *p;

    RCU_READ_LOCK_GUARD();
    p = local_ram(c, addr, &len);
    if (!p || len < LINK_SIZE || (addr & 3)) {
        return false;
    }
    e->control = le32_to_cpu(qatomic_load_acquire((uint32_t *)p));
    if (e->control & DWC_EDMA_LLP) {
        e->size = 0;
        e->source = ldq_le_p(p + 8);
        return true;
    }
    if (len < ELEMENT_SIZE) {
        return false;
    }
    e->size = ldl_le_p(p + 4);
    e->source = ldq_le_p(p + 8);
    e->destination = ldq_le_p(p + 16);
    return true;
}

static void show_element(DwcEngineChannel *c, const Element *e, uint64_t llp)
{
    DwcEdma *edma = &c->ep->edma;

    QEMU_LOCK_GUARD(&edma->lock);
    *dwc_edma_context(edma, c->dir, c->ch, DWC_EDMA_SIZE_REG) = e->size;
    dwc_edma_set_context64(edma, c->dir, c->ch, DWC_EDMA_SAR_LOW, e->source);
    dwc_edma_set_context64(edma, c->dir, c->ch, DWC_EDMA_DAR_LOW,
                           e->destination);
    dwc_edma_set_context64(edma, c->dir, c->ch, DWC_EDMA_LLP_LOW, llp);
}

static void show_list(DwcEngineChannel *c, uint64_t llp, bool ccs)
{
    DwcEdma *edma = &c->ep->edma;
    uint32_t *control;

    QEMU_LOCK_GUARD(&edma->lock);
    dwc_edma_set_context64(edma, c->dir, c->ch, DWC_EDMA_LLP_LOW, llp);
    control = dwc_edma_context(edma, c->dir, c->ch, DWC_EDMA_CONTROL1);
    *control = ccs ? *control | DWC_EDMA_CCS : *control & ~DWC_EDMA_CCS;
}

/* The channel comes to rest.  MOVED: it has done something. */
static void finish(DwcEngineChannel *c, bool moved)
{
    DwcEdma *edma = &c->ep->edma;

    if (moved) {
        stat64_add(&c->ep->stats.channel[c->dir][c->ch].transfers, 1);
    }
    QEMU_LOCK_GUARD(&edma->lock);
    if (!edma->channel[c->dir][c->ch].doorbell) {
        dwc_edma_set_state(edma, c->dir, c->ch, DWC_EDMA_STOPPED);
    }
    dwc_edma_went_idle(edma, c->dir, c->ch);
}

static void abort_list(DwcEngineChannel *c, DwcEdmaFault fault, uint64_t llp)
{
    DwcEdma *edma = &c->ep->edma;
    bool local, remote;

    qemu_log_mask(LOG_GUEST_ERROR, "dwc-edma: %s channel %u aborts at the "
                  "element at 0x%"PRIx64": %s\n", dir_name[c->dir], c->ch, llp,
                  fault == DWC_EDMA_FAULT_LIST ? "it is not in RAM" :
                  fault == DWC_EDMA_FAULT_LOCAL ?
                  "its local address is not RAM" :
                  "its PCIe address does not answer");
    dwc_edma_lock(edma);
    local = dwc_edma_list_abort_local(edma, c->dir, c->ch);
    remote = dwc_edma_list_abort_remote(edma, c->dir, c->ch);
    dwc_edma_unlock(edma);
    notify_abort(c, fault, local, remote);
}

/*
 * Whether the consumer owns the element.
 *
 * A link element with the wrong cycle bit ends the walk as any other does.  The
 * next doorbell (FIRST) then takes that link if it toggles the cycle: Linux
 * reuses the list's memory for the next part of a transfer, may end that part
 * sooner than the last one, and so rings with the old link still in place.
 */
static bool owned(const Element *e, bool ccs, bool first)
{
    if (!!(e->control & DWC_EDMA_CB) == ccs) {
        return true;
    }
    return first && (e->control & DWC_EDMA_LLP) && (e->control & DWC_EDMA_TCB);
}

/*
 * Walks the list while its elements' cycle bits match the consumer's.
 *
 * The interrupt for an element is raised when the element behind it has been
 * fetched, and with the channel at rest if that one ends the list: whoever gets
 * the interrupt for the last element may reuse the list at once.
 */
static void run_list(DwcEngineChannel *c, uint64_t llp, bool ccs)
{
    uint32_t due = 0;
    bool first = true, moved = false;

    for (;; first = false) {
        DwcEdmaFault fault = DWC_EDMA_FAULT_NONE;
        bool stop = stop_requested(c);
        Element e = {};

        if (!stop && !fetch(c, llp, &e)) {
            fault = DWC_EDMA_FAULT_LIST;
        }
        if (fault == DWC_EDMA_FAULT_NONE) {
            stop |= !owned(&e, ccs, first);
            if (stop) {
                finish(c, moved);
            }
        }
        if (due) {
            notify_done(c, due);
            due = 0;
        }
        if (fault != DWC_EDMA_FAULT_NONE) {
            abort_list(c, fault, llp);
            return;
        }
        if (stop) {
            return;
        }
        trace_dwc_edma_element(dir_name[c->dir], c->ch, llp, e.control,
                               e.source, e.destination, e.size);
        if (e.control & DWC_EDMA_LLP) {
            llp = e.source;
            ccs ^= !!(e.control & DWC_EDMA_TCB);
            show_list(c, llp, ccs);
            continue;
        }
        show_element(c, &e, llp);
        fault = copy(c, &e);
        if (fault != DWC_EDMA_FAULT_NONE) {
            abort_list(c, fault, llp);
            return;
        }
        if (stop_requested(c)) {
            finish(c, moved);
            return;
        }
        moved = true;
        llp += ELEMENT_SIZE;
        show_list(c, llp, ccs);
        stat64_add(&c->ep->stats.channel[c->dir][c->ch].elements, 1);
        due = e.control & (DWC_EDMA_LIE | DWC_EDMA_RIE);
    }
}

static void run_single(DwcEngineChannel *c, uint32_t control)
{
    DwcEdma *edma = &c->ep->edma;
    DwcEdmaFault fault;
    bool whole;
    Element e;

    dwc_edma_lock(edma);
    e.control = control;
    e.size = *dwc_edma_context(edma, c->dir, c->ch, DWC_EDMA_SIZE_REG);
    e.source = dwc_edma_context64(edma, c->dir, c->ch, DWC_EDMA_SAR_LOW);
    e.destination = dwc_edma_context64(edma, c->dir, c->ch, DWC_EDMA_DAR_LOW);
    dwc_edma_unlock(edma);
    trace_dwc_edma_element(dir_name[c->dir], c->ch, 0, e.control, e.source,
                           e.destination, e.size);
    fault = copy(c, &e);
    if (fault != DWC_EDMA_FAULT_NONE) {
        notify_abort(c, fault, control & DWC_EDMA_LIE, control & DWC_EDMA_RIE);
        return;
    }
    whole = !stop_requested(c);
    if (whole) {
        stat64_add(&c->ep->stats.channel[c->dir][c->ch].elements, 1);
        dwc_edma_lock(edma);
        *dwc_edma_context(edma, c->dir, c->ch, DWC_EDMA_SIZE_REG) = 0;
        dwc_edma_unlock(edma);
    }
    finish(c, whole);
    if (whole) {
        notify_done(c, control);
    }
}

/* Blocks until somebody kicks. */
static void wait_for_kick(DwcEngineChannel *c)
{
    struct pollfd p = { .fd = c->kick, .events = POLLIN };
    uint64_t count;

    /* The peer shares the descriptor and may have made it non-blocking. */
    while (read(c->kick, &count, sizeof(count)) < 0) {
        poll(&p, 1, -1);
    }
}

static void *engine_thread(void *opaque)
{
    DwcEngineChannel *c = opaque;
    DwcEdma *edma = &c->ep->edma;
    DwcEdmaChannel *state = &edma->channel[c->dir][c->ch];
    DwcChannelStats *stats = &c->ep->stats.channel[c->dir][c->ch];

    rcu_register_thread();
    for (;;) {
        uint32_t control;
        uint64_t llp;
        bool rung;

        dwc_edma_lock(edma);
        rung = state->doorbell;
        if (rung) {
            state->doorbell = false;
            state->stop = false;
            state->busy = true;
            dwc_edma_set_state(edma, c->dir, c->ch, DWC_EDMA_RUNNING);
        }
        control = *dwc_edma_context(edma, c->dir, c->ch, DWC_EDMA_CONTROL1);
        llp = dwc_edma_context64(edma, c->dir, c->ch, DWC_EDMA_LLP_LOW);
        dwc_edma_unlock(edma);
        settle(c);
        if (qatomic_read(&c->ep->engine.quit)) {
            break;
        }
        if (!rung) {
            wait_for_kick(c);
            continue;
        }
        stat64_add(&stats->doorbells, 1);
        if (control & DWC_EDMA_LLE) {
            run_list(c, llp, control & DWC_EDMA_CCS);
        } else {
            run_single(c, control);
        }
    }
    rcu_unregister_thread();
    return NULL;
}

void dwc_engine_start(DwcPcieEp *ep)
{
    DwcEdmaDir dir;
    unsigned ch;

    for (dir = 0; dir < DWC_EDMA_DIRS; dir++) {
        for (ch = 0; ch < ep->edma.channels[dir]; ch++) {
            DwcEngineChannel *c = &ep->engine.channel[dir][ch];
            g_autofree char *name = g_strdup_printf("dwc-%s%u",
                                                    dir_name[dir], ch);

            c->ep = ep;
            c->dir = dir;
            c->ch = ch;
            c->kick = eventfd(0, EFD_CLOEXEC);
            qemu_thread_create(&c->thread, name, engine_thread, c,
                               QEMU_THREAD_JOINABLE);
        }
    }
    ep->engine.started = true;
}

void dwc_engine_stop(DwcPcieEp *ep)
{
    DwcEdmaDir dir;
    unsigned ch;

    if (!ep->engine.started) {
        return;
    }
    qatomic_set(&ep->engine.quit, true);
    for (dir = 0; dir < DWC_EDMA_DIRS; dir++) {
        for (ch = 0; ch < ep->edma.channels[dir]; ch++) {
            qatomic_set(&ep->edma.channel[dir][ch].stop, true);
            dwc_engine_kick(ep, dir * DWC_EDMA_MAX_CHANNELS + ch);
        }
    }
    for (dir = 0; dir < DWC_EDMA_DIRS; dir++) {
        for (ch = 0; ch < ep->edma.channels[dir]; ch++) {
            qemu_thread_join(&ep->engine.channel[dir][ch].thread);
            close(ep->engine.channel[dir][ch].kick);
        }
    }
    ep->engine.started = false;
}

void dwc_engine_kick(DwcPcieEp *ep, unsigned channel)
{
    DwcEngineChannel *c = &ep->engine.channel[channel / DWC_EDMA_MAX_CHANNELS]
                                             [channel % DWC_EDMA_MAX_CHANNELS];
    uint64_t one = 1;

    while (write(c->kick, &one, sizeof(one)) < 0 && errno == EINTR) {
        /* Again. */
    }
}
