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

#include "dbi/dbi.h"
#include "dbi/iatu.h"
#include "link/link.h"

typedef struct DwcPcieEp DwcPcieEp;

typedef struct DwcWindow {
    bool valid;
    unsigned bar;
    uint64_t offset, size, target;
} DwcWindow;

/* One place for each region and each BAR that it touches. */
#define DWC_WINDOWS (DWC_IATU_MAX_REGIONS * 8)

typedef struct DwcInbound {
    DwcWindow window[DWC_WINDOWS];
} DwcInbound;

/*
 * Work the windows out again after a register changed, and tell the host.  The
 * caller holds the controller's lock.  With ASK the return value is the
 * question whether the host has let go of the windows that went away, NULL
 * when none did; await it without locks.
 */
DwcLinkCall *dwc_inbound_update(DwcPcieEp *ep, bool ask);
/* Tell a host that has just connected about all windows. */
void dwc_inbound_announce(DwcPcieEp *ep);

/* Accesses that the host could not make by itself.  On the link's thread. */
void dwc_inbound_read(DwcPcieEp *ep, uint32_t seq,
                      const DwcLinkBarAccess *access);
void dwc_inbound_write(DwcPcieEp *ep, const DwcLinkBarAccess *access);

/* The big lock's part of the above: accesses to this VM's other devices. */
typedef struct DwcInboundQueue DwcInboundQueue;
DwcInboundQueue *dwc_inbound_queue_new(DwcPcieEp *ep);
void dwc_inbound_queue_run(DwcInboundQueue *queue);

#endif
