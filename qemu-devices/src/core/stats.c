/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters as a dictionary for qom-get. */
#include "qemu/osdep.h"
#include "core/stats.h"
#include "time/sync.h"

/* Refused accesses, and elements that aborted. */
static uint64_t stats_faults(const DwcStats *stats)
{
    uint64_t faults = stat64_get(&stats->faults);
    DwcEdmaDir dir;
    unsigned ch;

    for (dir = 0; dir < DWC_EDMA_DIRS; dir++) {
        for (ch = 0; ch < DWC_EDMA_MAX_CHANNELS; ch++) {
            faults += stat64_get(&stats->edma.channel[dir][ch].aborts);
        }
    }
    return faults;
}

void dwc_stats_visit(const DwcStats *stats, const DwcEdma *edma,
                     uint64_t host_reads, Visitor *v, const char *name,
                     Error **errp)
{
    struct {
        const char *name;
        uint64_t val;
    } totals[] = {
        { "register_reads", stat64_get(&stats->register_reads) + host_reads },
        { "register_writes", stat64_get(&edma->link_writes) },
        { "doorbells", stat64_get(&edma->link_doorbells) },
        { "doorbells_lost", stat64_get(&edma->lost_doorbells) },
        { "iatu_writes", stat64_get(&stats->iatu_writes) },
        { "bar_changes", stat64_get(&stats->bar_changes) },
        { "msi", stat64_get(&stats->msi) },
        { "msix", stat64_get(&stats->msix) },
        { "intx", stat64_get(&stats->intx) },
        { "imwr", stat64_get(&stats->edma.imwr) },
        { "faults", stats_faults(stats) },
        /* The last two: all of them in virtual time alone. */
        { "bar_reads", stat64_get(&stats->bar_reads) },
        { "bar_writes", stat64_get(&stats->bar_writes) },
    };
    unsigned i, count = ARRAY_SIZE(totals) - (dwc_time_enabled() ? 0 : 2);
    bool ok;

    if (!visit_start_struct(v, name, NULL, 0, errp)) {
        return;
    }
    ok = dwc_edma_stats_visit(&stats->edma, edma->channels, v, errp);
    for (i = 0; ok && i < count; i++) {
        ok = visit_type_uint64(v, totals[i].name, &totals[i].val, errp);
    }
    visit_end_struct(v, NULL);
}
