/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A reset controller of one register. */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "system/device_tree.h"
#include "endpoint/endpoint.h"
#include "endpoint/reset-lines.h"

uint32_t dwc_reset_lines_read(DwcPcieEp *ep, hwaddr addr)
{
    return addr == 0 ? ep->reset_lines : 0;
}

void dwc_reset_lines_write(DwcPcieEp *ep, hwaddr addr, uint32_t val)
{
    const DwcGlue *glue = ep->profile->glue;
    uint32_t changed;
    unsigned i;

    if (addr != 0) {
        return;
    }
    val &= MAKE_64BIT_MASK(0, glue->reset_lines);
    changed = val ^ ep->reset_lines;
    ep->reset_lines = val;
    for (i = 0; i < glue->reset_lines; i++) {
        if (extract32(changed, i, 1)) {
            glue->reset_line(ep->glue, i, extract32(val, i, 1));
        }
    }
}

uint32_t dwc_reset_lines_describe(DwcPcieEp *ep, void *fdt)
{
    DwcRange at = dwc_ep_region(ep, DWC_REGION_RESETS);
    g_autofree char *node = g_strdup_printf("/reset-controller@%"PRIx64,
                                            at.base);
    uint32_t phandle = qemu_fdt_alloc_phandle(fdt);

    qemu_fdt_add_subnode(fdt, node);
    qemu_fdt_setprop_string(fdt, node, "compatible", "snps,dw-low-reset");
    qemu_fdt_setprop_sized_cells(fdt, node, "reg", 2, at.base, 2, at.size);
    qemu_fdt_setprop_cell(fdt, node, "#reset-cells", 1);
    qemu_fdt_setprop_cell(fdt, node, "phandle", phandle);
    return phandle;
}
