/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Behind an SMMU: pages of BARs of which the host is told where in the endpoint's
 * RAM they lead, so that it need not ask for each access.
 *
 * They are taken back when the guest takes a mapping away or changes how its
 * streams are translated, before the SMMU acts by that, and with any change of the
 * windows.  That waits for the host's QEMU, with the big lock and QEMU's SMMU: one
 * that is stopped stops this one, QMP included, until the link is given up.
 */
#ifndef NTB_EDMA_WINDOWS_PAGES_H
#define NTB_EDMA_WINDOWS_PAGES_H

#include "core/controller.h"

void dwc_pages_init(DwcPcieEp *ep);
void dwc_pages_exit(DwcPcieEp *ep);
/*
 * The host has accessed a function's BAR at OFFSET, which the iATU leads to IOVA
 * and the SMMU to CPU: with the big lock.
 */
void dwc_pages_tell(DwcPcieEp *ep, DwcLinkEpoch epoch, unsigned function,
                    unsigned bar, uint64_t offset, uint64_t iova, uint64_t cpu,
                    bool write);
/*
 * Takes all back.  With the controller's lock; with ASK the return value is the
 * question whether the host has let go of them, NULL when it has none.
 */
DwcLinkCall *dwc_pages_end(DwcPcieEp *ep, bool ask);

#endif
