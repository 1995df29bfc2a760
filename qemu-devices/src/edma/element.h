/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Elements of a linked list: where they come from, and whose they are. */
#ifndef NTB_EDMA_EDMA_ELEMENT_H
#define NTB_EDMA_EDMA_ELEMENT_H

#include "edma/walk.h"

/* False when there is no memory at ADDR for an element. */
bool dwc_edma_element_fetch(DwcEdmaWalk *w, uint64_t addr, DwcEdmaElement *e);
/*
 * Fetches the element at ADDR before its turn: what is written there later is
 * not seen.  Forgiven, it waits for its turn.
 */
void dwc_edma_element_fetch_ahead(DwcEdmaWalk *w, uint64_t addr);
/* Whether the consumer owns the element; FIRST: the first after a doorbell. */
bool dwc_edma_element_owned(DwcEdmaWalk *w, const DwcEdmaElement *e,
                            bool cycle, bool first);

#endif
