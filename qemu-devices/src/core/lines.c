/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The controller's interrupt lines, and what other threads leave to one that
 * may take the big lock.
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "hw/irq.h"
#include "core/controller.h"
#include "trace-ntb_edma.h"

unsigned dwc_ep_lines(const DwcPcieEp *ep)
{
    return ep->write_channels + ep->read_channels;
}

static void update_lines(DwcPcieEp *ep)
{
    DwcEdmaDir dir;
    unsigned ch, i;

    qatomic_set(&ep->edma.lines_changed, false);
    smp_mb();
    i = 0;
    for (dir = 0; dir < DWC_EDMA_DIRS; dir++) {
        for (ch = 0; ch < ep->edma.channels[dir]; ch++, i++) {
            bool level = dwc_edma_line(&ep->edma, dir, ch);

            if (level != ep->line[i]) {
                ep->line[i] = level;
                trace_dwc_edma_line(i, level);
                qemu_set_irq(ep->irq[i], level);
            }
        }
    }
}

void dwc_ep_update_lines(DwcPcieEp *ep)
{
    assert(bql_locked());
    update_lines(ep);
    /* Looking at a line applies what the host posted, which it may go on to. */
    if (qatomic_read(&ep->edma.lines_changed)) {
        update_lines(ep);
    }
    if (qatomic_read(&ep->edma.lines_changed)) {
        dwc_ep_schedule(ep);
    }
}

void dwc_ep_settle(DwcPcieEp *ep)
{
    if (!qatomic_read(&ep->edma.lines_changed)) {
        return;
    }
    if (bql_locked()) {
        dwc_ep_update_lines(ep);
    } else {
        dwc_ep_schedule(ep);
    }
}

void dwc_ep_schedule(DwcPcieEp *ep)
{
    qemu_bh_schedule(ep->bh);
}

static void ep_bh(void *opaque)
{
    DwcPcieEp *ep = opaque;

    dwc_ep_update_lines(ep);
    dwc_outbound_update(ep);
    dwc_inbound_queue_run(ep->inbound_queue);
}

void dwc_ep_schedule_init(DwcPcieEp *ep)
{
    ep->bh = qemu_bh_new(ep_bh, ep);
}
