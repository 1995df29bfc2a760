/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The device dwc-edma-pcie: a card whose DMA engine its host drives.
 *
 * The engine's registers are in one BAR, the card's memory is another: lists and
 * data are there.  "Local" to the engine is the card's memory, its PCIe side is
 * the host.  Nothing else is on the card; its interrupts are the engine's
 * interrupt messages, which the host routes to vectors of MSI or MSI-X.
 */
#ifndef NTB_EDMA_CARD_CARD_H
#define NTB_EDMA_CARD_CARD_H

#include "hw/pci/pci_device.h"
#include "qemu/notify.h"
#include "qom/object.h"
#include "edma/engine.h"
#include "edma/regs.h"
#include "edma/stats.h"

#define TYPE_DWC_EDMA_PCIE "dwc-edma-pcie"
OBJECT_DECLARE_SIMPLE_TYPE(DwcEdmaPcie, DWC_EDMA_PCIE)

/* BARs of all kinds. */
#define DWC_CARD_REGISTERS_BAR      0
#define DWC_CARD_MEMORY_BAR         2   /* and 3: 64 bits */
#define DWC_CARD_MSIX_BAR           4
#define DWC_CARD_REGISTERS_SIZE     0x2000

/* One of the cards that Linux's dw-edma-pcie.c knows. */
typedef struct DwcCardKind {
    const char *name;
    uint16_t vendor, device;
    const char *edma_map;       /* by default */
    bool any_map;               /* the others are possible, too */
    uint8_t channels;           /* in each direction, at most */
    uint64_t memory_size;       /* bytes, of which its driver uses the lower half */
    bool own_addresses;         /* of its memory; else those of the BAR */
} DwcCardKind;

struct DwcEdmaPcie {
    PCIDevice parent_obj;

    char *kind_name, *edma_map_name, *trace;
    uint64_t memory_base;
    uint32_t msi_vectors, msix_vectors;
    uint8_t write_channels, read_channels;
    bool tells_memory, forgive_posted_order;

    const DwcCardKind *kind;
    MemoryRegion registers, memory, memory_trap;
    uint8_t *memory_bytes;
    GArray *posted;             /* see memory.c; NULL: nothing is; big lock */
    QEMUTimer *arrival;
    DwcEdma edma;               /* has its own lock */
    DwcEngine engine;
    DwcEdmaStats stats;
    Notifier exit;              /* QEMU ends */
    bool gone;                  /* unplugged; with the big lock */
};

/* kind.c */
const DwcCardKind *dwc_card_kind_find(const char *name, Error **errp);

/* capabilities.c */
/* What the card says of itself in extended configuration space. */
void dwc_card_add_capabilities(DwcEdmaPcie *card);

/* memory.c; big lock */
bool dwc_card_memory_init(DwcEdmaPcie *card, Error **errp);
void dwc_card_memory_exit(DwcEdmaPcie *card);
/* The region that the host is to see. */
MemoryRegion *dwc_card_memory_bar(DwcEdmaPcie *card);

/* port.c */
extern const DwcEdmaPort dwc_card_port;

#endif
