/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MSI-X vectors that the core sends by itself where the host sees none of the memory
 * behind its BARs, and so does not find the table: see windows/inbound.h.
 */
#ifndef NTB_EDMA_WINDOWS_MSIX_H
#define NTB_EDMA_WINDOWS_MSIX_H

#include "core/controller.h"

/* Its doorbell was rung, with MSI-X and bus mastering enabled.  Big lock. */
void dwc_msix_ring(DwcPcieEp *ep, DwcLinkEpoch epoch, unsigned function,
                   unsigned vector);
/* The host has written there: a mask may have been lifted.  Big lock. */
void dwc_msix_written(DwcPcieEp *ep, unsigned function, unsigned bar,
                      uint64_t offset, unsigned size);
/*
 * The host has written to configuration space.  With the controller's lock: the host
 * forgets the pages that it knows, for the table may be among them.
 */
void dwc_msix_changed(DwcPcieEp *ep, unsigned function, uint64_t offset,
                      unsigned size);
/* What follows from that, with the big lock. */
void dwc_msix_follow(DwcPcieEp *ep);
/*
 * Whether MSI-X is enabled, and a part of the table in these bytes of a BAR, so that
 * this side has to see what is written there.  With the controller's lock.
 */
bool dwc_msix_has_table(DwcPcieEp *ep, unsigned function, unsigned bar,
                        uint64_t offset, uint64_t size);

#endif
