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

static bool link_error_valid(const DwcLinkMessage *msg)
{
    const DwcLinkError *error = msg->payload;
    uint32_t message = le32_to_cpu(error->message);

    return message <= 4 && is_power_of_2(message);
}

#define TYPE(type, ...) [DWC_LINK_##type] = { #type, __VA_ARGS__ }

static const struct {
    const char *name;
    uint32_t fixed;
    uint32_t data;          /* most that may follow the fixed part */
    bool (*valid)(const DwcLinkMessage *msg);
} types[DWC_LINK_TYPES] = {
    TYPE(HELLO, sizeof(DwcLinkHello)),
    TYPE(CONFIG, sizeof(DwcLinkConfig) + DWC_LINK_CONFIG_SIZE),
    TYPE(RAM, sizeof(DwcLinkRam)),
    TYPE(SHARED, sizeof(DwcLinkShared)),
    TYPE(READY, 0),
    TYPE(REPLY, sizeof(DwcLinkReply), DWC_LINK_MAX_DATA),
    TYPE(CFG_WRITE, sizeof(DwcLinkCfg), 0, link_cfg_valid),
    TYPE(CFG_UPDATE, sizeof(DwcLinkCfg), 0, link_cfg_update_valid),
    TYPE(MAP, sizeof(DwcLinkWindow), 0, link_window_valid),
    TYPE(UNMAP, sizeof(DwcLinkWindow), 0, link_window_valid),
    TYPE(BAR_READ, sizeof(DwcLinkBarAccess), 0, link_access_valid),
    TYPE(BAR_WRITE, sizeof(DwcLinkBarAccess), 0, link_access_valid),
    TYPE(MEM_READ, sizeof(DwcLinkMem), 0, link_mem_read_valid),
    TYPE(MEM_WRITE, sizeof(DwcLinkMem), DWC_LINK_MAX_DATA, link_mem_write_valid),
    TYPE(INTX, sizeof(DwcLinkIntx), 0, link_intx_valid),
    TYPE(MSIX, sizeof(DwcLinkMsix), 0, link_msix_valid),
    TYPE(PENDING, sizeof(DwcLinkPending)),
    TYPE(IOMMU, 0),
    TYPE(TRANSLATE, sizeof(DwcLinkTranslate)),
    TYPE(TRANSLATION, sizeof(DwcLinkTranslation)),
    TYPE(INVALIDATE, sizeof(DwcLinkRange)),
    TYPE(FLUSH, 0),
    TYPE(RESET, 0),
    TYPE(CFG_READ, sizeof(DwcLinkCfg), 0, link_cfg_valid),
    TYPE(BAR_STATE, sizeof(DwcLinkBars)),
    TYPE(INTX_FELL, sizeof(DwcLinkIntxFell)),
    TYPE(HOT_RESET, 0),
    TYPE(PAGE, sizeof(DwcLinkPage), 0, link_page_valid),
    TYPE(NO_PAGES, 0),
    TYPE(ERROR, sizeof(DwcLinkError), 0, link_error_valid),
};

QEMU_BUILD_BUG_ON(sizeof(DwcLinkConfig) + DWC_LINK_CONFIG_SIZE >
                  DWC_LINK_MAX_PAYLOAD);

const char *dwc_link_type_name(unsigned type)
{
    return type < DWC_LINK_TYPES && types[type].name ? types[type].name :
                                                       "unknown";
}

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
