/* SPDX-License-Identifier: GPL-2.0-or-later */
/* iATU regions.  Register offsets after Linux's pcie-designware.h. */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"
#include "hw/registerfields.h"
#include "dbi/iatu.h"

REG32(CTRL1, 0x00)
    FIELD(CTRL1, TYPE, 0, 5)
    FIELD(CTRL1, INCREASE_REGION_SIZE, 13, 1)
    FIELD(CTRL1, FUNCTION, 20, 5)
REG32(CTRL2, 0x04)
    FIELD(CTRL2, MSG_CODE, 0, 8)
    FIELD(CTRL2, BAR, 8, 3)
    FIELD(CTRL2, FUNCTION_MATCH, 19, 1)
    FIELD(CTRL2, BAR_MATCH, 30, 1)
    FIELD(CTRL2, ENABLE, 31, 1)
REG32(LOWER_BASE, 0x08)
REG32(UPPER_BASE, 0x0c)
REG32(LIMIT, 0x10)
REG32(LOWER_TARGET, 0x14)
REG32(UPPER_TARGET, 0x18)
REG32(UPPER_LIMIT, 0x20)

#define INBOUND_BIT 0x100

void dwc_iatu_reset(DwcIatu *iatu)
{
    unsigned i;

    memset(iatu->inbound, 0, sizeof(iatu->inbound));
    memset(iatu->outbound, 0, sizeof(iatu->outbound));
    iatu->outbound_enabled = 0;
    for (i = 0; i < DWC_IATU_MAX_REGIONS; i++) {
        iatu->inbound[i].limit = iatu->align - 1;
        iatu->outbound[i].limit = iatu->align - 1;
    }
}

/* NULL beyond the last region: such registers read as zero. */
static DwcIatuRegion *iatu_find(const DwcIatu *iatu, hwaddr addr)
{
    unsigned index = addr / DWC_IATU_REGION_STRIDE;
    bool inbound = addr & INBOUND_BIT;

    if (index >= (inbound ? iatu->inbound_count : iatu->outbound_count)) {
        return NULL;
    }
    return (DwcIatuRegion *)(inbound ? iatu->inbound : iatu->outbound) + index;
}

DwcIatuRegion *dwc_iatu_inbound_at(DwcIatu *iatu, hwaddr addr)
{
    return addr & INBOUND_BIT ? iatu_find(iatu, addr) : NULL;
}

uint32_t dwc_iatu_read(const DwcIatu *iatu, hwaddr addr)
{
    const DwcIatuRegion *r = iatu_find(iatu, addr);

    if (!r) {
        return 0;
    }
    switch (addr & (INBOUND_BIT - 1)) {
    case A_CTRL1:
        return r->ctrl1;
    case A_CTRL2:
        return r->ctrl2;
    case A_LOWER_BASE:
        return r->base;
    case A_UPPER_BASE:
        return r->base >> 32;
    case A_LIMIT:
        return r->limit;
    case A_UPPER_LIMIT:
        return r->limit >> 32;
    case A_LOWER_TARGET:
        return r->target;
    case A_UPPER_TARGET:
        return r->target >> 32;
    default:
        return 0;
    }
}

bool dwc_iatu_write(DwcIatu *iatu, hwaddr addr, uint32_t val)
{
    DwcIatuRegion *r = iatu_find(iatu, addr);
    uint32_t low = iatu->align - 1;
    bool enabled;

    if (!r) {
        return false;
    }
    enabled = dwc_iatu_enabled(r);
    switch (addr & (INBOUND_BIT - 1)) {
    case A_CTRL1:
        r->ctrl1 = val;
        break;
    case A_CTRL2:
        r->ctrl2 = val;
        if (!(addr & INBOUND_BIT)) {
            iatu->outbound_enabled =
                deposit64(iatu->outbound_enabled, addr / DWC_IATU_REGION_STRIDE,
                          1, dwc_iatu_enabled(r));
        }
        break;
    case A_LOWER_BASE:
        r->base = deposit64(r->base, 0, 32, val & ~low);
        break;
    case A_UPPER_BASE:
        r->base = deposit64(r->base, 32, 32, val);
        break;
    case A_LIMIT:
        r->limit = deposit64(r->limit, 0, 32, val | low);
        break;
    case A_UPPER_LIMIT:
        r->limit = deposit64(r->limit, 32, 32, val & iatu->upper_limit_mask);
        break;
    case A_LOWER_TARGET:
        r->target = deposit64(r->target, 0, 32, val & ~low);
        break;
    case A_UPPER_TARGET:
        r->target = deposit64(r->target, 32, 32, val);
        break;
    default:
        qemu_log_mask(LOG_GUEST_ERROR, "dwc-pcie-ep: iATU: no register at "
                      "0x%05x\n", (unsigned)addr);
        return false;
    }
    return enabled || dwc_iatu_enabled(r);
}

bool dwc_iatu_enabled(const DwcIatuRegion *r)
{
    return FIELD_EX32(r->ctrl2, CTRL2, ENABLE);
}

bool dwc_iatu_bar_match(const DwcIatuRegion *r)
{
    return FIELD_EX32(r->ctrl2, CTRL2, BAR_MATCH);
}

unsigned dwc_iatu_bar(const DwcIatuRegion *r)
{
    return FIELD_EX32(r->ctrl2, CTRL2, BAR);
}

unsigned dwc_iatu_function(const DwcIatuRegion *r)
{
    return FIELD_EX32(r->ctrl1, CTRL1, FUNCTION);
}

bool dwc_iatu_is_for(const DwcIatuRegion *r, unsigned function)
{
    return !FIELD_EX32(r->ctrl2, CTRL2, FUNCTION_MATCH) ||
           dwc_iatu_function(r) == function;
}

DwcTlpType dwc_iatu_type(const DwcIatuRegion *r)
{
    uint32_t type = FIELD_EX32(r->ctrl1, CTRL1, TYPE);

    return type & DWC_TLP_MSG ? DWC_TLP_MSG : type;
}

uint8_t dwc_iatu_message_code(const DwcIatuRegion *r)
{
    return FIELD_EX32(r->ctrl2, CTRL2, MSG_CODE);
}

uint64_t dwc_iatu_last(const DwcIatu *iatu, const DwcIatuRegion *r)
{
    /* Without the bit a region cannot cross 4 GiB and has 32 bits of limit. */
    if (FIELD_EX32(r->ctrl1, CTRL1, INCREASE_REGION_SIZE)) {
        uint32_t fixed = (r->base >> 32) & ~iatu->upper_limit_mask;

        return deposit64(r->limit, 32, 32, (r->limit >> 32) | fixed);
    }
    return deposit64(r->base, 0, 32, r->limit);
}

const DwcIatuRegion *dwc_iatu_outbound(const DwcIatu *iatu, uint64_t addr,
                                       uint64_t *len)
{
    uint64_t enabled = iatu->outbound_enabled;

    for (; enabled; enabled &= enabled - 1) {
        const DwcIatuRegion *r = &iatu->outbound[ctz64(enabled)];
        uint64_t last = dwc_iatu_last(iatu, r);

        if (r->base > last) {
            continue;
        }
        if (addr >= r->base && addr <= last) {
            *len = MIN(*len - 1, last - addr) + 1;
            return r;
        }
        if (r->base > addr) {
            *len = MIN(*len, r->base - addr);
        }
    }
    return NULL;
}
