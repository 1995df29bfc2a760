/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The function behind an IOMMU.
 *
 * The endpoint asks for the translation of each page that it accesses and then
 * accesses the page where it sees this VM's RAM.  When the guest invalidates a
 * translation that was handed out it is taken back, and the guest's command
 * does not complete before the endpoint has confirmed.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "exec/address-spaces.h"
#include "hw/pci/pci.h"
#include "function/function.h"
#include "memory/iotlb.h"
#include "trace-ntb_edma.h"

/* More pages handed out than this are all taken back at once. */
#define MAX_PAGES   65536

struct DwcFunctionIommu {
    DwcPcieFunction *fn;
    MemoryListener listener;
    GHashTable *pages;          /* handed out: numbers of pages */
    QLIST_HEAD(, UnmapNotifier) notifiers;
};

/* One part of the address space that an IOMMU translates. */
typedef struct UnmapNotifier {
    IOMMUNotifier n;            /* first */
    DwcFunctionIommu *iommu;
    MemoryRegion *mr;
    hwaddr offset;              /* from the region to the address space */
    QLIST_ENTRY(UnmapNotifier) next;
} UnmapNotifier;

/* Whether any page of the range was handed out; then none is any more. */
static bool fn_iommu_forget(DwcFunctionIommu *iommu, uint64_t iova,
                                  uint64_t mask)
{
    uint64_t page = iova >> DWC_IOTLB_PAGE_BITS;
    uint64_t last = (iova | mask) >> DWC_IOTLB_PAGE_BITS;
    bool any = false;

    if (last - page >= g_hash_table_size(iommu->pages)) {
        GHashTableIter it;
        void *key;

        g_hash_table_iter_init(&it, iommu->pages);
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
        any |= g_hash_table_remove(iommu->pages, (void *)(uintptr_t)page);
    }
    return any;
}

/* With the big lock: the endpoint answers without asking back. */
static void fn_iommu_take_back(DwcFunctionIommu *iommu, uint64_t iova,
                                     uint64_t size)
{
    DwcLinkRange range = {
        .addr = cpu_to_le64(iova),
        .size = cpu_to_le64(size),
    };

    trace_dwc_function_invalidate(iova, size);
    if (iommu->fn->first->link) {
        dwc_link_await(dwc_function_ask(iommu->fn, DWC_LINK_INVALIDATE, &range,
                                        sizeof(range)), NULL, 0);
    }
}

static void fn_iommu_unmapped(IOMMUNotifier *n, IOMMUTLBEntry *entry)
{
    UnmapNotifier *notifier = container_of(n, UnmapNotifier, n);
    uint64_t iova = entry->iova + notifier->offset;

    if (fn_iommu_forget(notifier->iommu, iova, entry->addr_mask)) {
        fn_iommu_take_back(notifier->iommu, iova, entry->addr_mask + 1);
    }
}

static void fn_iommu_region_add(MemoryListener *listener,
                                      MemoryRegionSection *section)
{
    DwcFunctionIommu *iommu = container_of(listener, DwcFunctionIommu,
                                           listener);
    UnmapNotifier *notifier;
    int index;

    if (!memory_region_is_iommu(section->mr)) {
        return;
    }
    notifier = g_new0(UnmapNotifier, 1);
    notifier->iommu = iommu;
    notifier->mr = section->mr;
    notifier->offset = section->offset_within_address_space -
                       section->offset_within_region;
    index = memory_region_iommu_attrs_to_index(IOMMU_MEMORY_REGION(section->mr),
                                               MEMTXATTRS_UNSPECIFIED);
    iommu_notifier_init(&notifier->n, fn_iommu_unmapped, IOMMU_NOTIFIER_UNMAP,
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
    QLIST_INSERT_HEAD(&iommu->notifiers, notifier, next);
}

static void fn_iommu_region_del(MemoryListener *listener,
                                      MemoryRegionSection *section)
{
    DwcFunctionIommu *iommu = container_of(listener, DwcFunctionIommu,
                                           listener);
    UnmapNotifier *notifier;

    QLIST_FOREACH(notifier, &iommu->notifiers, next) {
        if (notifier->mr == section->mr &&
            notifier->n.start == section->offset_within_region) {
            memory_region_unregister_iommu_notifier(notifier->mr, &notifier->n);
            QLIST_REMOVE(notifier, next);
            g_free(notifier);
            break;
        }
    }
}

static bool fn_is_translated(PCIDevice *pdev)
{
    return pci_device_iommu_address_space(pdev) != &address_space_memory;
}

void dwc_function_iommu_init(DwcPcieFunction *fn)
{
    PCIDevice *pdev = PCI_DEVICE(fn);
    DwcFunctionIommu *iommu;

    if (!fn_is_translated(pdev)) {
        return;
    }
    iommu = g_new0(DwcFunctionIommu, 1);
    iommu->fn = fn;
    iommu->pages = g_hash_table_new(NULL, NULL);
    iommu->listener = (MemoryListener) {
        .name = "dwc-function-iommu",
        .region_add = fn_iommu_region_add,
        .region_del = fn_iommu_region_del,
    };
    fn->iommu = iommu;
    memory_listener_register(&iommu->listener,
                             pci_device_iommu_address_space(pdev));
    if (fn == fn->first) {
        dwc_function_tell(fn, DWC_LINK_IOMMU, NULL, 0, false);
    }
}

void dwc_function_iommu_exit(DwcPcieFunction *fn)
{
    if (fn->iommu) {
        memory_listener_unregister(&fn->iommu->listener);
        g_hash_table_destroy(fn->iommu->pages);
        g_free(fn->iommu);
        fn->iommu = NULL;
    }
}

static void fn_iommu_hand_out(DwcFunctionIommu *iommu, uint64_t iova,
                                    uint64_t target, bool writable)
{
    DwcLinkTranslation translation = {
        .iova = cpu_to_le64(iova),
        .target = cpu_to_le64(target),
        .writable = cpu_to_le32(writable),
    };
    uintptr_t page = iova >> DWC_IOTLB_PAGE_BITS;

    if (g_hash_table_size(iommu->pages) >= MAX_PAGES) {
        g_hash_table_remove_all(iommu->pages);
        fn_iommu_take_back(iommu, 0, 0);
    }
    g_hash_table_add(iommu->pages, (void *)page);
    dwc_function_tell(iommu->fn, DWC_LINK_TRANSLATION, &translation,
                      sizeof(translation), false);
}

void dwc_function_translate(DwcPcieFunction *fn, uint32_t seq,
                            const DwcLinkTranslate *ask)
{
    PCIDevice *pdev = PCI_DEVICE(fn);
    uint64_t iova = le64_to_cpu(ask->addr) & ~(DWC_IOTLB_PAGE - 1);
    bool write = le32_to_cpu(ask->write);
    MemTxAttrs attrs = { .requester_id = pci_requester_id(pdev) };
    IOMMUTLBEntry entry;

    WITH_RCU_READ_LOCK_GUARD() {
        entry = address_space_get_iotlb_entry(&pdev->bus_master_as, iova, write,
                                              attrs);
    }
    trace_dwc_function_translate(iova, write, entry.translated_addr,
                                 entry.perm);
    if (entry.perm == IOMMU_NONE) {
        dwc_link_reply(fn->first->link, seq, DWC_LINK_UNSUPPORTED_REQUEST, NULL,
                       0);
        return;
    }
    /* Without a notifier the endpoint has to ask for every access. */
    if (fn->iommu && !QLIST_EMPTY(&fn->iommu->notifiers) &&
        entry.addr_mask >= DWC_IOTLB_PAGE - 1) {
        fn_iommu_hand_out(fn->iommu, iova,
                                entry.translated_addr + (iova - entry.iova),
                                write);
    }
    dwc_link_reply(fn->first->link, seq, DWC_LINK_OK, NULL, 0);
}
