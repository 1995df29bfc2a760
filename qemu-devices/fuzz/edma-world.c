/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "edma-world.h"

/* Most breaths a walk gets before it is told to stop: lists may be endless. */
#define SETTLES     300
/* Of these few come with an access of somebody else. */
#define ACCESS_EACH 4

uint8_t *world_local(World *w, uint64_t addr, uint64_t *len)
{
    unsigned i;

    for (i = 0; i < ARRAY_SIZE(w->local); i++) {
        uint64_t base = LOCAL_BASE + i * (LOCAL_SIZE + LOCAL_GAP);

        if (addr >= base && addr - base < LOCAL_SIZE) {
            *len = MIN(*len, LOCAL_SIZE - (addr - base));
            return w->local[i] + (addr - base);
        }
    }
    return NULL;
}

static uint8_t *local(void *opaque, uint64_t addr, uint64_t *len, bool write)
{
    return world_local(opaque, addr, len);
}

static void local_write(void *opaque, uint64_t addr, const void *buf,
                        uint64_t len)
{
    uint64_t there = len;
    uint8_t *p = world_local(opaque, addr, &there);

    MUST("local_write() goes where local() has shown memory",
         p && there == len);
    memcpy(p, buf, len);
}

static bool bus(void *opaque, uint64_t addr, uint64_t *bus_addr, uint8_t **host,
                uint64_t *len)
{
    World *w = opaque;

    *bus_addr = addr;
    *host = NULL;
    if (addr >= HOST_BASE && addr - HOST_BASE < HOST_SIZE) {
        *len = MIN(*len, HOST_SIZE - (addr - HOST_BASE));
        *host = w->host + (addr - HOST_BASE);
        return true;
    }
    if (addr >= FAR_BASE && addr - FAR_BASE < FAR_SIZE) {
        *len = MIN(*len, FAR_SIZE - (addr - FAR_BASE));
        return true;
    }
    return false;
}

static uint8_t *far_memory(World *w, uint64_t addr, size_t len)
{
    MUST("a request has between 1 and DWC_EDMA_BUS_MAX bytes",
         len && len <= DWC_EDMA_BUS_MAX);
    if (addr < FAR_BASE || addr - FAR_BASE > FAR_SIZE - len) {
        return NULL;
    }
    return w->far + (addr - FAR_BASE);
}

static bool bus_write(void *opaque, uint64_t addr, const void *buf, size_t len)
{
    uint8_t *p = far_memory(opaque, addr, len);

    if (p) {
        memcpy(p, buf, len);
    }
    return p;
}

static bool bus_read(void *opaque, uint64_t addr, void *buf, size_t len)
{
    uint8_t *p = far_memory(opaque, addr, len);

    if (p) {
        memcpy(buf, p, len);
    }
    return p;
}

static void settle(void *opaque)
{
    World *w = opaque;

    MUST("nobody settles with the register file's lock",
         !qemu_mutex_trylock(&w->edma.lock));
    qemu_mutex_unlock(&w->edma.lock);
    if (w->settles % ACCESS_EACH == 0 && w->in->left) {
        world_access(w);
    }
    if (!w->settles || !--w->settles) {
        DwcEdmaDir dir;
        unsigned ch;

        for (dir = 0; dir < DWC_EDMA_DIRS; dir++) {
            for (ch = 0; ch < DWC_EDMA_MAX_CHANNELS; ch++) {
                qatomic_set(&w->edma.channel[dir][ch].stop, true);
            }
        }
    }
    dwc_edma_poll(&w->edma);
}

static const DwcEdmaPort port = {
    .local = local,
    .local_write = local_write,
    .bus = bus,
    .bus_write = bus_write,
    .bus_read = bus_read,
    .settle = settle,
};

/* A host that posts again as fast as it is served. */
static DwcEdmaChannel *write_greedily(DwcEdma *edma, hwaddr addr, uint32_t val,
                                      DwcEdmaOrigin origin)
{
    World *w = container_of(edma, World, edma);

    w->writes++;
    if (w->greedy && edma->posts) {
        w->greedy--;
        dwc_post(w->ring, &w->head, (DwcPost) { addr, val, 4 });
    }
    return world_map->write(edma, addr, val, origin);
}

void world_init(World *w, Input *in)
{
    uint8_t channels = take(in, 1);
    DwcEdmaDir dir;
    unsigned ch;

    memset(w, 0, sizeof(*w));
    w->in = in;
    w->map = *world_map;
    w->map.write = write_greedily;
    w->regs = g_malloc0(DWC_EDMA_SIZE);
    w->ring = g_new0(DwcPostRing, 1);
    w->local[0] = g_malloc0(LOCAL_SIZE);
    w->local[1] = g_malloc0(LOCAL_SIZE);
    w->host = g_malloc0(HOST_SIZE);
    w->far = g_malloc0(FAR_SIZE);
    dwc_edma_init(&w->edma, &w->map, (channels & 0xf) % 9,
                  (channels >> 4) % 9, w->regs);
    for (dir = 0; dir < DWC_EDMA_DIRS; dir++) {
        for (ch = 0; ch < w->edma.channels[dir]; ch++) {
            w->walk[dir][ch] = (DwcEdmaWalk) {
                .edma = &w->edma,
                .c = &w->edma.channel[dir][ch],
                .port = &port,
                .opaque = w,
                .stats = &w->stats,
            };
        }
    }
}

void world_free(World *w)
{
    qemu_mutex_destroy(&w->edma.lock);
    g_free(w->regs);
    g_free(w->ring);
    g_free(w->local[0]);
    g_free(w->local[1]);
    g_free(w->host);
    g_free(w->far);
}

void world_settle(World *w)
{
    DwcEdmaDir dir;
    unsigned ch;

    for (dir = 0; dir < DWC_EDMA_DIRS; dir++) {
        for (ch = 0; ch < w->edma.channels[dir]; ch++) {
            w->settles = SETTLES;
            while (w->settles && dwc_edma_walk(&w->walk[dir][ch])) {
                MUST("after a walk the channel is not at work",
                     !w->edma.channel[dir][ch].busy);
            }
        }
    }
}

void world_check(World *w)
{
    DwcEdmaDir dir;
    unsigned ch;

    MUST("the lock is free", !qemu_mutex_trylock(&w->edma.lock));
    qemu_mutex_unlock(&w->edma.lock);
    for (dir = 0; dir < DWC_EDMA_DIRS; dir++) {
        for (ch = 0; ch < w->edma.channels[dir]; ch++) {
            DwcEdmaChannel *c = &w->edma.channel[dir][ch];

            MUST("a channel keeps its number",
                 c->dir == dir && c->index == ch);
            dwc_edma_line(&w->edma, dir, ch);
        }
        for (; ch < DWC_EDMA_MAX_CHANNELS; ch++) {
            MUST("a channel that does not exist is never rung",
                 !w->edma.channel[dir][ch].doorbell &&
                 !w->edma.channel[dir][ch].busy);
        }
    }
    world_map_check(w);
}

/* What the host makes of its view of a register while a write is on its way. */
static void host_view(World *w, hwaddr addr, hwaddr write_addr, uint32_t val)
{
    uint32_t seen = addr < DWC_EDMA_SIZE ? w->regs[addr / 4] : 0;
    int wakes = world_map->wakes(w->regs, write_addr, val);

    world_map->fold(addr, &seen, write_addr, val);
    MUST("who is woken is a channel, or nobody",
         wakes >= -1 && wakes < DWC_EDMA_DIRS * DWC_EDMA_MAX_CHANNELS);
}

void world_access(World *w)
{
    uint8_t op = take(w->in, 1);
    /* One register beyond the block, as an access of eight bytes has it. */
    hwaddr addr = MIN(take(w->in, 2) & 0x3ffc, 0x2000);
    uint32_t val = take(w->in, 4);
    size_t at;

    switch (op % 8) {
    case 0:
    case 1:
        dwc_edma_write(&w->edma, addr, val, DWC_EDMA_FROM_CPU);
        break;
    case 2:
        dwc_edma_write(&w->edma, addr, val, DWC_EDMA_FROM_LINK);
        break;
    case 3:
        dwc_edma_read(&w->edma, addr);
        host_view(w, addr, take(w->in, 2) & 0x1ffc, val);
        break;
    case 4:
        if (w->edma.posts) {
            dwc_post(w->ring, &w->head, (DwcPost) { addr, val, 4 });
            w->writes = 0;
            w->greedy = op & 0x80 ? 2 * DWC_POST_SLOTS : 0;
            dwc_edma_poll(&w->edma);
            w->greedy = 0;
            MUST("who takes the lock applies a ring's worth at most",
                 w->writes <= DWC_POST_SLOTS);
        }
        break;
    case 5:
        /* A host that writes to the ring what it likes. */
        at = (op & 0x80 ? val : addr) % (sizeof(*w->ring) / 4);
        ((uint32_t *)w->ring)[at] = op & 0x80 ? addr : val;
        break;
    case 6:
        dwc_edma_set_posts(&w->edma, op & 0x40 ? NULL : w->ring);
        w->head = 0;
        break;
    case 7:
        dwc_edma_reset(&w->edma);
        break;
    }
    dwc_edma_poll(&w->edma);
}
