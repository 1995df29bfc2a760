/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The other VM's RAM, mapped into this process.
 *
 * One object for one connection's table.  It owns the memory regions made of
 * it, so the mapping lives as long as any memory map still shows them.
 */
#ifndef NTB_EDMA_MEMORY_PEER_H
#define NTB_EDMA_MEMORY_PEER_H

#include "exec/memory.h"
#include "link/link.h"
#include "memory/ram-map.h"
#include "qom/object.h"

#define TYPE_DWC_PEER_MEMORY "dwc-peer-memory"
OBJECT_DECLARE_SIMPLE_TYPE(DwcPeerMemory, DWC_PEER_MEMORY)

struct DwcPeerMemory {
    Object parent_obj;

    DwcRamRange range[DWC_LINK_MAX_RAM];
    unsigned count;
    uint64_t total;             /* bytes */
    DwcRamMap *map;             /* once sealed */
    MemoryRegion *regions;      /* one a range, once registered */
};

DwcPeerMemory *dwc_peer_memory_new(void);
/* Maps what MSG announces and takes its descriptor.  False: nonsense. */
bool dwc_peer_memory_add(DwcPeerMemory *mem, DwcLinkMessage *msg);
/* The table is complete.  False: its ranges overlap. */
bool dwc_peer_memory_seal(DwcPeerMemory *mem);
/* Makes memory regions of it; needs the big lock. */
void dwc_peer_memory_register(DwcPeerMemory *mem);
/*
 * The region that holds ADDR, the offset therein and how much of LEN it
 * covers; NULL when ADDR is not RAM there.
 */
MemoryRegion *dwc_peer_memory_region(DwcPeerMemory *mem, uint64_t addr,
                                     uint64_t *len, uint64_t *offset);
/* Drops the reference after readers under RCU have gone. */
void dwc_peer_memory_unref_rcu(DwcPeerMemory *mem);
/* What base, size and place in its file of shared RAM are multiples of. */
uint64_t dwc_ram_page_size(void);
/* Whether MR is somebody else's RAM. */
bool dwc_peer_memory_owns(MemoryRegion *mr);

#endif
