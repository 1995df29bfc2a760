/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages behind an IOMMU that the peer has been told of. */
#include "qemu/osdep.h"
#include "qemu/queue.h"
#include "memory/handed-out.h"
#include "memory/iotlb.h"

struct DwcHandedOut {
    MemoryListener listener;
    DwcTakeBack *take_back;
    void *opaque;
    GHashTable *pages;          /* their numbers */
    QLIST_HEAD(, UnmapNotifier) notifiers;
};

/* One part of the address space that an IOMMU translates. */
typedef struct UnmapNotifier {
    IOMMUNotifier n;            /* first */
    DwcHandedOut *out;
    MemoryRegion *mr;
    hwaddr offset;              /* from the region to the address space */
    QLIST_ENTRY(UnmapNotifier) next;
} UnmapNotifier;

/* Whether any page of the range was handed out; then none is any more. */
static bool handed_out_forget(DwcHandedOut *out, uint64_t iova,
                              uint64_t mask)
{
    uint64_t page = iova >> DWC_IOTLB_PAGE_BITS;
    uint64_t last = (iova | mask) >> DWC_IOTLB_PAGE_BITS;
    bool any = false;

    if (last - page >= g_hash_table_size(out->pages)) {
        GHashTableIter it;
        void *key;

        g_hash_table_iter_init(&it, out->pages);
        while (g_hash_table_iter_next(&it, &key, NULL)) {
            uint64_t p = (uintptr_t)key;

            if (p >= page && p <= last) {
                g_hash_table_iter_remove(&it);
                any = true;
            }
        }
        return any;
    }
    for (; page <= last; page++) {
        any |= g_hash_table_remove(out->pages, (void *)(uintptr_t)page);
    }
    return any;
}

static void handed_out_unmapped(IOMMUNotifier *n, IOMMUTLBEntry *entry)
{
    UnmapNotifier *notifier = container_of(n, UnmapNotifier, n);
    uint64_t iova = entry->iova + notifier->offset;

    if (handed_out_forget(notifier->out, iova, entry->addr_mask)) {
        notifier->out->take_back(notifier->out->opaque, iova,
                                 entry->addr_mask + 1);
    }
}

static void handed_out_region_add(MemoryListener *listener,
                                  MemoryRegionSection *section)
{
    DwcHandedOut *out = container_of(listener, DwcHandedOut, listener);
    UnmapNotifier *notifier;
    int index;

    if (!memory_region_is_iommu(section->mr)) {
        return;
    }
    notifier = g_new0(UnmapNotifier, 1);
    notifier->out = out;
    notifier->mr = section->mr;
    notifier->offset = section->offset_within_address_space -
                       section->offset_within_region;
    index = memory_region_iommu_attrs_to_index(IOMMU_MEMORY_REGION(section->mr),
                                               MEMTXATTRS_UNSPECIFIED);
    iommu_notifier_init(&notifier->n, handed_out_unmapped, IOMMU_NOTIFIER_UNMAP,
                        section->offset_within_region,
                        section->offset_within_region +
                        int128_get64(int128_sub(section->size, int128_one())),
                        index);
    if (memory_region_register_iommu_notifier(section->mr, &notifier->n,
                                              NULL) < 0) {
        /* Nothing tells when a translation ends, so none is handed out. */
        g_free(notifier);
        return;
    }
    QLIST_INSERT_HEAD(&out->notifiers, notifier, next);
}

static void handed_out_region_del(MemoryListener *listener,
                                  MemoryRegionSection *section)
{
    DwcHandedOut *out = container_of(listener, DwcHandedOut, listener);
    UnmapNotifier *notifier;

    QLIST_FOREACH(notifier, &out->notifiers, next) {
        if (notifier->mr == section->mr &&
            notifier->n.start == section->offset_within_region) {
            memory_region_unregister_iommu_notifier(notifier->mr, &notifier->n);
            QLIST_REMOVE(notifier, next);
            g_free(notifier);
            break;
        }
    }
}

DwcHandedOut *dwc_handed_out_new(AddressSpace *as, DwcTakeBack *take_back,
                                 void *opaque)
{
    DwcHandedOut *out = g_new0(DwcHandedOut, 1);

    out->take_back = take_back;
    out->opaque = opaque;
    out->pages = g_hash_table_new(NULL, NULL);
    out->listener = (MemoryListener) {
        .name = "dwc-handed-out",
        .region_add = handed_out_region_add,
        .region_del = handed_out_region_del,
    };
    memory_listener_register(&out->listener, as);
    return out;
}

void dwc_handed_out_free(DwcHandedOut *out)
{
    memory_listener_unregister(&out->listener);
    g_hash_table_destroy(out->pages);
    g_free(out);
}

bool dwc_handed_out_add(DwcHandedOut *out, uint64_t iova)
{
    uintptr_t page = iova >> DWC_IOTLB_PAGE_BITS;

    if (QLIST_EMPTY(&out->notifiers)) {
        return false;
    }
    if (g_hash_table_size(out->pages) >= DWC_HANDED_OUT_MOST) {
        dwc_handed_out_end(out);
    }
    g_hash_table_add(out->pages, (void *)page);
    return true;
}

void dwc_handed_out_end(DwcHandedOut *out)
{
    if (g_hash_table_size(out->pages)) {
        g_hash_table_remove_all(out->pages);
        out->take_back(out->opaque, 0, 0);
    }
}
