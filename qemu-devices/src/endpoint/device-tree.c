/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The controller's device tree node, after the kernel's binding of its profile
 * and what pcie-designware.c asks for by name.
 */
#include "qemu/osdep.h"
#include "hw/arm/virt.h"
#include "hw/arm/fdt.h"
#include "system/device_tree.h"
#include "endpoint/endpoint.h"
#include "endpoint/memcpy-engine.h"

/* The machine has one hook; whoever had it before is called first. */
static void (*previous)(const struct arm_boot_info *info, void *fdt);
static GPtrArray *controllers;

static void ep_add_registers(void *fdt, DwcPcieEp *ep, const char *node)
{
    g_autoptr(GString) names = g_string_new(NULL);
    uint64_t reg[4 * DWC_REGIONS];
    unsigned i, n = 0;

    for (i = 0; i < ep->profile->region_count; i++) {
        DwcRegion region = ep->profile->regions[i];
        DwcRange at;

        if (!dwc_ep_has_region(ep, region)) {
            continue;
        }
        at = dwc_ep_region(ep, region);
        reg[n++] = 2;
        reg[n++] = at.base;
        reg[n++] = 2;
        reg[n++] = at.size;
        g_string_append_len(names, at.name, strlen(at.name) + 1);
    }
    qemu_fdt_setprop_sized_cells_from_array(fdt, node, "reg", n / 2, reg);
    qemu_fdt_setprop(fdt, node, "reg-names", names->str, names->len);
}

unsigned dwc_ep_glue_irqs(const DwcPcieEp *ep)
{
    const DwcGlue *glue = ep->profile->glue;
    unsigned n = 0;

    while (glue && n < DWC_GLUE_IRQS && glue->irqs[n]) {
        n++;
    }
    return n;
}

unsigned dwc_ep_glue_irq_number(const DwcPcieEp *ep, unsigned n)
{
    return ep->irq_base + dwc_ep_lines(ep) + ep->memcpy_engine + n;
}

static void ep_add_interrupt(GArray *interrupts, GString *names,
                             unsigned number, const char *name)
{
    const uint32_t cells[] = {
        cpu_to_be32(GIC_FDT_IRQ_TYPE_SPI),
        cpu_to_be32(number),
        cpu_to_be32(GIC_FDT_IRQ_FLAGS_LEVEL_HI),
    };

    g_array_append_vals(interrupts, cells, ARRAY_SIZE(cells));
    g_string_append_len(names, name, strlen(name) + 1);
}

static void ep_add_interrupts(void *fdt, DwcPcieEp *ep, const char *node)
{
    unsigned lines = dwc_ep_lines(ep);
    g_autoptr(GArray) interrupts = g_array_new(false, false, sizeof(uint32_t));
    g_autoptr(GString) names = g_string_new(NULL);
    unsigned i;

    if (lines && ep->profile->one_dma_irq) {
        ep_add_interrupt(interrupts, names, ep->irq_base, "dma");
        lines = 0;
    }
    for (i = 0; i < dwc_ep_glue_irqs(ep); i++) {
        ep_add_interrupt(interrupts, names, dwc_ep_glue_irq_number(ep, i),
                         ep->profile->glue->irqs[i]);
    }
    for (i = 0; i < lines; i++) {
        g_autofree char *name = g_strdup_printf("dma%u", i);

        ep_add_interrupt(interrupts, names, ep->irq_base + i, name);
    }
    if (interrupts->len) {
        qemu_fdt_setprop(fdt, node, "interrupts", interrupts->data,
                         interrupts->len * sizeof(uint32_t));
        qemu_fdt_setprop(fdt, node, "interrupt-names", names->str, names->len);
    }
}

/* The bus on which the controller sees RAM elsewhere than the CPUs. */
static void ep_add_bus(void *fdt, DwcPcieEp *ep, const char *bus)
{
    qemu_fdt_add_subnode(fdt, bus);
    qemu_fdt_setprop_string(fdt, bus, "compatible", "simple-bus");
    qemu_fdt_setprop_cell(fdt, bus, "#address-cells", 2);
    qemu_fdt_setprop_cell(fdt, bus, "#size-cells", 2);
    qemu_fdt_setprop(fdt, bus, "ranges", NULL, 0);
    qemu_fdt_setprop_sized_cells(fdt, bus, "dma-ranges",
                                 2, ep->ram_base + ep->dma_offset,
                                 2, ep->ram_base, 2, ep->ram_size);
}

static void ep_add_node(void *fdt, DwcPcieEp *ep)
{
    VirtMachineState *vms = VIRT_MACHINE(qdev_get_machine());
    const DwcGlue *glue = ep->profile->glue;
    g_autofree char *bus = ep->dma_offset ?
        g_strdup_printf("/dma-bus-%"PRIx64, ep->registers_base) : g_strdup("");
    g_autofree char *node = g_strdup_printf("%s/pcie-ep@%"PRIx64, bus,
                                            ep->registers_base);

    if (ep->dma_offset) {
        ep_add_bus(fdt, ep, bus);
    }
    qemu_fdt_add_subnode(fdt, node);
    qemu_fdt_setprop_string(fdt, node, "compatible", ep->profile->compatible);
    ep_add_registers(fdt, ep, node);
    ep_add_interrupts(fdt, ep, node);
    qemu_fdt_setprop_cell(fdt, node, "num-ib-windows", ep->ib_windows);
    qemu_fdt_setprop_cell(fdt, node, "num-ob-windows", ep->ob_windows);
    if (ep->functions > 1) {
        qemu_fdt_setprop(fdt, node, "max-functions", &ep->functions, 1);
    }
    /* The engine reads and writes the very memory the CPUs see. */
    if (ep->dma_coherent) {
        qemu_fdt_setprop(fdt, node, "dma-coherent", NULL, 0);
    }
    if (ep->iommu) {
        qemu_fdt_setprop_cells(fdt, node, "iommus", vms->iommu_phandle,
                               ep->stream);
    }
    if (ep->msi_parent) {
        qemu_fdt_setprop_cells(fdt, node, "msi-map", 0, vms->msi_phandle,
                               DWC_MSI_DEVICE_ID, 1);
    }
    if (glue) {
        glue->describe(ep->glue, fdt, node);
    }
    if (ep->memcpy_engine) {
        dwc_memcpy_engine_describe(ep, fdt);
    }
}

static void ep_modify_dtb(const struct arm_boot_info *info, void *fdt)
{
    unsigned i;

    if (previous) {
        previous(info, fdt);
    }
    for (i = 0; i < controllers->len; i++) {
        ep_add_node(fdt, g_ptr_array_index(controllers, i));
    }
}

void dwc_ep_undescribe(DwcPcieEp *ep)
{
    g_ptr_array_remove(controllers, ep);
}

void dwc_ep_describe(DwcPcieEp *ep)
{
    VirtMachineState *vms = VIRT_MACHINE(qdev_get_machine());

    if (!controllers) {
        controllers = g_ptr_array_new();
        previous = vms->bootinfo.modify_dtb;
        vms->bootinfo.modify_dtb = ep_modify_dtb;
    }
    g_ptr_array_add(controllers, ep);
}
