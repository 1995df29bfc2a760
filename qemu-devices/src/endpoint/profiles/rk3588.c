/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rockchip's RK3588 and RK3568.
 *
 * Their glue ("apb"), as Linux's pcie-dw-rockchip.c uses it, enables the LTSSM,
 * tells by its "sys" interrupt that the link came up, went down or was reset,
 * and keeps the link from training again after a reset until the driver is
 * through.  Of most registers the upper half says which bits of the lower half
 * a write changes.  The PHY is that of phy-rockchip-snps-pcie3.c.
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/log.h"
#include "hw/irq.h"
#include "hw/registerfields.h"
#include "hw/arm/virt.h"
#include "system/device_tree.h"
#include "endpoint/endpoint.h"
#include "endpoint/reset-lines.h"

REG32(GENERAL_CON, 0x000)
    FIELD(GENERAL_CON, LTSSM_ENABLE, 2, 1)
    FIELD(GENERAL_CON, MODE, 4, 4)
REG32(STATUS_LEGACY, 0x008)
REG32(STATUS_MISC, 0x010)
    FIELD(STATUS_MISC, RDLH_LINK_UP_CHANGED, 1, 1)
    FIELD(STATUS_MISC, LINK_REQUEST_RESET, 2, 1)
REG32(MASK_LEGACY, 0x01c)
REG32(MASK_MISC, 0x024)
REG32(POWER_CON, 0x02c)
REG32(HOT_RESET_CTRL, 0x180)
    FIELD(HOT_RESET_CTRL, DELAY_ENABLE, 1, 1)
    FIELD(HOT_RESET_CTRL, DELAY_DONE, 3, 1)
    FIELD(HOT_RESET_CTRL, ENHANCE, 4, 1)
REG32(LTSSM_STATUS, 0x300)
    FIELD(LTSSM_STATUS, STATE, 0, 6)
    FIELD(LTSSM_STATUS, LINK_UP, 16, 2)
REG32(DEBUG_MODE, 0x310)

#define MODE_ENDPOINT       0
#define MODE_ROOT_COMPLEX   4
#define LTSSM_L0            0x11

/* Lines of the reset controller. */
#define LINE_PWR    0
#define LINE_PIPE   1
#define LINE_PHY    2

/* The PHY's block: itself, and from here on its general registers (GRF). */
#define GRF_OFFSET          0x8000
#define GRF_SIZE            0x8000
/* Bits say that the PHY's SRAM is initialized. */
#define RK3588_PHY0_STATUS1 0x904
#define RK3588_PHY1_STATUS1 0xa04
#define RK3588_SRAM_DONE    (1u << 0)
#define RK3568_STATUS0      0x80
#define RK3568_SRAM_DONE    (1u << 14)

/* Interrupts of the glue's own; "sys" is the first. */
#define IRQ_SYS     0

typedef enum RkReg {
    GENERAL_CON, STATUS_LEGACY, STATUS_MISC, MASK_LEGACY, MASK_MISC, POWER_CON,
    HOT_RESET_CTRL, LTSSM_STATUS, DEBUG_MODE, RK_REGS,
} RkReg;

typedef enum RkWrite {
    RK_READ_ONLY,
    RK_MASKED,                  /* by the upper half of what is written */
    RK_ONE_CLEARS,
} RkWrite;

static const struct {
    hwaddr offset;
    RkWrite how;
    uint32_t writable, reset;
} registers[RK_REGS] = {
    [GENERAL_CON] = { A_GENERAL_CON, RK_MASKED, 0xff, MODE_ROOT_COMPLEX << 4 },
    [STATUS_LEGACY] = { A_STATUS_LEGACY, RK_READ_ONLY },
    [STATUS_MISC] = { A_STATUS_MISC, RK_ONE_CLEARS, 0xffff },
    [MASK_LEGACY] = { A_MASK_LEGACY, RK_MASKED, 0xff, 0xff },
    [MASK_MISC] = { A_MASK_MISC, RK_MASKED, 0xffff, 0xffff },
    [POWER_CON] = { A_POWER_CON, RK_MASKED, 0xffff },
    [HOT_RESET_CTRL] = { A_HOT_RESET_CTRL, RK_MASKED, 0x1a },
    [LTSSM_STATUS] = { A_LTSSM_STATUS, RK_READ_ONLY },
    [DEBUG_MODE] = { A_DEBUG_MODE, RK_MASKED, 0x7 },
};

typedef struct Rk {
    DwcPcieEp *ep;
    uint32_t reg[RK_REGS];
    uint32_t grf[GRF_SIZE / 4];
    bool released[3];           /* from reset, by line */
    bool delayed;               /* no training until the driver is through */
    bool up;                    /* the host is there */
} Rk;

#define GET(s, name, field) FIELD_EX32((s)->reg[name], name, field)

static bool rk_core_is_released(const Rk *s)
{
    return s->released[LINE_PWR] && s->released[LINE_PIPE];
}

static void rk_update_irq(Rk *s)
{
    qemu_set_irq(s->ep->glue_irq[IRQ_SYS],
                 (s->reg[STATUS_MISC] & ~s->reg[MASK_MISC]) != 0);
}

static void rk_raise(Rk *s, uint32_t status)
{
    s->reg[STATUS_MISC] |= status;
    rk_update_irq(s);
}

/* What the driver sees of the link: nothing while its training is delayed. */
static void rk_show_link(Rk *s)
{
    bool before = GET(s, LTSSM_STATUS, LINK_UP);
    bool up = s->up && !s->delayed;
    uint32_t val = 0;

    if (up) {
        val = FIELD_DP32(val, LTSSM_STATUS, LINK_UP, 3);
        val = FIELD_DP32(val, LTSSM_STATUS, STATE, LTSSM_L0);
    }
    s->reg[LTSSM_STATUS] = val;
    if (up != before) {
        rk_raise(s, R_STATUS_MISC_RDLH_LINK_UP_CHANGED_MASK);
    }
}

static void rk_train(Rk *s)
{
    dwc_ep_set_ltssm(s->ep, rk_core_is_released(s) &&
                     s->released[LINE_PHY] && !(s->delayed && !s->up) &&
                     GET(s, GENERAL_CON, LTSSM_ENABLE) &&
                     GET(s, GENERAL_CON, MODE) == MODE_ENDPOINT);
}

/* The link went down, or was reset. */
static void rk_link_was_reset(Rk *s)
{
    s->delayed = GET(s, HOT_RESET_CTRL, DELAY_ENABLE);
    rk_show_link(s);
    rk_raise(s, R_STATUS_MISC_LINK_REQUEST_RESET_MASK);
    rk_train(s);
}

static void rk_link_changed(void *glue, bool up)
{
    Rk *s = glue;

    s->up = up;
    if (up) {
        rk_show_link(s);
    } else {
        rk_link_was_reset(s);
    }
}

static void rk_hot_reset(void *glue)
{
    Rk *s = glue;

    rk_link_was_reset(s);
    if (!s->delayed) {
        /* It was down between two looks. */
        rk_raise(s, R_STATUS_MISC_RDLH_LINK_UP_CHANGED_MASK);
    }
}

static int rk_find(hwaddr addr)
{
    int i;

    for (i = 0; i < RK_REGS; i++) {
        if (registers[i].offset == addr) {
            return i;
        }
    }
    return -1;
}

static uint32_t rk_read(void *glue, hwaddr addr)
{
    Rk *s = glue;
    int i = rk_find(addr);

    if (i < 0) {
        qemu_log_mask(LOG_UNIMP, "dwc-pcie-ep: rk3588: read of 0x%03x\n",
                      (unsigned)addr);
        return 0;
    }
    return s->reg[i];
}

static void rk_store(Rk *s, int i, uint32_t val)
{
    uint32_t mask = val >> 16 & registers[i].writable;

    switch (registers[i].how) {
    case RK_READ_ONLY:
        break;
    case RK_MASKED:
        s->reg[i] = (s->reg[i] & ~mask) | (val & mask);
        break;
    case RK_ONE_CLEARS:
        s->reg[i] &= ~(val & registers[i].writable);
        break;
    }
}

static void rk_write(void *glue, hwaddr addr, uint32_t val)
{
    Rk *s = glue;
    int i = rk_find(addr);

    if (i < 0) {
        qemu_log_mask(LOG_UNIMP, "dwc-pcie-ep: rk3588: write of 0x%08x to "
                      "0x%03x\n", val, (unsigned)addr);
        return;
    }
    if (!rk_core_is_released(s)) {
        qemu_log_mask(LOG_GUEST_ERROR, "dwc-pcie-ep: rk3588: write to 0x%03x "
                      "while a reset line is asserted\n", (unsigned)addr);
        return;
    }
    rk_store(s, i, val);
    if (GET(s, HOT_RESET_CTRL, DELAY_DONE)) {
        s->reg[HOT_RESET_CTRL] &= ~R_HOT_RESET_CTRL_DELAY_DONE_MASK;
        s->delayed = false;
        rk_show_link(s);
    }
    rk_update_irq(s);
    rk_train(s);
}

/* --- The PHY. --- */

static uint32_t rk_read_phy(void *glue, hwaddr addr)
{
    Rk *s = glue;
    bool alive = s->released[LINE_PHY];

    if (addr < GRF_OFFSET) {
        return 0;
    }
    switch (addr - GRF_OFFSET) {
    case RK3588_PHY0_STATUS1:
    case RK3588_PHY1_STATUS1:
        return alive ? RK3588_SRAM_DONE : 0;
    case RK3568_STATUS0:
        return alive ? RK3568_SRAM_DONE : 0;
    default:
        return s->grf[(addr - GRF_OFFSET) / 4];
    }
}

static void rk_write_phy(void *glue, hwaddr addr, uint32_t val)
{
    Rk *s = glue;
    uint32_t *p = &s->grf[(addr - GRF_OFFSET) / 4];
    uint32_t mask = val >> 16;

    if (addr >= GRF_OFFSET) {
        *p = (*p & ~mask) | (val & mask);
    }
}

/* --- Reset lines, and the device tree. --- */

static void rk_to_reset_values(Rk *s)
{
    int i;

    for (i = 0; i < RK_REGS; i++) {
        s->reg[i] = registers[i].reset;
    }
    s->delayed = false;
    rk_update_irq(s);
}

static void rk_reset_line(void *glue, unsigned line, bool released)
{
    Rk *s = glue;

    s->released[line] = released;
    if (!rk_core_is_released(s)) {
        rk_to_reset_values(s);
    }
    dwc_ep_hold_core(s->ep, !rk_core_is_released(s));
    rk_train(s);
}

static void rk_reset(void *glue)
{
    Rk *s = glue;

    memset(s->grf, 0, sizeof(s->grf));
    memset(s->released, 0, sizeof(s->released));
    rk_reset_line(s, LINE_PWR, false);
}

static void *rk_new(DwcPcieEp *ep)
{
    Rk *s = g_new0(Rk, 1);

    s->ep = ep;
    return s;
}

/* The PHY's nodes.  Returns its phandle. */
static uint32_t rk_describe_phy(Rk *s, void *fdt, const char *compatible,
                                uint32_t clock, uint32_t resets)
{
    DwcRange at = dwc_ep_region(s->ep, DWC_REGION_PHY);
    g_autofree char *phy = g_strdup_printf("/phy@%"PRIx64, at.base);
    g_autofree char *grf = g_strdup_printf("/syscon@%"PRIx64,
                                           at.base + GRF_OFFSET);
    uint32_t phandle = qemu_fdt_alloc_phandle(fdt);
    uint32_t grf_phandle = qemu_fdt_alloc_phandle(fdt);

    qemu_fdt_add_subnode(fdt, grf);
    qemu_fdt_setprop_string(fdt, grf, "compatible", "syscon");
    qemu_fdt_setprop_sized_cells(fdt, grf, "reg", 2, at.base + GRF_OFFSET, 2,
                                 GRF_SIZE);
    qemu_fdt_setprop_cell(fdt, grf, "phandle", grf_phandle);

    qemu_fdt_add_subnode(fdt, phy);
    qemu_fdt_setprop_string(fdt, phy, "compatible", compatible);
    qemu_fdt_setprop_sized_cells(fdt, phy, "reg", 2, at.base, 2, GRF_OFFSET);
    qemu_fdt_setprop_cell(fdt, phy, "#phy-cells", 0);
    qemu_fdt_setprop_cell(fdt, phy, "clocks", clock);
    qemu_fdt_setprop_string(fdt, phy, "clock-names", "pclk");
    qemu_fdt_setprop_cells(fdt, phy, "resets", resets, LINE_PHY);
    qemu_fdt_setprop_string(fdt, phy, "reset-names", "phy");
    qemu_fdt_setprop_cell(fdt, phy, "rockchip,phy-grf", grf_phandle);
    qemu_fdt_setprop_cell(fdt, phy, "phandle", phandle);
    return phandle;
}

static void rk_describe(void *glue, void *fdt, const char *node)
{
    static const char reset_names[] = "pwr\0pipe";
    static const char clock_names[] = "aclk_mst\0aclk_slv\0aclk_dbi\0pclk\0aux";
    Rk *s = glue;
    bool rk3568 = !strcmp(s->ep->profile->name, "rk3568");
    uint32_t clock = VIRT_MACHINE(qdev_get_machine())->clock_phandle;
    uint32_t resets = dwc_reset_lines_describe(s->ep, fdt);
    uint32_t phy = rk_describe_phy(s, fdt, rk3568 ? "rockchip,rk3568-pcie3-phy" :
                                   "rockchip,rk3588-pcie3-phy", clock, resets);

    qemu_fdt_setprop_cells(fdt, node, "clocks", clock, clock, clock, clock,
                           clock);
    qemu_fdt_setprop(fdt, node, "clock-names", clock_names,
                     sizeof(clock_names));
    qemu_fdt_setprop_cells(fdt, node, "resets", resets, LINE_PWR, resets,
                           LINE_PIPE);
    qemu_fdt_setprop(fdt, node, "reset-names", reset_names,
                     sizeof(reset_names));
    qemu_fdt_setprop_cell(fdt, node, "phys", phy);
    qemu_fdt_setprop_string(fdt, node, "phy-names", "pcie-phy");
    qemu_fdt_setprop_cell(fdt, node, "max-link-speed", 3);
    qemu_fdt_setprop_cell(fdt, node, "num-lanes", rk3568 ? 2 : 4);
}

static const DwcGlue rk_glue = {
    .region = "apb",
    .gates_link = true,
    .reset_lines = 3,
    .irqs = { "sys", "pmc", "msg", "legacy", "err" },
    .has_phy = true,
    .new = rk_new,
    .reset = rk_reset,
    .reset_line = rk_reset_line,
    .read = rk_read,
    .write = rk_write,
    .read_phy = rk_read_phy,
    .write_phy = rk_write_phy,
    .link_changed = rk_link_changed,
    .hot_reset = rk_hot_reset,
    .describe = rk_describe,
};

/* The binding has the eDMA's registers within "atu", as the SoC does. */
static const DwcProfile rk3568 = {
    .name = "rk3568",
    .compatible = "rockchip,rk3568-pcie-ep",
    .regions = { DWC_REGION_DBI, DWC_REGION_DBI2, DWC_REGION_GLUE,
                 DWC_REGION_OUTBOUND, DWC_REGION_ATU, DWC_REGION_DMA },
    .region_count = 6,
    .bars = { DWC_BAR_RESIZABLE, DWC_BAR_RESIZABLE, DWC_BAR_RESIZABLE,
              DWC_BAR_RESIZABLE, DWC_BAR_RESIZABLE, DWC_BAR_RESIZABLE },
    .atu_align = 0x10000,
    .glue = &rk_glue,
};

/*
 * BAR 4 shows the eDMA's registers, whatever the iATU says.  ATS works in a root
 * complex alone; that an endpoint shows the capability all the same, and right behind
 * Secondary PCI Express, is what Linux's driver knows.  Their offsets are not known.
 */
static const DwcProfile rk3588 = {
    .name = "rk3588",
    .compatible = "rockchip,rk3588-pcie-ep",
    .regions = { DWC_REGION_DBI, DWC_REGION_DBI2, DWC_REGION_GLUE,
                 DWC_REGION_OUTBOUND, DWC_REGION_ATU, DWC_REGION_DMA },
    .region_count = 6,
    .bars = { DWC_BAR_RESIZABLE, DWC_BAR_RESIZABLE, DWC_BAR_RESIZABLE,
              DWC_BAR_RESIZABLE, DWC_BAR_WIRED, DWC_BAR_RESIZABLE },
    .bar_sizes = { [4] = 0x100000 },
    .atu_align = 0x10000,
    .ats = true,
    .glue = &rk_glue,
};

DWC_PROFILE(rk3568)
DWC_PROFILE(rk3588)
