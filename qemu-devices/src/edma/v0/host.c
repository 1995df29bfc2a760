/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The registers as the host's QEMU sees them: a page, and posted writes. */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "edma/v0/v0.h"

static bool v0_fold_context(hwaddr addr, uint32_t *val, hwaddr write_addr,
                            uint32_t write_val)
{
    if (addr == write_addr) {
        uint32_t keep = dwc_v0_context_read_only(addr);

        *val = (write_val & ~keep) | (*val & keep);
    }
    return true;
}

bool dwc_v0_fold(hwaddr addr, uint32_t *val, hwaddr write_addr,
                 uint32_t write_val)
{
    DwcEdmaDir dir = 0, write_dir = 0;
    bool context = dwc_v0_is_context(addr);
    DwcV0Reg r, w;

    if (dwc_v0_is_context(write_addr)) {
        return v0_fold_context(addr, val, write_addr, write_val);
    }
    r = context ? DWC_V0_REGS : dwc_v0_find(addr, &dir);
    w = dwc_v0_find(write_addr, &write_dir);
    switch (w) {
    case DWC_V0_DOORBELL:
        return !context;
    case DWC_V0_ENGINE_EN:
        if (addr == write_addr) {
            *val = 1;
        }
        return (write_val & 1) || (addr != write_addr && !context);
    case DWC_V0_INT_CLEAR:
        if (dir == write_dir && r == DWC_V0_INT_STATUS) {
            *val &= ~write_val;
        }
        return dir != write_dir || (r != DWC_V0_ERR_LOW && r != DWC_V0_ERR_HIGH);
    case DWC_V0_INT_STATUS:
        return true;
    case DWC_V0_REGS:
        return addr != write_addr;
    default:
        if (addr == write_addr && dwc_v0_writable(w)) {
            *val = write_val & dwc_v0_writable(w);
        }
        return true;
    }
}

static uint32_t v0_peek(const uint32_t *regs, DwcEdmaDir dir, DwcV0Reg r)
{
    return qatomic_read(&regs[dwc_v0_offset(dir, r) / 4]);
}

int dwc_v0_wakes(const uint32_t *regs, hwaddr addr, uint32_t val)
{
    DwcEdmaDir dir = 0;
    DwcV0Reg r = dwc_v0_find(addr, &dir);
    /* Any channel's thread may do it; a direction without channels has none. */
    DwcEdmaDir awake = dwc_v0_count(regs, dir) ? dir : !dir;
    int first = awake * DWC_EDMA_MAX_CHANNELS;
    uint32_t status, mask;

    switch (r) {
    case DWC_V0_DOORBELL:
        return dir * DWC_EDMA_MAX_CHANNELS + dwc_v0_doorbell_channel(val);
    case DWC_V0_ENGINE_EN:
        return val & 1 ? -1 : first;
    case DWC_V0_INT_STATUS:
        return first;
    case DWC_V0_INT_CLEAR:
    case DWC_V0_INT_MASK:
        /* Only with a status is there a line that this could change. */
        status = v0_peek(regs, dir, DWC_V0_INT_STATUS);
        mask = v0_peek(regs, dir, DWC_V0_INT_MASK);
        if (r == DWC_V0_INT_CLEAR && val && !(status & ~mask)) {
            return -1;
        }
        return status || !val ? first : -1;
    default:
        return -1;
    }
}
