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
#include "trace-ntb_edma.h"

/* With the big lock: the endpoint answers without asking back. */
static void fn_iommu_take_back(void *opaque, uint64_t iova, uint64_t size)
{
    DwcPcieFunction *fn = opaque;
    DwcLinkRange range = {
        .addr = cpu_to_le64(iova),
        .size = cpu_to_le64(size),
    };

    trace_dwc_function_invalidate(iova, size);
    if (fn->first->link) {
        dwc_link_await(dwc_function_ask(fn, DWC_LINK_INVALIDATE, &range,
                                        sizeof(range)), NULL, 0);
    }
}

static bool fn_is_translated(PCIDevice *pdev)
{
    return pci_device_iommu_address_space(pdev) != &address_space_memory;
}

void dwc_function_iommu_init(DwcPcieFunction *fn)
{
    PCIDevice *pdev = PCI_DEVICE(fn);

    if (!fn_is_translated(pdev)) {
        return;
    }
    fn->handed_out = dwc_handed_out_new(pci_device_iommu_address_space(pdev),
                                        fn_iommu_take_back, fn);
    if (fn == fn->first) {
        dwc_function_tell(fn, DWC_LINK_IOMMU, NULL, 0, false);
    }
}

void dwc_function_iommu_exit(DwcPcieFunction *fn)
{
    if (fn->handed_out) {
        dwc_handed_out_free(fn->handed_out);
        fn->handed_out = NULL;
    }
}

static void fn_iommu_hand_out(DwcPcieFunction *fn, uint64_t iova,
                              uint64_t target, bool writable)
{
    DwcLinkTranslation translation = {
        .iova = cpu_to_le64(iova),
        .target = cpu_to_le64(target),
        .writable = cpu_to_le32(writable),
    };

    /* If nothing tells when it ends the endpoint has to ask for every access. */
    if (dwc_handed_out_add(fn->handed_out, iova)) {
        dwc_function_tell(fn, DWC_LINK_TRANSLATION, &translation,
                          sizeof(translation), false);
    }
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
    if (fn->handed_out && entry.addr_mask >= DWC_IOTLB_PAGE - 1) {
        fn_iommu_hand_out(fn, iova, entry.translated_addr + (iova - entry.iova),
                          write);
    }
    dwc_link_reply(fn->first->link, seq, DWC_LINK_OK, NULL, 0);
}
