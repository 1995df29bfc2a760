/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kinds of cards, after Linux's dw-edma-pcie.c. */
#include "qemu/osdep.h"
#include "qemu/units.h"
#include "qapi/error.h"
#include "card/card.h"

#define VENDOR_SYNOPSYS 0x16c3
#define VENDOR_XILINX   0x10ee

static const DwcCardKind kinds[] = {
    {
        .name = "edda",
        .vendor = VENDOR_SYNOPSYS,
        .device = 0xedda,
        .edma_map = "edma-v0",
        .any_map = true,
        .channels = 2,
        .memory_size = 32 * MiB,
    },
    {
        .name = "mdb",
        .vendor = VENDOR_XILINX,
        .device = 0xb054,
        .edma_map = "hdma-v0",
        .channels = 8,
        .memory_size = 128 * MiB,
        .own_addresses = true,
    },
    {
        .name = "cpm6",
        .vendor = VENDOR_XILINX,
        .device = 0xb00f,
        .edma_map = "hdma-v0",
        .channels = 8,
        .memory_size = 128 * MiB,
        .own_addresses = true,
    },
};

const DwcCardKind *dwc_card_kind_find(const char *name, Error **errp)
{
    g_autoptr(GString) known = g_string_new(NULL);
    unsigned i;

    for (i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (!strcmp(kinds[i].name, name ? name : kinds[0].name)) {
            return &kinds[i];
        }
        g_string_append_printf(known, "%s%s", i ? ", " : "", kinds[i].name);
    }
    error_setg(errp, "dwc-edma-pcie: there is no kind '%s', only %s", name,
               known->str);
    return NULL;
}
