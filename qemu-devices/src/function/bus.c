/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The function as a bus master: what the endpoint wants from this VM and cannot
 * do through shared RAM.  It goes through the function's own address space, so
 * that bus mastering and an IOMMU apply, and with its requester id, which the
 * interrupt translation service takes as the device id.
 *
 * An access may reach the function's own slot and unplug it: then there is no
 * link when it returns, no ring and no memory of the endpoint's.  So look at
 * fn->link again after it; dwc_function_let_go() drops the reference to FN.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "hw/pci/pci.h"
#include "function/function.h"
#include "trace-ntb_edma.h"

/*
 * Whose access this thread makes, so that it must not wait for the endpoint: the
 * function does not answer itself.  Another thread may get the big lock meanwhile,
 * and its accesses are its own.
 */
static __thread DwcPcieFunction *fn_accessing;

bool dwc_function_for_endpoint(const DwcPcieFunction *fn)
{
    return fn_accessing == fn->first;
}

static MemTxAttrs fn_requester(DwcPcieFunction *fn)
{
    return (MemTxAttrs) { .requester_id = pci_requester_id(PCI_DEVICE(fn)) };
}

static void fn_write_memory(DwcPcieFunction *fn, uint64_t addr,
                                  const void *data, unsigned size)
{
    DwcPcieFunction *outer = fn_accessing;
    MemTxResult result;

    if (!fn->first->link) {
        return;
    }
    fn_accessing = fn->first;
    result = address_space_write(&PCI_DEVICE(fn)->bus_master_as, addr,
                                 fn_requester(fn), data, size);
    trace_dwc_function_mem_write(addr, size, result);
    /* The port's interrupt, too, must not wait for the endpoint. */
    if (result != MEMTX_OK && fn->first->link) {
        dwc_function_unsupported(fn, addr, size, true);
    }
    fn_accessing = outer;
}

/* What the endpoint writes, memory or an interrupt. */
static void fn_write_bus(DwcPcieFunction *fn, uint64_t addr,
                               const void *data, unsigned size)
{
    if (size != sizeof(uint32_t) ||
        !dwc_function_msi_held(fn, addr, ldl_le_p(data), size)) {
        fn_write_memory(fn, addr, data, size);
    }
}

void dwc_function_send_msi(DwcPcieFunction *fn, uint64_t addr, uint32_t data)
{
    uint8_t bytes[4];

    stl_le_p(bytes, data);
    fn_write_memory(fn, addr, bytes, sizeof(bytes));
}

void dwc_function_mem_write(DwcPcieFunction *fn, const DwcLinkMem *mem,
                            const void *data)
{
    uint64_t addr = le64_to_cpu(mem->addr);
    unsigned size = le32_to_cpu(mem->size);
    DwcPcieFunction *outer = fn_accessing;

    if (mem->flaw && fn->first->link) {
        /* The port's interrupt must not wait for the endpoint. */
        fn_accessing = fn->first;
        dwc_function_flawed(fn, le32_to_cpu(mem->flaw), addr, size);
        fn_accessing = outer;
    } else if (!mem->flaw) {
        fn_write_bus(fn, addr, data, size);
    }
}

void dwc_function_take_error(DwcPcieFunction *fn, uint32_t message)
{
    DwcPcieFunction *outer = fn_accessing;

    /* As above. */
    fn_accessing = fn->first;
    dwc_function_error(fn, message);
    fn_accessing = outer;
}

void dwc_function_take_posts(DwcPcieFunction *fn)
{
    DwcFunctionRegisters *r = &fn->regs;
    DwcPost post;
    unsigned i;

    /* At most a ring full: a peer may post without end. */
    for (i = 0; r->posts && i < DWC_POST_SLOTS &&
         dwc_post_next(&r->posts->memory, r->memory_tail, &post); i++) {
        /* Before the write, which may unplug the function and free the ring. */
        dwc_post_done(&r->posts->memory, &r->memory_tail);
        if (post.size && post.size <= sizeof(post.value) &&
            post.function < fn->functions) {
            fn_write_bus(fn->numbered[post.function], post.addr, &post.value,
                         post.size);
        }
    }
}

bool dwc_function_fetch(DwcPcieFunction *fn, const DwcLinkMem *mem, void *data)
{
    uint32_t size = le32_to_cpu(mem->size);
    DwcPcieFunction *outer = fn_accessing;
    MemTxResult result;

    fn_accessing = fn->first;
    result = address_space_read(&PCI_DEVICE(fn)->bus_master_as,
                                le64_to_cpu(mem->addr), fn_requester(fn), data,
                                size);
    trace_dwc_function_mem_read(le64_to_cpu(mem->addr), size, result);
    if (result != MEMTX_OK && fn->first->link) {
        dwc_function_unsupported(fn, le64_to_cpu(mem->addr), size, false);
    }
    fn_accessing = outer;
    return result == MEMTX_OK;
}

void dwc_function_mem_read(DwcPcieFunction *fn, uint32_t seq,
                           const DwcLinkMem *mem)
{
    uint8_t data[DWC_LINK_MAX_DATA];
    bool ok = dwc_function_fetch(fn, mem, data);

    if (!fn->first->link) {
        return;
    }
    if (ok) {
        dwc_link_reply(fn->first->link, seq, DWC_LINK_OK, data,
                       le32_to_cpu(mem->size));
    } else {
        dwc_link_reply(fn->first->link, seq, DWC_LINK_UNSUPPORTED_REQUEST, NULL,
                       0);
    }
}
