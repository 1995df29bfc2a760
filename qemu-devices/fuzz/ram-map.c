/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whatever RAM a peer announces: a table is refused or right, and a lookup
 * gives a piece of one range or of one gap.
 */
#include "input.h"
#include "memory/ram-map.h"

#define MOST    8

static void check_lookup(const DwcRamMap *map, uint64_t addr, uint64_t wanted)
{
    uint64_t len = wanted;
    uint8_t *p = dwc_ram_map_lookup(map, addr, &len);
    unsigned i;

    MUST("a piece is not empty and not longer than asked",
         len > 0 && len <= wanted);
    for (i = 0; i < map->count; i++) {
        const DwcRamRange *r = &map->range[i];
        uint64_t last = r->base + (r->size - 1);

        if (addr >= r->base && addr <= last) {
            MUST("an address in a range is RAM at its place in it",
                 p == r->host + (addr - r->base));
            MUST("the piece ends with the range or with what was asked for",
                 len - 1 <= last - addr &&
                 (len == wanted || addr + (len - 1) == last));
            return;
        }
        MUST("a gap ends where a range begins",
             addr > last || len <= r->base - addr);
    }
    MUST("an address in no range is no RAM", !p);
}

/* What a peer may announce, worked out in 128 bits and by division. */
static void check_acceptable(const DwcRamRange *r, uint64_t before)
{
    uint64_t page = 0x1000;
    bool whole = r->base % page == 0 && r->size % page == 0 &&
                 r->fd_offset % page == 0;
    bool little = (unsigned __int128)before + r->size <= DWC_RAM_MOST;

    MUST("RAM is taken in whole pages, some, and not too many",
         dwc_ram_range_acceptable(r, page, before) ==
         (r->size && whole && little));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input in = { data, size };
    DwcRamRange range[MOST];
    unsigned count = take(&in, 1) % (MOST + 1), i;
    uint64_t base = 0;
    g_autofree DwcRamMap *map = NULL;

    for (i = 0; i < count; i++) {
        /* Behind the one before, at random, or at the end of addresses. */
        uint8_t how = take(&in, 1);

        base = how & 1 ? base + take(&in, 3) * 0x1000 : take(&in, 8);
        range[i] = (DwcRamRange) {
            .base = how & 2 ? -base : base,
            .size = how & 4 ? take(&in, 8) : take(&in, 2) * 0x1000,
            /* Never looked at, only counted from. */
            .host = (uint8_t *)0x10000,
        };
        base = range[i].base + range[i].size;
        check_acceptable(&range[i], 0);
        check_acceptable(&range[i], DWC_RAM_MOST - 0x8000);
        range[i].size %= 2 * DWC_RAM_MOST;
        range[i].fd_offset = how & 8 ? 0x800 : 0x3000;
        check_acceptable(&range[i], how & 16 ? base : 0);
        range[i].size = base - range[i].base;
    }
    map = dwc_ram_map_new(range, count);
    while (map && in.left) {
        uint8_t how = take(&in, 1);
        uint64_t addr = how & 1 || !count ? take(&in, 8) :
            range[(how >> 2) % count].base + (int8_t)take(&in, 1) +
            (how & 2 ? range[(how >> 2) % count].size : 0);
        uint64_t wanted = take(&in, how & 0x80 ? 8 : 2);

        check_lookup(map, addr, wanted ? wanted : 1);
    }
    return 0;
}
