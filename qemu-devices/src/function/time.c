/* SPDX-License-Identifier: GPL-2.0-or-later */
/* On one virtual time with the endpoint: what goes there, and what comes. */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "function/function.h"
#include "time/access.h"
#include "time/sync.h"
#include "trace-ntb_edma.h"

bool dwc_function_take_time(DwcPcieFunction *fn, int fd)
{
    if (!dwc_time_enabled() || fn->time_pages) {
        return false;
    }
    fn->time_pages = dwc_time_pages_map(fd);
    return fn->time_pages;
}

void dwc_function_drop_time(DwcPcieFunction *fn)
{
    if (fn->time_pages) {
        dwc_time_pages_unmap(fn->time_pages);
        fn->time_pages = NULL;
    }
}

static void fn_answer(DwcPcieFunction *fn, const DwcLinkMem *mem)
{
    uint8_t data[DWC_LINK_MAX_DATA];
    bool ok = dwc_function_fetch(fn, mem, data);

    dwc_time_answer(ok, data, le32_to_cpu(mem->size));
}

/* Never while the function is deleted: its link ends first, and so does this. */
static void fn_request(void *opaque, unsigned type, const void *data,
                       size_t size)
{
    DwcPcieFunction *fn = opaque;
    const DwcLinkMem *mem = data;

    if (!fn->link) {
        return;
    }
    if (type == DWC_LINK_MEM_READ && size == sizeof(*mem) &&
        le32_to_cpu(mem->size) <= sizeof(uint64_t)) {
        fn_answer(fn, mem);
    } else if (type == DWC_LINK_MEM_WRITE && size > sizeof(*mem) &&
               size == sizeof(*mem) + le32_to_cpu(mem->size)) {
        object_ref(OBJECT(fn));
        dwc_function_mem_write(fn, mem, mem + 1);
        dwc_function_let_go(fn);
    } else {
        dwc_link_disconnect(fn->link);
    }
}

bool dwc_function_meet(DwcPcieFunction *fn, Error **errp)
{
    if (!fn->time_pages != !dwc_time_enabled()) {
        error_setg(errp, "dwc-pcie-function: this VM has a virtual-time device "
                   "and the endpoint at %s has none: both need one, or "
                   "neither", fn->link_path);
        return false;
    }
    if (fn->time_pages) {
        dwc_time_meet(fn->time_pages, 1, fn_request, fn);
        fn->time_pages = NULL;
    }
    return true;
}

bool dwc_function_time_read(DwcPcieFunction *fn, const DwcLinkBarAccess *access,
                            uint64_t *val)
{
    PCIDevice *port;

    if (!dwc_time_reads()) {
        return false;
    }
    /* While this waits the function can be unplugged. */
    port = dwc_function_port(fn);
    object_ref(OBJECT(port));
    if (!dwc_time_ask(DWC_LINK_BAR_READ, access, sizeof(*access), val,
                      le32_to_cpu(access->size)) && !dwc_time_joined()) {
        dwc_function_timed_out(port);
    }
    object_unref(OBJECT(port));
    *val = le64_to_cpu(*val);
    return true;
}

bool dwc_function_time_write(DwcPcieFunction *fn,
                             const DwcLinkBarAccess *access, bool memory)
{
    return dwc_time_joined() &&
           dwc_time_post(DWC_LINK_BAR_WRITE, access, sizeof(*access),
                         le32_to_cpu(access->size), memory);
}
