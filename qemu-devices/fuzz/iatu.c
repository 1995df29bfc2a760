/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whatever the regions are programmed to: a lookup finds the lowest region that
 * matches or a gap, and never an empty piece, so that walks over a range end.
 *
 * Which region matches is worked out here a second time, from what was written
 * to the registers and from the reference in README.md.
 */
#include "input.h"
#include "dbi/iatu.h"

/* What was written to each outbound register. */
typedef struct Written {
    uint32_t reg[DWC_IATU_MAX_REGIONS][9];
} Written;

typedef struct Range {
    bool enabled;
    uint64_t first, last;       /* first > last: matches nothing */
} Range;

static Range range(const DwcIatu *iatu, const Written *w, unsigned i)
{
    const uint32_t *reg = w->reg[i];
    uint32_t low = iatu->align - 1, mask = iatu->upper_limit_mask;
    uint64_t upper = reg[3];

    /* Control 1, bit 13: the upper limit counts, in the bits that it has. */
    if (reg[0] & 0x2000) {
        upper = (reg[8] & mask) | (upper & ~mask);
    }
    return (Range) {
        .enabled = reg[1] & 0x80000000,
        .first = (uint64_t)reg[3] << 32 | (reg[2] & ~low),
        .last = (uint64_t)(uint32_t)upper << 32 | (reg[4] | low),
    };
}

static bool matches(const Range *r, uint64_t addr)
{
    return r->enabled && addr >= r->first && addr <= r->last;
}

/* Around the edges of a region is where mistakes are, or anywhere. */
static uint64_t take_address(const DwcIatu *iatu, const Written *w, Input *in)
{
    uint8_t how = take(in, 1);
    int8_t distance = take(in, 1);
    unsigned i = (how >> 2) % DWC_IATU_MAX_REGIONS;

    switch (how & 3) {
    case 0:
        return range(iatu, w, i).first + distance;
    case 1:
        return range(iatu, w, i).last + distance;
    case 2:
        return range(iatu, w, i).first + (int64_t)distance * (1 << 20);
    default:
        return take(in, 8);
    }
}

/* The region that ADDR is for, or -1. */
static int wins(const DwcIatu *iatu, const Written *w, uint64_t addr)
{
    unsigned i;

    for (i = 0; i < iatu->outbound_count; i++) {
        Range r = range(iatu, w, i);

        if (matches(&r, addr)) {
            return i;
        }
    }
    return -1;
}

static void check_outbound(const DwcIatu *iatu, const Written *w, uint64_t addr,
                           uint64_t wanted)
{
    uint64_t len = wanted, end;
    const DwcIatuRegion *r = dwc_iatu_outbound(iatu, addr, &len);
    int winner = wins(iatu, w, addr);
    unsigned i;

    MUST("the lowest region that matches wins, and no other",
         r == (winner < 0 ? NULL : &iatu->outbound[winner]));
    MUST("a piece is not empty and not longer than asked",
         len > 0 && len <= wanted);
    /* Nothing changes within a piece but at edges, so these are all. */
    end = addr + (len - 1);
    MUST("a piece does not wrap", end >= addr || !r);
    for (i = 0; i < iatu->outbound_count; i++) {
        Range q = range(iatu, w, i);

        if (q.first > addr && q.first <= end) {
            MUST("the same region wins to the end of the piece",
                 wins(iatu, w, q.first) == winner);
        }
    }
    if (end >= addr) {
        MUST("the same region wins at the end of the piece",
             wins(iatu, w, end) == winner);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input in = { data, size };
    g_autofree DwcIatu *iatu = g_new0(DwcIatu, 1);
    Written written = { 0 };
    unsigned i;

    iatu->inbound_count = 1 + take(&in, 1) % DWC_IATU_MAX_REGIONS;
    iatu->outbound_count = 1 + take(&in, 1) % DWC_IATU_MAX_REGIONS;
    iatu->align = 64 << take(&in, 1) % 11;
    iatu->upper_limit_mask = take(&in, 4);
    dwc_iatu_reset(iatu);

    while (in.left) {
        uint8_t op = take(&in, 1);
        hwaddr reg = (take(&in, 1) & 0x3f) * 4;
        /* Mostly the first regions, which are those that exist. */
        hwaddr region = take(&in, 1);
        uint32_t val = take(&in, 4);
        hwaddr at = (region * DWC_IATU_REGION_STRIDE + (op & 1 ? 0x100 : 0) +
                     reg) & 0xfffc;

        if (op & 2) {
            dwc_iatu_read(iatu, at);
            check_outbound(iatu, &written, take_address(iatu, &written, &in),
                           val ? val : 1);
        } else {
            dwc_iatu_write(iatu, at, val);
            region = at / DWC_IATU_REGION_STRIDE;
            reg = at % 0x100 / 4;
            if (!(at & 0x100) && region < iatu->outbound_count &&
                reg < ARRAY_SIZE(written.reg[0])) {
                written.reg[region][reg] = val;
            }
        }
    }
    for (i = 0; i < iatu->inbound_count; i++) {
        const DwcIatuRegion *r = &iatu->inbound[i];

        MUST("addresses keep to the alignment",
             !((r->base | r->target) & (iatu->align - 1)));
        if (dwc_iatu_enabled(r) && dwc_iatu_bar_match(r)) {
            MUST("a region matches a BAR of three bits", dwc_iatu_bar(r) < 8);
        }
    }
    return 0;
}
