/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a message takes from one end of the link to the other.
 *
 * Each message waits in the queue of its sender until it is due.  They are under
 * way at the same time, and none passes another.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/atomic.h"
#include "qemu/timer.h"
#include "link/internal.h"
#include "link/latency.h"
#include "trace-ntb_edma.h"

static void link_get_latency(Object *obj, Visitor *v, const char *name,
                             void *opaque, Error **errp)
{
    const DwcLinkLatency *latency = opaque;

    visit_type_uint32(v, name, (uint32_t *)((char *)obj + latency->us), errp);
}

static void link_set_latency(Object *obj, Visitor *v, const char *name,
                             void *opaque, Error **errp)
{
    const DwcLinkLatency *latency = opaque;
    uint32_t wanted;

    if (!visit_type_uint32(v, name, &wanted, errp)) {
        return;
    }
    if (wanted > DWC_LINK_MAX_LATENCY_US) {
        error_setg(errp, "%s must be 0 to %d, not %u", name,
                   DWC_LINK_MAX_LATENCY_US, wanted);
        return;
    }
    *(uint32_t *)((char *)obj + latency->us) = wanted;
    latency->changed(obj);
}

void dwc_link_add_latency(ObjectClass *oc, const DwcLinkLatency *latency)
{
    object_class_property_add(oc, "latency-us", "uint32", link_get_latency,
                              link_set_latency, NULL, (void *)latency);
    object_class_property_set_description(oc, "latency-us",
                                          latency->description);
}

void dwc_link_set_latency(DwcLink *link, uint32_t us)
{
    trace_dwc_link_latency(us);
    qatomic_set(&link->latency_us, us);
}

bool dwc_link_slow(const DwcLink *link)
{
    return qatomic_read(&link->latency_us);
}

int64_t dwc_link_due(const DwcLink *link, uint16_t type)
{
    uint32_t us = qatomic_read(&link->latency_us);

    /* A refusal must be out before the connection ends. */
    return us && type != DWC_LINK_HELLO ? get_clock() + us * SCALE_US : 0;
}

int64_t dwc_link_wait_ns(const DwcLink *link)
{
    const DwcOutgoing *o = QSIMPLEQ_FIRST(&link->out);

    return !o ? -1 : o->due ? MAX(0, o->due - get_clock()) : 0;
}
