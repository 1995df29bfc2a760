/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The DesignWare PCIe endpoint controller, with all its blocks. */
#ifndef NTB_EDMA_CORE_CONTROLLER_H
#define NTB_EDMA_CORE_CONTROLLER_H

#include "hw/irq.h"
#include "hw/qdev-core.h"
#include "qemu/thread.h"
#include "qom/object.h"
#include "dbi/dbi.h"
#include "edma/engine.h"
#include "edma/regs.h"
#include "dbi/iatu.h"
#include "windows/inbound.h"
#include "windows/iotlb.h"
#include "link/link.h"
#include "memory/local.h"
#include "windows/outbound.h"
#include "memory/peer.h"
#include "core/profile.h"
#include "core/stats.h"

#define TYPE_DWC_PCIE_EP "dwc-pcie-ep"
OBJECT_DECLARE_SIMPLE_TYPE(DwcPcieEp, DWC_PCIE_EP)

/* Register blocks, 64 KiB apart so that guests with large pages can map them. */
#define DWC_DBI_OFFSET      0x00000
#define DWC_DBI2_OFFSET     0x10000
#define DWC_ATU_OFFSET      0x20000
#define DWC_GLUE_OFFSET     0x30000
#define DWC_DMA_OFFSET      0x40000
#define DWC_RESETS_OFFSET   0x50000
#define DWC_MEMCPY_OFFSET   0x60000
#define DWC_ATU_SIZE        0x10000
#define DWC_GLUE_SIZE       0x10000
#define DWC_DMA_SIZE        0x2000
#define DWC_RESETS_SIZE     0x1000
#define DWC_MEMCPY_SIZE     0x1000
#define DWC_REGISTERS_SIZE  0x70000

/*
 * By which the endpoint's interrupt controller knows the MSIs that the host
 * writes through an inbound window.  16 bits, as QEMU's ITS has them; the
 * endpoint's own PCI functions do not get as far as bus 255.
 */
#define DWC_MSI_DEVICE_ID   0xff00

/* A block as the device tree names it. */
typedef struct DwcRange {
    const char *name;
    uint64_t base, size;
} DwcRange;

/* How far the link is. */
typedef enum DwcLinkState {
    DWC_STATE_DOWN,             /* not trained */
    DWC_STATE_WAITING,          /* trained, nobody there */
    DWC_STATE_UP,
} DwcLinkState;

struct DwcPcieEp {
    DeviceState parent_obj;

    /* Properties. */
    char *link_path;
    char *profile_name;
    char *trace;
    uint64_t registers_base, outbound_base, outbound_size, atu_align;
    uint32_t atu_upper_limit, irq_base, latency_us;
    uint8_t write_channels, read_channels, ib_windows, ob_windows;
    uint8_t msi_vectors;
    bool msix, msi_parent, memcpy_engine, resizable_bars;

    const DwcProfile *profile;
    void *glue;                 /* state of the profile's glue; big lock */
    uint32_t reset_lines;       /* bit set: released; big lock */
    bool plugged, ltssm;        /* see training.c; big lock */
    MemoryRegion registers, region[DWC_REGIONS];
    AddressSpace *as;
    DwcLink *link;
    QEMUBH *bh;                 /* what needs the big lock */
    qemu_irq irq[DWC_EDMA_DIRS * DWC_EDMA_MAX_CHANNELS];
    bool line[DWC_EDMA_DIRS * DWC_EDMA_MAX_CHANNELS];

    /*
     * Guards what follows up to the blank line.  Taken by CPUs, the link's
     * thread and the engine's; nothing is awaited under it.
     */
    QemuMutex lock;
    DwcDbi dbi;
    DwcIatu iatu;
    DwcInbound inbound;
    bool trained;
    bool connected;             /* somebody is at the other end */
    bool up;                    /* ... and the tables are complete */

    DwcInboundQueue *inbound_queue;
    DwcPeerMemory *peer;        /* RCU; NULL while the link is not up */
    DwcPeerMemory *peer_coming; /* only the link's thread */
    bool translated;            /* atomic: bus addresses go through iotlb */
    DwcIotlb iotlb;             /* has its own lock */

    DwcOutbound outbound;       /* big lock */
    /*
     * The main loop makes an access for the host, which may be waiting for it:
     * so this access waits for nothing of the host.  Big lock.
     */
    bool for_host;
    DwcLocalMemory local;
    DwcEdma edma;               /* has its own lock */
    DwcEngine engine;
    DwcStats stats;

    /* Pages that the host maps, and an event for the host's main loop. */
    int registers_fd, posts_fd, memory_event;
    DwcPostPages *posts;
    QemuMutex memory_lock;      /* producers of posts->memory */
    uint32_t memory_head;
    uint32_t delayed;           /* short writes that went as messages, */
    uint32_t arrived;           /* ... and of these so many at least arrived */
    bool posting;               /* atomic: the host takes writes from there */
};

/* Bring the interrupt lines up to date; needs the big lock. */
void dwc_ep_update_lines(DwcPcieEp *ep);
/* After use of the register file: see to the lines if they changed. */
void dwc_ep_settle(DwcPcieEp *ep);
/* Schedule what needs the big lock, from any thread. */
void dwc_ep_schedule(DwcPcieEp *ep);
void dwc_ep_schedule_init(DwcPcieEp *ep);
/* Interrupt lines of the eDMA, one a channel, write channels first. */
unsigned dwc_ep_lines(const DwcPcieEp *ep);

/* In registers.c. */
void dwc_ep_map_registers(DwcPcieEp *ep);
bool dwc_ep_has_region(const DwcPcieEp *ep, DwcRegion region);
DwcRange dwc_ep_region(const DwcPcieEp *ep, DwcRegion region);
/* The host sees what the endpoint changed at OFFSET.  With the lock. */
void dwc_ep_tell_host(DwcPcieEp *ep, uint16_t offset);
/* A write to the eDMA registers, whoever it is from.  Needs no lock. */
void dwc_ep_edma_write(DwcPcieEp *ep, hwaddr addr, uint32_t val,
                       DwcEdmaOrigin origin);
/* Link callbacks, in endpoint-link.c. */
extern const DwcLinkOps dwc_ep_link_ops;
void dwc_ep_set_trained(DwcPcieEp *ep, bool trained);
DwcLinkState dwc_ep_link_state(DwcPcieEp *ep);

/* In training.c; with the big lock. */
void dwc_ep_set_plugged(DwcPcieEp *ep, bool plugged);
void dwc_ep_set_ltssm(DwcPcieEp *ep, bool enabled);

/* In properties.c. */
bool dwc_ep_check_properties(DwcPcieEp *ep, Error **errp);
void dwc_ep_class_properties(ObjectClass *oc);
/* In faults.c. */
void dwc_ep_class_faults(ObjectClass *oc);
void dwc_ep_apply_latency(DwcPcieEp *ep);

/* Add the nodes to the device tree when the machine writes it. */
void dwc_ep_describe(DwcPcieEp *ep);

#endif
