/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a write to a register does. */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "edma/hdma/hdma.h"

/* Nothing says how many channels there are: all registers are zero. */
static void hdma_reset(DwcEdma *edma)
{
}

static void hdma_write_plain(DwcEdma *edma, DwcEdmaChannel *c, DwcHdmaReg r,
                             hwaddr addr, uint32_t val)
{
    if (!dwc_hdma_writable(r)) {
        qemu_log_mask(LOG_GUEST_ERROR, "dwc-hdma: write of 0x%08x to 0x%04x, "
                      "which is no register to write\n", val, (unsigned)addr);
        return;
    }
    if (c->busy && dwc_hdma_is_progress(r)) {
        qemu_log_mask(LOG_GUEST_ERROR, "dwc-hdma: write of 0x%08x to 0x%04x "
                      "while %s channel %u runs\n", val, (unsigned)addr,
                      dwc_edma_dir_name(c->dir), c->index);
    }
    edma->regs[addr / 4] = val & dwc_hdma_writable(r);
}

static DwcEdmaChannel *hdma_write(DwcEdma *edma, hwaddr addr, uint32_t val,
                                  DwcEdmaOrigin origin)
{
    DwcEdmaDir dir;
    unsigned ch;
    DwcHdmaReg r = dwc_hdma_find(addr, &dir, &ch);
    DwcEdmaChannel *c;

    if (ch >= edma->channels[dir]) {
        qemu_log_mask(LOG_GUEST_ERROR, "dwc-hdma: write of 0x%08x to 0x%04x, a "
                      "register of %s channel %u; this direction has %u\n", val,
                      (unsigned)addr, dwc_edma_dir_name(dir), ch,
                      edma->channels[dir]);
        if (r == DWC_HDMA_DOORBELL && dwc_hdma_doorbell_wakes(val)) {
            stat64_add(&edma->lost_doorbells, 1);
        }
        return NULL;
    }
    c = &edma->channel[dir][ch];
    switch (r) {
    case DWC_HDMA_EN:
        dwc_hdma_write_enable(edma, c, val);
        break;
    case DWC_HDMA_DOORBELL:
        return dwc_hdma_write_doorbell(edma, c, val, origin);
    case DWC_HDMA_INT_SETUP:
        dwc_hdma_write_setup(edma, c, val);
        break;
    case DWC_HDMA_INT_CLEAR:
        dwc_hdma_write_clear(edma, c, val);
        break;
    default:
        hdma_write_plain(edma, c, r, addr, val);
    }
    return NULL;
}

/* A channel's enable reads as it was written: nobody waits for it. */
static void hdma_rested(DwcEdma *edma, const DwcEdmaChannel *c)
{
}

const DwcEdmaMap dwc_edma_hdma_map = {
    .name = "hdma-v0",
    .size = 0x1000,
    .reset = hdma_reset,
    .write = hdma_write,
    .line = dwc_hdma_line,
    .load = dwc_hdma_load,
    .show = dwc_hdma_show,
    .set_state = dwc_hdma_set_state,
    .rested = hdma_rested,
    .done = dwc_hdma_done,
    .abort = dwc_hdma_abort,
    .fold = dwc_hdma_fold,
    .wakes = dwc_hdma_wakes,
};
