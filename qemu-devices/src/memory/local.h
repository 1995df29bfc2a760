/* SPDX-License-Identifier: GPL-2.0-or-later */
/* This VM's own RAM, followed as the memory map changes. */
#ifndef NTB_EDMA_MEMORY_LOCAL_H
#define NTB_EDMA_MEMORY_LOCAL_H

#include "exec/memory.h"
#include "link/link.h"
#include "memory/ram-map.h"

typedef struct DwcLocalMemory {
    MemoryListener listener;
    DwcRamMap *map;         /* RCU */
    GArray *building;
} DwcLocalMemory;

void dwc_local_memory_init(DwcLocalMemory *mem, AddressSpace *as);
void dwc_local_memory_cleanup(DwcLocalMemory *mem);
/* Tell the peer about all RAM that has a descriptor. */
void dwc_local_memory_announce(DwcLocalMemory *mem, DwcLink *link);

#endif
