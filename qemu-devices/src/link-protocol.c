/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which lengths a message on the link may have. */
#include "qemu/osdep.h"
#include "link-protocol.h"

static const struct {
    uint32_t fixed;
    uint32_t data;          /* most that may follow the fixed part */
} lengths[DWC_LINK_TYPES] = {
    [DWC_LINK_HELLO]        = { sizeof(DwcLinkHello), 0 },
    [DWC_LINK_CONFIG]       = { sizeof(DwcLinkConfig) + DWC_LINK_CONFIG_SIZE },
    [DWC_LINK_RAM]          = { sizeof(DwcLinkRam), 0 },
    [DWC_LINK_SHARED]       = { sizeof(DwcLinkShared), 0 },
    [DWC_LINK_READY]        = { 0, 0 },
    [DWC_LINK_REPLY]        = { sizeof(DwcLinkReply), DWC_LINK_MAX_DATA },
    [DWC_LINK_CFG_WRITE]    = { sizeof(DwcLinkCfg), 0 },
    [DWC_LINK_CFG_UPDATE]   = { sizeof(DwcLinkCfg), 0 },
    [DWC_LINK_MAP]          = { sizeof(DwcLinkWindow), 0 },
    [DWC_LINK_UNMAP]        = { sizeof(DwcLinkWindow), 0 },
    [DWC_LINK_BAR_READ]     = { sizeof(DwcLinkBarAccess), 0 },
    [DWC_LINK_BAR_WRITE]    = { sizeof(DwcLinkBarAccess), 0 },
    [DWC_LINK_MEM_READ]     = { sizeof(DwcLinkMem), 0 },
    [DWC_LINK_MEM_WRITE]    = { sizeof(DwcLinkMem), DWC_LINK_MAX_DATA },
    [DWC_LINK_INTX]         = { sizeof(DwcLinkIntx), 0 },
    [DWC_LINK_FLUSH]        = { 0, 0 },
    [DWC_LINK_RESET]        = { 0, 0 },
};

QEMU_BUILD_BUG_ON(sizeof(DwcLinkConfig) + DWC_LINK_CONFIG_SIZE >
                  DWC_LINK_MAX_PAYLOAD);

bool dwc_link_length_valid(uint16_t type, uint32_t length)
{
    if (type == 0 || type >= DWC_LINK_TYPES) {
        return false;
    }
    return length >= lengths[type].fixed &&
           length - lengths[type].fixed <= lengths[type].data;
}
