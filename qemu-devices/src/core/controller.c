/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The eDMA registers and interrupt lines, as every block of the controller may
 * use them, and what other threads leave to one that may take the big lock.
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "hw/irq.h"
#include "core/controller.h"
#include "trace-ntb_edma.h"

void dwc_ep_schedule(DwcPcieEp *ep)
{
    qemu_bh_schedule(ep->bh);
}

uint64_t dwc_ep_cpu_address(const DwcPcieEp *ep, uint64_t addr)
{
    uint64_t within = addr - ep->ram_base;

    if (!ep->dma_offset) {
        return addr;
    }
    if (within - ep->dma_offset < ep->ram_size) {
        return addr - ep->dma_offset;
    }
    /* Nothing is there, nor behind it for as far as a BAR could reach. */
    return within < ep->ram_size ? 1ull << 63 : addr;
}

unsigned dwc_ep_lines(const DwcPcieEp *ep)
{
    return ep->write_channels + ep->read_channels;
}

static void ep_set_line(DwcPcieEp *ep, unsigned i, bool level)
{
    if (level != ep->line[i]) {
        ep->line[i] = level;
        trace_dwc_edma_line(i, level);
        qemu_set_irq(ep->irq[i], level);
    }
}

static void ep_look_at_lines(DwcPcieEp *ep)
{
    const DwcGlue *glue = ep->profile->glue;
    bool any = false;
    DwcEdmaDir dir;
    unsigned ch, i;

    qatomic_set(&ep->edma.lines_changed, false);
    smp_mb();
    i = 0;
    for (dir = 0; dir < DWC_EDMA_DIRS; dir++) {
        for (ch = 0; ch < ep->edma.channels[dir]; ch++, i++) {
            bool level = dwc_edma_line(&ep->edma, dir, ch);

            level = level && (!glue || !glue->passes_dma ||
                              glue->passes_dma(ep->glue, i));
            any |= level;
            if (!ep->profile->one_dma_irq) {
                ep_set_line(ep, i, level);
            }
        }
    }
    if (ep->profile->one_dma_irq) {
        ep_set_line(ep, 0, any);
    }
}

void dwc_ep_update_lines(DwcPcieEp *ep)
{
    assert(bql_locked());
    ep_look_at_lines(ep);
    /* The first look applied what the host had posted; it may post more. */
    if (qatomic_read(&ep->edma.lines_changed)) {
        ep_look_at_lines(ep);
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

int dwc_ep_edma_offset(const DwcPcieEp *ep, uint64_t addr, unsigned size)
{
    uint64_t base = ep->registers_base + DWC_DMA_OFFSET;

    return addr >= base && addr - base < DWC_DMA_SIZE && !(addr & 3) &&
           (size == 4 || size == 8) ? addr - base : -1;
}

void dwc_ep_edma_write(DwcPcieEp *ep, hwaddr addr, uint32_t val,
                       DwcEdmaOrigin origin)
{
    int rung = dwc_edma_write(&ep->edma, addr, val, origin);

    if (rung >= 0) {
        dwc_engine_kick(&ep->engine, rung);
    }
    dwc_ep_settle(ep);
}
