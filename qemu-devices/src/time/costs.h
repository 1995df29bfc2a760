/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What crossing the link costs, in virtual time.
 *
 * Posted writes and data of DMA share the link in their direction.  With the big
 * lock.
 */
#ifndef NTB_EDMA_TIME_COSTS_H
#define NTB_EDMA_TIME_COSTS_H

#include "time/profile.h"

/* From this side to the other, or back. */
typedef enum DwcCostWay {
    DWC_COST_OUT,
    DWC_COST_IN,
    DWC_COST_WAYS
} DwcCostWay;

void dwc_cost_use(const DwcTimeProfile *profile);
const DwcTimeProfile *dwc_cost_profile(void);
/*
 * What follows is chance of this SEED, other for each SIDE of a link, and the
 * same again for the same of both; 0: nothing is left to chance.
 */
void dwc_cost_take_chances(uint64_t seed, unsigned side);
/* 0 to MOST ns. */
int64_t dwc_cost_chance(uint32_t most);
/* SIZE bytes go WAY from now on: in how many ns the last one has left. */
int64_t dwc_cost_transfer(DwcCostWay way, uint64_t size);
/*
 * A CPU's posted write that leaves after DELAY ns: for how long the CPU is held
 * up, by the store itself and by the link's buffers when they are full.
 */
int64_t dwc_cost_store(int64_t delay);

#endif
