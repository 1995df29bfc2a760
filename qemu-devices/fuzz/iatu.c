/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whatever the regions are programmed to: a lookup finds the lowest region that
 * matches or a gap, and never an empty piece, so that walks over a range end.
 */
#include "input.h"
#include "iatu.h"

static bool begins(const DwcIatu *iatu, uint64_t addr)
{
    unsigned i;

    for (i = 0; i < iatu->outbound_count; i++) {
        const DwcIatuRegion *r = &iatu->outbound[i];

        if (dwc_iatu_enabled(r) && r->base == addr) {
            return true;
        }
    }
    return false;
}

/* Around the edges of a region is where mistakes are, or anywhere. */
static uint64_t take_address(const DwcIatu *iatu, Input *in)
{
    uint8_t how = take(in, 1);
    int8_t distance = take(in, 1);
    const DwcIatuRegion *r = &iatu->outbound[(how >> 2) % DWC_IATU_MAX_REGIONS];

    switch (how & 3) {
    case 0:
        return r->base + distance;
    case 1:
        return dwc_iatu_last(iatu, r) + distance;
    case 2:
        return r->base + (int64_t)distance * (1 << 20);
    default:
        return take(in, 8);
    }
}

static void check_outbound(const DwcIatu *iatu, uint64_t addr, uint64_t wanted)
{
    uint64_t len = wanted;
    const DwcIatuRegion *r = dwc_iatu_outbound(iatu, addr, &len);
    unsigned i;

    MUST("a piece is not empty and not longer than asked",
         len > 0 && len <= wanted);
    if (!r) {
        MUST("a gap ends where a region begins, or with what was asked for",
             len == wanted || begins(iatu, addr + len));
        return;
    }
    MUST("a region that matches is enabled", dwc_iatu_enabled(r));
    MUST("the piece lies within the region",
         addr >= r->base && addr <= dwc_iatu_last(iatu, r) &&
         len - 1 <= dwc_iatu_last(iatu, r) - addr);
    for (i = 0; &iatu->outbound[i] != r; i++) {
        const DwcIatuRegion *earlier = &iatu->outbound[i];

        MUST("the lowest region that matches wins",
             i < iatu->outbound_count &&
             (!dwc_iatu_enabled(earlier) || addr < earlier->base ||
              addr > dwc_iatu_last(iatu, earlier)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input in = { data, size };
    g_autofree DwcIatu *iatu = g_new0(DwcIatu, 1);
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
            check_outbound(iatu, take_address(iatu, &in), val ? val : 1);
        } else {
            dwc_iatu_write(iatu, at, val);
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
