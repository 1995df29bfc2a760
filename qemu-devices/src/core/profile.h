/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What makes a controller one of a certain SoC: how its device tree node names
 * the register blocks, what its BARs can be, and the glue around the core.
 */
#ifndef NTB_EDMA_CORE_PROFILE_H
#define NTB_EDMA_CORE_PROFILE_H

#include "qemu/osdep.h"
#include "exec/hwaddr.h"
#include "dbi/dbi.h"

typedef struct DwcPcieEp DwcPcieEp;

typedef enum DwcRegion {
    DWC_REGION_DBI,
    DWC_REGION_DBI2,
    DWC_REGION_ATU,
    DWC_REGION_GLUE,
    DWC_REGION_DMA,
    DWC_REGION_RESETS,
    DWC_REGION_PHY,
    DWC_REGION_ELBI,
    DWC_REGION_MMIO,
    DWC_REGION_GPIO,
    DWC_REGION_OUTBOUND,
    DWC_REGIONS,
} DwcRegion;

/* Interrupts of its own that a glue has at most. */
#define DWC_GLUE_IRQS       8

/* Register blocks, 64 KiB apart so that guests with large pages can map them. */
#define DWC_DBI_OFFSET      0x00000
#define DWC_DBI2_OFFSET     0x10000
#define DWC_ATU_OFFSET      0x20000
#define DWC_GLUE_OFFSET     0x30000
#define DWC_DMA_OFFSET      0x40000
#define DWC_RESETS_OFFSET   0x50000
#define DWC_MEMCPY_OFFSET   0x60000
#define DWC_PHY_OFFSET      0x70000
#define DWC_ELBI_OFFSET     0x80000
#define DWC_MMIO_OFFSET     0x90000
#define DWC_GPIO_OFFSET     0xa0000
#define DWC_ATU_SIZE        0x10000
#define DWC_GLUE_SIZE       0x10000
#define DWC_DMA_SIZE        0x2000
#define DWC_RESETS_SIZE     0x1000
#define DWC_MEMCPY_SIZE     0x1000
#define DWC_PHY_SIZE        0x10000
#define DWC_ELBI_SIZE       0x1000
#define DWC_MMIO_SIZE       0x1000
#define DWC_GPIO_SIZE       0x1000
#define DWC_REGISTERS_SIZE  0xb0000

/*
 * Registers of the SoC around the core.  All run with the big lock, and what
 * they do to the core they do through the functions of endpoint/endpoint.h and
 * windows/interrupts.h.
 */
typedef struct DwcGlue {
    /* Name of the block in the binding. */
    const char *region;
    /* Whether the link waits for the glue to enable the LTSSM. */
    bool gates_link;
    /* How many lines of the reset controller it takes, or 0. */
    unsigned reset_lines;
    /* Its interrupts' names in the binding, up to the first NULL. */
    const char *irqs[DWC_GLUE_IRQS];
    /* Whether there are registers of a PHY, too. */
    bool has_phy;
    /* ... and at the core's local bus interface ("elbi"). */
    bool has_elbi;
    /* Whether the host's PERST# is a GPIO: see endpoint/perst.c. */
    bool has_perst;
    void *(*new)(DwcPcieEp *ep);
    void (*reset)(void *glue);
    void (*reset_line)(void *glue, unsigned line, bool released);
    uint32_t (*read)(void *glue, hwaddr addr);
    void (*write)(void *glue, hwaddr addr, uint32_t val);
    uint32_t (*read_phy)(void *glue, hwaddr addr);
    void (*write_phy)(void *glue, hwaddr addr, uint32_t val);
    uint32_t (*read_elbi)(void *glue, hwaddr addr);
    void (*write_elbi)(void *glue, hwaddr addr, uint32_t val);
    /* PERST# is asserted now; its end is the driver's to see. */
    void (*perst)(void *glue);
    /* The host has come, or has gone; NULL: the glue does not see it. */
    void (*link_changed)(void *glue, bool up);
    /* The host has reset the link, which stayed up for all that it sees. */
    void (*hot_reset)(void *glue);
    /* The host has let the function master the bus. */
    void (*bus_master)(void *glue);
    /* The host has moved the function to another D state. */
    void (*power_state)(void *glue);
    /* Whether channel LINE's interrupt gets through; NULL: it does. */
    bool (*passes_dma)(void *glue, unsigned line);
    /* The stream of the host's writes, added to DWC_MSI_DEVICE_ID; NULL: 0. */
    uint16_t (*stream)(void *glue);
    /* Adds what the node needs beyond the core: clocks, resets. */
    void (*describe)(void *glue, void *fdt, const char *node);
} DwcGlue;

typedef struct DwcProfile {
    const char *name;
    const char *compatible;
    /* In the order of the binding. */
    DwcRegion regions[DWC_REGIONS];
    unsigned region_count;
    DwcBarKind bars[DWC_BARS];
    const char *edma_map;       /* the eDMA registers'; NULL: the default */
    uint8_t channels;           /* in each direction; 0: the default */
    unsigned max_channels;      /* in both together; 0: all there can be */
    uint32_t bar_sizes[DWC_BARS];       /* bytes, where they are fixed */
    uint32_t atu_align;         /* bytes; regions are no finer */
    bool one_dma_irq;           /* "dma" for all channels */
    bool no_msix;
    bool ats;                   /* the capability is there, nothing behind it */
    /*
     * Functions that the core may have, 0 as 1, and how far apart their masks
     * are in DBI2; in DBI it is DWC_DBI_SIZE.  For an SoC whose driver in Linux
     * has no such offsets all functions would be the first.
     */
    unsigned max_functions, dbi2_stride;
    const DwcGlue *glue;        /* NULL: nothing but the core */
} DwcProfile;

#define DWC_PROFILE_DEFAULT "plat"

/* NAME may be NULL for the default. */
const DwcProfile *dwc_profile_find(const char *name, Error **errp);

/* Makes PROFILE known.  Each file of endpoint/profiles/ does so at its end. */
#define DWC_PROFILE(profile)                                                \
static void __attribute__((constructor)) profile##_add(void)                \
{                                                                           \
    dwc_profile_add(&profile);                                              \
}

void dwc_profile_add(const DwcProfile *profile);

#endif
