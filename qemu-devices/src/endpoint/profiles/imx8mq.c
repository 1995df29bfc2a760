/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NXP's i.MX8MQ, the first of its two controllers.
 *
 * Its glue is in the general purpose registers ("iomuxc-gpr"), as Linux's
 * pci-imx6.c uses them: they say endpoint or root complex, and where the PHY has
 * its clock from.  Two lines of the reset controller are the PHY's reset, without
 * whose clock the core does not answer, and "apps", which enables the LTSSM.
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/log.h"
#include "hw/registerfields.h"
#include "hw/arm/virt.h"
#include "system/device_tree.h"
#include "endpoint/endpoint.h"
#include "endpoint/reset-lines.h"

REG32(GPR12, 0x30)
    FIELD(GPR12, DEVICE_TYPE, 12, 4)
REG32(GPR14, 0x38)
    FIELD(GPR14, REF_USE_PAD, 9, 1)
    FIELD(GPR14, CLK_REQ_OVERRIDE_EN, 10, 1)
    FIELD(GPR14, CLK_REQ_OVERRIDE, 11, 1)

#define GPR_SIZE            0x100
#define TYPE_ENDPOINT       0
#define TYPE_ROOT_COMPLEX   4

/* Of the reset controller. */
enum { LINE_PHY, LINE_APPS, LINES };

typedef struct Imx8mq {
    DwcPcieEp *ep;
    uint32_t gpr[GPR_SIZE / 4];
    bool released[LINES];
} Imx8mq;

#define GET(s, name, field) FIELD_EX32((s)->gpr[R_##name], name, field)

/* It comes from the pads while CLKREQ#, which is low when asserted, asks for it. */
static bool imx8mq_has_clock(const Imx8mq *s)
{
    return GET(s, GPR14, REF_USE_PAD) && GET(s, GPR14, CLK_REQ_OVERRIDE_EN) &&
           !GET(s, GPR14, CLK_REQ_OVERRIDE);
}

static void imx8mq_train(Imx8mq *s)
{
    dwc_ep_set_ltssm(s->ep, s->released[LINE_PHY] && s->released[LINE_APPS] &&
                     imx8mq_has_clock(s) &&
                     GET(s, GPR12, DEVICE_TYPE) == TYPE_ENDPOINT);
}

static uint32_t imx8mq_read(void *glue, hwaddr addr)
{
    Imx8mq *s = glue;

    return addr < GPR_SIZE ? s->gpr[addr / 4] : 0;
}

static void imx8mq_write(void *glue, hwaddr addr, uint32_t val)
{
    Imx8mq *s = glue;

    if (addr >= GPR_SIZE) {
        qemu_log_mask(LOG_UNIMP, "dwc-pcie-ep: imx8mq: iomuxc-gpr: write of "
                      "0x%08x to 0x%04x\n", val, (unsigned)addr);
        return;
    }
    s->gpr[addr / 4] = val;
    imx8mq_train(s);
}

static void imx8mq_reset_line(void *glue, unsigned line, bool released)
{
    Imx8mq *s = glue;

    s->released[line] = released;
    dwc_ep_hold_core(s->ep, !s->released[LINE_PHY]);
    imx8mq_train(s);
}

static void imx8mq_reset(void *glue)
{
    Imx8mq *s = glue;
    unsigned line;

    memset(s->gpr, 0, sizeof(s->gpr));
    s->gpr[R_GPR12] = FIELD_DP32(0, GPR12, DEVICE_TYPE, TYPE_ROOT_COMPLEX);
    for (line = 0; line < LINES; line++) {
        imx8mq_reset_line(s, line, false);
    }
}

static void *imx8mq_new(DwcPcieEp *ep)
{
    Imx8mq *s = g_new0(Imx8mq, 1);

    s->ep = ep;
    return s;
}

static void imx8mq_describe_gpr(Imx8mq *s, void *fdt)
{
    static const char compatible[] = "fsl,imx8mq-iomuxc-gpr\0syscon";
    DwcRange at = dwc_ep_region(s->ep, DWC_REGION_GLUE);
    g_autofree char *node = g_strdup_printf("/syscon@%"PRIx64, at.base);

    qemu_fdt_add_subnode(fdt, node);
    qemu_fdt_setprop(fdt, node, "compatible", compatible, sizeof(compatible));
    qemu_fdt_setprop_sized_cells(fdt, node, "reg", 2, at.base, 2, at.size);
}

static void imx8mq_describe(void *glue, void *fdt, const char *node)
{
    static const char clocks[] = "pcie\0pcie_bus\0pcie_phy\0pcie_aux";
    static const char resets[] = "pciephy\0apps";
    Imx8mq *s = glue;
    uint32_t clock = VIRT_MACHINE(qdev_get_machine())->clock_phandle;
    uint32_t lines = dwc_reset_lines_describe(s->ep, fdt);

    imx8mq_describe_gpr(s, fdt);
    qemu_fdt_setprop_cells(fdt, node, "clocks", clock, clock, clock, clock);
    qemu_fdt_setprop(fdt, node, "clock-names", clocks, sizeof(clocks));
    qemu_fdt_setprop_cells(fdt, node, "resets", lines, LINE_PHY,
                           lines, LINE_APPS);
    qemu_fdt_setprop(fdt, node, "reset-names", resets, sizeof(resets));
    qemu_fdt_setprop_cell(fdt, node, "linux,pci-domain", 0);
    qemu_fdt_setprop_cell(fdt, node, "num-lanes", 1);
    qemu_fdt_setprop_cell(fdt, node, "fsl,max-link-speed", 2);
}

static const DwcGlue imx8mq_glue = {
    .region = "iomuxc-gpr",
    .gates_link = true,
    .reset_lines = LINES,
    .new = imx8mq_new,
    .reset = imx8mq_reset,
    .reset_line = imx8mq_reset_line,
    .read = imx8mq_read,
    .write = imx8mq_write,
    .describe = imx8mq_describe,
};

/* The binding knows the engine's interrupt, but no block of its own for it. */
static const DwcProfile imx8mq = {
    .name = "imx8mq",
    .compatible = "fsl,imx8mq-pcie-ep",
    .regions = { DWC_REGION_DBI, DWC_REGION_OUTBOUND, DWC_REGION_DBI2,
                 DWC_REGION_ATU, DWC_REGION_DMA },
    .region_count = 5,
    .bars = { [1] = DWC_BAR_NONE, [3] = DWC_BAR_NONE, [5] = DWC_BAR_NONE },
    .atu_align = 0x10000,
    .one_dma_irq = true,
    .no_msix = true,
    .glue = &imx8mq_glue,
};

DWC_PROFILE(imx8mq)
