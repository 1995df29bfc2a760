/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inbound windows: what the host reaches through the function's BARs.
 *
 * Both ways an inbound iATU region can match become the same here, a part of
 * a BAR and the local address behind it.  The function in the host VM gets
 * the list of those parts, so that it can show RAM as RAM.
 */
#ifndef NTB_EDMA_WINDOWS_INBOUND_H
#define NTB_EDMA_WINDOWS_INBOUND_H

#include "core/controller.h"

void dwc_inbound_init(DwcPcieEp *ep);

/*
 * Work a function's BARs and windows out again after a register changed, and
 * tell the host.
 * The caller holds the controller's lock.  With ASK the return value is the
 * question whether the host has let go of what went away and has its BARs as
 * they are now, NULL when nothing of this changed; await it without locks.
 */
DwcLinkCall *dwc_inbound_update(DwcPcieEp *ep, unsigned function, bool ask);
/* The same for all functions, after a register changed that they share. */
DwcLinkCall *dwc_inbound_update_all(DwcPcieEp *ep, bool ask);
/*
 * The inbound region whose register at ADDR was written may match a BAR: of its
 * target only the bits above that BAR's mask are there.  With the controller's
 * lock.
 */
void dwc_inbound_trim(DwcPcieEp *ep, hwaddr addr);
/* The BARs as they are now.  With the controller's lock. */
void dwc_inbound_bars(DwcPcieEp *ep, unsigned function, DwcLinkBars *bars);
/* Tell a host that has just connected about all windows of a function. */
void dwc_inbound_announce(DwcPcieEp *ep, unsigned function);
/* Whether the host knows what memory is behind BARs, and reaches it by itself. */
bool dwc_inbound_is_shown(const DwcPcieEp *ep);
/*
 * The local address that a page of a function's BAR leads to, with the
 * controller's lock.  False: not all of it goes one way.
 */
bool dwc_inbound_page(const DwcPcieEp *ep, unsigned function, unsigned bar,
                      uint64_t offset, uint64_t *addr);
/*
 * The local address that SIZE bytes at OFFSET of a function's BAR lead to, and
 * whether an SMMU has yet to translate it.
 * False, and counted: none, or memory decoding is off.
 */
bool dwc_inbound_translate(DwcPcieEp *ep, unsigned function, unsigned bar,
                           uint64_t offset, unsigned size, uint64_t *addr,
                           bool *translated);
/* The same for the controller itself, which does the host no wrong. */
bool dwc_inbound_find(DwcPcieEp *ep, unsigned function, unsigned bar,
                      uint64_t offset, unsigned size, uint64_t *addr,
                      bool *translated);

#endif
