/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The property by which a device says what its messages take to the other. */
#ifndef NTB_EDMA_LINK_LATENCY_H
#define NTB_EDMA_LINK_LATENCY_H

#include "qom/object.h"

/* The link gives up after 5 s, and a question goes both ways. */
#define DWC_LINK_MAX_LATENCY_US 1000000

typedef struct DwcLinkLatency {
    size_t us;                  /* offset of the uint32_t in the object */
    void (*changed)(Object *obj);
    const char *description;
} DwcLinkLatency;

/* Adds "latency-us" to the class; LATENCY stays. */
void dwc_link_add_latency(ObjectClass *oc, const DwcLinkLatency *latency);

#endif
