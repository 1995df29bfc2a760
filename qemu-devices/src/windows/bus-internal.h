/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the bus share; nobody else includes this. */
#ifndef NTB_EDMA_WINDOWS_BUS_INTERNAL_H
#define NTB_EDMA_WINDOWS_BUS_INTERNAL_H

#include "windows/bus.h"

/* bus.c */
/*
 * Waits until the host has made every write sent so far, without the big lock.
 */
bool dwc_bus_flush(DwcPcieEp *ep, DwcLinkEpoch epoch);
/* Counts an access that is not made; false. */
bool dwc_bus_refuse(DwcPcieEp *ep, const char *what, uint64_t addr);
/* A read by a message, which the function in the host VM makes. */
bool dwc_bus_read_message(DwcPcieEp *ep, DwcLinkEpoch epoch, unsigned function,
                          uint64_t addr, void *buf, size_t len);

/* bus-translated.c: as dwc_bus_write() and dwc_bus_read(), page by page. */
bool dwc_bus_write_translated(DwcPcieEp *ep, DwcLinkEpoch epoch,
                              unsigned function, uint64_t addr,
                              const uint8_t *buf, uint64_t len);
bool dwc_bus_read_translated(DwcPcieEp *ep, DwcLinkEpoch epoch,
                             unsigned function, uint64_t addr, uint8_t *buf,
                             uint64_t len);

#endif
