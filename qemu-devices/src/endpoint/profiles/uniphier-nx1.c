/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Socionext's UniPhier NX1.
 *
 * Its glue, as Linux's pcie-uniphier-ep.c uses it, enables the LTSSM, shows
 * whether the PHY's clock runs, and requests interrupts from the core.
 *
 * What that driver only stores (PERST# pins, clock requests, power detection)
 * is stored here, too.  The reset line "link" holds all of it at its reset
 * values.
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/log.h"
#include "hw/registerfields.h"
#include "hw/arm/virt.h"
#include "system/device_tree.h"
#include "endpoint/endpoint.h"
#include "endpoint/reset-lines.h"
#include "windows/interrupts.h"

REG32(RSTCTRL0, 0x0010)
REG32(RSTCTRL1, 0x0020)
REG32(RSTCTRL2, 0x0024)
    FIELD(RSTCTRL2, PHY_RESET, 0, 1)
REG32(PINCTRL0, 0x002c)
REG32(PIPEMON, 0x0044)
    FIELD(PIPEMON, PCLK_ALIVE, 15, 1)
REG32(MODE, 0x8000)
    FIELD(MODE, ENDPOINT, 0, 1)
    FIELD(MODE, OVERRIDE, 8, 1)
REG32(APP_CLK_CTRL, 0x8004)
REG32(APP_READY_CTRL, 0x8008)
    FIELD(APP_READY_CTRL, LTSSM_ENABLE, 0, 1)
REG32(APP_MSI0, 0x8040)
    FIELD(APP_MSI0, VECTOR, 0, 5)
    FIELD(APP_MSI0, TRAFFIC_CLASS, 8, 3)
REG32(APP_MSI1, 0x8044)
    FIELD(APP_MSI1, REQUEST, 0, 1)
REG32(APP_INTX, 0x8074)
    FIELD(APP_INTX, LEVEL, 0, 1)
REG32(APP_PM0, 0x8078)

#define LINE_LINK   0

typedef enum UniphierReg {
    RSTCTRL0, RSTCTRL1, RSTCTRL2, PINCTRL0, PIPEMON, MODE, APP_CLK_CTRL,
    APP_READY_CTRL, APP_MSI0, APP_MSI1, APP_INTX, APP_PM0,
    UNIPHIER_REGS,
} UniphierReg;

typedef struct Uniphier {
    DwcPcieEp *ep;
    uint32_t reg[UNIPHIER_REGS];
    bool released;              /* from reset */
} Uniphier;

static void uniphier_phy_reset_written(Uniphier *s);
static void uniphier_ready_written(Uniphier *s);
static void uniphier_msi1_written(Uniphier *s);
static void uniphier_intx_written(Uniphier *s);

static const struct {
    hwaddr offset;
    uint32_t writable;
    void (*written)(Uniphier *s);
} registers[UNIPHIER_REGS] = {
    [RSTCTRL0] = { A_RSTCTRL0, 0xf },
    [RSTCTRL1] = { A_RSTCTRL1, 0x1 },
    [RSTCTRL2] = { A_RSTCTRL2, 0x1, uniphier_phy_reset_written },
    [PINCTRL0] = { A_PINCTRL0, 0x1919 },
    [PIPEMON] = { A_PIPEMON, 0 },
    /* What the link may do depends on the mode, too. */
    [MODE] = { A_MODE, 0x101, uniphier_ready_written },
    [APP_CLK_CTRL] = { A_APP_CLK_CTRL, 0x1 },
    [APP_READY_CTRL] = { A_APP_READY_CTRL, 0x1, uniphier_ready_written },
    [APP_MSI0] = { A_APP_MSI0, 0x71f },
    [APP_MSI1] = { A_APP_MSI1, 0x1, uniphier_msi1_written },
    [APP_INTX] = { A_APP_INTX, 0x1, uniphier_intx_written },
    [APP_PM0] = { A_APP_PM0, 0x100 },
};

#define GET(s, name, field) FIELD_EX32((s)->reg[name], name, field)

static void uniphier_phy_reset_written(Uniphier *s)
{
    s->reg[PIPEMON] = FIELD_DP32(0, PIPEMON, PCLK_ALIVE,
                                 s->released && !GET(s, RSTCTRL2, PHY_RESET));
}

static void uniphier_ready_written(Uniphier *s)
{
    bool enable = GET(s, APP_READY_CTRL, LTSSM_ENABLE);

    if (enable && !(GET(s, MODE, OVERRIDE) && GET(s, MODE, ENDPOINT))) {
        qemu_log_mask(LOG_GUEST_ERROR, "dwc-pcie-ep: uniphier: LTSSM enabled "
                      "while PCL_MODE (0x%x) does not say endpoint\n",
                      s->reg[MODE]);
        enable = false;
    }
    dwc_ep_set_ltssm(s->ep, enable);
}

static void uniphier_msi1_written(Uniphier *s)
{
    if (GET(s, APP_MSI1, REQUEST)) {
        /* Taken at once, so it never reads as one. */
        s->reg[APP_MSI1] = 0;
        dwc_ep_msi_request(s->ep, GET(s, APP_MSI0, VECTOR));
    }
}

static void uniphier_intx_written(Uniphier *s)
{
    dwc_ep_intx(s->ep, 0, 0, GET(s, APP_INTX, LEVEL));
}

static int uniphier_find(hwaddr addr)
{
    int i;

    for (i = 0; i < UNIPHIER_REGS; i++) {
        if (registers[i].offset == addr) {
            return i;
        }
    }
    return -1;
}

static uint32_t uniphier_read(void *glue, hwaddr addr)
{
    Uniphier *s = glue;
    int i = uniphier_find(addr);

    if (i < 0) {
        qemu_log_mask(LOG_UNIMP, "dwc-pcie-ep: uniphier: read of 0x%04x\n",
                      (unsigned)addr);
        return 0;
    }
    return s->reg[i];
}

static void uniphier_write(void *glue, hwaddr addr, uint32_t val)
{
    Uniphier *s = glue;
    int i = uniphier_find(addr);
    uint32_t old;

    if (i < 0) {
        qemu_log_mask(LOG_UNIMP, "dwc-pcie-ep: uniphier: write of 0x%08x to "
                      "0x%04x\n", val, (unsigned)addr);
        return;
    }
    if (!s->released) {
        qemu_log_mask(LOG_GUEST_ERROR, "dwc-pcie-ep: uniphier: write to 0x%04x "
                      "while the reset line is asserted\n", (unsigned)addr);
        return;
    }
    old = s->reg[i];
    s->reg[i] = (old & ~registers[i].writable) | (val & registers[i].writable);
    if (registers[i].written && s->reg[i] != old) {
        registers[i].written(s);
    }
}

static void uniphier_to_reset_values(Uniphier *s)
{
    bool asserted = GET(s, APP_INTX, LEVEL);

    memset(s->reg, 0, sizeof(s->reg));
    uniphier_phy_reset_written(s);
    uniphier_ready_written(s);
    if (asserted) {
        uniphier_intx_written(s);
    }
}

static void uniphier_reset_line(void *glue, unsigned line, bool released)
{
    Uniphier *s = glue;

    s->released = released;
    uniphier_to_reset_values(s);
}

static void uniphier_reset(void *glue)
{
    uniphier_reset_line(glue, LINE_LINK, false);
}

static void *uniphier_new(DwcPcieEp *ep)
{
    Uniphier *s = g_new0(Uniphier, 1);

    s->ep = ep;
    return s;
}

static void uniphier_describe(void *glue, void *fdt, const char *node)
{
    Uniphier *s = glue;
    uint32_t resets = dwc_reset_lines_describe(s->ep, fdt);

    qemu_fdt_setprop_cell(fdt, node, "clocks",
                          VIRT_MACHINE(qdev_get_machine())->clock_phandle);
    qemu_fdt_setprop_string(fdt, node, "clock-names", "link");
    qemu_fdt_setprop_cells(fdt, node, "resets", resets, LINE_LINK);
    qemu_fdt_setprop_string(fdt, node, "reset-names", "link");
}

static const DwcGlue uniphier_glue = {
    .region = "link",
    .gates_link = true,
    .reset_lines = 1,
    .new = uniphier_new,
    .reset = uniphier_reset,
    .reset_line = uniphier_reset_line,
    .read = uniphier_read,
    .write = uniphier_write,
    .describe = uniphier_describe,
};

static const DwcProfile uniphier_nx1 = {
    .name = "uniphier-nx1",
    .compatible = "socionext,uniphier-nx1-pcie-ep",
    /* The board in question has no "dma" block. */
    .regions = { DWC_REGION_DBI, DWC_REGION_DBI2, DWC_REGION_GLUE,
                 DWC_REGION_OUTBOUND, DWC_REGION_ATU, DWC_REGION_DMA },
    .region_count = 6,
    .bars = { DWC_BAR_64BIT, DWC_BAR_UPPER, DWC_BAR_64BIT, DWC_BAR_UPPER,
              DWC_BAR_64BIT, DWC_BAR_UPPER },
    .glue = &uniphier_glue,
};

DWC_PROFILE(uniphier_nx1)
