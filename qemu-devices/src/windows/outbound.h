/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The outbound window: local addresses that lead to the host.
 *
 * Parts that translate to the host's RAM show that RAM; accesses to the rest
 * trap and are made over the link.  All under the big lock.
 */
#ifndef NTB_EDMA_WINDOWS_OUTBOUND_H
#define NTB_EDMA_WINDOWS_OUTBOUND_H

#include "core/controller.h"

/* Returns the region that is the window. */
MemoryRegion *dwc_outbound_init(DwcPcieEp *ep);
/* The same, later. */
MemoryRegion *dwc_outbound_region(DwcPcieEp *ep);
/* A write of SIZE bytes at ADDR of the window goes where the iATU says now. */
void dwc_outbound_write(DwcPcieEp *ep, hwaddr addr, uint64_t val, unsigned size);
/* Show what the iATU and the peer's table say now. */
void dwc_outbound_update(DwcPcieEp *ep);

#endif
