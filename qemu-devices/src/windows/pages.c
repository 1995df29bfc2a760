/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages of BARs that the host of an endpoint behind an SMMU knows. */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/lockable.h"
#include "qemu/rcu.h"
#include "core/smmu.h"
#include "windows/inbound.h"
#include "windows/msix.h"
#include "windows/pages.h"

/* The host's link thread answers, which waits for nobody. */
static void pages_take_back(void *opaque, uint64_t iova, uint64_t size)
{
    DwcPcieEp *ep = opaque;
    DwcLinkCall *call;

    WITH_QEMU_LOCK_GUARD(&ep->lock) {
        call = dwc_pages_end(ep, true);
    }
    if (call) {
        dwc_link_await(call, NULL, 0);
    }
}

static void pages_smmu_changes(Notifier *notifier, void *data)
{
    dwc_handed_out_end(container_of(notifier, DwcPcieEp,
                                    smmu_changes)->handed_out);
}

void dwc_pages_init(DwcPcieEp *ep)
{
    if (ep->iommu) {
        ep->handed_out = dwc_handed_out_new(ep->dma_as, pages_take_back, ep);
        ep->smmu_changes.notify = pages_smmu_changes;
        dwc_ep_smmu_watch(&ep->smmu_changes);
    }
}

void dwc_pages_exit(DwcPcieEp *ep)
{
    if (ep->handed_out) {
        notifier_remove(&ep->smmu_changes);
        dwc_handed_out_free(ep->handed_out);
        ep->handed_out = NULL;
    }
}

static bool pages_is_ram(DwcPcieEp *ep, uint64_t cpu)
{
    uint64_t len = DWC_IOTLB_PAGE;

    RCU_READ_LOCK_GUARD();
    return dwc_ram_map_lookup(qatomic_rcu_read(&ep->local.map), cpu, &len) &&
           len == DWC_IOTLB_PAGE;
}

void dwc_pages_tell(DwcPcieEp *ep, DwcLinkEpoch epoch, unsigned function,
                    unsigned bar, uint64_t offset, uint64_t iova, uint64_t cpu,
                    bool write)
{
    uint64_t within = iova & (DWC_IOTLB_PAGE - 1), there;
    DwcLinkPage page = {
        .bar = cpu_to_le32(bar),
        .writable = cpu_to_le32(write),
        .offset = cpu_to_le64(offset - within),
        .target = cpu_to_le64(cpu - within),
    };

    if ((offset ^ iova) & (DWC_IOTLB_PAGE - 1) ||
        !pages_is_ram(ep, cpu - within) ||
        !dwc_handed_out_add(ep->handed_out, iova)) {
        return;
    }
    /* The windows may have changed since the access came. */
    QEMU_LOCK_GUARD(&ep->lock);
    if (ep->connected && ep->epoch == epoch &&
        dwc_inbound_page(ep, function, bar, offset - within, &there) &&
        there == iova - within &&
        !dwc_msix_has_table(ep, function, bar, offset - within,
                            DWC_IOTLB_PAGE)) {
        ep->pages_out = true;
        dwc_link_send(ep->link, DWC_LINK_OF(function, DWC_LINK_PAGE), 0, &page,
                      sizeof(page), NULL, 0, false);
    }
}

DwcLinkCall *dwc_pages_end(DwcPcieEp *ep, bool ask)
{
    bool any = ep->pages_out && ep->connected;

    ep->pages_out = false;
    if (any && ask) {
        return dwc_link_ask(ep->link, DWC_LINK_NO_PAGES, NULL, 0);
    }
    if (any) {
        dwc_link_send(ep->link, DWC_LINK_NO_PAGES, 0, NULL, 0, NULL, 0, false);
    }
    return NULL;
}
