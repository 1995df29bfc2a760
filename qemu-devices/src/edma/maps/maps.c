/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The register maps. */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "edma/hdma/map.h"
#include "edma/maps/maps.h"
#include "edma/v0/map.h"

static const DwcEdmaMap *const maps[] = {
    &dwc_edma_v0_map,
    &dwc_edma_hdma_map,
};

const DwcEdmaMap *dwc_edma_map_find(const char *name, Error **errp)
{
    g_autoptr(GString) known = g_string_new(NULL);
    unsigned i;

    for (i = 0; i < ARRAY_SIZE(maps); i++) {
        if (!strcmp(maps[i]->name, name ? name : DWC_EDMA_MAP_DEFAULT)) {
            return maps[i];
        }
        g_string_append_printf(known, "%s%s", i ? ", " : "", maps[i]->name);
    }
    error_setg(errp, "there is no register map '%s' of the DMA engine, only %s",
               name, known->str);
    return NULL;
}

uint32_t dwc_edma_map_number(const DwcEdmaMap *map)
{
    uint32_t i;

    for (i = 0; maps[i] != map; i++) {
    }
    return i;
}

const DwcEdmaMap *dwc_edma_map_numbered(uint32_t number)
{
    return number < ARRAY_SIZE(maps) ? maps[number] : NULL;
}
