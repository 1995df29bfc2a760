/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of the DesignWare PCIe endpoint controller, which its blocks share.
 *
 * Locks, outermost first: QEMU's big lock, the controller's, then the register
 * file's and the link's, which are leaves.  Nothing is awaited under any but
 * the big lock, and what could wait for the other VM lets go of that one, too.
 */
#ifndef NTB_EDMA_CORE_CONTROLLER_H
#define NTB_EDMA_CORE_CONTROLLER_H

#include "hw/irq.h"
#include "hw/qdev-core.h"
#include "qemu/notify.h"
#include "qemu/thread.h"
#include "qom/object.h"
#include "core/profile.h"
#include "core/stats.h"
#include "dbi/dbi.h"
#include "dbi/iatu.h"
#include "edma/engine.h"
#include "edma/regs.h"
#include "link/link.h"
#include "memory/handed-out.h"
#include "memory/iotlb.h"
#include "memory/local.h"
#include "memory/peer.h"

#define TYPE_DWC_PCIE_EP "dwc-pcie-ep"
OBJECT_DECLARE_SIMPLE_TYPE(DwcPcieEp, DWC_PCIE_EP)

/* What silicon does not forgive and the controller may: the README's table. */
typedef enum DwcKindness {
    DWC_KIND_LATE_DOORBELL,
    DWC_KIND_STALE_ELEMENT,
    DWC_KIND_ABORT_ENABLE,
    DWC_KIND_LINK_CYCLE,
    DWC_KIND_BAR_MATCH,
    DWC_KIND_READ_ONLY,
    DWC_KIND_OUTBOUND_READ,
    DWC_KIND_JOINED_EVENTS,
    DWC_KIND_REGION_CHANGE,
    DWC_KIND_PAYLOAD,
    DWC_KIND_POSTED_ORDER,
    DWC_KINDNESSES,
} DwcKindness;

/*
 * By which the endpoint's interrupt controller knows the MSIs that the host
 * writes through an inbound window.  16 bits, as QEMU's ITS has them; the
 * endpoint's own PCI functions do not get as far as bus 255.
 */
#define DWC_MSI_DEVICE_ID   0xff00

typedef struct DwcAccesses DwcAccesses;
typedef struct DwcInbound DwcInbound;
typedef struct DwcInFlight DwcInFlight;
typedef struct DwcPosted DwcPosted;
typedef struct DwcOutbound DwcOutbound;

/* One of the functions that the controller presents. */
typedef struct DwcEpFunction {
    DwcDbi dbi;                 /* the first one's has the port logic of all */
    DwcInbound *inbound;
    uint32_t intx_asserted;     /* how often */
    bool msix_changed;          /* atomic: what is pending may be sent */
} DwcEpFunction;

struct DwcPcieEp {
    DeviceState parent_obj;

    /* Properties. */
    char *link_path;
    char *profile_name;
    char *edma_map_name;
    char *trace;
    uint64_t registers_base, outbound_base, outbound_size, atu_align;
    uint64_t dma_offset;
    uint32_t atu_upper_limit, irq_base, latency_us;
    uint8_t write_channels, read_channels, ib_windows, ob_windows;
    uint8_t msi_vectors, functions;
    bool msix, msi_parent, memcpy_engine, resizable_bars, dma_coherent, iommu;
    char *forgive[DWC_KINDNESSES];      /* see endpoint/forgive.c */

    const DwcProfile *profile;
    const DwcEdmaMap *edma_map;
    void *glue;                 /* state of the profile's glue; big lock */
    uint32_t reset_lines;       /* bit set: released; big lock */
    bool plugged, ltssm;        /* see endpoint/training.c; big lock */
    bool held;                  /* the core is in reset; big lock */
    bool hot_reset;             /* atomic: the glue has yet to be told */
    bool hot_reset_comes;       /* with the next RESET; the link's thread */
    DwcLinkEpoch seen;          /* the host that the glue knows of; big lock */
    bool seen_up;
    /* Atomic: the host has let the first function master the bus, has moved it
     * to another D state, and the glue has yet to be told. */
    bool master_came, power_moved;
    bool cs2;                   /* the glue leads DBI to DBI2; big lock */
    struct {                    /* the GPIO that PERST# is; big lock */
        uint32_t enable, mask, edge, polarity;
        bool high, latched;
        qemu_irq irq;
    } perst;
    bool forgive_bar_match, forgive_read_only, forgive_outbound_read;
    bool forgive_joined_events, forgive_payload, forgive_posted_order;
    DwcForgive forgive_region_change;
    MemoryRegion registers, region[DWC_REGIONS];
    AddressSpace *as;           /* this machine's, as its CPUs see it */
    AddressSpace *dma_as;       /* as the controller does, behind an SMMU */
    uint32_t stream;            /* its ID there; see core/smmu.h */
    AddressSpace *memcpy_as;    /* the same of the memcpy engine */
    uint32_t memcpy_stream;
    uint64_t ram_base, ram_size;        /* this machine's, for its CPUs */
    DwcLink *link;
    QEMUBH *bh;                 /* what needs the big lock */
    Notifier exit;              /* QEMU ends */
    qemu_irq irq[DWC_EDMA_DIRS * DWC_EDMA_MAX_CHANNELS];
    qemu_irq glue_irq[DWC_GLUE_IRQS];
    bool line[DWC_EDMA_DIRS * DWC_EDMA_MAX_CHANNELS];

    /*
     * Guards what follows up to the blank line.  Taken by CPUs, the link's
     * thread and the engine's; nothing is awaited under it.
     */
    QemuMutex lock;
    DwcEpFunction fn[DWC_LINK_FUNCTIONS];
    DwcIatu iatu;
    bool trained;
    DwcLinkEpoch epoch;         /* of who is, or was, at the other end */
    bool connected;             /* somebody is at the other end */
    bool up;                    /* ... and the tables are complete */
    bool pages_out;             /* it knows pages of BARs: windows/pages.h */

    DwcAccesses *accesses;      /* has its own lock */
    DwcPosted *posted;          /* the same; NULL: nothing is */
    DwcHandedOut *handed_out;   /* behind an SMMU; big lock */
    Notifier smmu_changes;
    DwcOutbound *outbound;      /* big lock */
    DwcInFlight *in_flight;     /* big lock */
    DwcPeerMemory *peer;        /* RCU; NULL while the link is not up */
    DwcPeerMemory *peer_coming; /* only the link's thread */
    bool translated;            /* atomic: bus addresses go through iotlb */
    DwcIotlb iotlb;             /* has its own lock */

    /*
     * The main loop makes an access for the host, which may be waiting for it:
     * so this access waits for nothing of the host.  Big lock.
     */
    bool for_host;
    DwcLocalMemory local;
    DwcEdma edma;               /* has its own lock */
    DwcEngine engine;
    DwcStats stats;

    int registers_fd;           /* pages that every host maps */

    /* What the host that is connected now has: see endpoint/share.c. */
    QemuMutex memory_lock;      /* what follows, but for posts->registers */
    DwcPostPages *posts;        /* NULL: none is */
    int memory_event;           /* for its main loop */
    DwcLinkEpoch memory_epoch;  /* whose posts->memory is */
    uint32_t memory_head;
    uint32_t delayed;           /* short writes that went as messages, */
    uint32_t arrived;           /* ... and of these so many at least arrived */
    bool posting;               /* atomic: the host takes writes from there */
};

/*
 * Where the endpoint's CPUs see what the controller, as a bus master, sees at
 * ADDR.  With dma-offset its RAM is elsewhere, and nothing is where the CPUs
 * have it; devices are where they are.
 */
uint64_t dwc_ep_cpu_address(const DwcPcieEp *ep, uint64_t addr);

/* Schedule what needs the big lock, from any thread. */
void dwc_ep_schedule(DwcPcieEp *ep);

/* Interrupt lines of the eDMA, one a channel, write channels first. */
unsigned dwc_ep_lines(const DwcPcieEp *ep);
/* Bring the interrupt lines up to date; needs the big lock. */
void dwc_ep_update_lines(DwcPcieEp *ep);
/* After use of the register file: see to the lines if they changed. */
void dwc_ep_settle(DwcPcieEp *ep);

/*
 * The eDMA registers' offset that ADDR is, an address of the endpoint's, for
 * an access of SIZE bytes; -1: it is none of theirs.
 */
int dwc_ep_edma_offset(const DwcPcieEp *ep, uint64_t addr, unsigned size);
/* A write to the eDMA registers, whoever it is from.  Needs no lock. */
void dwc_ep_edma_write(DwcPcieEp *ep, hwaddr addr, uint32_t val,
                       DwcEdmaOrigin origin);

#endif
