/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The internal address translation unit, unrolled register map.
 *
 * Plain data: the caller holds the controller's lock.
 */
#ifndef NTB_EDMA_DBI_IATU_H
#define NTB_EDMA_DBI_IATU_H

#include "qemu/osdep.h"
#include "exec/hwaddr.h"

#define DWC_IATU_MAX_REGIONS    64
#define DWC_IATU_REGION_STRIDE  0x200

typedef enum DwcTlpType {
    DWC_TLP_MEM = 0x0,
    DWC_TLP_IO = 0x2,
    DWC_TLP_CFG0 = 0x4,
    DWC_TLP_CFG1 = 0x5,
    DWC_TLP_MSG = 0x10,         /* low three bits: routing */
} DwcTlpType;

typedef struct DwcIatuRegion {
    uint32_t ctrl1, ctrl2;
    uint64_t base, limit, target;
} DwcIatuRegion;

typedef struct DwcIatu {
    unsigned inbound_count, outbound_count;
    uint64_t align;             /* a power of two */
    uint32_t upper_limit_mask;  /* writable bits of the upper limit */
    uint64_t outbound_enabled;  /* a bit each: most regions never are */
    DwcIatuRegion inbound[DWC_IATU_MAX_REGIONS];
    DwcIatuRegion outbound[DWC_IATU_MAX_REGIONS];
} DwcIatu;

void dwc_iatu_reset(DwcIatu *iatu);
uint32_t dwc_iatu_read(const DwcIatu *iatu, hwaddr addr);
/* Whether the write can have changed a translation. */
bool dwc_iatu_write(DwcIatu *iatu, hwaddr addr, uint32_t val);

/* The inbound region that a register at ADDR belongs to, or NULL. */
DwcIatuRegion *dwc_iatu_inbound_at(DwcIatu *iatu, hwaddr addr);

bool dwc_iatu_enabled(const DwcIatuRegion *r);
bool dwc_iatu_bar_match(const DwcIatuRegion *r);
unsigned dwc_iatu_bar(const DwcIatuRegion *r);
/* The function that an outbound region's requests are of. */
unsigned dwc_iatu_function(const DwcIatuRegion *r);
/* Whether an inbound region matches accesses to FUNCTION. */
bool dwc_iatu_is_for(const DwcIatuRegion *r, unsigned function);
DwcTlpType dwc_iatu_type(const DwcIatuRegion *r);
uint8_t dwc_iatu_message_code(const DwcIatuRegion *r);
/* Last address the region matches. */
uint64_t dwc_iatu_last(const DwcIatu *iatu, const DwcIatuRegion *r);

/*
 * The enabled outbound region that ADDR falls into, or NULL.  LEN is cut to
 * what that region covers (or to where the next one begins).
 */
const DwcIatuRegion *dwc_iatu_outbound(const DwcIatu *iatu, uint64_t addr,
                                       uint64_t *len);

#endif
