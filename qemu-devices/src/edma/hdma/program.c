/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a channel's registers ask for, and how far they say that it is. */
#include "qemu/osdep.h"
#include "hw/registerfields.h"
#include "edma/hdma/hdma.h"

FIELD(CYCLE, BIT, 0, 1)
FIELD(CYCLE, STATE, 1, 1)
FIELD(WATERMARK_EN, REMOTE, 0, 1)
FIELD(WATERMARK_EN, LOCAL, 1, 1)
FIELD(CONTROL1, LIST, 0, 1)
FIELD(STATUS, STATE, 0, 2)

/* The register's enables are those of an element's control word. */
static uint32_t hdma_watermark_control(uint32_t val)
{
    return (FIELD_EX32(val, WATERMARK_EN, LOCAL) ? DWC_EDMA_LIE : 0) |
           (FIELD_EX32(val, WATERMARK_EN, REMOTE) ? DWC_EDMA_RIE : 0);
}

static uint32_t hdma_watermark_enable(uint32_t control)
{
    uint32_t val = 0;

    val = FIELD_DP32(val, WATERMARK_EN, LOCAL, !!(control & DWC_EDMA_LIE));
    return FIELD_DP32(val, WATERMARK_EN, REMOTE, !!(control & DWC_EDMA_RIE));
}

void dwc_hdma_load(DwcEdma *edma, const DwcEdmaChannel *c, DwcEdmaProgram *p)
{
    const uint32_t *regs = dwc_hdma_block(edma, c);

    *p = (DwcEdmaProgram) {
        .list = FIELD_EX32(regs[DWC_HDMA_CONTROL1], CONTROL1, LIST),
        .cycle = FIELD_EX32(regs[DWC_HDMA_CYCLE], CYCLE, STATE),
        .llp = dwc_edma_get64(&regs[DWC_HDMA_LLP_LOW]),
        .element = {
            .control = hdma_watermark_control(regs[DWC_HDMA_WATERMARK_EN]) |
                       FIELD_EX32(regs[DWC_HDMA_CYCLE], CYCLE, BIT),
            .size = regs[DWC_HDMA_TRANSFER_SIZE],
            .source = dwc_edma_get64(&regs[DWC_HDMA_SAR_LOW]),
            .destination = dwc_edma_get64(&regs[DWC_HDMA_DAR_LOW]),
        },
    };
}

void dwc_hdma_show(DwcEdma *edma, const DwcEdmaChannel *c,
                   const DwcEdmaProgram *p)
{
    uint32_t *regs = dwc_hdma_block(edma, c);
    uint32_t cycle = 0;

    cycle = FIELD_DP32(cycle, CYCLE, BIT, p->element.control & DWC_EDMA_CB);
    cycle = FIELD_DP32(cycle, CYCLE, STATE, p->cycle);
    regs[DWC_HDMA_CYCLE] = cycle;
    regs[DWC_HDMA_WATERMARK_EN] = hdma_watermark_enable(p->element.control);
    regs[DWC_HDMA_TRANSFER_SIZE] = p->element.size;
    dwc_edma_set64(&regs[DWC_HDMA_SAR_LOW], p->element.source);
    dwc_edma_set64(&regs[DWC_HDMA_DAR_LOW], p->element.destination);
    dwc_edma_set64(&regs[DWC_HDMA_LLP_LOW], p->llp);
}

void dwc_hdma_set_state(DwcEdma *edma, const DwcEdmaChannel *c,
                        DwcEdmaState state)
{
    dwc_hdma_block(edma, c)[DWC_HDMA_STATUS] =
        FIELD_DP32(0, STATUS, STATE, state);
}
