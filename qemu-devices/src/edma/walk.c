/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A channel at work, from the doorbell to rest: the walk of a linked list, the
 * copies that its elements ask for, and the state and interrupts that follow.
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "qemu/timer.h"
#include "qemu/units.h"
#include "edma/element.h"
#include "edma/walk.h"
#include "trace-ntb_edma.h"

/* Copied between two looks at the stop flag. */
#define PIECE       (64 * KiB)
/* The same where copies take time: channels share the link by so much. */
#define TIMED_PIECE (4 * KiB)

/* Only the channel's own thread writes these. */
static void edma_count(Stat64 *counter, uint64_t n)
{
    stat64_set(counter, stat64_get(counter) + n);
}

static DwcChannelStats *edma_stats(DwcEdmaWalk *w)
{
    return &w->stats->channel[w->c->dir][w->c->index];
}

static bool edma_stopping(DwcEdmaWalk *w)
{
    w->port->settle(w->opaque);
    return qatomic_read(&w->c->stop);
}

static int64_t edma_clock(const DwcEdmaWalk *w)
{
    return w->port->now ? w->port->now() : get_clock();
}

/* Without a lock. */
static void edma_elapse(DwcEdmaWalk *w, DwcEdmaStep step, uint64_t size)
{
    if (w->port->elapse) {
        w->port->elapse(w->opaque, w->c->dir * DWC_EDMA_MAX_CHANNELS +
                        w->c->index, step, size);
    }
}

/* --- State and interrupts that others see. --- */

static void edma_send_message(DwcEdmaWalk *w, const DwcEdmaMessage *message)
{
    uint32_t data = cpu_to_le32(message->data);

    trace_dwc_edma_imwr(dwc_edma_dir_name(w->c->dir), w->c->index,
                        message->addr, message->data);
    stat64_add(&w->stats->imwr, 1);
    /* The data must be in memory before the message is. */
    smp_wmb();
    w->port->bus_write(w->opaque, message->addr, &data, sizeof(data));
}

static void edma_give_notice(DwcEdmaWalk *w, const DwcEdmaNotice *notice)
{
    unsigned i;

    w->port->settle(w->opaque);
    for (i = 0; i < notice->messages; i++) {
        edma_send_message(w, &notice->message[i]);
    }
}

/* With the lock.  Counters change before the state that announces them. */
static void edma_come_to_rest(DwcEdmaWalk *w, DwcEdmaState state)
{
    if (!w->c->abandoned) {
        edma_count(&edma_stats(w)->busy_ns, edma_clock(w) - w->began);
    }
    dwc_edma_channel_rest(w->edma, w->c, state);
}

/*
 * With the lock, and the channel not abandoned: a reset ends what is counted
 * with what is seen.
 */
static void edma_count_moved(DwcEdmaWalk *w, bool ends)
{
    edma_count(&edma_stats(w)->elements, w->moved);
    edma_count(&edma_stats(w)->bytes, w->bytes);
    w->moved_any |= w->moved;
    w->moved = 0;
    w->bytes = 0;
    if (ends && w->moved_any) {
        edma_count(&edma_stats(w)->transfers, 1);
    }
}

/*
 * An element with CONTROL is done (0: none is) and P is what comes next: show
 * it, come to rest or not, interrupt.
 */
static void edma_advance(DwcEdmaWalk *w, const DwcEdmaProgram *p,
                         uint32_t control, DwcEdmaNext next)
{
    DwcEdmaNotice notice = {};
    bool heard;

    dwc_edma_lock(w->edma);
    if (!w->c->abandoned) {
        edma_count_moved(w, next != DWC_EDMA_GOES_ON);
        w->edma->map->show(w->edma, w->c, p);
        notice = w->edma->map->done(w->edma, w->c, control, next);
        if (notice.local && w->c->from_link) {
            edma_count(&edma_stats(w)->notifications, 1);
        }
    }
    heard = notice.local || notice.messages;
    if (next != DWC_EDMA_GOES_ON) {
        edma_come_to_rest(w, DWC_EDMA_STOPPED);
    }
    dwc_edma_unlock(w->edma);
    if (heard) {
        edma_give_notice(w, &notice);
    }
}

static const char *edma_fault_name(DwcEdmaFault fault)
{
    return fault == DWC_EDMA_FAULT_LIST ? "it is not in RAM, or not aligned" :
           fault == DWC_EDMA_FAULT_LOCAL ? "its local address is not RAM" :
           fault == DWC_EDMA_FAULT_ABORTED ? "the completer has aborted" :
           fault == DWC_EDMA_FAULT_TIMED_OUT ? "no completion has come" :
           fault == DWC_EDMA_FAULT_POISONED ? "the completion is poisoned" :
           "its PCIe address does not answer";
}

/* The element at P aborts: the channel halts there. */
static void edma_halt(DwcEdmaWalk *w, DwcEdmaFault fault,
                      const DwcEdmaProgram *p)
{
    DwcEdmaNotice notice = {};

    qemu_log_mask(LOG_GUEST_ERROR, "dwc-edma: %s channel %u aborts at the "
                  "element at 0x%"PRIx64": %s\n",
                  dwc_edma_dir_name(w->c->dir), w->c->index, p->llp,
                  edma_fault_name(fault));
    trace_dwc_edma_abort(dwc_edma_dir_name(w->c->dir), w->c->index, fault);
    dwc_edma_lock(w->edma);
    if (!w->c->abandoned) {
        edma_count(&edma_stats(w)->aborts, 1);
        edma_count_moved(w, false);
        w->edma->map->show(w->edma, w->c, p);
        notice = w->edma->map->abort(w->edma, w->c, fault, p);
    }
    edma_come_to_rest(w, DWC_EDMA_HALTED);
    dwc_edma_unlock(w->edma);
    edma_give_notice(w, &notice);
}

/* --- From memory to memory. --- */

static DwcEdmaFault edma_incomplete(DwcEdmaWalk *w, DwcEdmaFault fault)
{
    if (w->port->incomplete) {
        w->port->incomplete(w->opaque, fault);
    }
    return fault;
}

/* Through requests on the bus, for memory that this process does not see. */
static DwcEdmaFault edma_copy_by_requests(DwcEdmaWalk *w, uint64_t local,
                                          uint64_t bus, uint64_t *len)
{
    bool write = w->c->dir == DWC_EDMA_WRITE, there;
    uint8_t bounce[DWC_EDMA_BUS_MAX];
    uint64_t wanted;
    uint8_t *here;

    *len = MIN(*len, sizeof(bounce));
    if (!write && !w->port->bus_read(w->opaque, bus, bounce, *len)) {
        return DWC_EDMA_FAULT_PCIE;
    }
    dwc_edma_hold(w);
    wanted = *len;
    here = w->port->local(w->opaque, local, len, !write);
    there = here && *len == wanted;
    if (there && write) {
        memcpy(bounce, here, *len);
    } else if (there) {
        w->port->local_write(w->opaque, local, bounce, *len);
    }
    dwc_edma_release(w);
    if (!there) {
        return DWC_EDMA_FAULT_LOCAL;
    }
    if (write && !w->port->bus_write(w->opaque, bus, bounce, *len)) {
        return DWC_EDMA_FAULT_PCIE;
    }
    return DWC_EDMA_FAULT_NONE;
}

/* Copies at most LEN bytes.  Sets LEN to how many. */
static DwcEdmaFault edma_copy_piece(DwcEdmaWalk *w, uint64_t source,
                                    uint64_t destination, uint64_t *len)
{
    bool write = w->c->dir == DWC_EDMA_WRITE;
    uint64_t local = write ? source : destination;
    uint64_t remote = write ? destination : source;
    DwcEdmaFault fault = DWC_EDMA_FAULT_NONE;
    uint8_t *here, *there = NULL;
    uint64_t bus;

    dwc_edma_hold(w);
    *len = MIN(*len, PIECE);
    here = w->port->local(w->opaque, local, len, !write);
    if (!here) {
        fault = DWC_EDMA_FAULT_LOCAL;
    } else if (!w->port->bus(w->opaque, remote, &bus, &there, len)) {
        fault = DWC_EDMA_FAULT_PCIE;
    } else if (there && write) {
        memcpy(there, here, *len);
    } else if (there) {
        w->port->local_write(w->opaque, local, there, *len);
    }
    dwc_edma_release(w);
    return fault != DWC_EDMA_FAULT_NONE || there ? fault :
           edma_copy_by_requests(w, local, bus, len);
}

/* At most LEN bytes that the host's port finds wrong, and drops. */
static DwcEdmaFault edma_write_flawed(DwcEdmaWalk *w, uint64_t destination,
                                      uint64_t len,
                                      bool (*write)(void *, uint64_t, size_t))
{
    uint8_t *there;
    uint64_t bus;
    bool ok;

    len = MIN(len, DWC_EDMA_BUS_MAX);
    dwc_edma_hold(w);
    ok = w->port->bus(w->opaque, destination, &bus, &there, &len);
    dwc_edma_release(w);
    return ok && write(w->opaque, bus, len) ? DWC_EDMA_FAULT_NONE :
                                              DWC_EDMA_FAULT_PCIE;
}

/*
 * What is wrong with an element by request.  All requests of a poisoned write
 * are: the first tells the host so, and none of their data is taken there.
 */
static DwcEdmaFault edma_injected(DwcEdmaWalk *w, const DwcEdmaElement *e,
                                  bool *poisoned)
{
    DwcEdmaFault fault = dwc_edma_inject_next(&w->edma->inject, w->c->dir,
                                              w->c->index);
    bool write = w->c->dir == DWC_EDMA_WRITE;

    *poisoned = fault == DWC_EDMA_FAULT_POISONED && write;
    if (!*poisoned) {
        return write || fault == DWC_EDMA_FAULT_NONE ?
               fault : edma_incomplete(w, fault);
    }
    /* Without bytes no request carries data. */
    return e->size ? edma_write_flawed(w, e->destination, e->size,
                                       w->port->bus_poison) :
                     DWC_EDMA_FAULT_NONE;
}

/* Whether the first request of a write, to which LEN is cut, is too long. */
static bool edma_too_long(DwcEdmaWalk *w, uint64_t destination, uint64_t *len)
{
    return w->c->dir == DWC_EDMA_WRITE && w->port->too_long &&
           w->port->too_long(w->opaque, destination, len);
}

/* The element's bytes; WHOLE unless a request to stop came. */
static DwcEdmaFault edma_copy(DwcEdmaWalk *w, const DwcEdmaElement *e,
                              bool *whole)
{
    bool poisoned, told = false;
    DwcEdmaFault fault = edma_injected(w, e, &poisoned);
    uint64_t done = 0;

    *whole = true;
    if (fault != DWC_EDMA_FAULT_NONE || poisoned) {
        return fault;
    }
    edma_elapse(w, DWC_EDMA_STEP_REQUEST, 0);
    while (done < e->size) {
        uint64_t len = e->size - done;
        bool too_long;

        if (done && edma_stopping(w)) {
            *whole = false;
            break;
        }
        too_long = edma_too_long(w, e->destination + done, &len);
        if (w->port->elapse) {
            len = MIN(len, TIMED_PIECE);
            edma_elapse(w, DWC_EDMA_STEP_DATA, len);
        }
        if (!too_long) {
            fault = edma_copy_piece(w, e->source + done,
                                    e->destination + done, &len);
            w->bytes += fault == DWC_EDMA_FAULT_NONE ? len : 0;
        } else if (!told) {
            /* The port logs the first: one of an element is enough. */
            fault = edma_write_flawed(w, e->destination + done, len,
                                      w->port->bus_malformed);
            told = true;
        }
        if (fault != DWC_EDMA_FAULT_NONE) {
            return fault;
        }
        done += len;
    }
    return DWC_EDMA_FAULT_NONE;
}

/* --- From element to element. --- */

/*
 * Walks the list while its elements' cycle bits match the consumer's.
 *
 * The interrupt for an element is raised when the element behind it has been
 * fetched, and with the channel at rest if that one ends the list: whoever gets
 * the interrupt for the last element may reuse the list at once.
 */
static void edma_walk_list(DwcEdmaWalk *w, DwcEdmaProgram *p)
{
    DwcEdmaElement *e = &p->element;
    uint32_t due = 0;
    bool first = true;

    for (;; first = false) {
        DwcEdmaElement next;
        DwcEdmaFault fault;
        bool whole;

        if (edma_stopping(w)) {
            edma_advance(w, p, due, DWC_EDMA_TOLD_TO_STOP);
            return;
        }
        edma_elapse(w, DWC_EDMA_STEP_FETCH, 0);
        if (!dwc_edma_element_fetch(w, p->llp, &next)) {
            if (due) {
                edma_advance(w, p, due, DWC_EDMA_GOES_ON);
            }
            edma_halt(w, DWC_EDMA_FAULT_LIST, p);
            return;
        }
        if (!dwc_edma_element_owned(w, &next, p->cycle, first)) {
            edma_advance(w, p, due, DWC_EDMA_ENDS);
            return;
        }
        trace_dwc_edma_element(dwc_edma_dir_name(w->c->dir), w->c->index,
                               p->llp, next.control, next.source,
                               next.destination, next.size);
        if (next.control & DWC_EDMA_LLP) {
            p->llp = next.source;
            p->cycle ^= !!(next.control & DWC_EDMA_TCB);
            continue;
        }
        *e = next;
        edma_advance(w, p, due, DWC_EDMA_GOES_ON);
        due = 0;
        dwc_edma_element_fetch_ahead(w, p->llp + DWC_EDMA_ELEMENT_SIZE);
        fault = edma_copy(w, e, &whole);
        if (fault != DWC_EDMA_FAULT_NONE) {
            edma_halt(w, fault, p);
            return;
        }
        if (!whole) {
            edma_advance(w, p, 0, DWC_EDMA_TOLD_TO_STOP);
            return;
        }
        w->moved++;
        p->llp += DWC_EDMA_ELEMENT_SIZE;
        due = e->control & (DWC_EDMA_LIE | DWC_EDMA_RIE);
    }
}

/* One transfer, as the channel's registers have it. */
static void edma_run_single(DwcEdmaWalk *w, DwcEdmaProgram *p)
{
    DwcEdmaFault fault;
    bool whole;

    trace_dwc_edma_element(dwc_edma_dir_name(w->c->dir), w->c->index, 0,
                           p->element.control, p->element.source,
                           p->element.destination, p->element.size);
    fault = edma_copy(w, &p->element, &whole);
    if (fault != DWC_EDMA_FAULT_NONE) {
        edma_halt(w, fault, p);
        return;
    }
    if (whole) {
        w->moved++;
        p->element.size = 0;
    }
    edma_advance(w, p, whole ? p->element.control : 0,
                 whole ? DWC_EDMA_ENDS : DWC_EDMA_TOLD_TO_STOP);
}

bool dwc_edma_walk(DwcEdmaWalk *w)
{
    DwcEdmaProgram p;
    bool rung;

    dwc_edma_lock(w->edma);
    rung = dwc_edma_channel_take(w->edma, w->c, &p);
    if (rung) {
        edma_count(&edma_stats(w)->doorbells, 1);
    }
    dwc_edma_unlock(w->edma);
    w->port->settle(w->opaque);
    if (!rung) {
        return false;
    }
    w->began = edma_clock(w);
    w->ahead.valid = false;
    w->moved = 0;
    w->bytes = 0;
    w->moved_any = false;
    if (p.list) {
        edma_walk_list(w, &p);
    } else {
        edma_run_single(w, &p);
    }
    return true;
}
