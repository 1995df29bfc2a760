/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The outbound window: local addresses that lead to the host.
 *
 * Parts that translate to the host's RAM show that RAM; accesses to the rest
 * trap and are made over the link.
 */
#ifndef NTB_EDMA_WINDOWS_OUTBOUND_H
#define NTB_EDMA_WINDOWS_OUTBOUND_H

#include "exec/memory.h"
#include "memory/peer.h"

typedef struct DwcPcieEp DwcPcieEp;

/* All under the big lock. */
typedef struct DwcOutbound {
    MemoryRegion container, trap;
    GPtrArray *aliases;         /* MemoryRegion */
    DwcPeerMemory *peer;        /* whose regions the aliases show; a reference */
    GArray *shown;              /* what the aliases are, to see a change */
} DwcOutbound;

void dwc_outbound_init(DwcPcieEp *ep);
/* Show what the iATU and the peer's table say now. */
void dwc_outbound_update(DwcPcieEp *ep);

#endif
