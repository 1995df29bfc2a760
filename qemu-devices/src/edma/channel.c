/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The states of a channel, from one doorbell to the next. */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "edma/channel.h"
#include "edma/regs.h"
#include "trace-ntb_edma.h"

const char *dwc_edma_dir_name(DwcEdmaDir dir)
{
    return dir == DWC_EDMA_WRITE ? "write" : "read";
}

void dwc_edma_channel_init(DwcEdmaChannel *c, DwcEdmaDir dir, unsigned index)
{
    c->dir = dir;
    c->index = index;
}

void dwc_edma_channel_ring(DwcEdma *edma, DwcEdmaChannel *c,
                           DwcEdmaOrigin origin)
{
    /* After a reset it is at rest, though its thread may not be yet. */
    if (c->busy && !c->abandoned &&
        !dwc_edma_forgives(&edma->forgive, edma->forgive.late_doorbell)) {
        trace_dwc_edma_doorbell_lost(dwc_edma_dir_name(c->dir), c->index);
        stat64_add(&edma->lost_doorbells, 1);
        return;
    }
    if (c->doorbell) {
        /* The one before has not been taken yet: they are one from now on. */
        stat64_add(&edma->lost_doorbells, 1);
    }
    c->doorbell = true;
    c->from_link = origin == DWC_EDMA_FROM_LINK;
    /* Seen as running from here on, not from when the thread wakes. */
    edma->map->set_state(edma, c, DWC_EDMA_RUNNING);
    trace_dwc_edma_doorbell(dwc_edma_dir_name(c->dir), c->index, c->from_link);
}

void dwc_edma_channel_stop(DwcEdma *edma, DwcEdmaChannel *c)
{
    if (c->doorbell && (!c->busy || c->abandoned)) {
        edma->map->set_state(edma, c, DWC_EDMA_STOPPED);
    }
    c->doorbell = false;
    qatomic_set(&c->stop, c->busy);
    trace_dwc_edma_stop(dwc_edma_dir_name(c->dir), c->index, c->busy);
}

void dwc_edma_channel_reset(DwcEdma *edma, DwcEdmaChannel *c)
{
    dwc_edma_channel_stop(edma, c);
    c->abandoned = c->busy;
}

bool dwc_edma_channel_take(DwcEdma *edma, DwcEdmaChannel *c, DwcEdmaProgram *p)
{
    if (!c->doorbell || edma->shut) {
        return false;
    }
    c->doorbell = false;
    qatomic_set(&c->stop, false);
    c->busy = true;
    edma->map->set_state(edma, c, DWC_EDMA_RUNNING);
    edma->map->load(edma, c, p);
    return true;
}

void dwc_edma_channel_rest(DwcEdma *edma, DwcEdmaChannel *c, DwcEdmaState state)
{
    if (!c->doorbell && !c->abandoned) {
        edma->map->set_state(edma, c, state);
    }
    c->abandoned = false;
    c->busy = false;
    qatomic_set(&c->stop, false);
    edma->map->rested(edma, c);
    trace_dwc_edma_rest(dwc_edma_dir_name(c->dir), c->index, state);
}
