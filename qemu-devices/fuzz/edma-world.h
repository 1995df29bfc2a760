/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A DMA engine without a machine: a register file, a ring for the host's
 * writes, and a little memory on both sides, each in a buffer of its own size
 * so that an access beyond it is seen.
 */
#ifndef NTB_EDMA_FUZZ_EDMA_WORLD_H
#define NTB_EDMA_FUZZ_EDMA_WORLD_H

#include "input.h"
#include "edma/regs.h"
#include "edma/walk.h"

/* Local memory, in two pieces with nothing between them. */
#define LOCAL_BASE      0x40000000ull
#define LOCAL_SIZE      0x8000ull
#define LOCAL_GAP       0x1000ull
/* The host's memory as this process sees it, then what only requests reach. */
#define HOST_BASE       0x6000000000ull
#define HOST_SIZE       0x8000ull
#define FAR_BASE        0x6000010000ull
#define FAR_SIZE        0x4000ull

typedef struct World {
    DwcEdma edma;
    DwcEdmaMap map;             /* world_map, but for the writes */
    DwcEdmaStats stats;
    uint32_t *regs;
    DwcPostRing *ring;
    uint32_t head;              /* of the ring's well-behaved producer */
    unsigned writes;            /* that reached registers */
    unsigned greedy;            /* so many of them make the host post again */
    uint8_t *local[2];
    uint8_t *host, *far;
    DwcEdmaWalk walk[DWC_EDMA_DIRS][DWC_EDMA_MAX_CHANNELS];
    /* What happens while a channel is at work comes from here, too. */
    Input *in;
    unsigned settles;           /* left for this walk */
} World;

/* What differs by register map: map-edma.c, map-hdma.c. */
extern const DwcEdmaMap *const world_map;
/* Programs a channel that is there as P says, and rings it. */
void world_map_start(World *w, DwcEdmaDir dir, unsigned ch,
                     const DwcEdmaProgram *p, DwcEdmaOrigin origin);
DwcEdmaState world_map_state(World *w, DwcEdmaDir dir, unsigned ch);
/* What must hold of the registers between any two accesses. */
void world_map_check(World *w);

void world_init(World *w, Input *in);
void world_free(World *w);
/* The piece of local memory at ADDR, or NULL. */
uint8_t *world_local(World *w, uint64_t addr, uint64_t *len);
/* Lets every channel that has been rung work until it rests. */
void world_settle(World *w);
/* What must hold between any two accesses. */
void world_check(World *w);
/* Takes an access out of the input and makes it: CPU, host, ring. */
void world_access(World *w);

#endif
