/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The register map of eDMA version 0, unrolled.
 *
 * Offsets after Linux's dw-edma-v0-regs.h; the rules are in the register
 * reference of the README, with their sources.  For the files of this folder.
 */
#ifndef NTB_EDMA_EDMA_V0_V0_H
#define NTB_EDMA_EDMA_V0_V0_H

#include "edma/regs.h"
#include "edma/v0/map.h"

/* The registers each direction has. */
typedef enum DwcV0Reg {
    DWC_V0_ENGINE_EN,
    DWC_V0_DOORBELL,
    DWC_V0_ARB_LOW, DWC_V0_ARB_HIGH,
    DWC_V0_INT_STATUS, DWC_V0_INT_MASK, DWC_V0_INT_CLEAR,
    DWC_V0_ERR_LOW, DWC_V0_ERR_HIGH,
    DWC_V0_DONE_LOW, DWC_V0_DONE_HIGH,
    DWC_V0_ABORT_LOW, DWC_V0_ABORT_HIGH,
    DWC_V0_DATA01, DWC_V0_DATA23, DWC_V0_DATA45, DWC_V0_DATA67,
    DWC_V0_LIST_ERR_EN,
    DWC_V0_CHANNEL_GROUP,
    DWC_V0_HANDSHAKE_LOW, DWC_V0_HANDSHAKE_HIGH,
    DWC_V0_REGS
} DwcV0Reg;

/* The registers each channel has, by their order. */
typedef enum DwcV0Context {
    DWC_V0_CONTROL1, DWC_V0_CONTROL2,
    DWC_V0_TRANSFER_SIZE,
    DWC_V0_SAR_LOW, DWC_V0_SAR_HIGH,
    DWC_V0_DAR_LOW, DWC_V0_DAR_HIGH,
    DWC_V0_LLP_LOW, DWC_V0_LLP_HIGH,
    DWC_V0_CONTEXT_REGS
} DwcV0Context;

/* Status, mask, clear: done interrupts in 7:0, abort interrupts in 23:16. */
#define DWC_V0_ABORT_SHIFT      16

/* table.c */
uint32_t *dwc_v0_reg(DwcEdma *edma, DwcEdmaDir dir, DwcV0Reg r);
/* Which register of which direction ADDR is; DWC_V0_REGS for none of them. */
DwcV0Reg dwc_v0_find(hwaddr addr, DwcEdmaDir *dir);
hwaddr dwc_v0_offset(DwcEdmaDir dir, DwcV0Reg r);
/* The bits that a write stores; what it does beyond that is apart. */
uint32_t dwc_v0_writable(DwcV0Reg r);
/* Registers that are neither a direction's nor a channel's: plain storage. */
bool dwc_v0_is_storage(hwaddr addr);
void dwc_v0_set_counts(DwcEdma *edma);
/* How many channels DIR has, from the registers. */
unsigned dwc_v0_count(const uint32_t *regs, DwcEdmaDir dir);

/* context.c */
bool dwc_v0_is_context(hwaddr addr);
/* Which bits of a channel's register the engine alone writes. */
uint32_t dwc_v0_context_read_only(hwaddr addr);
void dwc_v0_write_context(DwcEdma *edma, hwaddr addr, uint32_t val);
void dwc_v0_load(DwcEdma *edma, const DwcEdmaChannel *c, DwcEdmaProgram *p);
void dwc_v0_show(DwcEdma *edma, const DwcEdmaChannel *c,
                 const DwcEdmaProgram *p);
void dwc_v0_set_state(DwcEdma *edma, const DwcEdmaChannel *c,
                      DwcEdmaState state);

/* enable.c */
void dwc_v0_write_enable(DwcEdma *edma, DwcEdmaDir dir, uint32_t val);
DwcEdmaChannel *dwc_v0_write_doorbell(DwcEdma *edma, DwcEdmaDir dir,
                                      uint32_t val, DwcEdmaOrigin origin);
/* The channel's number in a doorbell. */
unsigned dwc_v0_doorbell_channel(uint32_t val);
void dwc_v0_rested(DwcEdma *edma, const DwcEdmaChannel *c);

/* interrupts.c */
void dwc_v0_write_status(DwcEdma *edma, DwcEdmaDir dir, DwcEdmaOrigin origin);
void dwc_v0_write_mask(DwcEdma *edma, DwcEdmaDir dir, uint32_t val);
void dwc_v0_write_clear(DwcEdma *edma, DwcEdmaDir dir, uint32_t val);
bool dwc_v0_line(DwcEdma *edma, const DwcEdmaChannel *c);
/* Sets status bits; whether any of them is not masked. */
bool dwc_v0_raise(DwcEdma *edma, DwcEdmaDir dir, uint32_t status);
DwcEdmaNotice dwc_v0_done(DwcEdma *edma, const DwcEdmaChannel *c,
                          uint32_t control, DwcEdmaNext next);
/* Where the channel's done or abort message goes, and what it says. */
void dwc_v0_message(DwcEdma *edma, const DwcEdmaChannel *c, bool abort,
                    DwcEdmaNotice *notice);

/* errors.c */
DwcEdmaNotice dwc_v0_abort(DwcEdma *edma, const DwcEdmaChannel *c,
                           DwcEdmaFault fault, const DwcEdmaProgram *p);
/* Clearing an abort clears what the error registers say of the channels. */
void dwc_v0_clear_errors(DwcEdma *edma, DwcEdmaDir dir, uint32_t channels);

/* host.c */
bool dwc_v0_fold(hwaddr addr, uint32_t *val, hwaddr write_addr,
                 uint32_t write_val);
int dwc_v0_wakes(const uint32_t *regs, hwaddr addr, uint32_t val);

#endif
