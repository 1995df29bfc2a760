/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NXP's i.MX95.
 *
 * Its glue ("app"), as Linux's pci-imx6.c uses it, has the PHY's reference clock
 * and reset, says endpoint or root complex, and enables the LTSSM.  A table (the
 * "LUT") leads requester ids to streams, by which the interrupt controller knows
 * the host's MSIs.  The core has a BAR of one size alone.
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/log.h"
#include "hw/registerfields.h"
#include "hw/arm/virt.h"
#include "system/device_tree.h"
#include "endpoint/endpoint.h"

REG32(PHY_GEN_CTRL, 0x0000)
    FIELD(PHY_GEN_CTRL, REF_USE_PAD, 17, 1)
REG32(PHY_MPLLA_CTRL, 0x0010)
    FIELD(PHY_MPLLA_CTRL, MPLL_STATE, 30, 1)
REG32(SS_RW_REG_0, 0x00f0)
    FIELD(SS_RW_REG_0, REF_CLKEN, 23, 1)
REG32(LUT_ACSCTRL, 0x1008)
    FIELD(LUT_ACSCTRL, ENLOC, 0, 5)
    FIELD(LUT_ACSCTRL, RWA, 16, 1)
REG32(LUT_DATA1, 0x100c)
    FIELD(LUT_DATA1, STREAM_ID, 0, 6)
    FIELD(LUT_DATA1, VLD, 31, 1)
REG32(LUT_DATA2, 0x1010)
    FIELD(LUT_DATA2, MASK, 0, 16)
    FIELD(LUT_DATA2, REQID, 16, 16)
REG32(GEN_CTRL_1, 0x1050)
    FIELD(GEN_CTRL_1, DEVICE_TYPE, 0, 4)
REG32(GEN_CTRL_3, 0x1058)
    FIELD(GEN_CTRL_3, LTSSM_EN, 0, 1)
REG32(RST_CTRL, 0x3010)
    FIELD(RST_CTRL, COLD_RST, 0, 1)

#define APP_SIZE            0x4000
#define LUT_ENTRIES         (1u << R_LUT_ACSCTRL_ENLOC_LENGTH)
#define TYPE_ENDPOINT       0
#define TYPE_ROOT_COMPLEX   4
#define HOST_REQUESTER      0       /* its CPUs, in the root complex */

typedef struct Imx95 {
    DwcPcieEp *ep;
    uint32_t app[APP_SIZE / 4];
    struct {
        uint32_t data1, data2;
    } lut[LUT_ENTRIES];
    bool phy_was_reset;             /* since power-up */
    bool from_pad;                  /* where it has its clock from since then */
} Imx95;

#define APP(s, name)        ((s)->app[R_##name])
#define GET(s, name, field) FIELD_EX32(APP(s, name), name, field)

/*
 * The PHY takes its clock from pads, or from within, as was selected when it was
 * reset; that from within has to be let through.
 */
static bool imx95_pll_is_locked(const Imx95 *s)
{
    bool from_pad = GET(s, PHY_GEN_CTRL, REF_USE_PAD);

    return s->phy_was_reset && !GET(s, RST_CTRL, COLD_RST) &&
           from_pad == s->from_pad &&
           (from_pad || GET(s, SS_RW_REG_0, REF_CLKEN));
}

static void imx95_train(Imx95 *s)
{
    dwc_ep_set_ltssm(s->ep, imx95_pll_is_locked(s) &&
                     GET(s, GEN_CTRL_3, LTSSM_EN) &&
                     GET(s, GEN_CTRL_1, DEVICE_TYPE) == TYPE_ENDPOINT);
}

/* Resets the core, too: no link trains until the driver has been through. */
static void imx95_write_reset(Imx95 *s)
{
    bool held = GET(s, RST_CTRL, COLD_RST);

    if (held) {
        s->phy_was_reset = true;
        s->from_pad = GET(s, PHY_GEN_CTRL, REF_USE_PAD);
        APP(s, GEN_CTRL_3) &= ~R_GEN_CTRL_3_LTSSM_EN_MASK;
    }
    dwc_ep_hold_core(s->ep, held);
}

/* Moves an entry of the table to the data registers, or from there. */
static void imx95_access_lut(Imx95 *s)
{
    unsigned n = GET(s, LUT_ACSCTRL, ENLOC);

    if (GET(s, LUT_ACSCTRL, RWA)) {
        APP(s, LUT_DATA1) = s->lut[n].data1;
        APP(s, LUT_DATA2) = s->lut[n].data2;
    } else {
        s->lut[n].data1 = APP(s, LUT_DATA1);
        s->lut[n].data2 = APP(s, LUT_DATA2);
    }
}

/* What no entry matches gets the last stream. */
static uint16_t imx95_stream(void *glue)
{
    Imx95 *s = glue;
    unsigned n;

    for (n = 0; n < LUT_ENTRIES; n++) {
        uint32_t mask = FIELD_EX32(s->lut[n].data2, LUT_DATA2, MASK);
        uint32_t id = FIELD_EX32(s->lut[n].data2, LUT_DATA2, REQID);

        if (FIELD_EX32(s->lut[n].data1, LUT_DATA1, VLD) &&
            (HOST_REQUESTER & mask) == (id & mask)) {
            return FIELD_EX32(s->lut[n].data1, LUT_DATA1, STREAM_ID);
        }
    }
    return R_LUT_DATA1_STREAM_ID_MASK;
}

static uint32_t imx95_read(void *glue, hwaddr addr)
{
    Imx95 *s = glue;

    if (addr >= APP_SIZE) {
        return 0;
    }
    if (addr == A_PHY_MPLLA_CTRL) {
        return FIELD_DP32(APP(s, PHY_MPLLA_CTRL), PHY_MPLLA_CTRL, MPLL_STATE,
                          imx95_pll_is_locked(s));
    }
    return s->app[addr / 4];
}

static void imx95_write(void *glue, hwaddr addr, uint32_t val)
{
    Imx95 *s = glue;

    if (addr >= APP_SIZE) {
        qemu_log_mask(LOG_UNIMP, "dwc-pcie-ep: imx95: write of 0x%08x to "
                      "0x%04x\n", val, (unsigned)addr);
        return;
    }
    s->app[addr / 4] = val;
    if (addr == A_RST_CTRL) {
        imx95_write_reset(s);
    } else if (addr == A_LUT_ACSCTRL) {
        imx95_access_lut(s);
    }
    imx95_train(s);
}

static void imx95_reset(void *glue)
{
    Imx95 *s = glue;

    memset(s->app, 0, sizeof(s->app));
    memset(s->lut, 0, sizeof(s->lut));
    s->phy_was_reset = false;
    APP(s, GEN_CTRL_1) = TYPE_ROOT_COMPLEX;
    dwc_ep_hold_core(s->ep, false);
    imx95_train(s);
}

static void *imx95_new(DwcPcieEp *ep)
{
    Imx95 *s = g_new0(Imx95, 1);

    s->ep = ep;
    return s;
}

static void imx95_describe(void *glue, void *fdt, const char *node)
{
    static const char clocks[] = "pcie\0pcie_bus\0pcie_phy\0pcie_aux";
    uint32_t clock = VIRT_MACHINE(qdev_get_machine())->clock_phandle;

    qemu_fdt_setprop_cells(fdt, node, "clocks", clock, clock, clock, clock);
    qemu_fdt_setprop(fdt, node, "clock-names", clocks, sizeof(clocks));
    qemu_fdt_setprop_cell(fdt, node, "num-lanes", 1);
}

static const DwcGlue imx95_glue = {
    .region = "app",
    .gates_link = true,
    .new = imx95_new,
    .reset = imx95_reset,
    .read = imx95_read,
    .write = imx95_write,
    .stream = imx95_stream,
    .describe = imx95_describe,
};

static const DwcProfile imx95 = {
    .name = "imx95",
    .compatible = "fsl,imx95-pcie-ep",
    .regions = { DWC_REGION_DBI, DWC_REGION_ATU, DWC_REGION_DBI2,
                 DWC_REGION_GLUE, DWC_REGION_DMA, DWC_REGION_OUTBOUND },
    .region_count = 6,
    .bars = { [1] = DWC_BAR_FIXED },
    .bar_sizes = { [1] = 0x10000 },
    .atu_align = 4096,
    .one_dma_irq = true,
    .no_msix = true,
    .glue = &imx95_glue,
};

DWC_PROFILE(imx95)
