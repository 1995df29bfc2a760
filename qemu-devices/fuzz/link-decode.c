/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whatever bytes a peer sends: every message is found whole or not at all, its
 * fields are within bounds, and what it announces can be presented.
 */
#include "input.h"
#include "link/decode.h"

static void check_config(const DwcLinkMessage *msg)
{
    DwcLinkConfig config;
    uint8_t *space;

    memcpy(&config, msg->payload, sizeof(config));
    MUST("a CONFIG message brings a whole configuration space",
         msg->length == sizeof(config) + DWC_LINK_CONFIG_SIZE);
    /* Of its own size, so that a walk beyond it is seen. */
    space = g_memdup2((const uint8_t *)msg->payload + sizeof(config),
                      DWC_LINK_CONFIG_SIZE);
    dwc_link_config_problem(&config, space);
    g_free(space);
}

/* What others rely on without a look. */
static void check_fields(const DwcLinkMessage *msg)
{
    DwcLinkCfg cfg;
    DwcLinkWindow window;
    DwcLinkBarAccess access;
    DwcLinkMem mem;

    switch (msg->type) {
    case DWC_LINK_CFG_READ:
    case DWC_LINK_CFG_WRITE:
    case DWC_LINK_CFG_UPDATE:
        memcpy(&cfg, msg->payload, sizeof(cfg));
        MUST("a configuration access is of 1, 2 or 4 bytes",
             cfg.size == 1 || cfg.size == 2 || cfg.size == 4);
        MUST("a configuration access lies within a double word",
             cfg.offset % 4 + cfg.size <= 4 &&
             cfg.offset + cfg.size <= DWC_LINK_SPACE);
        break;
    case DWC_LINK_MAP:
    case DWC_LINK_UNMAP:
        memcpy(&window, msg->payload, sizeof(window));
        MUST("a window's number and BAR exist",
             window.id < DWC_LINK_MAX_WINDOWS && window.bar < DWC_LINK_BARS);
        break;
    case DWC_LINK_BAR_READ:
    case DWC_LINK_BAR_WRITE:
        memcpy(&access, msg->payload, sizeof(access));
        MUST("an access to a BAR is of 1, 2, 4 or 8 bytes",
             access.bar < DWC_LINK_BARS &&
             (access.size == 1 || access.size == 2 || access.size == 4 ||
              access.size == 8));
        break;
    case DWC_LINK_MEM_READ:
    case DWC_LINK_MEM_WRITE:
        memcpy(&mem, msg->payload, sizeof(mem));
        MUST("an access to memory is not empty and fits",
             mem.size && mem.size <= DWC_LINK_MAX_DATA);
        MUST("a write brings its data", msg->type == DWC_LINK_MEM_READ ||
             msg->length == sizeof(mem) + mem.size);
        break;
    }
}

static DwcLinkDecoded decode(const uint8_t *bytes, size_t len,
                             DwcLinkMessage *msg, size_t *used)
{
    *msg = (DwcLinkMessage) { .fd = -1 };
    *used = 0;
    return dwc_link_decode(bytes, len, msg, used);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t at = 0;

    while (at < size) {
        /* A message may lie anywhere; behind it there is nothing to read. */
        size_t left = size - at, used, again;
        g_autofree uint8_t *bytes = g_memdup2(data + at, left);
        DwcLinkMessage msg, cut;

        if (decode(bytes, left, &msg, &used) != DWC_LINK_MESSAGE) {
            return 0;
        }
        MUST("a message uses some of the bytes and no others",
             used > 0 && used <= left);
        MUST("the payload lies within the message",
             (const uint8_t *)msg.payload >= bytes &&
             (const uint8_t *)msg.payload + msg.length == bytes + used);
        MUST("bytes behind a message make no difference",
             decode(bytes, used, &cut, &again) == DWC_LINK_MESSAGE &&
             again == used && cut.type == msg.type && cut.seq == msg.seq &&
             cut.length == msg.length);
        MUST("without its last byte a message is incomplete",
             decode(bytes, used - 1, &cut, &again) == DWC_LINK_INCOMPLETE);
        if (msg.type == DWC_LINK_CONFIG) {
            check_config(&msg);
        }
        check_fields(&msg);
        at += used;
    }
    return 0;
}
