/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the endpoint and the host connected to it use together beside RAM: a page
 * with rings of posted writes, and events.
 *
 * Each host gets its own, so one that has disconnected has no effect on the next
 * by what it still has mapped.  The register file is the same for all; hosts can
 * only read it.
 */
#include "qemu/osdep.h"
#include <sys/eventfd.h>
#include <sys/mman.h>
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "qemu/lockable.h"
#include "qemu/rcu.h"
#include "edma/maps/maps.h"
#include "endpoint/endpoint.h"
#include "time/sync.h"

void dwc_ep_give(DwcPcieEp *ep, DwcLinkSharedKind kind, unsigned index, int fd)
{
    DwcLinkShared shared = {
        .kind = cpu_to_le32(kind),
        .index = cpu_to_le32(index),
        .base = cpu_to_le64(ep->registers_base + DWC_DMA_OFFSET),
    };

    dwc_link_send_fd(ep->link, DWC_LINK_SHARED, &shared, sizeof(shared), fd);
}

static void ep_give_kicks(DwcPcieEp *ep)
{
    DwcEdmaDir dir;
    unsigned ch;

    for (dir = 0; dir < DWC_EDMA_DIRS; dir++) {
        for (ch = 0; ch < ep->edma.channels[dir]; ch++) {
            unsigned index = dir * DWC_EDMA_MAX_CHANNELS + ch;

            dwc_ep_give(ep, DWC_SHARED_KICK, index,
                    dwc_engine_add_peer_kick(&ep->engine, index));
        }
    }
}

bool dwc_ep_share(DwcPcieEp *ep)
{
    int posts_fd, event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    Error *err = NULL;
    DwcPostPages *posts;

    if (event < 0) {
        error_report("dwc-pcie-ep: no event to share with the host that "
                     "connects: %s", strerror(errno));
        return false;
    }
    posts = dwc_shared_pages_new("dwc-posts", sizeof(*posts), &posts_fd, &err);
    if (!posts) {
        error_reportf_err(err, "dwc-pcie-ep: no memory to share with the host "
                          "that connects: ");
        close(event);
        return false;
    }
    WITH_QEMU_LOCK_GUARD(&ep->memory_lock) {
        posts->slow = ep->latency_us != 0;
        ep->posts = posts;
        ep->memory_event = event;
        ep->memory_head = 0;
        ep->memory_epoch = ep->epoch;
        ep->delayed = ep->arrived = 0;
    }
    dwc_edma_set_posts(&ep->edma, &posts->registers);
    dwc_ep_give(ep, DWC_SHARED_REGISTERS, dwc_edma_map_number(ep->edma.map),
                ep->registers_fd);
    dwc_ep_give(ep, DWC_SHARED_POSTS, 0, posts_fd);
    dwc_ep_give(ep, DWC_SHARED_MEMORY, 0, event);
    ep_give_kicks(ep);
    if (!dwc_ep_share_time(ep)) {
        return false;
    }
    /* The link has duplicates until they are sent, the mapping stays. */
    close(posts_fd);
    return true;
}

typedef struct Pages {
    struct rcu_head rcu;
    DwcPostPages *posts;
} Pages;

static void ep_unmap_pages(Pages *pages)
{
    munmap(pages->posts, ROUND_UP(sizeof(*pages->posts),
                                  qemu_real_host_page_size()));
    g_free(pages);
}

void dwc_ep_unshare(DwcPcieEp *ep)
{
    Pages *pages;

    dwc_time_part(ep);
    dwc_edma_set_posts(&ep->edma, NULL);
    dwc_engine_remove_peer_kicks(&ep->engine);
    QEMU_LOCK_GUARD(&ep->memory_lock);
    if (!ep->posts) {
        return;
    }
    stat64_add(&ep->stats.register_reads,
               qatomic_read(&ep->posts->register_reads));
    pages = g_new0(Pages, 1);
    pages->posts = ep->posts;
    ep->posts = NULL;
    ep->memory_epoch = 0;
    close(ep->memory_event);
    ep->memory_event = -1;
    /* Somebody may be looking whether anything was posted. */
    call_rcu(pages, ep_unmap_pages, rcu);
}

uint64_t dwc_ep_host_reads(DwcPcieEp *ep)
{
    QEMU_LOCK_GUARD(&ep->memory_lock);
    return ep->posts ? qatomic_read(&ep->posts->register_reads) : 0;
}

void dwc_ep_share_latency(DwcPcieEp *ep)
{
    QEMU_LOCK_GUARD(&ep->memory_lock);
    if (ep->posts) {
        qatomic_set(&ep->posts->slow, ep->latency_us != 0);
    }
}
