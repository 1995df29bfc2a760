/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which messages the link has, and which values their fields may take. */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/host-utils.h"
#include "link/decode.h"

static bool link_cfg_valid(const DwcLinkMessage *msg)
{
    const DwcLinkCfg *cfg = msg->payload;
    unsigned offset = le16_to_cpu(cfg->offset), size = le16_to_cpu(cfg->size);

    return size <= 4 && is_power_of_2(size) && offset < DWC_LINK_SPACE &&
           (offset & 3) + size <= 4;
}

static bool link_cfg_update_valid(const DwcLinkMessage *msg)
{
    const DwcLinkCfg *cfg = msg->payload;

    return link_cfg_valid(msg) && le16_to_cpu(cfg->size) == 4 &&
           le16_to_cpu(cfg->offset) < DWC_LINK_CONFIG_SIZE;
}

static bool link_window_valid(const DwcLinkMessage *msg)
{
    const DwcLinkWindow *w = msg->payload;

    return le32_to_cpu(w->id) < DWC_LINK_MAX_WINDOWS &&
           le32_to_cpu(w->bar) < DWC_LINK_BARS;
}

static bool link_page_valid(const DwcLinkMessage *msg)
{
    const DwcLinkPage *page = msg->payload;

    return le32_to_cpu(page->bar) < DWC_LINK_BARS;
}

static bool link_access_valid(const DwcLinkMessage *msg)
{
    const DwcLinkBarAccess *access = msg->payload;
    uint32_t size = le32_to_cpu(access->size);

    return le32_to_cpu(access->bar) < DWC_LINK_BARS && size <= 8 &&
           is_power_of_2(size);
}

static bool link_mem_read_valid(const DwcLinkMessage *msg)
{
    const DwcLinkMem *mem = msg->payload;
    uint32_t size = le32_to_cpu(mem->size);

    return size && size <= DWC_LINK_MAX_DATA;
}

static bool link_mem_write_valid(const DwcLinkMessage *msg)
{
    const DwcLinkMem *mem = msg->payload;

    return link_mem_read_valid(msg) &&
           le32_to_cpu(mem->size) == msg->length - sizeof(*mem);
}

static bool link_intx_valid(const DwcLinkMessage *msg)
{
    const DwcLinkIntx *intx = msg->payload;

    return le32_to_cpu(intx->pin) < 4 && le32_to_cpu(intx->asserted) <= 1;
}

static bool link_msix_valid(const DwcLinkMessage *msg)
{
    const DwcLinkMsix *msix = msg->payload;

    return le32_to_cpu(msix->vector) < 2048;
}

static const struct {
    uint32_t fixed;
    uint32_t data;          /* most that may follow the fixed part */
    bool (*valid)(const DwcLinkMessage *msg);
} types[DWC_LINK_TYPES] = {
    [DWC_LINK_HELLO]        = { sizeof(DwcLinkHello) },
    [DWC_LINK_CONFIG]       = { sizeof(DwcLinkConfig) + DWC_LINK_CONFIG_SIZE },
    [DWC_LINK_RAM]          = { sizeof(DwcLinkRam) },
    [DWC_LINK_SHARED]       = { sizeof(DwcLinkShared) },
    [DWC_LINK_READY]        = { 0 },
    [DWC_LINK_REPLY]        = { sizeof(DwcLinkReply), DWC_LINK_MAX_DATA },
    [DWC_LINK_CFG_WRITE]    = { sizeof(DwcLinkCfg), 0, link_cfg_valid },
    [DWC_LINK_CFG_UPDATE]   = { sizeof(DwcLinkCfg), 0, link_cfg_update_valid },
    [DWC_LINK_MAP]          = { sizeof(DwcLinkWindow), 0, link_window_valid },
    [DWC_LINK_UNMAP]        = { sizeof(DwcLinkWindow), 0, link_window_valid },
    [DWC_LINK_BAR_READ]     = { sizeof(DwcLinkBarAccess), 0, link_access_valid },
    [DWC_LINK_BAR_WRITE]    = { sizeof(DwcLinkBarAccess), 0, link_access_valid },
    [DWC_LINK_MEM_READ]     = { sizeof(DwcLinkMem), 0, link_mem_read_valid },
    [DWC_LINK_MEM_WRITE]    = { sizeof(DwcLinkMem), DWC_LINK_MAX_DATA,
                                link_mem_write_valid },
    [DWC_LINK_INTX]         = { sizeof(DwcLinkIntx), 0, link_intx_valid },
    [DWC_LINK_MSIX]         = { sizeof(DwcLinkMsix), 0, link_msix_valid },
    [DWC_LINK_PENDING]      = { sizeof(DwcLinkPending) },
    [DWC_LINK_IOMMU]        = { 0 },
    [DWC_LINK_TRANSLATE]    = { sizeof(DwcLinkTranslate) },
    [DWC_LINK_TRANSLATION]  = { sizeof(DwcLinkTranslation) },
    [DWC_LINK_INVALIDATE]   = { sizeof(DwcLinkRange) },
    [DWC_LINK_FLUSH]        = { 0 },
    [DWC_LINK_RESET]        = { 0 },
    [DWC_LINK_CFG_READ]     = { sizeof(DwcLinkCfg), 0, link_cfg_valid },
    [DWC_LINK_BAR_STATE]    = { sizeof(DwcLinkBars) },
    [DWC_LINK_INTX_FELL]    = { sizeof(DwcLinkIntxFell) },
    [DWC_LINK_HOT_RESET]    = { 0 },
    [DWC_LINK_PAGE]         = { sizeof(DwcLinkPage), 0, link_page_valid },
    [DWC_LINK_NO_PAGES]     = { 0 },
};

QEMU_BUILD_BUG_ON(sizeof(DwcLinkConfig) + DWC_LINK_CONFIG_SIZE >
                  DWC_LINK_MAX_PAYLOAD);

static bool link_length_valid(uint16_t type, uint32_t length)
{
    return type && type < DWC_LINK_TYPES && length >= types[type].fixed &&
           length - types[type].fixed <= types[type].data;
}

DwcLinkDecoded dwc_link_decode(const uint8_t *bytes, size_t len,
                               DwcLinkMessage *msg, size_t *used)
{
    DwcLinkHeader header;

    if (len < sizeof(header)) {
        return DWC_LINK_INCOMPLETE;
    }
    memcpy(&header, bytes, sizeof(header));
    msg->type = header.type;
    msg->function = header.function;
    msg->seq = le32_to_cpu(header.seq);
    msg->length = le32_to_cpu(header.length);
    msg->payload = bytes + sizeof(header);
    msg->fd = -1;
    if (!link_length_valid(msg->type, msg->length) ||
        msg->function >= DWC_LINK_FUNCTIONS) {
        return DWC_LINK_BROKEN;
    }
    if (len - sizeof(header) < msg->length) {
        return DWC_LINK_INCOMPLETE;
    }
    if (types[msg->type].valid && !types[msg->type].valid(msg)) {
        return DWC_LINK_BROKEN;
    }
    *used = sizeof(header) + msg->length;
    return DWC_LINK_MESSAGE;
}
