/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The registers each channel has. */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "hw/registerfields.h"
#include "edma/v0/v0.h"

REG32(CONTEXT, 0x200)
FIELD(CONTROL1, STATE, 5, 2)
FIELD(CONTROL1, CCS, 8, 1)
FIELD(CONTROL1, LLE, 9, 1)

#define STRIDE      0x200
#define READ_BIT    0x100

static uint32_t *v0_context(DwcEdma *edma, const DwcEdmaChannel *c)
{
    return &edma->regs[R_CONTEXT + c->index * (STRIDE / 4) +
                       (c->dir == DWC_EDMA_READ ? READ_BIT / 4 : 0)];
}

bool dwc_v0_is_context(hwaddr addr)
{
    return addr >= A_CONTEXT;
}

/* By its place in the channel's block. */
static DwcV0Context v0_context_reg(hwaddr addr)
{
    return (addr - A_CONTEXT) % READ_BIT / 4;
}

uint32_t dwc_v0_context_read_only(hwaddr addr)
{
    return v0_context_reg(addr) == DWC_V0_CONTROL1 ? R_CONTROL1_STATE_MASK : 0;
}

void dwc_v0_write_context(DwcEdma *edma, hwaddr addr, uint32_t val)
{
    unsigned ch = (addr - A_CONTEXT) / STRIDE;
    DwcEdmaDir dir = addr & READ_BIT ? DWC_EDMA_READ : DWC_EDMA_WRITE;
    uint32_t keep = dwc_v0_context_read_only(addr);
    uint32_t *p = &edma->regs[addr / 4];

    if (v0_context_reg(addr) >= DWC_V0_CONTEXT_REGS ||
        ch >= edma->channels[dir]) {
        qemu_log_mask(LOG_GUEST_ERROR, "dwc-edma: write of 0x%08x to 0x%04x, "
                      "which is no register of a channel\n", val,
                      (unsigned)addr);
        return;
    }
    if (edma->channel[dir][ch].busy) {
        qemu_log_mask(LOG_GUEST_ERROR, "dwc-edma: write of 0x%08x to 0x%04x "
                      "while %s channel %u runs\n", val, (unsigned)addr,
                      dwc_edma_dir_name(dir), ch);
    }
    *p = (val & ~keep) | (*p & keep);
}

void dwc_v0_load(DwcEdma *edma, const DwcEdmaChannel *c, DwcEdmaProgram *p)
{
    const uint32_t *regs = v0_context(edma, c);
    uint32_t control = regs[DWC_V0_CONTROL1];

    *p = (DwcEdmaProgram) {
        .list = FIELD_EX32(control, CONTROL1, LLE),
        .cycle = FIELD_EX32(control, CONTROL1, CCS),
        .llp = dwc_edma_get64(&regs[DWC_V0_LLP_LOW]),
        .element = {
            .control = control,
            .size = regs[DWC_V0_TRANSFER_SIZE],
            .source = dwc_edma_get64(&regs[DWC_V0_SAR_LOW]),
            .destination = dwc_edma_get64(&regs[DWC_V0_DAR_LOW]),
        },
    };
}

void dwc_v0_show(DwcEdma *edma, const DwcEdmaChannel *c,
                 const DwcEdmaProgram *p)
{
    uint32_t *regs = v0_context(edma, c);

    regs[DWC_V0_CONTROL1] = FIELD_DP32(regs[DWC_V0_CONTROL1], CONTROL1, CCS,
                                       p->cycle);
    regs[DWC_V0_TRANSFER_SIZE] = p->element.size;
    dwc_edma_set64(&regs[DWC_V0_SAR_LOW], p->element.source);
    dwc_edma_set64(&regs[DWC_V0_DAR_LOW], p->element.destination);
    dwc_edma_set64(&regs[DWC_V0_LLP_LOW], p->llp);
}

void dwc_v0_set_state(DwcEdma *edma, const DwcEdmaChannel *c,
                      DwcEdmaState state)
{
    uint32_t *regs = v0_context(edma, c);

    regs[DWC_V0_CONTROL1] = FIELD_DP32(regs[DWC_V0_CONTROL1], CONTROL1, STATE,
                                       state);
}
