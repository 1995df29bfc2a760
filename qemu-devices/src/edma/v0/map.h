/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The register map of eDMA version 0, unrolled, to those who use one. */
#ifndef NTB_EDMA_EDMA_V0_MAP_H
#define NTB_EDMA_EDMA_V0_MAP_H

#include "edma/map.h"

extern const DwcEdmaMap dwc_edma_v0_map;

#endif
