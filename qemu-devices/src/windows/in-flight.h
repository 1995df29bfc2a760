/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes of the CPUs that are on their way to the outbound window.
 *
 * The core translates them when they arrive, by the regions of that moment: a
 * region that has changed since leads them elsewhere, or nowhere.  A read from
 * the window pushes the writes before it.  All under the big lock.
 */
#ifndef NTB_EDMA_WINDOWS_IN_FLIGHT_H
#define NTB_EDMA_WINDOWS_IN_FLIGHT_H

#include "core/controller.h"

void dwc_in_flight_init(DwcPcieEp *ep);
void dwc_in_flight_exit(DwcPcieEp *ep);
/* False: this write leaves at once, and so the caller makes it. */
bool dwc_in_flight_take(DwcPcieEp *ep, hwaddr addr, uint64_t val, unsigned size);
/* All that are on their way arrive. */
void dwc_in_flight_arrive(DwcPcieEp *ep);
/* They are lost: the core is reset. */
void dwc_in_flight_drop(DwcPcieEp *ep);

#endif
