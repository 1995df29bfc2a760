/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The DMA engine's register file, whatever its map.
 *
 * Plain data with a lock of its own, so that three parties can use it without
 * QEMU's big lock: the endpoint's CPUs, the link's thread (accesses through an
 * inbound window) and the engine's threads.
 */
#ifndef NTB_EDMA_EDMA_REGS_H
#define NTB_EDMA_EDMA_REGS_H

#include "qemu/osdep.h"
#include "exec/hwaddr.h"
#include "qemu/stats64.h"
#include "qemu/thread.h"
#include "edma/channel.h"
#include "edma/forgive.h"
#include "edma/inject.h"
#include "edma/map.h"
#include "link/post-ring.h"

/* Bytes of the largest map's register file. */
#define DWC_EDMA_SIZE           0x1200

struct DwcEdma {
    const DwcEdmaMap *map;
    unsigned channels[DWC_EDMA_DIRS];
    QemuMutex lock;
    uint32_t *regs;             /* in shared pages: the host reads there */
    DwcEdmaChannel channel[DWC_EDMA_DIRS][DWC_EDMA_MAX_CHANNELS];
    /*
     * Writes that the host posted.  Whoever takes the lock applies them first,
     * so they have arrived when they were posted, as far as anybody can see.
     */
    DwcPostRing *posts;         /* RCU; NULL: nobody posts */
    uint32_t posts_tail;
    bool lines_changed;         /* atomic: interrupt lines are to be updated */
    bool shut;                  /* no channel begins any more */
    Stat64 link_writes, link_doorbells;
    Stat64 lost_doorbells;      /* of channels, whoever rang */
    DwcEdmaInject inject;       /* has its own lock */
    DwcEdmaForgive forgive;     /* set before the threads start */
    struct {                    /* edma/v0/ */
        bool emulated[DWC_EDMA_DIRS];   /* an emulated interrupt is asserted */
        bool disabling[DWC_EDMA_DIRS];  /* waiting for channels to rest */
    } v0;
};

/* REGS are DWC_EDMA_SIZE bytes. */
void dwc_edma_init(DwcEdma *edma, const DwcEdmaMap *map, unsigned write,
                   unsigned read, uint32_t *regs);
void dwc_edma_reset(DwcEdma *edma);
/* Channels at work come to rest, and none begins to work any more. */
void dwc_edma_shut(DwcEdma *edma);
/* A host has come, with an empty ring, or (NULL) has gone. */
void dwc_edma_set_posts(DwcEdma *edma, DwcPostRing *posts);

/* The lock, with what the host posted applied. */
void dwc_edma_lock(DwcEdma *edma);
void dwc_edma_unlock(DwcEdma *edma);
/* Apply what the host posted, if there is anything. */
void dwc_edma_poll(DwcEdma *edma);

uint32_t dwc_edma_read(DwcEdma *edma, hwaddr addr);
/* Returns the channel whose doorbell was rung, direction * 8 + channel, or
 * -1.  Afterwards lines_changed is to be looked at. */
int dwc_edma_write(DwcEdma *edma, hwaddr addr, uint32_t val,
                   DwcEdmaOrigin origin);

/* The level of a channel's interrupt line. */
bool dwc_edma_line(DwcEdma *edma, DwcEdmaDir dir, unsigned ch);
/* A map says: lines are to be looked at. */
void dwc_edma_lines_changed(DwcEdma *edma);

/* Two registers side by side that hold an address. */
static inline uint64_t dwc_edma_get64(const uint32_t *low)
{
    return low[0] | (uint64_t)low[1] << 32;
}

static inline void dwc_edma_set64(uint32_t *low, uint64_t val)
{
    low[0] = val;
    low[1] = val >> 32;
}

#endif
