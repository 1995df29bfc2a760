/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters as a dictionary for qom-get. */
#include "qemu/osdep.h"
#include "core/stats.h"

typedef struct Counter {
    const char *name;
    size_t offset;
} Counter;

#define CHANNEL(field) { #field, offsetof(DwcChannelStats, field) }
static const Counter channel_counters[] = {
    CHANNEL(doorbells), CHANNEL(transfers), CHANNEL(elements), CHANNEL(bytes),
    CHANNEL(notifications), CHANNEL(aborts), CHANNEL(busy_ns), {},
};

#define TOTAL(field) { #field, offsetof(DwcStats, field) }
static const Counter totals[] = {
    TOTAL(msi), TOTAL(msix), TOTAL(intx), TOTAL(imwr), TOTAL(faults), {},
};

static bool visit_counters(const void *stats, const Counter *c, Visitor *v,
                           Error **errp)
{
    for (; c->name; c++) {
        uint64_t val = stat64_get((const Stat64 *)((const char *)stats +
                                                   c->offset));

        if (!visit_type_uint64(v, c->name, &val, errp)) {
            return false;
        }
    }
    return true;
}

static bool visit_direction(const DwcChannelStats *stats, unsigned count,
                            Visitor *v, const char *name, Error **errp)
{
    bool ok = true;
    unsigned i;

    if (!visit_start_list(v, name, NULL, 0, errp)) {
        return false;
    }
    for (i = 0; ok && i < count; i++) {
        ok = visit_start_struct(v, NULL, NULL, 0, errp);
        if (ok) {
            ok = visit_counters(&stats[i], channel_counters, v, errp);
            visit_end_struct(v, NULL);
        }
    }
    visit_end_list(v, NULL);
    return ok;
}

void dwc_stats_visit(const DwcStats *stats, const DwcEdma *edma,
                     uint64_t host_reads, Visitor *v, const char *name,
                     Error **errp)
{
    uint64_t reads = stat64_get(&stats->register_reads) + host_reads;
    uint64_t writes = stat64_get(&edma->link_writes);
    uint64_t doorbells = stat64_get(&edma->link_doorbells);

    if (!visit_start_struct(v, name, NULL, 0, errp)) {
        return;
    }
    if (visit_direction(stats->channel[DWC_EDMA_WRITE],
                        edma->channels[DWC_EDMA_WRITE], v, "write", errp) &&
        visit_direction(stats->channel[DWC_EDMA_READ],
                        edma->channels[DWC_EDMA_READ], v, "read", errp) &&
        visit_type_uint64(v, "register_reads", &reads, errp) &&
        visit_type_uint64(v, "register_writes", &writes, errp) &&
        visit_type_uint64(v, "doorbells", &doorbells, errp)) {
        visit_counters(stats, totals, v, errp);
    }
    visit_end_struct(v, NULL);
}
