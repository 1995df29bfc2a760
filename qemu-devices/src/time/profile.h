/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Timing profiles: what a SoC's link, CPU and DMA engine take. */
#ifndef NTB_EDMA_TIME_PROFILE_H
#define NTB_EDMA_TIME_PROFILE_H

#include "qemu/osdep.h"

typedef struct DwcTimeProfile {
    const char *name;
    uint32_t instruction_ns;    /* that -icount must say: a power of two */
    uint32_t sleep_after_ns;    /* of idle time: the CPU has no power then */
    uint32_t wake_ns;           /* from an interrupt until it executes again */
    uint32_t latency_ns;        /* from a requester to the other side's memory */
    uint32_t link_mbps;         /* MB/s of the link, TLPs with all around them */
    uint32_t payload;           /* largest payload of a TLP, bytes */
    uint32_t overhead;          /* what is around a payload, bytes */
    uint32_t buffered;          /* bytes of posted writes before a CPU waits */
    uint32_t store_ns;          /* of a CPU's store to a window */
    uint32_t dma_start_ns;      /* from a doorbell to the first request */
    uint32_t dma_fetch_ns;      /* of a list element */
    /* By how much more at most, where a seed varies it. */
    uint32_t latency_spread_ns;
    uint32_t dma_spread_ns;     /* of a channel's start, fetch or piece */
} DwcTimeProfile;

/* NULL: there is none of that name. */
const DwcTimeProfile *dwc_time_profile(const char *name);

#endif
