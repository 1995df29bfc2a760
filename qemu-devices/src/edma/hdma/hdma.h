/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The native register map of HDMA: every register belongs to a channel.
 *
 * Offsets after Linux's dw-hdma-v0-regs.h; the rules are in the register
 * reference of the README, with their sources.  For the files of this folder.
 */
#ifndef NTB_EDMA_EDMA_HDMA_HDMA_H
#define NTB_EDMA_EDMA_HDMA_HDMA_H

#include "edma/regs.h"
#include "edma/hdma/map.h"

/* A channel's registers, by their place in its block. */
typedef enum DwcHdmaReg {
    DWC_HDMA_EN,
    DWC_HDMA_DOORBELL,
    DWC_HDMA_PREFETCH,
    DWC_HDMA_HANDSHAKE,
    DWC_HDMA_LLP_LOW, DWC_HDMA_LLP_HIGH,
    DWC_HDMA_CYCLE,
    DWC_HDMA_TRANSFER_SIZE,
    DWC_HDMA_SAR_LOW, DWC_HDMA_SAR_HIGH,
    DWC_HDMA_DAR_LOW, DWC_HDMA_DAR_HIGH,
    DWC_HDMA_WATERMARK_EN,
    DWC_HDMA_CONTROL1,
    DWC_HDMA_FUNC_NUM,
    DWC_HDMA_QOS,
    DWC_HDMA_STATUS = 0x80 / 4,
    DWC_HDMA_INT_STATUS,
    DWC_HDMA_INT_SETUP,
    DWC_HDMA_INT_CLEAR,
    DWC_HDMA_MSI_STOP_LOW, DWC_HDMA_MSI_STOP_HIGH,
    DWC_HDMA_MSI_WATERMARK_LOW, DWC_HDMA_MSI_WATERMARK_HIGH,
    DWC_HDMA_MSI_ABORT_LOW, DWC_HDMA_MSI_ABORT_HIGH,
    DWC_HDMA_MSI_DATA,
    DWC_HDMA_REGS
} DwcHdmaReg;

/* registers.c */
/* The channel's block. */
uint32_t *dwc_hdma_block(DwcEdma *edma, const DwcEdmaChannel *c);
/* Which register ADDR is, and of which channel, which need not be there. */
DwcHdmaReg dwc_hdma_find(hwaddr addr, DwcEdmaDir *dir, unsigned *ch);
/* The bits that a write stores; what it does beyond that is apart. */
uint32_t dwc_hdma_writable(DwcHdmaReg r);
/* Whether the engine writes the register while the channel works. */
bool dwc_hdma_is_progress(DwcHdmaReg r);

/* program.c */
void dwc_hdma_load(DwcEdma *edma, const DwcEdmaChannel *c, DwcEdmaProgram *p);
void dwc_hdma_show(DwcEdma *edma, const DwcEdmaChannel *c,
                   const DwcEdmaProgram *p);
void dwc_hdma_set_state(DwcEdma *edma, const DwcEdmaChannel *c,
                        DwcEdmaState state);

/* enable.c */
void dwc_hdma_write_enable(DwcEdma *edma, DwcEdmaChannel *c, uint32_t val);
DwcEdmaChannel *dwc_hdma_write_doorbell(DwcEdma *edma, DwcEdmaChannel *c,
                                        uint32_t val, DwcEdmaOrigin origin);
/* Whether a doorbell of VAL is for the channel's thread. */
bool dwc_hdma_doorbell_wakes(uint32_t val);

/* interrupts.c */
/* Interrupts that are pending by STATUS and not masked by SETUP. */
uint32_t dwc_hdma_pending(uint32_t status, uint32_t setup);
/* What is left of STATUS after a write of VAL to the clear register. */
uint32_t dwc_hdma_cleared(uint32_t status, uint32_t val);
void dwc_hdma_write_setup(DwcEdma *edma, DwcEdmaChannel *c, uint32_t val);
void dwc_hdma_write_clear(DwcEdma *edma, DwcEdmaChannel *c, uint32_t val);
bool dwc_hdma_line(DwcEdma *edma, const DwcEdmaChannel *c);
DwcEdmaNotice dwc_hdma_done(DwcEdma *edma, const DwcEdmaChannel *c,
                            uint32_t control, DwcEdmaNext next);
DwcEdmaNotice dwc_hdma_abort(DwcEdma *edma, const DwcEdmaChannel *c,
                             DwcEdmaFault fault, const DwcEdmaProgram *p);

/* host.c */
bool dwc_hdma_fold(hwaddr addr, uint32_t *val, hwaddr write_addr,
                   uint32_t write_val);
int dwc_hdma_wakes(const uint32_t *regs, hwaddr addr, uint32_t val);

#endif
