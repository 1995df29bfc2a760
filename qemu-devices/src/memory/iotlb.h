/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Translations that the peer, which has an IOMMU, has handed out: of bus addresses
 * if it is the host, of a function's BARs if it is the endpoint.
 *
 * As with PCIe's address translation service the peer takes each of them back
 * before it lets its guest reuse the memory, and waits until no access that used
 * it is under way.  Accesses hold the lock as readers for as long as they touch
 * the memory, which is never long.
 */
#ifndef NTB_EDMA_MEMORY_IOTLB_H
#define NTB_EDMA_MEMORY_IOTLB_H

#include "qemu/osdep.h"

#define DWC_IOTLB_PAGE_BITS 12
#define DWC_IOTLB_PAGE      (1ull << DWC_IOTLB_PAGE_BITS)
#define DWC_IOTLB_ENTRIES   1024

typedef struct DwcIotlbEntry {
    bool valid, writable;
    unsigned function;          /* whose translation it is */
    uint64_t iova, target;      /* of one page, and aligned to it */
} DwcIotlbEntry;

typedef struct DwcIotlb {
    GRWLock lock;
    DwcIotlbEntry entry[DWC_IOTLB_ENTRIES];
} DwcIotlb;

void dwc_iotlb_init(DwcIotlb *iotlb);
void dwc_iotlb_insert(DwcIotlb *iotlb, unsigned function, uint64_t iova,
                      uint64_t target, bool writable);
/* Of one function.  Waits for the accesses under way.  SIZE 0: everything. */
void dwc_iotlb_invalidate(DwcIotlb *iotlb, unsigned function, uint64_t iova,
                          uint64_t size);
/* From whoever: with a peer that has gone. */
void dwc_iotlb_clear(DwcIotlb *iotlb);
/* The target of IOVA, if it is known.  With the lock, as a reader. */
bool dwc_iotlb_find(const DwcIotlb *iotlb, unsigned function, uint64_t iova,
                    bool write, uint64_t *target);

#endif
