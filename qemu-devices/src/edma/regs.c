/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The register file: its lock, and what the host posts to it. */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/log.h"
#include "qemu/rcu.h"
#include "edma/regs.h"
#include "trace-ntb_edma.h"

void dwc_edma_init(DwcEdma *edma, const DwcEdmaMap *map, unsigned write,
                   unsigned read, uint32_t *regs)
{
    DwcEdmaDir dir;
    unsigned ch;

    assert(map->size <= DWC_EDMA_SIZE);
    qemu_mutex_init(&edma->lock);
    dwc_edma_inject_init(&edma->inject);
    edma->map = map;
    edma->regs = regs;
    edma->channels[DWC_EDMA_WRITE] = write;
    edma->channels[DWC_EDMA_READ] = read;
    for (dir = 0; dir < DWC_EDMA_DIRS; dir++) {
        for (ch = 0; ch < DWC_EDMA_MAX_CHANNELS; ch++) {
            dwc_edma_channel_init(&edma->channel[dir][ch], dir, ch);
        }
    }
    dwc_edma_reset(edma);
}

void dwc_edma_reset(DwcEdma *edma)
{
    DwcEdmaDir dir;
    unsigned ch;

    dwc_edma_lock(edma);
    for (dir = 0; dir < DWC_EDMA_DIRS; dir++) {
        for (ch = 0; ch < edma->channels[dir]; ch++) {
            dwc_edma_channel_reset(edma, &edma->channel[dir][ch]);
        }
    }
    memset(edma->regs, 0, edma->map->size);
    edma->map->reset(edma);
    dwc_edma_lines_changed(edma);
    dwc_edma_unlock(edma);
}

void dwc_edma_shut(DwcEdma *edma)
{
    DwcEdmaDir dir;
    unsigned ch;

    dwc_edma_lock(edma);
    edma->shut = true;
    for (dir = 0; dir < DWC_EDMA_DIRS; dir++) {
        for (ch = 0; ch < edma->channels[dir]; ch++) {
            dwc_edma_channel_stop(edma, &edma->channel[dir][ch]);
        }
    }
    dwc_edma_unlock(edma);
}

uint32_t dwc_edma_read(DwcEdma *edma, hwaddr addr)
{
    uint32_t val;

    if (addr >= edma->map->size || (addr & 3)) {
        qemu_log_mask(LOG_GUEST_ERROR, "dwc-edma: read of 0x%04x, where there "
                      "is no register\n", (unsigned)addr);
        return 0;
    }
    dwc_edma_lock(edma);
    val = edma->regs[addr / 4];
    dwc_edma_unlock(edma);
    return val;
}

/* With the lock. */
static DwcEdmaChannel *edma_write_locked(DwcEdma *edma, hwaddr addr,
                                         uint32_t val, DwcEdmaOrigin origin)
{
    if (addr >= edma->map->size || (addr & 3)) {
        qemu_log_mask(LOG_GUEST_ERROR, "dwc-edma: write of 0x%08x to 0x%04x, "
                      "where there is no register\n", val, (unsigned)addr);
        return NULL;
    }
    return edma->map->write(edma, addr, val, origin);
}

/*
 * Whoever posts a doorbell wakes the channel's thread itself.  At most a ring
 * full of writes is applied at a time: a host may post without end.
 */
static void edma_apply_posts(DwcEdma *edma)
{
    unsigned left = DWC_POST_SLOTS;
    DwcPost post;

    while (edma->posts && left-- &&
           dwc_post_next(edma->posts, edma->posts_tail, &post)) {
        stat64_add(&edma->link_writes, 1);
        trace_dwc_edma_write(post.addr, 4, post.value, true);
        edma_write_locked(edma, post.addr, post.value, DWC_EDMA_FROM_LINK);
        dwc_post_done(edma->posts, &edma->posts_tail);
    }
}

void dwc_edma_lock(DwcEdma *edma)
{
    qemu_mutex_lock(&edma->lock);
    edma_apply_posts(edma);
}

void dwc_edma_unlock(DwcEdma *edma)
{
    qemu_mutex_unlock(&edma->lock);
}

void dwc_edma_poll(DwcEdma *edma)
{
    bool pending;

    WITH_RCU_READ_LOCK_GUARD() {
        DwcPostRing *posts = qatomic_rcu_read(&edma->posts);

        pending = posts &&
                  dwc_post_pending(posts, qatomic_read(&edma->posts_tail));
    }
    if (pending) {
        dwc_edma_lock(edma);
        dwc_edma_unlock(edma);
    }
}

void dwc_edma_set_posts(DwcEdma *edma, DwcPostRing *posts)
{
    dwc_edma_lock(edma);
    edma->posts_tail = 0;
    if (posts) {
        memset(posts, 0, sizeof(*posts));
    }
    qatomic_rcu_set(&edma->posts, posts);
    dwc_edma_unlock(edma);
}

int dwc_edma_write(DwcEdma *edma, hwaddr addr, uint32_t val,
                   DwcEdmaOrigin origin)
{
    DwcEdmaChannel *rung;

    dwc_edma_lock(edma);
    if (origin == DWC_EDMA_FROM_LINK) {
        stat64_add(&edma->link_writes, 1);
    }
    rung = edma_write_locked(edma, addr, val, origin);
    dwc_edma_unlock(edma);
    return rung ? rung->dir * DWC_EDMA_MAX_CHANNELS + rung->index : -1;
}

bool dwc_edma_line(DwcEdma *edma, DwcEdmaDir dir, unsigned ch)
{
    bool level;

    dwc_edma_lock(edma);
    level = edma->map->line(edma, &edma->channel[dir][ch]);
    dwc_edma_unlock(edma);
    return level;
}

void dwc_edma_lines_changed(DwcEdma *edma)
{
    qatomic_set(&edma->lines_changed, true);
}
