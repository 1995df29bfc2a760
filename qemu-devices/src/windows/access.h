/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's accesses to BARs that it could not make by itself. */
#ifndef NTB_EDMA_WINDOWS_ACCESS_H
#define NTB_EDMA_WINDOWS_ACCESS_H

#include "core/controller.h"

void dwc_access_init(DwcPcieEp *ep);

/* Through a function's BAR; on the link's thread. */
void dwc_access_read(DwcPcieEp *ep, unsigned function, uint32_t seq,
                     const DwcLinkBarAccess *access);
void dwc_access_write(DwcPcieEp *ep, unsigned function,
                      const DwcLinkBarAccess *access);
/* Answers when those before it have been made. */
void dwc_access_flush(DwcPcieEp *ep, uint32_t seq);
/*
 * What it reads, little-endian, at once and with the big lock.  False: nothing
 * answers.
 */
bool dwc_access_read_now(DwcPcieEp *ep, const DwcLinkBarAccess *access,
                         uint64_t *value);
/* The big lock's part of these: accesses to this VM's other devices. */
void dwc_access_run(DwcPcieEp *ep);

#endif
