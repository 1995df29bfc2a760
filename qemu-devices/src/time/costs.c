/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The link as a resource that is busy until some time. */
#include "qemu/osdep.h"
#include "time/clock.h"
#include "time/costs.h"

static const DwcTimeProfile *cost_profile;
static int64_t cost_busy[DWC_COST_WAYS];    /* until, by the clock */

void dwc_cost_use(const DwcTimeProfile *profile)
{
    cost_profile = profile;
}

const DwcTimeProfile *dwc_cost_profile(void)
{
    return cost_profile;
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
