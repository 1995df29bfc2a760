/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The link as a resource that is busy until some time. */
#include "qemu/osdep.h"
#include "time/clock.h"
#include "time/costs.h"

static const DwcTimeProfile *cost_profile;
static uint64_t cost_chance;                /* 0: none */
static int64_t cost_busy[DWC_COST_WAYS];    /* until, by the clock */

void dwc_cost_use(const DwcTimeProfile *profile)
{
    cost_profile = profile;
}

const DwcTimeProfile *dwc_cost_profile(void)
{
    return cost_profile;
}

void dwc_cost_take_chances(uint64_t seed, unsigned side)
{
    cost_chance = seed ? seed * 2 + side : 0;
}

/* SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators). */
static uint64_t cost_draw(void)
{
    uint64_t z = cost_chance += 0x9e3779b97f4a7c15ULL;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

int64_t dwc_cost_chance(uint32_t most)
{
    return cost_chance ? cost_draw() % ((uint64_t)most + 1) : 0;
}

int64_t dwc_cost_transfer(DwcCostWay way, uint64_t size)
{
    const DwcTimeProfile *p = cost_profile;
    uint64_t tlps = DIV_ROUND_UP(size, p->payload);
    uint64_t bytes = size + tlps * p->overhead;
    int64_t now = dwc_clock_now();

    cost_busy[way] = MAX(cost_busy[way], now) + bytes * 1000 / p->link_mbps;
    return cost_busy[way] - now;
}

int64_t dwc_cost_store(int64_t delay)
{
    int64_t room = (int64_t)cost_profile->buffered * 1000 /
                   cost_profile->link_mbps;

    return MAX(cost_profile->store_ns, delay - room);
}
