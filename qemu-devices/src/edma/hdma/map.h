/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The native register map of HDMA, to those who use one. */
#ifndef NTB_EDMA_EDMA_HDMA_MAP_H
#define NTB_EDMA_EDMA_HDMA_MAP_H

#include "edma/map.h"

extern const DwcEdmaMap dwc_edma_hdma_map;

#endif
