/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The controller's device tree node, after the kernel's binding
 * snps,dw-pcie-ep.yaml and what pcie-designware.c asks for by name.
 */
#include "qemu/osdep.h"
#include "hw/arm/virt.h"
#include "hw/arm/fdt.h"
#include "system/device_tree.h"
#include "controller.h"

/* The machine has one hook; whoever had it before is called first. */
static void (*previous)(const struct arm_boot_info *info, void *fdt);
static GPtrArray *controllers;

static void add_node(void *fdt, DwcPcieEp *ep)
{
    unsigned lines = ep->write_channels + ep->read_channels;
    uint64_t base = ep->registers_base;
    g_autofree char *node = g_strdup_printf("/pcie-ep@%"PRIx64, base);
    g_autoptr(GString) names = g_string_new(NULL);
    g_autofree uint32_t *interrupts = g_new(uint32_t, 3 * lines);
    const char reg_names[] = "dbi\0dbi2\0atu\0dma\0addr_space";
    unsigned i;

    qemu_fdt_add_subnode(fdt, node);
    qemu_fdt_setprop_string(fdt, node, "compatible", "snps,dw-pcie-ep");
    qemu_fdt_setprop_sized_cells(fdt, node, "reg",
        2, base + DWC_DBI_OFFSET, 2, DWC_DBI_SIZE,
        2, base + DWC_DBI2_OFFSET, 2, DWC_DBI_SIZE,
        2, base + DWC_ATU_OFFSET, 2, DWC_ATU_SIZE,
        2, base + DWC_DMA_OFFSET, 2, DWC_DMA_SIZE,
        2, ep->outbound_base, 2, ep->outbound_size);
    qemu_fdt_setprop(fdt, node, "reg-names", reg_names, sizeof(reg_names));
    for (i = 0; i < lines; i++) {
        interrupts[3 * i] = cpu_to_be32(GIC_FDT_IRQ_TYPE_SPI);
        interrupts[3 * i + 1] = cpu_to_be32(ep->irq_base + i);
        interrupts[3 * i + 2] = cpu_to_be32(GIC_FDT_IRQ_FLAGS_LEVEL_HI);
        g_string_append_printf(names, "dma%u", i);
        g_string_append_c(names, '\0');
    }
    qemu_fdt_setprop(fdt, node, "interrupts", interrupts,
                     3 * lines * sizeof(*interrupts));
    qemu_fdt_setprop(fdt, node, "interrupt-names", names->str, names->len);
    qemu_fdt_setprop_cell(fdt, node, "num-ib-windows", ep->ib_windows);
    qemu_fdt_setprop_cell(fdt, node, "num-ob-windows", ep->ob_windows);
    /* The engine reads and writes the very memory the CPUs see. */
    qemu_fdt_setprop(fdt, node, "dma-coherent", NULL, 0);
}

static void modify_dtb(const struct arm_boot_info *info, void *fdt)
{
    unsigned i;

    if (previous) {
        previous(info, fdt);
    }
    for (i = 0; i < controllers->len; i++) {
        add_node(fdt, g_ptr_array_index(controllers, i));
    }
}

void dwc_ep_describe(DwcPcieEp *ep)
{
    VirtMachineState *vms = VIRT_MACHINE(qdev_get_machine());

    if (!controllers) {
        controllers = g_ptr_array_new();
        previous = vms->bootinfo.modify_dtb;
        vms->bootinfo.modify_dtb = modify_dtb;
    }
    g_ptr_array_add(controllers, ep);
}
