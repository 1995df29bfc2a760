/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is random is a function of the seed and of how often it was asked. */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "edma/forgive.h"

/* Neighbouring numbers lead to unlike ones: the finalizer of SplitMix64. */
static uint64_t edma_forgive_mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ x >> 27) * 0x94d049bb133111ebull;
    return x ^ x >> 31;
}

bool dwc_edma_forgives(DwcEdmaForgive *forgive, DwcForgive how)
{
    uint64_t draw;

    if (how != DWC_FORGIVE_RANDOM) {
        return how == DWC_FORGIVE_ON;
    }
    draw = qatomic_fetch_inc(&forgive->draws) + 1;
    return edma_forgive_mix(draw << 32 | forgive->seed) & 1;
}
