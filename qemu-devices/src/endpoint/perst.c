/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A GPIO block with one pin, an input: registers as Linux's gpio-dwapb.c has them. */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "hw/irq.h"
#include "hw/registerfields.h"
#include "hw/arm/fdt.h"
#include "hw/arm/virt.h"
#include "system/device_tree.h"
#include "endpoint/endpoint.h"
#include "endpoint/perst.h"

REG32(DATA, 0x00)
REG32(DIRECTION, 0x04)
REG32(ENABLE, 0x30)             /* of interrupts, as all that follow but EXT */
REG32(MASK, 0x34)
REG32(EDGE, 0x38)
REG32(POLARITY, 0x3c)           /* set: high, or rising */
REG32(STATUS, 0x40)
REG32(RAW_STATUS, 0x44)
REG32(DEBOUNCE, 0x48)
REG32(EOI, 0x4c)
REG32(EXT, 0x50)                /* the pin's level */

#define PIN     1u

/* A level is not remembered: it is as the pin is now. */
static uint32_t perst_raw_status(const DwcPcieEp *ep)
{
    bool wanted = ep->perst.high == !!(ep->perst.polarity & PIN);

    return ep->perst.enable & ((ep->perst.edge & PIN ? ep->perst.latched : wanted)
                               ? PIN : 0);
}

static void perst_update(DwcPcieEp *ep)
{
    qemu_set_irq(ep->perst.irq, perst_raw_status(ep) & ~ep->perst.mask);
}

void dwc_perst_set(DwcPcieEp *ep, bool high)
{
    if (high != ep->perst.high) {
        ep->perst.high = high;
        ep->perst.latched |= high == !!(ep->perst.polarity & PIN);
        perst_update(ep);
    }
}

void dwc_perst_reset(DwcPcieEp *ep)
{
    ep->perst.enable = ep->perst.mask = 0;
    ep->perst.edge = ep->perst.polarity = 0;
    ep->perst.latched = false;
    perst_update(ep);
}

uint32_t dwc_perst_read(DwcPcieEp *ep, hwaddr addr)
{
    switch (addr) {
    case A_ENABLE:
        return ep->perst.enable;
    case A_MASK:
        return ep->perst.mask;
    case A_EDGE:
        return ep->perst.edge;
    case A_POLARITY:
        return ep->perst.polarity;
    case A_STATUS:
        return perst_raw_status(ep) & ~ep->perst.mask;
    case A_RAW_STATUS:
        return perst_raw_status(ep);
    case A_EXT:
        return ep->perst.high ? PIN : 0;
    case A_DATA:
    case A_DIRECTION:
    case A_DEBOUNCE:
        return 0;
    default:
        qemu_log_mask(LOG_UNIMP, "dwc-pcie-ep: GPIO: read of 0x%02x\n",
                      (unsigned)addr);
        return 0;
    }
}

void dwc_perst_write(DwcPcieEp *ep, hwaddr addr, uint32_t val)
{
    switch (addr) {
    case A_ENABLE:
        ep->perst.enable = val & PIN;
        break;
    case A_MASK:
        ep->perst.mask = val & PIN;
        break;
    case A_EDGE:
        ep->perst.edge = val & PIN;
        break;
    case A_POLARITY:
        ep->perst.polarity = val & PIN;
        break;
    case A_EOI:
        ep->perst.latched &= !(val & PIN);
        break;
    default:
        qemu_log_mask(LOG_UNIMP, "dwc-pcie-ep: GPIO: write of 0x%08x to 0x%02x, "
                      "of which PERST# has no need\n", val, (unsigned)addr);
    }
    perst_update(ep);
}

unsigned dwc_perst_irq_number(const DwcPcieEp *ep)
{
    return dwc_ep_glue_irq_number(ep, dwc_ep_glue_irqs(ep));
}

uint32_t dwc_perst_describe(DwcPcieEp *ep, void *fdt)
{
    DwcRange at = dwc_ep_region(ep, DWC_REGION_GPIO);
    g_autofree char *node = g_strdup_printf("/gpio@%"PRIx64, at.base);
    g_autofree char *port = g_strdup_printf("%s/gpio-port@0", node);
    uint32_t phandle = qemu_fdt_alloc_phandle(fdt);

    qemu_fdt_add_subnode(fdt, node);
    qemu_fdt_setprop_string(fdt, node, "compatible", "snps,dw-apb-gpio");
    qemu_fdt_setprop_sized_cells(fdt, node, "reg", 2, at.base, 2, at.size);
    qemu_fdt_setprop_cell(fdt, node, "#address-cells", 1);
    qemu_fdt_setprop_cell(fdt, node, "#size-cells", 0);

    qemu_fdt_add_subnode(fdt, port);
    qemu_fdt_setprop_string(fdt, port, "compatible", "snps,dw-apb-gpio-port");
    qemu_fdt_setprop_cell(fdt, port, "reg", 0);
    qemu_fdt_setprop(fdt, port, "gpio-controller", NULL, 0);
    qemu_fdt_setprop_cell(fdt, port, "#gpio-cells", 2);
    qemu_fdt_setprop_cell(fdt, port, "ngpios", 1);
    qemu_fdt_setprop(fdt, port, "interrupt-controller", NULL, 0);
    qemu_fdt_setprop_cell(fdt, port, "#interrupt-cells", 2);
    qemu_fdt_setprop_cells(fdt, port, "interrupts", GIC_FDT_IRQ_TYPE_SPI,
                           dwc_perst_irq_number(ep), GIC_FDT_IRQ_FLAGS_LEVEL_HI);
    qemu_fdt_setprop_cell(fdt, port, "phandle", phandle);
    return phandle;
}
