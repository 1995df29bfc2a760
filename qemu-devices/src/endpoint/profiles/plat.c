/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The core with nothing around it, as Linux's pcie-designware-plat.c takes it.
 */
#include "qemu/osdep.h"
#include "core/profile.h"

static const DwcProfile plat = {
    .name = DWC_PROFILE_DEFAULT,
    .compatible = "snps,dw-pcie-ep",
    .regions = { DWC_REGION_DBI, DWC_REGION_DBI2, DWC_REGION_ATU,
                 DWC_REGION_DMA, DWC_REGION_OUTBOUND },
    .region_count = 5,
};

DWC_PROFILE(plat)
