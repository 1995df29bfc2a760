/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A memory-to-memory DMA engine beside the controller: QEMU's own model of the
 * ZynqMP's.  It reaches what the CPUs reach, the outbound window included.
 */
#ifndef NTB_EDMA_ENDPOINT_MEMCPY_ENGINE_H
#define NTB_EDMA_ENDPOINT_MEMCPY_ENGINE_H

#include "core/controller.h"

bool dwc_memcpy_engine_realize(DwcPcieEp *ep, qemu_irq irq, Error **errp);
void dwc_memcpy_engine_describe(DwcPcieEp *ep, void *fdt);

#endif
