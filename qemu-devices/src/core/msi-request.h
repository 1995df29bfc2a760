/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MSIs that the core sends itself when the glue requests them, unlike those
 * that software writes through an outbound window.  Masks are the function's.
 */
#ifndef NTB_EDMA_CORE_MSI_REQUEST_H
#define NTB_EDMA_CORE_MSI_REQUEST_H

#include "core/controller.h"

/* Needs the big lock. */
void dwc_ep_msi_request(DwcPcieEp *ep, unsigned vector);

#endif
