/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Intel's Keem Bay.
 *
 * Its glue ("apb"), as Linux's pcie-keembay.c uses it in the endpoint's mode,
 * shows whether the link is up, enables the LTSSM, which is on from the start,
 * and lets DMA interrupts through.  All BARs have 64 bits.
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/log.h"
#include "hw/registerfields.h"
#include "endpoint/endpoint.h"

REG32(CONFIG, 0x004)
REG32(APP_CONTROL, 0x008)
    FIELD(APP_CONTROL, LTSSM_ENABLE, 0, 1)
REG32(INTERRUPT_ENABLE, 0x028)
    FIELD(INTERRUPT_ENABLE, EDMA, 0, 8)
REG32(INTERRUPT_STATUS, 0x02c)
REG32(PM_STATE, 0x0b0)
    FIELD(PM_STATE, RDLH_LINK_UP, 8, 1)
    FIELD(PM_STATE, SMLH_LINK_UP, 19, 1)

typedef struct Keembay {
    DwcPcieEp *ep;
    uint32_t config, app_control, enable;
    bool up;                    /* the host is there */
} Keembay;

static uint32_t keembay_read(void *glue, hwaddr addr)
{
    Keembay *s = glue;

    switch (addr) {
    case A_CONFIG:
        return s->config;
    case A_APP_CONTROL:
        return s->app_control;
    case A_INTERRUPT_ENABLE:
        return s->enable;
    case A_PM_STATE:
        return s->up ? R_PM_STATE_RDLH_LINK_UP_MASK |
                       R_PM_STATE_SMLH_LINK_UP_MASK : 0;
    case A_INTERRUPT_STATUS:
        return 0;
    default:
        qemu_log_mask(LOG_UNIMP, "dwc-pcie-ep: keembay: read of 0x%03x\n",
                      (unsigned)addr);
        return 0;
    }
}

static void keembay_write(void *glue, hwaddr addr, uint32_t val)
{
    Keembay *s = glue;

    switch (addr) {
    case A_CONFIG:
        s->config = val & 0x101;
        break;
    case A_APP_CONTROL:
        s->app_control = val & R_APP_CONTROL_LTSSM_ENABLE_MASK;
        dwc_ep_set_ltssm(s->ep, s->app_control);
        break;
    case A_INTERRUPT_ENABLE:
        s->enable = val & 0x1ff;
        dwc_ep_update_lines(s->ep);
        break;
    default:
        qemu_log_mask(LOG_UNIMP, "dwc-pcie-ep: keembay: write of 0x%08x to "
                      "0x%03x\n", val, (unsigned)addr);
    }
}

static void keembay_link_changed(void *glue, bool up)
{
    Keembay *s = glue;

    s->up = up;
}

/* A bit for each channel, write channels first. */
static bool keembay_passes_dma(void *glue, unsigned line)
{
    Keembay *s = glue;

    return line < R_INTERRUPT_ENABLE_EDMA_LENGTH &&
           extract32(s->enable, line, 1);
}

static void keembay_reset(void *glue)
{
    Keembay *s = glue;

    s->config = 0;
    s->enable = 0;
    keembay_write(s, A_APP_CONTROL, R_APP_CONTROL_LTSSM_ENABLE_MASK);
}

static void *keembay_new(DwcPcieEp *ep)
{
    Keembay *s = g_new0(Keembay, 1);

    s->ep = ep;
    return s;
}

/* The driver takes no clock in the endpoint's mode: firmware has done that. */
static void keembay_describe(void *glue, void *fdt, const char *node)
{
}

static const DwcGlue keembay_glue = {
    .region = "apb",
    .irqs = { "pcie", "pcie_ev", "pcie_err", "pcie_mem_access" },
    .new = keembay_new,
    .reset = keembay_reset,
    .read = keembay_read,
    .write = keembay_write,
    .link_changed = keembay_link_changed,
    .passes_dma = keembay_passes_dma,
    .describe = keembay_describe,
};

static const DwcProfile keembay = {
    .name = "keembay",
    .compatible = "intel,keembay-pcie-ep",
    .regions = { DWC_REGION_DBI, DWC_REGION_DBI2, DWC_REGION_ATU,
                 DWC_REGION_OUTBOUND, DWC_REGION_GLUE, DWC_REGION_DMA },
    .region_count = 6,
    .bars = { DWC_BAR_64BIT, DWC_BAR_UPPER, DWC_BAR_64BIT, DWC_BAR_UPPER,
              DWC_BAR_64BIT, DWC_BAR_UPPER },
    /* Its driver gives out outbound pages of 4 KiB, which a coarser region could
     * not begin at, though it aligns BARs to 16 KiB. */
    .atu_align = 0x1000,
    .max_channels = R_INTERRUPT_ENABLE_EDMA_LENGTH,
    .glue = &keembay_glue,
};

DWC_PROFILE(keembay)
