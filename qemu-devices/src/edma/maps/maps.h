/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The register maps that there are, by name and by number. */
#ifndef NTB_EDMA_EDMA_MAPS_MAPS_H
#define NTB_EDMA_EDMA_MAPS_MAPS_H

#include "edma/map.h"

#define DWC_EDMA_MAP_DEFAULT    "edma-v0"

/* NAME may be NULL for the default.  NULL, with ERRP: there is none. */
const DwcEdmaMap *dwc_edma_map_find(const char *name, Error **errp);
/* What one end of the link calls a map to the other. */
uint32_t dwc_edma_map_number(const DwcEdmaMap *map);
/* NULL: there is none. */
const DwcEdmaMap *dwc_edma_map_numbered(uint32_t number);

#endif
