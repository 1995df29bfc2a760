/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The other VM's RAM, mapped into this process. */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "exec/target_page.h"
#include "memory/peer.h"
#include "trace-ntb_edma.h"

DwcPeerMemory *dwc_peer_memory_new(void)
{
    return DWC_PEER_MEMORY(object_new(TYPE_DWC_PEER_MEMORY));
}

uint64_t dwc_ram_page_size(void)
{
    return MAX(qemu_real_host_page_size(), qemu_target_page_size());
}

bool dwc_peer_memory_add(DwcPeerMemory *mem, DwcLinkMessage *msg)
{
    const DwcLinkRam *ram = msg->payload;
    DwcRamRange r = {
        .base = le64_to_cpu(ram->base),
        .size = le64_to_cpu(ram->size),
        .fd_offset = le64_to_cpu(ram->fd_offset),
    };
    struct stat st;
    int seals;

    if (mem->map || mem->count == DWC_LINK_MAX_RAM || msg->fd < 0 ||
        fstat(msg->fd, &st) < 0) {
        return false;
    }
    if (!dwc_ram_range_acceptable(&r, dwc_ram_page_size(), mem->total)) {
        qemu_log_mask(LOG_GUEST_ERROR, "dwc-link: the peer announced %"PRIu64
                      " bytes of RAM at 0x%"PRIx64", file offset %"PRIu64
                      ": not whole pages, or more than %llu bytes in all\n",
                      r.size, r.base, r.fd_offset, DWC_RAM_MOST);
        return false;
    }
    /* An access past the file's end would raise SIGBUS. */
    if (r.fd_offset > st.st_size || r.size > st.st_size - r.fd_offset) {
        qemu_log_mask(LOG_GUEST_ERROR, "dwc-link: the peer announced %"PRIu64
                      " bytes of RAM at offset %"PRIu64" of a file of %"PRIu64
                      " bytes\n", r.size, r.fd_offset, (uint64_t)st.st_size);
        return false;
    }
    /* A file that shrinks takes memory away.  Some files know no seals. */
    seals = fcntl(msg->fd, F_GET_SEALS);
    if (seals >= 0 && !(seals & F_SEAL_SHRINK)) {
        qemu_log_mask(LOG_GUEST_ERROR, "dwc-link: the peer's RAM is in a file "
                      "that it could shrink (memory-backend-memfd,seal=off?)\n");
        return false;
    }
    r.host = mmap(NULL, r.size, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_NORESERVE, msg->fd, r.fd_offset);
    if (r.host == MAP_FAILED) {
        return false;
    }
    r.fd = msg->fd;
    msg->fd = -1;
    mem->range[mem->count++] = r;
    mem->total += r.size;
    trace_dwc_peer_memory(r.base, r.size);
    return true;
}

bool dwc_peer_memory_seal(DwcPeerMemory *mem)
{
    if (!mem->map) {
        mem->map = dwc_ram_map_new(mem->range, mem->count);
    }
    return mem->map;
}

void dwc_peer_memory_register(DwcPeerMemory *mem)
{
    unsigned i;

    if (mem->regions) {
        return;
    }
    mem->regions = g_new0(MemoryRegion, mem->map->count);
    for (i = 0; i < mem->map->count; i++) {
        g_autofree char *name = g_strdup_printf("dwc-peer-ram%u", i);
        DwcRamRange *r = &mem->map->range[i];

        memory_region_init_ram_ptr(&mem->regions[i], OBJECT(mem), name,
                                   r->size, r->host);
    }
}

MemoryRegion *dwc_peer_memory_region(DwcPeerMemory *mem, uint64_t addr,
                                     uint64_t *len, uint64_t *offset)
{
    uint8_t *p = dwc_ram_map_lookup(mem->map, addr, len);
    unsigned i;

    if (!p || !mem->regions) {
        return NULL;
    }
    for (i = 0; i < mem->map->count; i++) {
        DwcRamRange *r = &mem->map->range[i];

        if (addr >= r->base && addr - r->base < r->size) {
            *offset = addr - r->base;
            return &mem->regions[i];
        }
    }
    return NULL;
}

typedef struct Unref {
    struct rcu_head rcu;
    DwcPeerMemory *mem;
} Unref;

/* Runs with the big lock, as finalizing memory regions needs. */
static void peer_memory_unref(Unref *u)
{
    object_unref(OBJECT(u->mem));
    g_free(u);
}

void dwc_peer_memory_unref_rcu(DwcPeerMemory *mem)
{
    Unref *u = g_new0(Unref, 1);

    u->mem = mem;
    call_rcu(u, peer_memory_unref, rcu);
}

bool dwc_peer_memory_owns(MemoryRegion *mr)
{
    return mr->owner && object_dynamic_cast(mr->owner, TYPE_DWC_PEER_MEMORY);
}

static void peer_memory_finalize(Object *obj)
{
    DwcPeerMemory *mem = DWC_PEER_MEMORY(obj);
    unsigned i;

    for (i = 0; i < mem->count; i++) {
        munmap(mem->range[i].host, mem->range[i].size);
        close(mem->range[i].fd);
    }
    g_free(mem->regions);
    g_free(mem->map);
}

static const TypeInfo dwc_peer_memory_info = {
    .name = TYPE_DWC_PEER_MEMORY,
    .parent = TYPE_OBJECT,
    .instance_size = sizeof(DwcPeerMemory),
    .instance_finalize = peer_memory_finalize,
};

static void peer_memory_types(void)
{
    type_register_static(&dwc_peer_memory_info);
}

type_init(peer_memory_types)
