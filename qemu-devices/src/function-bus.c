/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The function as a bus master: what the endpoint wants from this VM and cannot
 * do through shared RAM.  It goes through the function's own address space, so
 * that bus mastering and an IOMMU apply, and with its requester id, which the
 * interrupt translation service takes as the device id.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "hw/pci/pci.h"
#include "function.h"
#include "trace-ntb_edma.h"

static MemTxAttrs requester(DwcPcieFunction *fn)
{
    return (MemTxAttrs) { .requester_id = pci_requester_id(PCI_DEVICE(fn)) };
}

void dwc_function_mem_write(DwcPcieFunction *fn, const DwcLinkMem *mem,
                            const void *data)
{
    MemTxResult result;

    fn->for_endpoint = true;
    result = address_space_write(&PCI_DEVICE(fn)->bus_master_as,
                                 le64_to_cpu(mem->addr), requester(fn), data,
                                 le32_to_cpu(mem->size));
    fn->for_endpoint = false;
    trace_dwc_function_mem_write(le64_to_cpu(mem->addr),
                                 le32_to_cpu(mem->size), result);
}

void dwc_function_take_posts(DwcPcieFunction *fn)
{
    DwcFunctionRegisters *r = &fn->regs;
    DwcPost post;
    unsigned i;

    /* A ring full at most, or a peer could keep the main loop here. */
    fn->for_endpoint = true;
    for (i = 0; r->posts && i < DWC_POST_SLOTS &&
         dwc_post_next(&r->posts->memory, r->memory_tail, &post); i++) {
        if (post.size && post.size <= sizeof(post.value)) {
            MemTxResult result;

            result = address_space_write(&PCI_DEVICE(fn)->bus_master_as,
                                         post.addr, requester(fn), &post.value,
                                         post.size);
            trace_dwc_function_mem_write(post.addr, post.size, result);
        }
        dwc_post_done(&r->posts->memory, &r->memory_tail);
    }
    fn->for_endpoint = false;
}

void dwc_function_mem_read(DwcPcieFunction *fn, uint32_t seq,
                           const DwcLinkMem *mem)
{
    uint8_t data[DWC_LINK_MAX_DATA];
    uint32_t size = le32_to_cpu(mem->size);
    MemTxResult result;

    fn->for_endpoint = true;
    result = address_space_read(&PCI_DEVICE(fn)->bus_master_as,
                                le64_to_cpu(mem->addr), requester(fn), data,
                                size);
    fn->for_endpoint = false;
    trace_dwc_function_mem_read(le64_to_cpu(mem->addr), size, result);
    if (result == MEMTX_OK) {
        dwc_link_reply(fn->link, seq, DWC_LINK_OK, data, size);
    } else {
        dwc_link_reply(fn->link, seq, DWC_LINK_UNSUPPORTED_REQUEST, NULL, 0);
    }
}
