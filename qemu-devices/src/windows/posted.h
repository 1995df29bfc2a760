/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the host writes to this machine's memory and has not arrived there, with
 * forgive-posted-order off.
 *
 * The engine's registers are on a bus of their own: what the host writes there
 * does not wait for it.  A read of the host's from memory pushes it there, and so
 * does a write to a device, which is on memory's bus.
 */
#ifndef NTB_EDMA_WINDOWS_POSTED_H
#define NTB_EDMA_WINDOWS_POSTED_H

#include "core/controller.h"

void dwc_posted_init(DwcPcieEp *ep);
void dwc_posted_exit(DwcPcieEp *ep);
/* SIZE bytes of VAL, little-endian, are on their way to ADDR.  Any thread. */
void dwc_posted_write(DwcPcieEp *ep, uint64_t addr, uint64_t val,
                      unsigned size);
/* All that are on their way arrive.  Any thread. */
void dwc_posted_arrive(DwcPcieEp *ep);

#endif
