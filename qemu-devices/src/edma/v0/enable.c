/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Engine enable, and the doorbell with its stop bit. */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "hw/registerfields.h"
#include "edma/v0/v0.h"

FIELD(ENGINE_EN, ENABLE, 0, 1)
FIELD(DOORBELL, CHANNEL, 0, 3)
FIELD(DOORBELL, STOP, 31, 1)

static bool v0_any_busy(DwcEdma *edma, DwcEdmaDir dir)
{
    unsigned ch;

    for (ch = 0; ch < edma->channels[dir]; ch++) {
        if (edma->channel[dir][ch].busy) {
            return true;
        }
    }
    return false;
}

void dwc_v0_write_enable(DwcEdma *edma, DwcEdmaDir dir, uint32_t val)
{
    uint32_t *enable = dwc_v0_reg(edma, dir, DWC_V0_ENGINE_EN);
    unsigned ch;

    if (FIELD_EX32(val, ENGINE_EN, ENABLE)) {
        *enable = R_ENGINE_EN_ENABLE_MASK;
        edma->v0.disabling[dir] = false;
        return;
    }
    /* The bit reads 1 until the channels have come to rest. */
    for (ch = 0; ch < edma->channels[dir]; ch++) {
        dwc_edma_channel_stop(edma, &edma->channel[dir][ch]);
    }
    edma->v0.disabling[dir] = *enable && v0_any_busy(edma, dir);
    *enable = edma->v0.disabling[dir] ? R_ENGINE_EN_ENABLE_MASK : 0;
}

void dwc_v0_rested(DwcEdma *edma, const DwcEdmaChannel *c)
{
    if (edma->v0.disabling[c->dir] && !v0_any_busy(edma, c->dir)) {
        edma->v0.disabling[c->dir] = false;
        *dwc_v0_reg(edma, c->dir, DWC_V0_ENGINE_EN) = 0;
    }
}

unsigned dwc_v0_doorbell_channel(uint32_t val)
{
    return FIELD_EX32(val, DOORBELL, CHANNEL);
}

DwcEdmaChannel *dwc_v0_write_doorbell(DwcEdma *edma, DwcEdmaDir dir,
                                      uint32_t val, DwcEdmaOrigin origin)
{
    unsigned ch = dwc_v0_doorbell_channel(val);
    DwcEdmaChannel *c = &edma->channel[dir][ch];

    if (ch >= edma->channels[dir]) {
        qemu_log_mask(LOG_GUEST_ERROR, "dwc-edma: doorbell of %s channel %u; "
                      "this direction has %u\n", dwc_edma_dir_name(dir), ch,
                      edma->channels[dir]);
        stat64_add(&edma->lost_doorbells, 1);
        return NULL;
    }
    if (FIELD_EX32(val, DOORBELL, STOP)) {
        dwc_edma_channel_stop(edma, c);
        return NULL;
    }
    if (!*dwc_v0_reg(edma, dir, DWC_V0_ENGINE_EN) || edma->v0.disabling[dir]) {
        qemu_log_mask(LOG_GUEST_ERROR, "dwc-edma: doorbell of %s channel %u "
                      "while the engine is disabled\n", dwc_edma_dir_name(dir),
                      ch);
        stat64_add(&edma->lost_doorbells, 1);
        return NULL;
    }
    dwc_edma_channel_ring(edma, c, origin);
    return c;
}
