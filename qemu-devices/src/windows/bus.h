/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The endpoint as a requester: memory accesses on the PCIe side.
 *
 * This is the one place where an address on the PCI bus becomes something to
 * access.  What the host announced as RAM is accessed where it is mapped; all
 * else (MSI, other devices, everything when the host has an IOMMU) travels to
 * the host, whose function makes the access with its requester id.
 */
#ifndef NTB_EDMA_WINDOWS_BUS_H
#define NTB_EDMA_WINDOWS_BUS_H

#include "core/controller.h"

/*
 * Where ADDR is in this process, NULL when it is not RAM that this process
 * sees.  LEN as for dwc_ram_map_lookup().  Under the RCU read lock.
 */
uint8_t *dwc_bus_ram(DwcPcieEp *ep, uint64_t addr, uint64_t *len);

/* Whether ADDR is RAM to a function, as far as is known without asking the host. */
bool dwc_bus_is_ram(DwcPcieEp *ep, unsigned function, uint64_t addr);

/*
 * Posted write of a function's, LEN <= DWC_LINK_MAX_DATA.  False: no link or the
 * function is not bus master.  WAIT as in dwc_link_send().
 */
bool dwc_bus_write(DwcPcieEp *ep, unsigned function, uint64_t addr,
                   const void *buf, size_t len, bool wait);
/*
 * The same, but always made by the function in the host VM, also where this
 * process sees RAM: what may be an interrupt is for the function to judge.
 * EPOCH: what dwc_bus_master() said when the access was decided.
 */
bool dwc_bus_message(DwcPcieEp *ep, DwcLinkEpoch epoch, unsigned function,
                     uint64_t addr, const void *buf, size_t len, bool wait);
/* A write with a FLAW: the host's port finds that, and drops it. */
bool dwc_bus_write_flawed(DwcPcieEp *ep, unsigned function,
                          DwcLinkFlaw flaw, uint64_t addr,
                    size_t len);
/*
 * Read, LEN <= DWC_LINK_MAX_DATA; waits for the completion, without the big
 * lock.  False: BUF holds all ones.
 */
bool dwc_bus_read(DwcPcieEp *ep, unsigned function, uint64_t addr, void *buf,
                  size_t len);
/*
 * The connection in which the function may be a requester now, 0 if in none.
 * With the controller's lock, and without.
 */
DwcLinkEpoch dwc_bus_master_locked(const DwcPcieEp *ep, unsigned function);
DwcLinkEpoch dwc_bus_master(DwcPcieEp *ep, unsigned function);

#endif
