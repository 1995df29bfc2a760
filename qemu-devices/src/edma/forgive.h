/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the engine may forgive a driver though silicon does not: never, always,
 * or at random.
 */
#ifndef NTB_EDMA_EDMA_FORGIVE_H
#define NTB_EDMA_EDMA_FORGIVE_H

#include "qemu/osdep.h"

typedef enum DwcForgive {
    DWC_FORGIVE_OFF,
    DWC_FORGIVE_ON,
    DWC_FORGIVE_RANDOM,         /* each time it would matter */
} DwcForgive;

typedef struct DwcEdmaForgive {
    DwcForgive late_doorbell;   /* rung while the channel is at work */
    DwcForgive stale_element;   /* written after it was fetched ahead */
    bool abort_enable;          /* the remote abort's enable is the local's, too */
    bool link_cycle;            /* a link whose cycle bit is not the channel's */
    uint32_t seed;              /* of what is random */
    uint32_t draws;             /* atomic */
} DwcEdmaForgive;

/* Whether a fault of the kind HOW is to be forgiven this time.  No lock. */
bool dwc_edma_forgives(DwcEdmaForgive *forgive, DwcForgive how);

#endif
