/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The device dwc-pcie-ep: what puts the controller's blocks together. */
#ifndef NTB_EDMA_ENDPOINT_ENDPOINT_H
#define NTB_EDMA_ENDPOINT_ENDPOINT_H

#include "core/controller.h"

/* How far the link is. */
typedef enum DwcLinkState {
    DWC_STATE_DOWN,             /* not trained */
    DWC_STATE_WAITING,          /* trained, nobody there */
    DWC_STATE_UP,
} DwcLinkState;

/* A block as the device tree names it. */
typedef struct DwcRange {
    const char *name;
    uint64_t base, size;
} DwcRange;

/* registers.c */
void dwc_ep_map_registers(DwcPcieEp *ep);
bool dwc_ep_has_region(const DwcPcieEp *ep, DwcRegion region);
DwcRange dwc_ep_region(const DwcPcieEp *ep, DwcRegion region);

/* link.c */
extern const DwcLinkOps dwc_ep_link_ops;
/* All of a function's registers may have changed: tell the host.  With the lock. */
void dwc_ep_announce_registers(DwcPcieEp *ep, unsigned function);

/* share.c; on the link's thread */
/* What a host that connects is to have; false: it cannot be had. */
bool dwc_ep_share(DwcPcieEp *ep);
/* The host has gone. */
void dwc_ep_unshare(DwcPcieEp *ep);
/* One more thing that the host is to have: its descriptor. */
void dwc_ep_give(DwcPcieEp *ep, DwcLinkSharedKind kind, unsigned index, int fd);
/* ... and from any: */
/* Reads of the eDMA's registers that the host has made by itself. */
uint64_t dwc_ep_host_reads(DwcPcieEp *ep);
/* Tells the host whether latency-us is 0. */
void dwc_ep_share_latency(DwcPcieEp *ep);

/* time.c; on the link's thread */
/* With virtual time: what both sides keep it by.  False: it cannot be had. */
bool dwc_ep_share_time(DwcPcieEp *ep);

/* endpoint.c; with the big lock: the core is in reset, or comes out of it. */
void dwc_ep_hold_core(DwcPcieEp *ep, bool held);

/* training.c; with the big lock. */
/* The glue gets to know whether the host is there, and of hot resets. */
void dwc_ep_tell_glue(DwcPcieEp *ep);
void dwc_ep_set_plugged(DwcPcieEp *ep, bool plugged);
void dwc_ep_set_ltssm(DwcPcieEp *ep, bool enabled);
DwcLinkState dwc_ep_link_state(DwcPcieEp *ep);

/* How many interrupts of its own the glue has, and which SPI is its Nth. */
unsigned dwc_ep_glue_irqs(const DwcPcieEp *ep);
unsigned dwc_ep_glue_irq_number(const DwcPcieEp *ep, unsigned n);

/* properties.c */
bool dwc_ep_check_properties(DwcPcieEp *ep, Error **errp);
void dwc_ep_class_properties(ObjectClass *oc);
/* Whether the device is realized: false with ERRP set for the property NAME. */
bool dwc_ep_at_run_time(Object *obj, const char *name, Error **errp);

/* forgive.c: takes what the properties say.  Before blocks are initialized. */
bool dwc_ep_check_forgiveness(DwcPcieEp *ep, Error **errp);

/* faults.c */
void dwc_ep_class_faults(ObjectClass *oc);
void dwc_ep_apply_latency(DwcPcieEp *ep);

/* edma-port.c: the endpoint as what its DMA engine needs; opaque: DwcPcieEp. */
extern const DwcEdmaPort dwc_ep_edma_port;
/* The same behind an SMMU; with virtual time. */
extern const DwcEdmaPort dwc_ep_translated_edma_port;
extern const DwcEdmaPort dwc_ep_timed_edma_port;

/* device-tree.c: adds the nodes when the machine writes its tree. */
void dwc_ep_describe(DwcPcieEp *ep);
void dwc_ep_undescribe(DwcPcieEp *ep);

#endif
