/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Channel enable, and the doorbell with its stop bit. */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "hw/registerfields.h"
#include "edma/hdma/hdma.h"

FIELD(EN, ENABLE, 0, 1)
FIELD(DOORBELL, START, 0, 1)
FIELD(DOORBELL, STOP, 1, 1)

void dwc_hdma_write_enable(DwcEdma *edma, DwcEdmaChannel *c, uint32_t val)
{
    bool enable = FIELD_EX32(val, EN, ENABLE);

    if (!enable) {
        dwc_edma_channel_stop(edma, c);
    }
    dwc_hdma_block(edma, c)[DWC_HDMA_EN] = FIELD_DP32(0, EN, ENABLE, enable);
}

bool dwc_hdma_doorbell_wakes(uint32_t val)
{
    return FIELD_EX32(val, DOORBELL, START) || FIELD_EX32(val, DOORBELL, STOP);
}

DwcEdmaChannel *dwc_hdma_write_doorbell(DwcEdma *edma, DwcEdmaChannel *c,
                                        uint32_t val, DwcEdmaOrigin origin)
{
    if (FIELD_EX32(val, DOORBELL, STOP)) {
        dwc_edma_channel_stop(edma, c);
        return NULL;
    }
    if (!FIELD_EX32(val, DOORBELL, START)) {
        return NULL;
    }
    if (!dwc_hdma_block(edma, c)[DWC_HDMA_EN]) {
        qemu_log_mask(LOG_GUEST_ERROR, "dwc-hdma: doorbell of %s channel %u "
                      "while it is disabled\n", dwc_edma_dir_name(c->dir),
                      c->index);
        stat64_add(&edma->lost_doorbells, 1);
        return NULL;
    }
    dwc_edma_channel_ring(edma, c, origin);
    return c;
}
