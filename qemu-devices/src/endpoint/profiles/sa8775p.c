/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Qualcomm's SA8775P.
 *
 * Its glue, as Linux's pcie-qcom-ep.c uses it, is of two blocks.  "parf"
 * enables the LTSSM, and tells by the "global" interrupt that the link came up
 * or went down, that the host let the function master the bus, and that it
 * moved it to another D state.  "elbi" shows whether the link is up, and leads
 * accesses of DBI to DBI2, which has no addresses of its own.  PERST# is a
 * GPIO: the driver brings the core out of reset when the host releases it, and
 * trains the link then.  The engine is an HDMA.
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/log.h"
#include "hw/irq.h"
#include "hw/registerfields.h"
#include "hw/arm/virt.h"
#include "system/device_tree.h"
#include "endpoint/endpoint.h"
#include "endpoint/perst.h"
#include "endpoint/reset-lines.h"

/* parf */
REG32(DEBUG_INT_EN, 0x190)
    FIELD(DEBUG_INT_EN, DSTATE_CHANGE, 1, 1)
    FIELD(DEBUG_INT_EN, BUS_MASTER_EN, 2, 1)
REG32(LTSSM, 0x1b0)
    FIELD(LTSSM, ENABLE, 8, 1)
REG32(INT_ALL_STATUS, 0x224)
    FIELD(INT_ALL_STATUS, LINK_DOWN, 1, 1)
    FIELD(INT_ALL_STATUS, BME, 2, 1)
    FIELD(INT_ALL_STATUS, DSTATE_CHANGE, 8, 1)
    FIELD(INT_ALL_STATUS, LINK_UP, 13, 1)
    FIELD(INT_ALL_STATUS, EDMA, 22, 1)
REG32(INT_ALL_CLEAR, 0x228)
REG32(INT_ALL_MASK, 0x22c)
REG32(DEVICE_TYPE, 0x1000)
    FIELD(DEVICE_TYPE, TYPE, 0, 4)
#define PARF_SIZE           0x3000
#define TYPE_ENDPOINT       0
#define TYPE_ROOT_COMPLEX   4

/* elbi */
REG32(SYS_STTS, 0x08)
    FIELD(SYS_STTS, XMLH_LINK_UP, 10, 1)
REG32(CS2_ENABLE, 0xa4)

#define LINE_CORE   0           /* of the reset controller */
#define IRQ_GLOBAL  0           /* of the glue's own */

typedef struct Sa8775p {
    DwcPcieEp *ep;
    uint32_t parf[PARF_SIZE / 4];
    uint32_t coming;            /* events behind the one that is shown */
    bool released;              /* from reset */
    bool up;                    /* the host is there */
} Sa8775p;

#define PARF(s, name)       ((s)->parf[R_##name])
#define GET(s, name, field) FIELD_EX32(PARF(s, name), name, field)

static void sa8775p_update(Sa8775p *s)
{
    dwc_ep_set_ltssm(s->ep, s->released && GET(s, LTSSM, ENABLE) &&
                     GET(s, DEVICE_TYPE, TYPE) == TYPE_ENDPOINT);
    qemu_set_irq(s->ep->glue_irq[IRQ_GLOBAL],
                 (PARF(s, INT_ALL_STATUS) & PARF(s, INT_ALL_MASK)) != 0);
    dwc_ep_update_lines(s->ep);
}

/*
 * On a board milliseconds lie between these, in this order.  A driver that is
 * late finds several.
 */
static const uint32_t in_order[] = {
    R_INT_ALL_STATUS_LINK_UP_MASK,
    R_INT_ALL_STATUS_BME_MASK,
    R_INT_ALL_STATUS_DSTATE_CHANGE_MASK,
};

/* Shows the next event, if the driver has taken the one before, or all. */
static void sa8775p_next_event(Sa8775p *s)
{
    unsigned i;

    for (i = 0; i < ARRAY_SIZE(in_order); i++) {
        if (s->ep->forgive_joined_events &&
            (PARF(s, INT_ALL_STATUS) & PARF(s, INT_ALL_MASK))) {
            break;
        }
        PARF(s, INT_ALL_STATUS) |= s->coming & in_order[i];
        s->coming &= ~in_order[i];
    }
    sa8775p_update(s);
}

static void sa8775p_event(Sa8775p *s, uint32_t event)
{
    if (s->released) {
        s->coming |= event;
        sa8775p_next_event(s);
    }
}

/* What was still to be told of the link as it was is told no more. */
static void sa8775p_link_went_down(Sa8775p *s)
{
    if (s->released) {
        s->coming = 0;
        PARF(s, INT_ALL_STATUS) |= R_INT_ALL_STATUS_LINK_DOWN_MASK;
        sa8775p_update(s);
    }
}

static void sa8775p_link_changed(void *glue, bool up)
{
    Sa8775p *s = glue;

    s->up = up;
    if (up) {
        sa8775p_event(s, R_INT_ALL_STATUS_LINK_UP_MASK);
    } else {
        sa8775p_link_went_down(s);
    }
}

static void sa8775p_hot_reset(void *glue)
{
    sa8775p_link_went_down(glue);
    sa8775p_event(glue, R_INT_ALL_STATUS_LINK_UP_MASK);
}

static void sa8775p_bus_master(void *glue)
{
    Sa8775p *s = glue;

    if (GET(s, DEBUG_INT_EN, BUS_MASTER_EN)) {
        sa8775p_event(s, R_INT_ALL_STATUS_BME_MASK);
    }
}

static void sa8775p_power_state(void *glue)
{
    Sa8775p *s = glue;

    if (GET(s, DEBUG_INT_EN, DSTATE_CHANGE)) {
        sa8775p_event(s, R_INT_ALL_STATUS_DSTATE_CHANGE_MASK);
    }
}

/* No link trains after it until the driver has been through. */
static void sa8775p_perst(void *glue)
{
    Sa8775p *s = glue;

    PARF(s, LTSSM) &= ~R_LTSSM_ENABLE_MASK;
    sa8775p_update(s);
}

static uint32_t sa8775p_read(void *glue, hwaddr addr)
{
    Sa8775p *s = glue;

    if (addr >= PARF_SIZE || addr == A_INT_ALL_CLEAR) {
        return 0;
    }
    return s->parf[addr / 4];
}

static void sa8775p_write(void *glue, hwaddr addr, uint32_t val)
{
    Sa8775p *s = glue;

    if (addr >= PARF_SIZE) {
        qemu_log_mask(LOG_UNIMP, "dwc-pcie-ep: sa8775p: parf: write of 0x%08x "
                      "to 0x%04x\n", val, (unsigned)addr);
        return;
    }
    if (!s->released) {
        qemu_log_mask(LOG_GUEST_ERROR, "dwc-pcie-ep: sa8775p: write to parf's "
                      "0x%04x while the reset line is asserted\n",
                      (unsigned)addr);
        return;
    }
    switch (addr) {
    case A_INT_ALL_STATUS:
        break;
    case A_INT_ALL_CLEAR:
        PARF(s, INT_ALL_STATUS) &= ~val;
        break;
    default:
        s->parf[addr / 4] = val;
    }
    sa8775p_next_event(s);
}

static uint32_t sa8775p_read_elbi(void *glue, hwaddr addr)
{
    Sa8775p *s = glue;

    switch (addr) {
    case A_SYS_STTS:
        return s->up ? R_SYS_STTS_XMLH_LINK_UP_MASK : 0;
    case A_CS2_ENABLE:
        return s->ep->cs2;
    default:
        qemu_log_mask(LOG_UNIMP, "dwc-pcie-ep: sa8775p: elbi: read of 0x%03x\n",
                      (unsigned)addr);
        return 0;
    }
}

static void sa8775p_write_elbi(void *glue, hwaddr addr, uint32_t val)
{
    Sa8775p *s = glue;

    if (addr == A_CS2_ENABLE) {
        s->ep->cs2 = val & 1;
    } else {
        qemu_log_mask(LOG_UNIMP, "dwc-pcie-ep: sa8775p: elbi: write of 0x%08x "
                      "to 0x%03x\n", val, (unsigned)addr);
    }
}

/* One bit for the engine as a whole. */
static bool sa8775p_passes_dma(void *glue, unsigned line)
{
    Sa8775p *s = glue;

    return PARF(s, INT_ALL_MASK) & R_INT_ALL_STATUS_EDMA_MASK;
}

static void sa8775p_reset_line(void *glue, unsigned line, bool released)
{
    Sa8775p *s = glue;

    s->released = released;
    if (!released) {
        memset(s->parf, 0, sizeof(s->parf));
        PARF(s, DEVICE_TYPE) = TYPE_ROOT_COMPLEX;
        s->coming = 0;
        s->ep->cs2 = false;
    }
    dwc_ep_hold_core(s->ep, !released);
    sa8775p_update(s);
}

static void sa8775p_reset(void *glue)
{
    sa8775p_reset_line(glue, LINE_CORE, false);
}

static void *sa8775p_new(DwcPcieEp *ep)
{
    Sa8775p *s = g_new0(Sa8775p, 1);

    s->ep = ep;
    return s;
}

static void sa8775p_describe(void *glue, void *fdt, const char *node)
{
    static const char clocks[] = "aux\0cfg\0bus_master\0bus_slave\0slave_q2a";
    Sa8775p *s = glue;
    uint32_t clock = VIRT_MACHINE(qdev_get_machine())->clock_phandle;
    uint32_t resets = dwc_reset_lines_describe(s->ep, fdt);
    uint32_t gpio = dwc_perst_describe(s->ep, fdt);
    const uint32_t active_low = 1;

    qemu_fdt_setprop_cells(fdt, node, "clocks", clock, clock, clock, clock,
                           clock);
    qemu_fdt_setprop(fdt, node, "clock-names", clocks, sizeof(clocks));
    qemu_fdt_setprop_cells(fdt, node, "resets", resets, LINE_CORE);
    qemu_fdt_setprop_string(fdt, node, "reset-names", "core");
    qemu_fdt_setprop_cells(fdt, node, "reset-gpios", gpio, 0, active_low);
    qemu_fdt_setprop_cell(fdt, node, "max-link-speed", 4);
    qemu_fdt_setprop_cell(fdt, node, "num-lanes", 2);
}

static const DwcGlue sa8775p_glue = {
    .region = "parf",
    .gates_link = true,
    .reset_lines = 1,
    .irqs = { "global", "doorbell" },
    .has_elbi = true,
    .has_perst = true,
    .new = sa8775p_new,
    .reset = sa8775p_reset,
    .reset_line = sa8775p_reset_line,
    .read = sa8775p_read,
    .write = sa8775p_write,
    .read_elbi = sa8775p_read_elbi,
    .write_elbi = sa8775p_write_elbi,
    .perst = sa8775p_perst,
    .link_changed = sa8775p_link_changed,
    .hot_reset = sa8775p_hot_reset,
    .bus_master = sa8775p_bus_master,
    .power_state = sa8775p_power_state,
    .passes_dma = sa8775p_passes_dma,
    .describe = sa8775p_describe,
};

/* Its driver takes eight channels each way for granted. */
static const DwcProfile sa8775p = {
    .name = "sa8775p",
    .compatible = "qcom,sa8775p-pcie-ep",
    .regions = { DWC_REGION_GLUE, DWC_REGION_DBI, DWC_REGION_ELBI,
                 DWC_REGION_ATU, DWC_REGION_OUTBOUND, DWC_REGION_MMIO,
                 DWC_REGION_DMA },
    .region_count = 7,
    .bars = { DWC_BAR_64BIT, DWC_BAR_UPPER, DWC_BAR_64BIT, DWC_BAR_UPPER,
              DWC_BAR_FREE, DWC_BAR_FREE },
    .edma_map = "hdma-v0",
    .channels = 8,
    .atu_align = 4096,
    .one_dma_irq = true,
    .no_msix = true,
    .glue = &sa8775p_glue,
};

DWC_PROFILE(sa8775p)
