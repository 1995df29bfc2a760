/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Faults that are asked for at run time, by properties. */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/atomic.h"
#include "endpoint/endpoint.h"
#include "link/latency.h"

void dwc_ep_apply_latency(DwcPcieEp *ep)
{
    dwc_ep_share_latency(ep);
    dwc_link_set_latency(ep->link, ep->latency_us);
}

static void ep_latency_changed(Object *obj)
{
    DwcPcieEp *ep = DWC_PCIE_EP(obj);

    if (ep->link) {
        dwc_ep_apply_latency(ep);
    }
}

static const DwcLinkLatency ep_latency = {
    .us = offsetof(DwcPcieEp, latency_us),
    .changed = ep_latency_changed,
    .description = "microseconds that everything takes from here to the host",
};

/* How many of the faults that were asked for are still to come. */
static void ep_get_aborts(Object *obj, Visitor *v, const char *name,
                          void *opaque, Error **errp)
{
    DwcEdmaInject *inject = &DWC_PCIE_EP(obj)->edma.inject;
    uint64_t write, read;

    if (!dwc_ep_at_run_time(obj, name, errp)) {
        return;
    }
    write = dwc_edma_inject_left(inject, DWC_EDMA_WRITE);
    read = dwc_edma_inject_left(inject, DWC_EDMA_READ);
    if (visit_start_struct(v, name, NULL, 0, errp)) {
        if (visit_type_uint64(v, "write", &write, errp)) {
            visit_type_uint64(v, "read", &read, errp);
        }
        visit_end_struct(v, NULL);
    }
}

/* Faults that are asked for. */
typedef struct Request {
    char *direction, *error;
    uint32_t channel, count, skip;
} Request;

static bool ep_visit_request(Visitor *v, Request *r, Error **errp)
{
    return visit_type_str(v, "direction", &r->direction, errp) &&
           (!visit_optional(v, "channel", &(bool) { false }) ||
            visit_type_uint32(v, "channel", &r->channel, errp)) &&
           (!visit_optional(v, "error", &(bool) { false }) ||
            visit_type_str(v, "error", &r->error, errp)) &&
           visit_type_uint32(v, "count", &r->count, errp) &&
           (!visit_optional(v, "skip", &(bool) { false }) ||
            visit_type_uint32(v, "skip", &r->skip, errp)) &&
           visit_check_struct(v, errp);
}

static const struct {
    const char *name;
    DwcEdmaFault fault;
    bool of_writes;             /* which are posted: no completion tells */
} errors[] = {
    { "unsupported-request", DWC_EDMA_FAULT_PCIE, true },
    { "completer-abort", DWC_EDMA_FAULT_ABORTED },
    { "timeout", DWC_EDMA_FAULT_TIMED_OUT },
    { "poisoned", DWC_EDMA_FAULT_POISONED, true },
};

static DwcEdmaFault ep_find_fault(const char *name, DwcEdmaDir dir,
                                  Error **errp)
{
    unsigned i;

    for (i = 0; i < ARRAY_SIZE(errors); i++) {
        if (!g_strcmp0(errors[i].name, name) &&
            (dir == DWC_EDMA_READ || errors[i].of_writes)) {
            return errors[i].fault;
        }
    }
    error_setg(errp, "dwc-pcie-ep: error must be unsupported-request, poisoned, "
               "or of read channels completer-abort or timeout, not %s", name);
    return DWC_EDMA_FAULT_NONE;
}

static void ep_ask_aborts(DwcPcieEp *ep, const Request *r, Error **errp)
{
    DwcEdmaDir dir = g_strcmp0(r->direction, "read") == 0 ? DWC_EDMA_READ :
                                                            DWC_EDMA_WRITE;
    DwcEdmaFault fault;

    if (g_strcmp0(r->direction, dwc_edma_dir_name(dir)) != 0) {
        error_setg(errp, "dwc-pcie-ep: direction must be write or read, not "
                   "%s", r->direction);
        return;
    }
    if (r->channel != DWC_EDMA_ANY_CHANNEL &&
        r->channel >= ep->edma.channels[dir]) {
        error_setg(errp, "dwc-pcie-ep: there is no %s channel %u, of %u",
                   r->direction, r->channel, ep->edma.channels[dir]);
        return;
    }
    fault = ep_find_fault(r->error ? r->error : errors[0].name, dir, errp);
    if (fault != DWC_EDMA_FAULT_NONE) {
        dwc_edma_inject_plan(&ep->edma.inject, dir, r->channel, fault, r->count,
                             r->skip);
    }
}

static void ep_set_aborts(Object *obj, Visitor *v, const char *name,
                          void *opaque, Error **errp)
{
    Request r = { .channel = DWC_EDMA_ANY_CHANNEL };
    bool whole;

    if (!dwc_ep_at_run_time(obj, name, errp) ||
        !visit_start_struct(v, name, NULL, 0, errp)) {
        return;
    }
    whole = ep_visit_request(v, &r, errp);
    visit_end_struct(v, NULL);
    if (whole) {
        ep_ask_aborts(DWC_PCIE_EP(obj), &r, errp);
    }
    g_free(r.direction);
    g_free(r.error);
}

void dwc_ep_class_faults(ObjectClass *oc)
{
    dwc_link_add_latency(oc, &ep_latency);
    object_class_property_add(oc, "aborts", "DwcAborts", ep_get_aborts,
                              ep_set_aborts, NULL, NULL);
    object_class_property_set_description(oc, "aborts",
        "DMA elements that are to abort, or to be poisoned");
}
