/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table of RAM: which addresses are memory, and where this process sees it.
 *
 * Tables never change once they are published; a new one replaces the old and
 * readers hold the RCU read lock while they use a table or a pointer from it.
 */
#ifndef NTB_EDMA_MEMORY_RAM_MAP_H
#define NTB_EDMA_MEMORY_RAM_MAP_H

#include "qemu/osdep.h"
#include "qemu/rcu.h"

typedef struct DwcRamRange {
    uint64_t base, size;
    uint8_t *host;
    int fd;                 /* -1: cannot be shared with the peer */
    uint64_t fd_offset;
} DwcRamRange;

typedef struct DwcRamMap {
    struct rcu_head rcu;
    unsigned count;
    DwcRamRange range[];    /* ascending, without overlap */
} DwcRamMap;

/*
 * Where ADDR is in this process, or NULL when it is not RAM.  LEN goes in as
 * what is wanted and comes out as what is there in one piece (also when the
 * answer is NULL: then it is how far the gap reaches).
 */
uint8_t *dwc_ram_map_lookup(const DwcRamMap *map, uint64_t addr, uint64_t *len);

/* Most RAM that a peer may have: QEMU keeps bitmaps of all of it. */
#define DWC_RAM_MOST (1ull << 40)

/*
 * Whether a peer may announce this piece when its others have BEFORE bytes:
 * whole pages of PAGE bytes, of a file as of addresses.
 */
bool dwc_ram_range_acceptable(const DwcRamRange *r, uint64_t page,
                              uint64_t before);

/* Sorts RANGES into a new table; NULL when two of them overlap. */
DwcRamMap *dwc_ram_map_new(const DwcRamRange *ranges, unsigned count);

#endif
