/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts that the controller sends itself, unlike those that software
 * writes through an outbound window.  With the big lock, not with the
 * controller's.  Masks are the function's.
 */
#ifndef NTB_EDMA_WINDOWS_INTERRUPTS_H
#define NTB_EDMA_WINDOWS_INTERRUPTS_H

#include "core/controller.h"

/*
 * Assert_INTx or Deassert_INTx of PIN (0: INTA), which must be the function's
 * own pin.
 */
void dwc_ep_intx(DwcPcieEp *ep, unsigned function, unsigned pin, bool asserted);
/* A write to an outbound region of type message with this CODE. */
void dwc_ep_message(DwcPcieEp *ep, unsigned function, uint8_t code);
/* An MSI that the glue asks the core for. */
void dwc_ep_msi_request(DwcPcieEp *ep, unsigned vector);
/*
 * A write to the MSI-X doorbell of the port logic: the function looks the
 * vector up in its table, sends it, or keeps it as pending.
 */
void dwc_ep_msix_doorbell(DwcPcieEp *ep, uint32_t val);

#endif
