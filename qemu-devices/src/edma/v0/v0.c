/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a write to a register does. */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "edma/v0/v0.h"

static void v0_reset(DwcEdma *edma)
{
    DwcEdmaDir dir;

    for (dir = 0; dir < DWC_EDMA_DIRS; dir++) {
        edma->v0.emulated[dir] = false;
        edma->v0.disabling[dir] = false;
    }
    dwc_v0_set_counts(edma);
}

static void v0_write_plain(DwcEdma *edma, DwcEdmaDir dir, DwcV0Reg r,
                           hwaddr addr, uint32_t val)
{
    if (r != DWC_V0_REGS && dwc_v0_writable(r)) {
        *dwc_v0_reg(edma, dir, r) = val & dwc_v0_writable(r);
    } else if (dwc_v0_is_storage(addr)) {
        edma->regs[addr / 4] = val;
    } else {
        qemu_log_mask(LOG_GUEST_ERROR, "dwc-edma: write of 0x%08x to 0x%04x, "
                      "which is no register to write\n", val, (unsigned)addr);
    }
}

static DwcEdmaChannel *v0_write(DwcEdma *edma, hwaddr addr, uint32_t val,
                                DwcEdmaOrigin origin)
{
    DwcEdmaDir dir = 0;
    DwcV0Reg r;

    if (dwc_v0_is_context(addr)) {
        dwc_v0_write_context(edma, addr, val);
        return NULL;
    }
    r = dwc_v0_find(addr, &dir);
    switch (r) {
    case DWC_V0_ENGINE_EN:
        dwc_v0_write_enable(edma, dir, val);
        break;
    case DWC_V0_DOORBELL:
        return dwc_v0_write_doorbell(edma, dir, val, origin);
    case DWC_V0_INT_STATUS:
        dwc_v0_write_status(edma, dir, origin);
        break;
    case DWC_V0_INT_MASK:
        dwc_v0_write_mask(edma, dir, val);
        break;
    case DWC_V0_INT_CLEAR:
        dwc_v0_write_clear(edma, dir, val);
        break;
    default:
        v0_write_plain(edma, dir, r, addr, val);
    }
    return NULL;
}

const DwcEdmaMap dwc_edma_v0_map = {
    .name = "edma-v0",
    .size = 0x1200,
    .reset = v0_reset,
    .write = v0_write,
    .line = dwc_v0_line,
    .load = dwc_v0_load,
    .show = dwc_v0_show,
    .set_state = dwc_v0_set_state,
    .rested = dwc_v0_rested,
    .done = dwc_v0_done,
    .abort = dwc_v0_abort,
    .fold = dwc_v0_fold,
    .wakes = dwc_v0_wakes,
};
