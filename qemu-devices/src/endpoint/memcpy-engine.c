/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The memory-to-memory engine, as Linux's zynqmp_dma.c asks for it. */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "exec/address-spaces.h"
#include "hw/arm/fdt.h"
#include "hw/arm/virt.h"
#include "hw/dma/xlnx-zdma.h"
#include "hw/qdev-properties.h"
#include "hw/sysbus.h"
#include "system/device_tree.h"
#include "endpoint/memcpy-engine.h"

/* In bits, for the model and for its driver. */
#define BUS_WIDTH   64

bool dwc_memcpy_engine_realize(DwcPcieEp *ep, qemu_irq irq, Error **errp)
{
    SysBusDevice *bus;
    DeviceState *dev;

    if (!object_class_by_name(TYPE_XLNX_ZDMA)) {
        error_setg(errp, "dwc-pcie-ep: memcpy-engine=on needs a QEMU with the "
                   "device %s, that is CONFIG_XLNX_ZDMA", TYPE_XLNX_ZDMA);
        return false;
    }
    dev = qdev_new(TYPE_XLNX_ZDMA);
    bus = SYS_BUS_DEVICE(dev);
    /* Not below a -device: the machine would look for its own node there. */
    object_property_add_child(qdev_get_machine(), "memcpy-engine[*]",
                              OBJECT(dev));
    qdev_prop_set_uint32(dev, "bus-width", BUS_WIDTH);
    object_property_set_link(OBJECT(dev), "dma",
                             OBJECT(ep->iommu ? ep->memcpy_as->root :
                                                get_system_memory()),
                             &error_abort);
    if (!sysbus_realize_and_unref(bus, errp)) {
        return false;
    }
    memory_region_add_subregion(&ep->registers, DWC_MEMCPY_OFFSET,
                                sysbus_mmio_get_region(bus, 0));
    sysbus_connect_irq(bus, 0, irq);
    return true;
}

void dwc_memcpy_engine_describe(DwcPcieEp *ep, void *fdt)
{
    uint64_t base = ep->registers_base + DWC_MEMCPY_OFFSET;
    uint32_t clock = VIRT_MACHINE(qdev_get_machine())->clock_phandle;
    const char clocks[] = "clk_main\0clk_apb";
    g_autofree char *node = g_strdup_printf("/dma-controller@%"PRIx64, base);

    qemu_fdt_add_subnode(fdt, node);
    qemu_fdt_setprop_string(fdt, node, "compatible", "xlnx,zynqmp-dma-1.0");
    qemu_fdt_setprop_sized_cells(fdt, node, "reg", 2, base,
                                 2, DWC_MEMCPY_SIZE);
    qemu_fdt_setprop_cells(fdt, node, "interrupts", GIC_FDT_IRQ_TYPE_SPI,
                           ep->irq_base + dwc_ep_lines(ep),
                           GIC_FDT_IRQ_FLAGS_LEVEL_HI);
    qemu_fdt_setprop_cell(fdt, node, "#dma-cells", 1);
    qemu_fdt_setprop_cells(fdt, node, "clocks", clock, clock);
    qemu_fdt_setprop(fdt, node, "clock-names", clocks, sizeof(clocks));
    qemu_fdt_setprop_cell(fdt, node, "xlnx,bus-width", BUS_WIDTH);
    qemu_fdt_setprop(fdt, node, "dma-coherent", NULL, 0);
    if (ep->iommu) {
        qemu_fdt_setprop_cells(fdt, node, "iommus",
                               VIRT_MACHINE(qdev_get_machine())->iommu_phandle,
                               ep->memcpy_stream);
    }
}
