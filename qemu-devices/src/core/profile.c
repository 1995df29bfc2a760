/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The controller profiles.
 *
 * "plat" is the core with nothing around it, as Linux's pcie-designware-plat.c
 * takes it.  For the others see the bindings and drivers named.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "core/profile.h"

static const DwcProfile profiles[] = {
    {
        .name = DWC_PROFILE_DEFAULT,
        .compatible = "snps,dw-pcie-ep",
        .regions = { DWC_REGION_DBI, DWC_REGION_DBI2, DWC_REGION_ATU,
                     DWC_REGION_DMA, DWC_REGION_OUTBOUND },
        .region_count = 5,
    }, {
        /* pcie-uniphier-ep.c; the board in question has no "dma" block. */
        .name = "uniphier-nx1",
        .compatible = "socionext,uniphier-nx1-pcie-ep",
        .regions = { DWC_REGION_DBI, DWC_REGION_DBI2, DWC_REGION_GLUE,
                     DWC_REGION_OUTBOUND, DWC_REGION_ATU, DWC_REGION_DMA },
        .region_count = 6,
        .bars = { DWC_BAR_64BIT, DWC_BAR_UPPER, DWC_BAR_64BIT, DWC_BAR_UPPER,
                  DWC_BAR_64BIT, DWC_BAR_UPPER },
        .glue = &dwc_glue_uniphier_nx1,
    },
};

const DwcProfile *dwc_profile_find(const char *name, Error **errp)
{
    g_autoptr(GString) known = g_string_new(NULL);
    unsigned i;

    for (i = 0; i < ARRAY_SIZE(profiles); i++) {
        if (!g_strcmp0(profiles[i].name, name ? name : DWC_PROFILE_DEFAULT)) {
            return &profiles[i];
        }
        g_string_append_printf(known, "%s%s", i ? ", " : "", profiles[i].name);
    }
    error_setg(errp, "dwc-pcie-ep: there is no profile '%s', only %s", name,
               known->str);
    return NULL;
}
