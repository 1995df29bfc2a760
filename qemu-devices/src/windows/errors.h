/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors that a function finds in what comes over the link. */
#ifndef NTB_EDMA_WINDOWS_ERRORS_H
#define NTB_EDMA_WINDOWS_ERRORS_H

#include "core/controller.h"
#include "dbi/aer.h"

/* Without the controller's lock: it is recorded, and the host told if it wants. */
void dwc_error_found(DwcPcieEp *ep, unsigned function, const DwcAerError *error);
/* Nothing answers a request of the host's at OFFSET of BAR. */
void dwc_error_unsupported(DwcPcieEp *ep, unsigned function, unsigned bar,
                           uint64_t offset, unsigned size, bool is_write);

#endif
