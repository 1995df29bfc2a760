/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a channel's registers are, and which of their bits are stored. */
#include "qemu/osdep.h"
#include "edma/hdma/hdma.h"

#define STRIDE      0x200       /* of a write channel and the read channel */
#define READ_BIT    0x100

static const struct {
    uint32_t writable;
    bool progress;
} table[DWC_HDMA_REGS] = {
    [DWC_HDMA_EN]                   = { 0x00000001 },
    [DWC_HDMA_PREFETCH]             = { 0xffffffff },
    [DWC_HDMA_HANDSHAKE]            = { 0xffffffff },
    [DWC_HDMA_LLP_LOW]              = { 0xffffffff, true },
    [DWC_HDMA_LLP_HIGH]             = { 0xffffffff, true },
    [DWC_HDMA_CYCLE]                = { 0x00000003, true },
    [DWC_HDMA_TRANSFER_SIZE]        = { 0xffffffff, true },
    [DWC_HDMA_SAR_LOW]              = { 0xffffffff, true },
    [DWC_HDMA_SAR_HIGH]             = { 0xffffffff, true },
    [DWC_HDMA_DAR_LOW]              = { 0xffffffff, true },
    [DWC_HDMA_DAR_HIGH]             = { 0xffffffff, true },
    [DWC_HDMA_WATERMARK_EN]         = { 0x00000003, true },
    [DWC_HDMA_CONTROL1]             = { 0xffffffff },
    [DWC_HDMA_FUNC_NUM]             = { 0xffffffff },
    [DWC_HDMA_QOS]                  = { 0xffffffff },
    [DWC_HDMA_STATUS]               = { 0, true },
    [DWC_HDMA_INT_STATUS]           = { 0, true },
    [DWC_HDMA_INT_SETUP]            = { 0x0000007f },
    [DWC_HDMA_MSI_STOP_LOW]         = { 0xfffffffc },
    [DWC_HDMA_MSI_STOP_HIGH]        = { 0xffffffff },
    [DWC_HDMA_MSI_WATERMARK_LOW]    = { 0xfffffffc },
    [DWC_HDMA_MSI_WATERMARK_HIGH]   = { 0xffffffff },
    [DWC_HDMA_MSI_ABORT_LOW]        = { 0xfffffffc },
    [DWC_HDMA_MSI_ABORT_HIGH]       = { 0xffffffff },
    [DWC_HDMA_MSI_DATA]             = { 0xffffffff },
};

uint32_t *dwc_hdma_block(DwcEdma *edma, const DwcEdmaChannel *c)
{
    return &edma->regs[c->index * (STRIDE / 4) +
                       (c->dir == DWC_EDMA_READ ? READ_BIT / 4 : 0)];
}

DwcHdmaReg dwc_hdma_find(hwaddr addr, DwcEdmaDir *dir, unsigned *ch)
{
    hwaddr reg = addr % READ_BIT / 4;

    *ch = addr / STRIDE;
    *dir = addr & READ_BIT ? DWC_EDMA_READ : DWC_EDMA_WRITE;
    return reg < DWC_HDMA_REGS ? reg : DWC_HDMA_REGS;
}

uint32_t dwc_hdma_writable(DwcHdmaReg r)
{
    return r < DWC_HDMA_REGS ? table[r].writable : 0;
}

bool dwc_hdma_is_progress(DwcHdmaReg r)
{
    return r < DWC_HDMA_REGS && table[r].progress;
}
