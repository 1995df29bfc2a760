/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A channel's life: rung, taken by its thread, at work, at rest.
 *
 * All with the register file's lock.
 */
#ifndef NTB_EDMA_EDMA_CHANNEL_H
#define NTB_EDMA_EDMA_CHANNEL_H

#include "edma/types.h"

struct DwcEdmaChannel {
    DwcEdmaDir dir;
    unsigned index;
    bool busy;                  /* its thread is at work */
    bool doorbell;              /* rung and not yet taken */
    bool stop;                  /* asked to stop; read without the lock, too */
    bool from_link;             /* who rang last */
    bool abandoned;             /* a reset came while it was at work */
};

void dwc_edma_channel_init(DwcEdmaChannel *c, DwcEdmaDir dir, unsigned index);
/*
 * The doorbell.  Rung while the channel is at work it is lost, unless that is
 * forgiven: what it announces is seen only if the walk comes across it.
 */
void dwc_edma_channel_ring(DwcEdma *edma, DwcEdmaChannel *c,
                           DwcEdmaOrigin origin);
/* Withdraws a doorbell that no thread has taken, or ends the work. */
void dwc_edma_channel_stop(DwcEdma *edma, DwcEdmaChannel *c);
/* A reset: the work ends without a trace in the registers. */
void dwc_edma_channel_reset(DwcEdma *edma, DwcEdmaChannel *c);
/* Its thread begins.  False: nobody has rung. */
bool dwc_edma_channel_take(DwcEdma *edma, DwcEdmaChannel *c,
                           DwcEdmaProgram *p);
/* Its thread is through, with STATE to be seen unless it was rung again. */
void dwc_edma_channel_rest(DwcEdma *edma, DwcEdmaChannel *c,
                           DwcEdmaState state);

#endif
