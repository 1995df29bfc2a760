/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Renesas' R-Car S4-8 (R8A779F0).
 *
 * Its glue, as Linux's pcie-rcar-gen4.c uses it: application registers that
 * enable the LTSSM, show whether the link is up and let DMA interrupts through,
 * and a reset line for core and PHY, while which the core does not answer.
 * What that driver uses in the root complex's mode alone is stored.
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

REG32(MODE, 0x0000)             /* PCIEMSR0 */
    FIELD(MODE, ROOT_COMPLEX, 4, 1)
REG32(RESET, 0x0014)            /* PCIERSTCTRL1 */
    FIELD(RESET, LTSSM_ENABLE, 0, 1)
    FIELD(RESET, HOLD_PHY, 16, 1)
REG32(POWER, 0x0070)            /* PCIEPWRMNGCTRL */
REG32(STATUS, 0x0084)           /* PCIEINTSTS0 */
    FIELD(STATUS, RDLH_LINK_UP, 6, 1)
    FIELD(STATUS, SMLH_LINK_UP, 7, 1)
REG32(ENABLE, 0x0310)           /* PCIEINTSTS0EN */
REG32(DMA_ENABLE, 0x0314)       /* PCIEDMAINTSTSEN */
REG32(INTC_ADDRESS, 0x0a00)
REG32(INTC_CONTROL, 0x0a04)

#define LINE_PWR    0
#define IRQ_APP     1           /* of the glue's own */

typedef enum RcarReg {
    MODE, RESET, POWER, STATUS, ENABLE, DMA_ENABLE, INTC_ADDRESS, INTC_CONTROL,
    RCAR_REGS,
} RcarReg;

static const struct {
    hwaddr offset;
    uint32_t writable, reset;
} registers[RCAR_REGS] = {
    [MODE] = { A_MODE, 0x51 },
    [RESET] = { A_RESET, 0x10001, R_RESET_HOLD_PHY_MASK },
    [POWER] = { A_POWER, 0xc00 },
    [STATUS] = { A_STATUS, 0 },
    [ENABLE] = { A_ENABLE, 0x040000c0 },
    [DMA_ENABLE] = { A_DMA_ENABLE, 0xffff },
    [INTC_ADDRESS] = { A_INTC_ADDRESS, 0xffffffff },
    [INTC_CONTROL] = { A_INTC_CONTROL, 0x80000ff8 },
};

typedef struct Rcar {
    DwcPcieEp *ep;
    uint32_t reg[RCAR_REGS];
    bool released;              /* from reset */
} Rcar;

#define GET(s, name, field) FIELD_EX32((s)->reg[name], name, field)

static void rcar_update(Rcar *s)
{
    dwc_ep_set_ltssm(s->ep, s->released && GET(s, RESET, LTSSM_ENABLE) &&
                     !GET(s, RESET, HOLD_PHY) && !GET(s, MODE, ROOT_COMPLEX));
    qemu_set_irq(s->ep->glue_irq[IRQ_APP], (s->reg[STATUS] & s->reg[ENABLE]) != 0);
    dwc_ep_update_lines(s->ep);
}

static int rcar_find(hwaddr addr)
{
    int i;

    for (i = 0; i < RCAR_REGS; i++) {
        if (registers[i].offset == addr) {
            return i;
        }
    }
    return -1;
}

static uint32_t rcar_read(void *glue, hwaddr addr)
{
    Rcar *s = glue;
    int i = rcar_find(addr);

    if (i < 0) {
        qemu_log_mask(LOG_UNIMP, "dwc-pcie-ep: r-car: read of 0x%04x\n",
                      (unsigned)addr);
        return 0;
    }
    return s->reg[i];
}

static void rcar_write(void *glue, hwaddr addr, uint32_t val)
{
    Rcar *s = glue;
    int i = rcar_find(addr);

    if (i < 0) {
        qemu_log_mask(LOG_UNIMP, "dwc-pcie-ep: r-car: write of 0x%08x to "
                      "0x%04x\n", val, (unsigned)addr);
        return;
    }
    s->reg[i] = (s->reg[i] & ~registers[i].writable) |
                (val & registers[i].writable);
    rcar_update(s);
}

/* The driver for this SoC leaves the PHY alone: it needs no firmware. */
static uint32_t rcar_read_phy(void *glue, hwaddr addr)
{
    qemu_log_mask(LOG_UNIMP, "dwc-pcie-ep: r-car: read of the PHY's 0x%04x\n",
                  (unsigned)addr);
    return 0;
}

static void rcar_write_phy(void *glue, hwaddr addr, uint32_t val)
{
    qemu_log_mask(LOG_UNIMP, "dwc-pcie-ep: r-car: write of 0x%08x to the PHY's "
                  "0x%04x\n", val, (unsigned)addr);
}

static void rcar_link_changed(void *glue, bool up)
{
    Rcar *s = glue;

    s->reg[STATUS] = FIELD_DP32(s->reg[STATUS], STATUS, RDLH_LINK_UP, up);
    s->reg[STATUS] = FIELD_DP32(s->reg[STATUS], STATUS, SMLH_LINK_UP, up);
    rcar_update(s);
}

/* A bit for each channel, those of the read channels in the upper byte. */
static bool rcar_passes_dma(void *glue, unsigned line)
{
    Rcar *s = glue;
    unsigned writes = s->ep->write_channels;

    return extract32(s->reg[DMA_ENABLE],
                     line < writes ? line : 8 + line - writes, 1);
}

/* The mode is latched when the line is released, so it outlives the reset. */
static void rcar_reset_line(void *glue, unsigned line, bool released)
{
    Rcar *s = glue;

    s->released = released;
    if (!released) {
        s->reg[RESET] = registers[RESET].reset;
    }
    dwc_ep_hold_core(s->ep, !released);
    rcar_update(s);
}

static void rcar_reset(void *glue)
{
    Rcar *s = glue;
    uint32_t status = s->reg[STATUS];
    int i;

    for (i = 0; i < RCAR_REGS; i++) {
        s->reg[i] = registers[i].reset;
    }
    s->reg[STATUS] = status;
    rcar_reset_line(s, LINE_PWR, false);
}

static void *rcar_new(DwcPcieEp *ep)
{
    Rcar *s = g_new0(Rcar, 1);

    s->ep = ep;
    return s;
}

static void rcar_describe(void *glue, void *fdt, const char *node)
{
    Rcar *s = glue;
    uint32_t clock = VIRT_MACHINE(qdev_get_machine())->clock_phandle;
    uint32_t resets = dwc_reset_lines_describe(s->ep, fdt);
    static const char clocks[] = "core\0ref";

    qemu_fdt_setprop_cells(fdt, node, "clocks", clock, clock);
    qemu_fdt_setprop(fdt, node, "clock-names", clocks, sizeof(clocks));
    qemu_fdt_setprop_cells(fdt, node, "resets", resets, LINE_PWR);
    qemu_fdt_setprop_string(fdt, node, "reset-names", "pwr");
    qemu_fdt_setprop_cell(fdt, node, "max-link-speed", 4);
    qemu_fdt_setprop_cell(fdt, node, "num-lanes", 2);
}

static const DwcGlue rcar_glue = {
    .region = "app",
    .gates_link = true,
    .reset_lines = 1,
    .irqs = { "sft_ce", "app" },
    .has_phy = true,
    .new = rcar_new,
    .reset = rcar_reset,
    .reset_line = rcar_reset_line,
    .read = rcar_read,
    .write = rcar_write,
    .read_phy = rcar_read_phy,
    .write_phy = rcar_write_phy,
    .link_changed = rcar_link_changed,
    .passes_dma = rcar_passes_dma,
    .describe = rcar_describe,
};

static const DwcProfile r_car_s4 = {
    .name = "r-car-s4",
    .compatible = "renesas,r8a779f0-pcie-ep",
    .regions = { DWC_REGION_DBI, DWC_REGION_DBI2, DWC_REGION_ATU,
                 DWC_REGION_DMA, DWC_REGION_GLUE, DWC_REGION_PHY,
                 DWC_REGION_OUTBOUND },
    .region_count = 7,
    .bars = { DWC_BAR_RESIZABLE, DWC_BAR_NONE, DWC_BAR_RESIZABLE, DWC_BAR_NONE,
              DWC_BAR_FIXED, DWC_BAR_NONE },
    .bar_sizes = { [4] = 256 },
    .atu_align = 4096,
    .one_dma_irq = true,
    .no_msix = true,
    .max_functions = 2,
    .dbi2_stride = 0x800,
    .glue = &rcar_glue,
};

DWC_PROFILE(r_car_s4)
