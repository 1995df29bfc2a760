/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interrupt setup, status and clear; interrupt messages; error codes. */
#include "qemu/osdep.h"
#include "hw/registerfields.h"
#include "edma/hdma/hdma.h"

/* Status; clear and the masks of setup have the same three bits. */
FIELD(INT, STOP, 0, 1)
FIELD(INT, WATERMARK, 1, 1)
FIELD(INT, ABORT, 2, 1)
FIELD(INT, ERROR, 3, 4)
FIELD(SETUP, REMOTE_STOP, 3, 1)
FIELD(SETUP, LOCAL_STOP, 4, 1)
FIELD(SETUP, REMOTE_ABORT, 5, 1)
FIELD(SETUP, LOCAL_ABORT, 6, 1)

#define EVENTS (R_INT_STOP_MASK | R_INT_WATERMARK_MASK | R_INT_ABORT_MASK)

/* Error codes of the status. */
#define ERROR_LIST_UNSUPPORTED  0x1
#define ERROR_DATA_UNSUPPORTED  0x9
#define ERROR_DATA_WRITE        0xc

uint32_t dwc_hdma_pending(uint32_t status, uint32_t setup)
{
    return status & ~setup & EVENTS;
}

uint32_t dwc_hdma_cleared(uint32_t status, uint32_t val)
{
    status &= ~(val & EVENTS);
    return val & R_INT_ABORT_MASK ? FIELD_DP32(status, INT, ERROR, 0) : status;
}

bool dwc_hdma_line(DwcEdma *edma, const DwcEdmaChannel *c)
{
    const uint32_t *regs = dwc_hdma_block(edma, c);

    return dwc_hdma_pending(regs[DWC_HDMA_INT_STATUS],
                            regs[DWC_HDMA_INT_SETUP]);
}

void dwc_hdma_write_setup(DwcEdma *edma, DwcEdmaChannel *c, uint32_t val)
{
    dwc_hdma_block(edma, c)[DWC_HDMA_INT_SETUP] =
        val & dwc_hdma_writable(DWC_HDMA_INT_SETUP);
    dwc_edma_lines_changed(edma);
}

void dwc_hdma_write_clear(DwcEdma *edma, DwcEdmaChannel *c, uint32_t val)
{
    uint32_t *status = &dwc_hdma_block(edma, c)[DWC_HDMA_INT_STATUS];

    *status = dwc_hdma_cleared(*status, val);
    dwc_edma_lines_changed(edma);
}

/* Sets EVENT in the status; whether it is not masked. */
static bool hdma_raise(DwcEdma *edma, const DwcEdmaChannel *c, uint32_t event)
{
    uint32_t *regs = dwc_hdma_block(edma, c);
    uint32_t setup = regs[DWC_HDMA_INT_SETUP];
    uint32_t before = dwc_hdma_pending(regs[DWC_HDMA_INT_STATUS], setup);

    regs[DWC_HDMA_INT_STATUS] |= event;
    /* Updating lines takes the big lock, so only when one may change. */
    if (dwc_hdma_pending(regs[DWC_HDMA_INT_STATUS], setup) != before) {
        dwc_edma_lines_changed(edma);
    }
    return dwc_hdma_pending(event, setup);
}

static void hdma_add_message(const uint32_t *regs, DwcHdmaReg address,
                             DwcEdmaNotice *notice)
{
    DwcEdmaMessage message = {
        .addr = dwc_edma_get64(&regs[address]),
        .data = regs[DWC_HDMA_MSI_DATA],
    };

    /* No address is set: Linux leaves it 0 on the endpoint's side. */
    if (message.addr) {
        notice->message[notice->messages++] = message;
    }
}

DwcEdmaNotice dwc_hdma_done(DwcEdma *edma, const DwcEdmaChannel *c,
                            uint32_t control, DwcEdmaNext next)
{
    const uint32_t *regs = dwc_hdma_block(edma, c);
    uint32_t setup = regs[DWC_HDMA_INT_SETUP];
    DwcEdmaNotice notice = {};

    if (control & DWC_EDMA_LIE) {
        notice.local |= hdma_raise(edma, c, R_INT_WATERMARK_MASK);
    }
    if (control & DWC_EDMA_RIE) {
        hdma_add_message(regs, DWC_HDMA_MSI_WATERMARK_LOW, &notice);
    }
    if (next != DWC_EDMA_ENDS) {
        return notice;
    }
    if (FIELD_EX32(setup, SETUP, LOCAL_STOP)) {
        notice.local |= hdma_raise(edma, c, R_INT_STOP_MASK);
    }
    if (FIELD_EX32(setup, SETUP, REMOTE_STOP)) {
        hdma_add_message(regs, DWC_HDMA_MSI_STOP_LOW, &notice);
    }
    return notice;
}

/* A write channel's source is local, a read channel's is on the PCIe side. */
static unsigned hdma_error(DwcEdmaDir dir, DwcEdmaFault fault)
{
    bool source = (fault == DWC_EDMA_FAULT_LOCAL) == (dir == DWC_EDMA_WRITE);

    return fault == DWC_EDMA_FAULT_LIST ? ERROR_LIST_UNSUPPORTED :
           source ? ERROR_DATA_UNSUPPORTED : ERROR_DATA_WRITE;
}

DwcEdmaNotice dwc_hdma_abort(DwcEdma *edma, const DwcEdmaChannel *c,
                             DwcEdmaFault fault, const DwcEdmaProgram *p)
{
    uint32_t *regs = dwc_hdma_block(edma, c);
    uint32_t setup = regs[DWC_HDMA_INT_SETUP];
    DwcEdmaNotice notice = {};

    if (FIELD_EX32(setup, SETUP, LOCAL_ABORT)) {
        regs[DWC_HDMA_INT_STATUS] =
            FIELD_DP32(regs[DWC_HDMA_INT_STATUS], INT, ERROR,
                       hdma_error(c->dir, fault));
        notice.local = hdma_raise(edma, c, R_INT_ABORT_MASK);
    }
    if (FIELD_EX32(setup, SETUP, REMOTE_ABORT)) {
        hdma_add_message(regs, DWC_HDMA_MSI_ABORT_LOW, &notice);
    }
    return notice;
}
