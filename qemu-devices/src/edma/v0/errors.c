/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Error registers, and who is told of an abort. */
#include "qemu/osdep.h"
#include "edma/v0/v0.h"

/* Low (or only) error register: data on the local side, list elements. */
#define ERR_DATA(channels)              (channels)
#define ERR_LIST(channels)              ((channels) << 16)
/* High error register of read channels, a byte each: unsupported request,
 * completer abort, completion timeout, poisoned data. */
#define ERR_COMPLETION(channels, fault) \
    ((channels) << 8 * ((fault) - DWC_EDMA_FAULT_PCIE))
#define ERR_ALL_HIGH(channels)          ((channels) * 0x01010101u)

static void v0_record_error(DwcEdma *edma, const DwcEdmaChannel *c,
                            DwcEdmaFault fault)
{
    uint32_t *low = dwc_v0_reg(edma, c->dir, DWC_V0_ERR_LOW);
    uint32_t bit = 1u << c->index;

    switch (fault) {
    case DWC_EDMA_FAULT_LIST:
        *low |= ERR_LIST(bit);
        break;
    case DWC_EDMA_FAULT_PCIE:
    case DWC_EDMA_FAULT_ABORTED:
    case DWC_EDMA_FAULT_TIMED_OUT:
    case DWC_EDMA_FAULT_POISONED:
        /* A posted write has no completion that could report an error. */
        if (c->dir == DWC_EDMA_READ) {
            *dwc_v0_reg(edma, c->dir, DWC_V0_ERR_HIGH) |=
                ERR_COMPLETION(bit, fault);
            break;
        }
        /* fall through */
    default:
        *low |= ERR_DATA(bit);
        break;
    }
}

void dwc_v0_clear_errors(DwcEdma *edma, DwcEdmaDir dir, uint32_t channels)
{
    *dwc_v0_reg(edma, dir, DWC_V0_ERR_LOW) &=
        ~(ERR_DATA(channels) | ERR_LIST(channels));
    if (dir == DWC_EDMA_READ) {
        *dwc_v0_reg(edma, dir, DWC_V0_ERR_HIGH) &= ~ERR_ALL_HIGH(channels);
    }
}

DwcEdmaNotice dwc_v0_abort(DwcEdma *edma, const DwcEdmaChannel *c,
                           DwcEdmaFault fault, const DwcEdmaProgram *p)
{
    uint32_t enabled = *dwc_v0_reg(edma, c->dir, DWC_V0_LIST_ERR_EN);
    uint32_t bit = 1u << c->index;
    DwcEdmaNotice notice = {};
    bool local, remote;

    v0_record_error(edma, c, fault);
    if (p->list) {
        remote = enabled & bit;
        local = (enabled & bit << DWC_V0_ABORT_SHIFT) ||
                (remote && edma->forgive.abort_enable);
    } else {
        local = p->element.control & DWC_EDMA_LIE;
        remote = p->element.control & DWC_EDMA_RIE;
    }
    if (local) {
        notice.local = dwc_v0_raise(edma, c->dir, bit << DWC_V0_ABORT_SHIFT);
    }
    if (remote) {
        dwc_v0_message(edma, c, true, &notice);
    }
    return notice;
}
