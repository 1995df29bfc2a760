/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The controller's configuration space as its own CPU sees it (DBI), with the
 * BAR masks behind it (DBI2) and the port logic registers.
 *
 * Plain data: the caller holds the controller's lock.
 */
#ifndef NTB_EDMA_DBI_DBI_H
#define NTB_EDMA_DBI_DBI_H

#include "qemu/osdep.h"
#include "exec/hwaddr.h"

#define DWC_DBI_SIZE    0x1000
#define DWC_BARS        6
/* The expansion ROM, in tables of BARs and by the iATU's numbers. */
#define DWC_ROM         DWC_BARS
/* Port logic from here on: the endpoint's own, not shown to the host. */
#define DWC_PORT_LOGIC  0x700
/* Raises an MSI-X vector; Linux's PCIE_MSIX_DOORBELL. */
#define DWC_MSIX_DOORBELL 0x948
/* Offsets of the capabilities, as the core's default layout has them. */
#define DWC_CAP_PM      0x40
#define DWC_CAP_MSI     0x50
#define DWC_CAP_EXP     0x70
#define DWC_CAP_MSIX    0xb0
/* Those of the extended ones, in the order of their chain. */
#define DWC_CAP_AER     0x100
#define DWC_CAP_REBAR   0x148
#define DWC_CAP_SECPCI  0x180
#define DWC_CAP_ATS     0x194

/* AMBA_ERROR_RESPONSE_DEFAULT: bit 0 has failed reads answered by an error. */
#define DWC_ERROR_RESPONSE  0x8d0
#define DWC_ERROR_RESPONSE_GLOBAL   1u
#define DWC_VERSION_NUMBER  0x8f8
#define DWC_VERSION_TYPE    0x8fc

/* What a BAR register can be. */
typedef enum DwcBarKind {
    DWC_BAR_FREE,               /* what the endpoint's driver makes of it */
    DWC_BAR_64BIT,              /* the lower half of a 64-bit one only */
    DWC_BAR_UPPER,              /* ... and its upper half */
    DWC_BAR_NONE,               /* nothing, unless it is an upper half */
    DWC_BAR_RESIZABLE,          /* its size is that of its entry */
    DWC_BAR_FIXED,              /* its size was chosen with the core */
    DWC_BAR_WIRED,              /* the same, and always there */
} DwcBarKind;

typedef struct DwcDbi DwcDbi;

/* How the core was configured when it was made. */
typedef struct DwcDbiOptions {
    const DwcDbi *first;        /* whose port logic it has; NULL: its own */
    bool multifunction;         /* there is more than one function */
    const DwcBarKind *bars;     /* the kind of each BAR register */
    const uint32_t *bar_sizes;  /* bytes, where they are fixed; NULL: nowhere */
    unsigned msi_vectors;       /* reset value of the capability */
    bool msix;
    bool resizable_bars;
    bool ats;                   /* and what stands before it, see ats.h */
    bool forgive_read_only;     /* DBI_RO_WR_EN opens every bit */
    bool outbound_aborts;       /* reset value of the register below */
} DwcDbiOptions;

struct DwcDbi {
    uint8_t config[DWC_DBI_SIZE];
    uint8_t wmask[DWC_DBI_SIZE];    /* what the host, too, may write */
    uint8_t w1cmask[DWC_DBI_SIZE];  /* what a written one clears */
    uint8_t openmask[DWC_DBI_SIZE]; /* read-only, but for DBI_RO_WR_EN */
    uint32_t bar_mask[DWC_BARS + 1];    /* DBI2; bit 0 enables; DWC_ROM */
    DwcDbiOptions options;
    unsigned rebar_entries;
};

typedef struct DwcBar {
    uint64_t size;                  /* 0: disabled, or an upper half */
    uint64_t addr;                  /* as the host assigned it, or 0 */
    /* Low four bits of the register; of a ROM's the enable bit. */
    uint32_t flags;
} DwcBar;

void dwc_dbi_init(DwcDbi *dbi, const DwcDbiOptions *options);
/* What a fundamental reset does. */
void dwc_dbi_reset(DwcDbi *dbi);
/* What the host wrote is gone, what the endpoint's driver wrote stays. */
void dwc_dbi_hot_reset(DwcDbi *dbi);

/* Whether an outbound read that fails is an error to the CPU, or all ones. */
bool dwc_dbi_outbound_aborts(const DwcDbi *dbi);

uint32_t dwc_dbi_read(DwcDbi *dbi, hwaddr addr, unsigned size, bool link_up);
void dwc_dbi_write(DwcDbi *dbi, hwaddr addr, uint32_t val, unsigned size);
uint32_t dwc_dbi2_read(DwcDbi *dbi, hwaddr addr, unsigned size);
void dwc_dbi2_write(DwcDbi *dbi, hwaddr addr, uint32_t val, unsigned size);
/* Configuration requests of the host's; the first gives the whole register. */
uint32_t dwc_dbi_host_read(const DwcDbi *dbi, hwaddr addr);
void dwc_dbi_host_write(DwcDbi *dbi, hwaddr addr, uint32_t val, unsigned size);

/* The link is up: a change of its speed that was asked for is done. */
void dwc_dbi_link_is_up(DwcDbi *dbi);

/* Which BAR's register ADDR is in, DWC_ROM for the ROM's; -1: none. */
int dwc_dbi_bar_at(hwaddr addr);
/* Whether a write at ADDR may change what a BAR is. */
bool dwc_dbi_changes_bars(const DwcDbi *dbi, hwaddr addr);
/* What BAR N, or DWC_ROM, is now. */
DwcBar dwc_dbi_bar(const DwcDbi *dbi, unsigned n);
/* The address bits within BAR N or DWC_ROM as its mask is now, enabled or not. */
uint64_t dwc_dbi_bar_mask(const DwcDbi *dbi, unsigned n);
bool dwc_dbi_bus_master(const DwcDbi *dbi);
/* The longest payload that the function sends, bytes, as the host has it. */
unsigned dwc_dbi_max_payload(const DwcDbi *dbi);
/* D0 to D3, as the host has it. */
unsigned dwc_dbi_power_state(const DwcDbi *dbi);
bool dwc_dbi_memory_enabled(const DwcDbi *dbi);
/* The MSI message's address, or 0 while MSI is off. */
uint64_t dwc_dbi_msi_address(const DwcDbi *dbi);
bool dwc_dbi_msix_enabled(const DwcDbi *dbi);

/* Between the parts of this block. */

/* The bytes of OLD that a write of VAL at ADDR leaves, and those of VAL. */
uint32_t dwc_dbi_merge(uint32_t old, hwaddr addr, uint32_t val, unsigned size);
/* Where the next of the extended capabilities is; 0: there is none. */
hwaddr dwc_dbi_next_extended(const DwcDbiOptions *options, hwaddr cap);
/* The masks behind the BARs have their reset values. */
void dwc_dbi_reset_bars(DwcDbi *dbi);
/* A write to the register of BAR N; UNLOCKED may set its type, too. */
void dwc_dbi_write_bar(DwcDbi *dbi, unsigned n, uint32_t val, bool unlocked);

#endif
