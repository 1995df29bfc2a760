/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The endpoint controller as the world of its DMA engine. */
#ifndef NTB_EDMA_CORE_EDMA_PORT_H
#define NTB_EDMA_CORE_EDMA_PORT_H

#include "edma/port.h"

/* Its opaque pointer is the DwcPcieEp. */
extern const DwcEdmaPort dwc_edma_endpoint_port;

#endif
