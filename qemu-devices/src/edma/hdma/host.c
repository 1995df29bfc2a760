/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The registers as the host's QEMU sees them: a page, and posted writes. */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "edma/hdma/hdma.h"

bool dwc_hdma_fold(hwaddr addr, uint32_t *val, hwaddr write_addr,
                   uint32_t write_val)
{
    DwcEdmaDir dir, write_dir;
    unsigned ch, write_ch;
    DwcHdmaReg r = dwc_hdma_find(addr, &dir, &ch);
    DwcHdmaReg w = dwc_hdma_find(write_addr, &write_dir, &write_ch);

    if (dir != write_dir || ch != write_ch) {
        return true;
    }
    switch (w) {
    case DWC_HDMA_DOORBELL:
        return !dwc_hdma_is_progress(r);
    case DWC_HDMA_INT_CLEAR:
        if (r == DWC_HDMA_INT_STATUS) {
            *val = dwc_hdma_cleared(*val, write_val);
        }
        return true;
    default:
        if (addr == write_addr && dwc_hdma_writable(w)) {
            *val = write_val & dwc_hdma_writable(w);
        }
        return true;
    }
}

int dwc_hdma_wakes(const uint32_t *regs, hwaddr addr, uint32_t val)
{
    DwcEdmaDir dir;
    unsigned ch;
    DwcHdmaReg r = dwc_hdma_find(addr, &dir, &ch);
    hwaddr block = addr / 4 - r;
    int thread = dir * DWC_EDMA_MAX_CHANNELS + ch;
    uint32_t status, setup;

    if (ch >= DWC_EDMA_MAX_CHANNELS) {
        return -1;
    }
    switch (r) {
    case DWC_HDMA_DOORBELL:
        return dwc_hdma_doorbell_wakes(val) ? thread : -1;
    case DWC_HDMA_EN:
        return val & 1 ? -1 : thread;
    case DWC_HDMA_INT_CLEAR:
    case DWC_HDMA_INT_SETUP:
        /* Only with a status is there a line that this could change. */
        status = qatomic_read(&regs[block + DWC_HDMA_INT_STATUS]);
        setup = qatomic_read(&regs[block + DWC_HDMA_INT_SETUP]);
        if (r == DWC_HDMA_INT_CLEAR && !dwc_hdma_pending(status, setup)) {
            return -1;
        }
        return status ? thread : -1;
    default:
        return -1;
    }
}
