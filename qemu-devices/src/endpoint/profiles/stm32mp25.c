/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * STMicroelectronics' STM32MP25.
 *
 * Its glue is in the system configuration block ("syscfg"), as Linux's
 * pcie-stm32-ep.c and phy-stm32-combophy.c use it: it says endpoint or root
 * complex, enables the LTSSM, and has the PHY's settings and status.  PERST# is a
 * GPIO: the driver trains the link when the host releases it, and disables the
 * LTSSM when it is asserted.  The PHY's reset resets the core's registers, too.
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/log.h"
#include "hw/registerfields.h"
#include "hw/arm/virt.h"
#include "system/device_tree.h"
#include "endpoint/endpoint.h"
#include "endpoint/perst.h"
#include "endpoint/reset-lines.h"

REG32(COMBOPHY_CR1, 0x4c00)
REG32(COMBOPHY_CR2, 0x4c04)
    FIELD(COMBOPHY_CR2, MODESEL, 0, 2)
    FIELD(COMBOPHY_CR2, ISO_DIS, 15, 1)
REG32(COMBOPHY_CR4, 0x4c0c)
REG32(COMBOPHY_CR5, 0x4c10)
REG32(COMBOPHY_SR, 0x4c14)
    FIELD(COMBOPHY_SR, PIPE0_PHYSTATUS, 1, 1)
REG32(PCIECR, 0x6000)
    FIELD(PCIECR, LTSSM_EN, 2, 1)
    FIELD(PCIECR, TYPE, 8, 4)
REG32(PCIEPRGCR, 0x6080)
    FIELD(PCIEPRGCR, EN, 0, 1)

#define TYPE_ENDPOINT   0
#define MODE_PCIE       0
#define MODE_USB        3
#define PHY_TYPE_PCIE   2       /* of dt-bindings/phy/phy.h */
#define PHY_SIZE        0x1000

/* Of the reset controller. */
enum { LINE_PCIE, LINE_PHY, LINES };

typedef struct Stm32 {
    DwcPcieEp *ep;
    uint32_t cr1, cr2, cr4, cr5, pciecr, prgcr;
    uint32_t phy[PHY_SIZE / 4];
    bool released[LINES];
} Stm32;

/* Its clock is stable. */
static bool stm32_phy_is_ready(const Stm32 *s)
{
    return s->released[LINE_PHY] &&
           FIELD_EX32(s->cr2, COMBOPHY_CR2, ISO_DIS) &&
           FIELD_EX32(s->cr2, COMBOPHY_CR2, MODESEL) == MODE_PCIE;
}

static void stm32_train(Stm32 *s)
{
    dwc_ep_set_ltssm(s->ep, s->released[LINE_PCIE] && stm32_phy_is_ready(s) &&
                     FIELD_EX32(s->prgcr, PCIEPRGCR, EN) &&
                     FIELD_EX32(s->pciecr, PCIECR, LTSSM_EN) &&
                     FIELD_EX32(s->pciecr, PCIECR, TYPE) == TYPE_ENDPOINT);
}

static uint32_t *stm32_register(Stm32 *s, hwaddr addr)
{
    switch (addr) {
    case A_COMBOPHY_CR1:
        return &s->cr1;
    case A_COMBOPHY_CR2:
        return &s->cr2;
    case A_COMBOPHY_CR4:
        return &s->cr4;
    case A_COMBOPHY_CR5:
        return &s->cr5;
    case A_PCIECR:
        return &s->pciecr;
    case A_PCIEPRGCR:
        return &s->prgcr;
    default:
        return NULL;
    }
}

static uint32_t stm32_read(void *glue, hwaddr addr)
{
    Stm32 *s = glue;
    uint32_t *reg = stm32_register(s, addr);

    if (addr == A_COMBOPHY_SR) {
        return FIELD_DP32(0, COMBOPHY_SR, PIPE0_PHYSTATUS,
                          !stm32_phy_is_ready(s));
    }
    if (!reg) {
        qemu_log_mask(LOG_UNIMP, "dwc-pcie-ep: stm32mp25: syscfg: read of "
                      "0x%04x\n", (unsigned)addr);
    }
    return reg ? *reg : 0;
}

static void stm32_write(void *glue, hwaddr addr, uint32_t val)
{
    Stm32 *s = glue;
    uint32_t *reg = stm32_register(s, addr);

    if (!reg) {
        qemu_log_mask(LOG_UNIMP, "dwc-pcie-ep: stm32mp25: syscfg: write of "
                      "0x%08x to 0x%04x\n", val, (unsigned)addr);
        return;
    }
    *reg = val;
    stm32_train(s);
}

static uint32_t stm32_read_phy(void *glue, hwaddr addr)
{
    Stm32 *s = glue;

    return addr < PHY_SIZE ? s->phy[addr / 4] : 0;
}

static void stm32_write_phy(void *glue, hwaddr addr, uint32_t val)
{
    Stm32 *s = glue;

    if (addr < PHY_SIZE) {
        s->phy[addr / 4] = val;
    }
}

/* No link trains after it until the driver has been through. */
static void stm32_perst(void *glue)
{
    Stm32 *s = glue;

    s->pciecr = FIELD_DP32(s->pciecr, PCIECR, LTSSM_EN, 0);
    stm32_train(s);
}

static void stm32_reset_line(void *glue, unsigned line, bool released)
{
    Stm32 *s = glue;

    s->released[line] = released;
    if (line == LINE_PHY && !released) {
        memset(s->phy, 0, sizeof(s->phy));
    }
    dwc_ep_hold_core(s->ep, !s->released[LINE_PCIE] || !s->released[LINE_PHY]);
    stm32_train(s);
}

static void stm32_reset(void *glue)
{
    Stm32 *s = glue;
    unsigned line;

    s->cr1 = s->cr4 = s->cr5 = s->pciecr = s->prgcr = 0;
    s->cr2 = MODE_USB;
    for (line = 0; line < LINES; line++) {
        stm32_reset_line(s, line, false);
    }
}

static void *stm32_new(DwcPcieEp *ep)
{
    Stm32 *s = g_new0(Stm32, 1);

    s->ep = ep;
    return s;
}

static void stm32_describe_syscfg(Stm32 *s, void *fdt)
{
    static const char compatible[] = "st,stm32mp25-syscfg\0syscon";
    DwcRange at = dwc_ep_region(s->ep, DWC_REGION_GLUE);
    g_autofree char *node = g_strdup_printf("/syscon@%"PRIx64, at.base);

    qemu_fdt_add_subnode(fdt, node);
    qemu_fdt_setprop(fdt, node, "compatible", compatible, sizeof(compatible));
    qemu_fdt_setprop_sized_cells(fdt, node, "reg", 2, at.base, 2, at.size);
}

/* Returns its phandle. */
static uint32_t stm32_describe_phy(Stm32 *s, void *fdt, uint32_t clock,
                                   uint32_t resets)
{
    static const char clock_names[] = "apb\0ker";
    DwcRange at = dwc_ep_region(s->ep, DWC_REGION_PHY);
    g_autofree char *node = g_strdup_printf("/phy@%"PRIx64, at.base);
    uint32_t phandle = qemu_fdt_alloc_phandle(fdt);

    qemu_fdt_add_subnode(fdt, node);
    qemu_fdt_setprop_string(fdt, node, "compatible", "st,stm32mp25-combophy");
    qemu_fdt_setprop_sized_cells(fdt, node, "reg", 2, at.base, 2, PHY_SIZE);
    qemu_fdt_setprop_cell(fdt, node, "#phy-cells", 1);
    qemu_fdt_setprop_cells(fdt, node, "clocks", clock, clock);
    qemu_fdt_setprop(fdt, node, "clock-names", clock_names,
                     sizeof(clock_names));
    qemu_fdt_setprop_cells(fdt, node, "resets", resets, LINE_PHY);
    qemu_fdt_setprop_string(fdt, node, "reset-names", "phy");
    qemu_fdt_setprop_cell(fdt, node, "phandle", phandle);
    return phandle;
}

static void stm32_describe(void *glue, void *fdt, const char *node)
{
    Stm32 *s = glue;
    uint32_t clock = VIRT_MACHINE(qdev_get_machine())->clock_phandle;
    uint32_t resets = dwc_reset_lines_describe(s->ep, fdt);
    uint32_t phy = stm32_describe_phy(s, fdt, clock, resets);
    uint32_t gpio = dwc_perst_describe(s->ep, fdt);
    const uint32_t active_low = 1;

    stm32_describe_syscfg(s, fdt);
    qemu_fdt_setprop_cell(fdt, node, "clocks", clock);
    qemu_fdt_setprop_cells(fdt, node, "resets", resets, LINE_PCIE);
    qemu_fdt_setprop_cells(fdt, node, "phys", phy, PHY_TYPE_PCIE);
    qemu_fdt_setprop_cells(fdt, node, "reset-gpios", gpio, 0, active_low);
    qemu_fdt_setprop_cell(fdt, node, "max-link-speed", 2);
    qemu_fdt_setprop_cell(fdt, node, "num-lanes", 1);
}

static const DwcGlue stm32_glue = {
    .region = "syscfg",
    .gates_link = true,
    .reset_lines = LINES,
    .has_phy = true,
    .has_perst = true,
    .new = stm32_new,
    .reset = stm32_reset,
    .reset_line = stm32_reset_line,
    .read = stm32_read,
    .write = stm32_write,
    .read_phy = stm32_read_phy,
    .write_phy = stm32_write_phy,
    .perst = stm32_perst,
    .describe = stm32_describe,
};

/* The binding has no block for the engine, and no interrupts. */
static const DwcProfile stm32mp25 = {
    .name = "stm32mp25",
    .compatible = "st,stm32mp25-pcie-ep",
    .regions = { DWC_REGION_DBI, DWC_REGION_DBI2, DWC_REGION_ATU,
                 DWC_REGION_OUTBOUND, DWC_REGION_DMA },
    .region_count = 5,
    .atu_align = 0x10000,
    .no_msix = true,
    .glue = &stm32_glue,
};

DWC_PROFILE(stm32mp25)
