/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the controller forgives its driver though silicon does not.  By default
 * nothing that silicon is known not to forgive.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "endpoint/endpoint.h"
#include "time/sync.h"

static const struct {
    const char *name;
    DwcForgive by_default;
    bool may_be_random;
} kindnesses[DWC_KINDNESSES] = {
    [DWC_KIND_LATE_DOORBELL] = { "late-doorbell", DWC_FORGIVE_OFF, true },
    [DWC_KIND_STALE_ELEMENT] = { "stale-element", DWC_FORGIVE_OFF, true },
    [DWC_KIND_ABORT_ENABLE] = { "abort-enable", DWC_FORGIVE_OFF, false },
    /* Linux 7.3 needs it, and nobody has said that silicon refuses. */
    [DWC_KIND_LINK_CYCLE] = { "link-cycle", DWC_FORGIVE_ON, false },
    [DWC_KIND_BAR_MATCH] = { "bar-match", DWC_FORGIVE_OFF, false },
    [DWC_KIND_READ_ONLY] = { "read-only", DWC_FORGIVE_OFF, false },
    /* Which of both it is after a reset was chosen with the core. */
    [DWC_KIND_OUTBOUND_READ] = { "outbound-read", DWC_FORGIVE_ON, false },
    /* On a board milliseconds lie between them. */
    [DWC_KIND_JOINED_EVENTS] = { "joined-events", DWC_FORGIVE_ON, false },
    /* To a CPU that is emulated a write on a board has long left. */
    [DWC_KIND_REGION_CHANGE] = { "region-change", DWC_FORGIVE_ON, true },
    [DWC_KIND_PAYLOAD] = { "payload", DWC_FORGIVE_OFF, false },
    /* Windows trap for it, which is slow. */
    [DWC_KIND_POSTED_ORDER] = { "posted-order", DWC_FORGIVE_ON, false },
};

static const char *const words[] = {
    [DWC_FORGIVE_OFF] = "off",
    [DWC_FORGIVE_ON] = "on",
    [DWC_FORGIVE_RANDOM] = "random",
};

static bool ep_parse_forgiveness(DwcKindness kind, const char *said,
                                 DwcForgive *how, Error **errp)
{
    unsigned last = kindnesses[kind].may_be_random ? DWC_FORGIVE_RANDOM :
                                                     DWC_FORGIVE_ON;
    unsigned i;

    for (i = 0; i <= last; i++) {
        if (!strcmp(said, words[i])) {
            *how = i;
            return true;
        }
    }
    error_setg(errp, "dwc-pcie-ep: forgive-%s must be on%s or off, not '%s'",
               kindnesses[kind].name,
               kindnesses[kind].may_be_random ? ", random" : "", said);
    return false;
}

bool dwc_ep_check_forgiveness(DwcPcieEp *ep, Error **errp)
{
    DwcEdmaForgive *edma = &ep->edma.forgive;
    DwcForgive how[DWC_KINDNESSES];
    DwcKindness kind;

    for (kind = 0; kind < DWC_KINDNESSES; kind++) {
        how[kind] = kindnesses[kind].by_default;
        if (ep->forgive[kind] &&
            !ep_parse_forgiveness(kind, ep->forgive[kind], &how[kind], errp)) {
            return false;
        }
    }
    edma->late_doorbell = how[DWC_KIND_LATE_DOORBELL];
    edma->stale_element = how[DWC_KIND_STALE_ELEMENT];
    edma->abort_enable = how[DWC_KIND_ABORT_ENABLE];
    edma->link_cycle = how[DWC_KIND_LINK_CYCLE];
    ep->forgive_bar_match = how[DWC_KIND_BAR_MATCH];
    ep->forgive_read_only = how[DWC_KIND_READ_ONLY];
    ep->forgive_outbound_read = how[DWC_KIND_OUTBOUND_READ];
    ep->forgive_joined_events = how[DWC_KIND_JOINED_EVENTS];
    ep->forgive_region_change = how[DWC_KIND_REGION_CHANGE];
    ep->forgive_payload = how[DWC_KIND_PAYLOAD];
    ep->forgive_posted_order = how[DWC_KIND_POSTED_ORDER];
    if (!ep->forgive_posted_order && (ep->iommu || dwc_time_enabled())) {
        error_setg(errp, "dwc-pcie-ep: forgive-posted-order=off needs iommu=off "
                   "and a VM without virtual time");
        return false;
    }
    return true;
}
