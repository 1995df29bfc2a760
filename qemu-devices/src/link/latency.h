/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a message takes from one end of the link to the other. */
#ifndef NTB_EDMA_LINK_LATENCY_H
#define NTB_EDMA_LINK_LATENCY_H

#include "qapi/visitor.h"
#include "link/link.h"

/* The link gives up after 5 s, and a question goes both ways. */
#define DWC_LINK_MAX_LATENCY_US 1000000

/* Takes the property's value; false with ERRP set, and US as it was. */
bool dwc_link_latency_visit(Visitor *v, const char *name, uint32_t *us,
                            Error **errp);

#endif
