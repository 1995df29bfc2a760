/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The channels' counters as lists for qom-get. */
#include "qemu/osdep.h"
#include "edma/stats.h"

typedef struct Counter {
    const char *name;
    size_t offset;
} Counter;

#define CHANNEL(field) { #field, offsetof(DwcChannelStats, field) }
static const Counter channel_counters[] = {
    CHANNEL(doorbells), CHANNEL(transfers), CHANNEL(elements), CHANNEL(bytes),
    CHANNEL(notifications), CHANNEL(aborts), CHANNEL(busy_ns),
};

static bool edma_stats_visit_channel(const DwcChannelStats *stats, Visitor *v,
                                     Error **errp)
{
    unsigned i;

    for (i = 0; i < ARRAY_SIZE(channel_counters); i++) {
        const Counter *c = &channel_counters[i];
        uint64_t val = stat64_get((const Stat64 *)((const char *)stats +
                                                   c->offset));

        if (!visit_type_uint64(v, c->name, &val, errp)) {
            return false;
        }
    }
    return true;
}

static bool edma_stats_visit_direction(const DwcChannelStats *stats,
                                       unsigned count, Visitor *v,
                                       const char *name, Error **errp)
{
    bool ok = true;
    unsigned i;

    if (!visit_start_list(v, name, NULL, 0, errp)) {
        return false;
    }
    for (i = 0; ok && i < count; i++) {
        ok = visit_start_struct(v, NULL, NULL, 0, errp);
        if (ok) {
            ok = edma_stats_visit_channel(&stats[i], v, errp);
            visit_end_struct(v, NULL);
        }
    }
    visit_end_list(v, NULL);
    return ok;
}

bool dwc_edma_stats_visit(const DwcEdmaStats *stats, const unsigned *channels,
                          Visitor *v, Error **errp)
{
    return edma_stats_visit_direction(stats->channel[DWC_EDMA_WRITE],
                                      channels[DWC_EDMA_WRITE], v, "write",
                                      errp) &&
           edma_stats_visit_direction(stats->channel[DWC_EDMA_READ],
                                      channels[DWC_EDMA_READ], v, "read", errp);
}
