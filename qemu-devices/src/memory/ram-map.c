/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of RAM. */
#include "qemu/osdep.h"
#include "memory/ram-map.h"

uint8_t *dwc_ram_map_lookup(const DwcRamMap *map, uint64_t addr, uint64_t *len)
{
    unsigned lo = 0, hi = map ? map->count : 0;

    while (lo < hi) {
        unsigned mid = lo + (hi - lo) / 2;
        const DwcRamRange *r = &map->range[mid];

        if (addr < r->base) {
            hi = mid;
        } else if (addr - r->base >= r->size) {
            lo = mid + 1;
        } else {
            uint64_t at = addr - r->base;

            *len = MIN(*len, r->size - at);
            return r->host + at;
        }
    }
    if (map && lo < map->count) {
        *len = MIN(*len, map->range[lo].base - addr);
    }
    return NULL;
}

bool dwc_ram_range_acceptable(const DwcRamRange *r, uint64_t page,
                              uint64_t before)
{
    return r->size && !((r->base | r->size | r->fd_offset) & (page - 1)) &&
           before <= DWC_RAM_MOST && r->size <= DWC_RAM_MOST - before;
}

static int ram_compare(const void *a, const void *b)
{
    const DwcRamRange *x = a, *y = b;

    return x->base < y->base ? -1 : x->base > y->base;
}

DwcRamMap *dwc_ram_map_new(const DwcRamRange *ranges, unsigned count)
{
    DwcRamMap *map = g_malloc0(sizeof(*map) + count * sizeof(map->range[0]));
    unsigned i;

    map->count = count;
    if (count) {
        memcpy(map->range, ranges, count * sizeof(map->range[0]));
        qsort(map->range, count, sizeof(map->range[0]), ram_compare);
    }
    for (i = 0; i < count; i++) {
        const DwcRamRange *r = &map->range[i];

        if (!r->size || r->base + (r->size - 1) < r->base ||
            (i && r->base - r[-1].base < r[-1].size)) {
            g_free(map);
            return NULL;
        }
    }
    return map;
}
