/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages of an address space behind an IOMMU that the peer has been told of.
 *
 * When the guest takes the mapping of one away it is taken back from the peer
 * before the guest's command completes.  All with the big lock.
 */
#ifndef NTB_EDMA_MEMORY_HANDED_OUT_H
#define NTB_EDMA_MEMORY_HANDED_OUT_H

#include "exec/memory.h"

/* Most pages that are handed out; then all are taken back. */
#define DWC_HANDED_OUT_MOST 65536

typedef struct DwcHandedOut DwcHandedOut;

/* Returns when no access is under way by what it takes back.  SIZE 0: everything. */
typedef void DwcTakeBack(void *opaque, uint64_t iova, uint64_t size);

DwcHandedOut *dwc_handed_out_new(AddressSpace *as, DwcTakeBack *take_back,
                                 void *opaque);
void dwc_handed_out_free(DwcHandedOut *out);
/* Notes a page.  False: nothing tells when it ends, so it must not be one. */
bool dwc_handed_out_add(DwcHandedOut *out, uint64_t iova);
/* Takes all back. */
void dwc_handed_out_end(DwcHandedOut *out);

#endif
