/* SPDX-License-Identifier: GPL-2.0-or-later */
/* On one virtual time with the host: what comes from it, when it is due. */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "qemu/host-utils.h"
#include "endpoint/endpoint.h"
#include "time/access.h"
#include "time/sync.h"
#include "windows/access.h"

static void ep_answer(DwcPcieEp *ep, const DwcLinkBarAccess *access)
{
    unsigned size = le32_to_cpu(access->size);
    uint64_t value = 0;
    bool ok = dwc_access_read_now(ep, access, &value);

    dwc_time_answer(ok, &value, size);
}

static void ep_request(void *opaque, unsigned type, const void *data,
                       size_t size)
{
    DwcPcieEp *ep = opaque;
    const DwcLinkBarAccess *access = data;

    if (size != sizeof(*access) ||
        !is_power_of_2(le32_to_cpu(access->size)) ||
        le32_to_cpu(access->size) > sizeof(access->value) ||
        le32_to_cpu(access->bar) >= DWC_LINK_BARS) {
        dwc_link_disconnect(ep->link);
        return;
    }
    switch (type) {
    case DWC_LINK_BAR_READ:
        ep_answer(ep, access);
        break;
    case DWC_LINK_BAR_WRITE:
        dwc_access_write(ep, 0, access);
        break;
    default:
        dwc_link_disconnect(ep->link);
        break;
    }
}

bool dwc_ep_share_time(DwcPcieEp *ep)
{
    Error *err = NULL;
    void *pages;
    int fd;

    if (!dwc_time_enabled()) {
        return true;
    }
    pages = dwc_time_pages_new(&fd, &err);
    if (!pages) {
        error_reportf_err(err, "dwc-pcie-ep: no memory to keep virtual time "
                          "with the host that connects: ");
        return false;
    }
    dwc_ep_give(ep, DWC_SHARED_TIME, 0, fd);
    close(fd);
    dwc_time_meet(pages, 0, ep_request, ep);
    return true;
}
