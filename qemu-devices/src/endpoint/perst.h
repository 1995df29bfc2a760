/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PERST# as an endpoint's driver sees it on many boards: pin 0 of a GPIO block,
 * here DesignWare's ("snps,dw-apb-gpio"), low while the host asserts it.
 */
#ifndef NTB_EDMA_ENDPOINT_PERST_H
#define NTB_EDMA_ENDPOINT_PERST_H

#include "core/controller.h"

uint32_t dwc_perst_read(DwcPcieEp *ep, hwaddr addr);
void dwc_perst_write(DwcPcieEp *ep, hwaddr addr, uint32_t val);
/* The pin's level: HIGH is released. */
void dwc_perst_set(DwcPcieEp *ep, bool high);
void dwc_perst_reset(DwcPcieEp *ep);
/* Adds the node and returns its port's phandle. */
uint32_t dwc_perst_describe(DwcPcieEp *ep, void *fdt);
/* Which SPI the block has. */
unsigned dwc_perst_irq_number(const DwcPcieEp *ep);

#endif
