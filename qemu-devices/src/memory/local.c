/* SPDX-License-Identifier: GPL-2.0-or-later */
/* This VM's own RAM. */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/rcu.h"
#include "exec/memory.h"
#include "exec/ramblock.h"
#include "memory/local.h"
#include "memory/peer.h"
#include "trace-ntb_edma.h"

static void local_memory_begin(MemoryListener *listener)
{
    DwcLocalMemory *mem = container_of(listener, DwcLocalMemory, listener);

    g_array_set_size(mem->building, 0);
}

static void local_memory_add(MemoryListener *listener,
                             MemoryRegionSection *section)
{
    DwcLocalMemory *mem = container_of(listener, DwcLocalMemory, listener);
    MemoryRegion *mr = section->mr;
    DwcRamRange r;

    /* The peer's RAM, shown in a window, is not this VM's to share. */
    if (!memory_region_is_ram(mr) || memory_region_is_ram_device(mr) ||
        memory_region_is_rom(mr) || !mr->ram_block ||
        dwc_peer_memory_owns(mr)) {
        return;
    }
    r.base = section->offset_within_address_space;
    r.size = int128_get64(section->size);
    r.host = (uint8_t *)memory_region_get_ram_ptr(mr) +
             section->offset_within_region;
    r.fd = qemu_ram_is_shared(mr->ram_block) ? mr->ram_block->fd : -1;
    r.fd_offset = mr->ram_block->fd_offset + section->offset_within_region;
    g_array_append_val(mem->building, r);
}

static void local_memory_commit(MemoryListener *listener)
{
    DwcLocalMemory *mem = container_of(listener, DwcLocalMemory, listener);
    DwcRamMap *map, *old = mem->map;

    map = dwc_ram_map_new((DwcRamRange *)mem->building->data,
                          mem->building->len);
    if (old && map && old->count == map->count &&
        !memcmp(old->range, map->range, map->count * sizeof(map->range[0]))) {
        g_free(map);
        return;
    }
    trace_dwc_local_memory(map ? map->count : 0);
    qatomic_rcu_set(&mem->map, map);
    if (old) {
        g_free_rcu(old, rcu);
    }
}

void dwc_local_memory_init(DwcLocalMemory *mem, AddressSpace *as)
{
    mem->building = g_array_new(false, true, sizeof(DwcRamRange));
    mem->listener = (MemoryListener) {
        .name = "dwc-local-memory",
        .begin = local_memory_begin,
        .region_add = local_memory_add,
        .region_nop = local_memory_add,
        .commit = local_memory_commit,
    };
    memory_listener_register(&mem->listener, as);
}

void dwc_local_memory_cleanup(DwcLocalMemory *mem)
{
    DwcRamMap *old;

    if (!mem->building) {
        return;
    }
    memory_listener_unregister(&mem->listener);
    /* Read after unregistering, which commits an empty table. */
    old = mem->map;
    qatomic_rcu_set(&mem->map, NULL);
    if (old) {
        g_free_rcu(old, rcu);
    }
    g_array_free(mem->building, true);
    mem->building = NULL;
}

void dwc_local_memory_announce(DwcLocalMemory *mem, DwcLink *link)
{
    uint64_t page = dwc_ram_page_size();
    DwcRamMap *map;
    unsigned i, sent = 0;

    RCU_READ_LOCK_GUARD();
    map = qatomic_rcu_read(&mem->map);
    for (i = 0; map && i < map->count && sent < DWC_LINK_MAX_RAM; i++) {
        const DwcRamRange *r = &map->range[i];
        /* The peer takes whole pages. */
        uint64_t base = ROUND_UP(r->base, page);
        uint64_t end = ROUND_DOWN(r->base + r->size, page);
        uint64_t offset = r->fd_offset + (base - r->base);
        DwcLinkRam ram = {
            .base = cpu_to_le64(base),
            .size = cpu_to_le64(end - base),
            .fd_offset = cpu_to_le64(offset),
        };

        if (r->fd >= 0 && base < end && !(offset % page)) {
            dwc_link_send_fd(link, DWC_LINK_RAM, &ram, sizeof(ram), r->fd);
            sent++;
        }
    }
}
