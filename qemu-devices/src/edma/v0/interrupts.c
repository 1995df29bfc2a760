/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interrupt status, mask and clear; interrupt messages; interrupt emulation. */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "edma/v0/v0.h"
#include "trace-ntb_edma.h"

/* Interrupt emulation: the line, without a status bit. */
void dwc_v0_write_status(DwcEdma *edma, DwcEdmaDir dir, DwcEdmaOrigin origin)
{
    edma->v0.emulated[dir] = true;
    if (origin == DWC_EDMA_FROM_LINK) {
        stat64_add(&edma->link_doorbells, 1);
    }
    trace_dwc_edma_emulate(dwc_edma_dir_name(dir),
                           origin == DWC_EDMA_FROM_LINK);
    dwc_edma_lines_changed(edma);
}

void dwc_v0_write_mask(DwcEdma *edma, DwcEdmaDir dir, uint32_t val)
{
    *dwc_v0_reg(edma, dir, DWC_V0_INT_MASK) =
        val & dwc_v0_writable(DWC_V0_INT_MASK);
    dwc_edma_lines_changed(edma);
}

void dwc_v0_write_clear(DwcEdma *edma, DwcEdmaDir dir, uint32_t val)
{
    if (val) {
        *dwc_v0_reg(edma, dir, DWC_V0_INT_STATUS) &= ~val;
        dwc_v0_clear_errors(edma, dir, extract32(val, DWC_V0_ABORT_SHIFT, 8));
    } else {
        edma->v0.emulated[dir] = false;
    }
    dwc_edma_lines_changed(edma);
}

/* Status bits that are not masked. */
static uint32_t v0_pending(DwcEdma *edma, DwcEdmaDir dir)
{
    return *dwc_v0_reg(edma, dir, DWC_V0_INT_STATUS) &
           ~*dwc_v0_reg(edma, dir, DWC_V0_INT_MASK);
}

/* A direction without channels has no line: it uses the other's. */
static bool v0_emulated(DwcEdma *edma, DwcEdmaDir dir)
{
    DwcEdmaDir other = !dir;

    return edma->v0.emulated[dir] ||
           (!edma->channels[other] && edma->v0.emulated[other]);
}

bool dwc_v0_line(DwcEdma *edma, const DwcEdmaChannel *c)
{
    uint32_t own = (1u | 1u << DWC_V0_ABORT_SHIFT) << c->index;

    return (v0_pending(edma, c->dir) & own) ||
           (c->index == 0 && v0_emulated(edma, c->dir));
}

bool dwc_v0_raise(DwcEdma *edma, DwcEdmaDir dir, uint32_t status)
{
    uint32_t before = v0_pending(edma, dir);

    *dwc_v0_reg(edma, dir, DWC_V0_INT_STATUS) |= status;
    /* Updating lines takes the big lock, so only when one may change. */
    if (v0_pending(edma, dir) != before) {
        dwc_edma_lines_changed(edma);
    }
    return v0_pending(edma, dir) & status;
}

void dwc_v0_message(DwcEdma *edma, const DwcEdmaChannel *c, bool abort,
                    DwcEdmaNotice *notice)
{
    const uint32_t *addr = dwc_v0_reg(edma, c->dir, abort ? DWC_V0_ABORT_LOW :
                                                            DWC_V0_DONE_LOW);
    uint32_t data = *dwc_v0_reg(edma, c->dir, DWC_V0_DATA01 + c->index / 2);
    /* Two channels share a data register, the even one has the low half. */
    DwcEdmaMessage message = {
        .addr = dwc_edma_get64(addr),
        .data = extract32(data, (c->index & 1) * 16, 16),
    };

    /* No address is set: Linux leaves it 0 on the endpoint's side. */
    if (message.addr) {
        notice->message[notice->messages++] = message;
    }
}

DwcEdmaNotice dwc_v0_done(DwcEdma *edma, const DwcEdmaChannel *c,
                          uint32_t control, DwcEdmaNext next)
{
    DwcEdmaNotice notice = {};

    if (control & DWC_EDMA_LIE) {
        notice.local = dwc_v0_raise(edma, c->dir, 1u << c->index);
    }
    if (control & DWC_EDMA_RIE) {
        dwc_v0_message(edma, c, false, &notice);
    }
    return notice;
}
