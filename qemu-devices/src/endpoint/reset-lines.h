/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reset controller that a profile's glue hangs on: one register, a bit a
 * line, clear while the line is asserted ("snps,dw-low-reset").
 */
#ifndef NTB_EDMA_ENDPOINT_RESET_LINES_H
#define NTB_EDMA_ENDPOINT_RESET_LINES_H

#include "core/controller.h"

uint32_t dwc_reset_lines_read(DwcPcieEp *ep, hwaddr addr);
void dwc_reset_lines_write(DwcPcieEp *ep, hwaddr addr, uint32_t val);
/* Adds the node and returns its phandle. */
uint32_t dwc_reset_lines_describe(DwcPcieEp *ep, void *fdt);

#endif
