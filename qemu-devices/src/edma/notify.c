/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the others see and hear of a channel at work. */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "qemu/timer.h"
#include "edma/walker.h"
#include "trace-ntb_edma.h"

static void send_message(DwcEdmaWalker *w, const DwcEdmaNotice *notice)
{
    uint32_t data = cpu_to_le32(notice->data);

    trace_dwc_edma_imwr(dwc_edma_dir_name(w->c->dir), w->c->index,
                        notice->addr, notice->data);
    stat64_add(&w->totals->imwr, 1);
    /* After the data: they are in place, and the message goes out last. */
    smp_wmb();
    w->port->bus_write(w->opaque, notice->addr, &data, sizeof(data));
}

static void give_notice(DwcEdmaWalker *w, const DwcEdmaNotice *notice)
{
    w->port->breathe(w->opaque);
    if (notice->message) {
        send_message(w, notice);
    }
}

/* With the lock: what is counted can be seen before the state is. */
static void come_to_rest(DwcEdmaWalker *w, DwcEdmaState state)
{
    dwc_edma_count(&w->stats->busy_ns, get_clock() - w->began);
    dwc_edma_channel_rest(w->edma, w->c, state);
}

void dwc_edma_advance(DwcEdmaWalker *w, const DwcEdmaProgram *p,
                      uint32_t control, bool resting)
{
    DwcEdmaNotice notice = {};
    bool heard;

    dwc_edma_lock(w->edma);
    if (!w->c->abandoned) {
        w->edma->map->show(w->edma, w->c, p);
        notice = w->edma->map->done(w->edma, w->c, control, resting);
        if (notice.local && w->c->from_link) {
            dwc_edma_count(&w->stats->notifications, 1);
        }
    }
    heard = notice.local || notice.message;
    if (resting) {
        come_to_rest(w, DWC_EDMA_STOPPED);
    }
    dwc_edma_unlock(w->edma);
    if (heard) {
        give_notice(w, &notice);
    }
}

static const char *why(DwcEdmaFault fault)
{
    return fault == DWC_EDMA_FAULT_LIST ? "it is not in RAM, or not aligned" :
           fault == DWC_EDMA_FAULT_LOCAL ? "its local address is not RAM" :
           "its PCIe address does not answer";
}

void dwc_edma_halt(DwcEdmaWalker *w, DwcEdmaFault fault,
                   const DwcEdmaProgram *p)
{
    DwcEdmaNotice notice = {};

    qemu_log_mask(LOG_GUEST_ERROR, "dwc-edma: %s channel %u aborts at the "
                  "element at 0x%"PRIx64": %s\n",
                  dwc_edma_dir_name(w->c->dir), w->c->index, p->llp,
                  why(fault));
    trace_dwc_edma_abort(dwc_edma_dir_name(w->c->dir), w->c->index, fault);
    dwc_edma_count(&w->stats->aborts, 1);
    stat64_add(&w->totals->faults, 1);
    dwc_edma_lock(w->edma);
    if (!w->c->abandoned) {
        w->edma->map->show(w->edma, w->c, p);
        notice = w->edma->map->abort(w->edma, w->c, fault, p);
    }
    come_to_rest(w, DWC_EDMA_HALTED);
    dwc_edma_unlock(w->edma);
    give_notice(w, &notice);
}
