/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The controller's register regions as its own CPUs reach them. */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "qemu/lockable.h"
#include "qemu/main-loop.h"
#include "exec/address-spaces.h"
#include "hw/pci/pci_regs.h"
#include "endpoint/endpoint.h"
#include "endpoint/perst.h"
#include "endpoint/reset-lines.h"
#include "windows/inbound.h"
#include "windows/interrupts.h"
#include "windows/outbound.h"
#include "trace-ntb_edma.h"

/* Wait for the host to act by what the endpoint has changed. */
static void ep_await(DwcPcieEp *ep, DwcLinkCall *call)
{
    if (call && bql_locked() && ep->for_host) {
        dwc_link_forget(call);
    } else if (call) {
        dwc_link_await_unlocked(call, NULL, 0);
    }
}

/*
 * The function that DBI2 shows at *ADDR, which becomes an offset in it.
 * Functions may be closer together there than in DBI.
 */
static unsigned ep_dbi2_function(const DwcPcieEp *ep, hwaddr *addr)
{
    hwaddr stride = ep->functions > 1 ? ep->profile->dbi2_stride : DWC_DBI_SIZE;
    unsigned function = *addr / stride;

    *addr %= stride;
    return function;
}

static uint64_t ep_dbi2_read(void *opaque, hwaddr addr, unsigned size)
{
    DwcPcieEp *ep = opaque;
    unsigned function = ep_dbi2_function(ep, &addr);

    QEMU_LOCK_GUARD(&ep->lock);
    return dwc_dbi2_read(&ep->fn[function].dbi, addr, size);
}

static void ep_dbi2_write(void *opaque, hwaddr addr, uint64_t val,
                          unsigned size)
{
    DwcPcieEp *ep = opaque;
    unsigned function = ep_dbi2_function(ep, &addr);
    DwcLinkCall *call;

    trace_dwc_dbi2_write(addr, size, val);
    WITH_QEMU_LOCK_GUARD(&ep->lock) {
        dwc_dbi2_write(&ep->fn[function].dbi, addr, val, size);
        call = dwc_inbound_update(ep, function, true);
    }
    ep_await(ep, call);
}

/*
 * The function that DBI shows at *ADDR, which becomes an offset in it; port logic
 * is the first one's wherever it is read.
 */
static unsigned ep_dbi_function(const DwcPcieEp *ep, hwaddr *addr)
{
    unsigned function = *addr / DWC_DBI_SIZE;

    *addr %= DWC_DBI_SIZE;
    return *addr < DWC_PORT_LOGIC ? function : 0;
}

static uint64_t ep_dbi_read(void *opaque, hwaddr addr, unsigned size)
{
    DwcPcieEp *ep = opaque;
    unsigned function = ep_dbi_function(ep, &addr);
    uint32_t val;

    if (ep->cs2) {
        return ep_dbi2_read(ep, addr, size);
    }
    QEMU_LOCK_GUARD(&ep->lock);
    val = dwc_dbi_read(&ep->fn[function].dbi, addr, size, ep->up);
    trace_dwc_dbi_read(addr, size, val);
    return val;
}

/*
 * What the host's side has to know of a register that the endpoint changed.
 * With the lock; NULL, or a question to await without it.
 */
static DwcLinkCall *ep_tell_host(DwcPcieEp *ep, unsigned function, hwaddr reg)
{
    DwcLinkCfg cfg = {
        .offset = cpu_to_le16(reg),
        .size = cpu_to_le16(4),
    };

    if (dwc_dbi_changes_bars(&ep->fn[function].dbi, reg)) {
        return dwc_inbound_update(ep, function, true);
    }
    if (!ep->connected || reg >= DWC_LINK_CONFIG_SIZE) {
        return NULL;
    }
    return dwc_link_ask(ep->link, DWC_LINK_OF(function, DWC_LINK_CFG_UPDATE),
                        &cfg, sizeof(cfg));
}

static void ep_dbi_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    DwcPcieEp *ep = opaque;
    unsigned function = ep_dbi_function(ep, &addr);
    DwcDbi *dbi = &ep->fn[function].dbi;
    hwaddr reg = addr & ~3ull;
    DwcLinkCall *call = NULL;
    bool changed;

    if (ep->cs2) {
        ep_dbi2_write(ep, addr, val, size);
        return;
    }
    trace_dwc_dbi_write(addr, size, val);
    WITH_QEMU_LOCK_GUARD(&ep->lock) {
        uint32_t old = ldl_le_p(dbi->config + reg);

        dwc_dbi_write(dbi, addr, val, size);
        if (ep->up) {
            dwc_dbi_link_is_up(&ep->fn[0].dbi);
        }
        changed = old != ldl_le_p(dbi->config + reg);
        if (changed || dwc_dbi_changes_bars(dbi, reg)) {
            call = ep_tell_host(ep, function, reg);
        }
    }
    if (changed && reg == PCI_COMMAND) {
        /* Bus mastering decides what the window shows. */
        dwc_outbound_update(ep);
    }
    ep_await(ep, call);
    if (reg == DWC_MSIX_DOORBELL) {
        dwc_ep_msix_doorbell(ep, val);
    }
}

static uint64_t ep_atu_read(void *opaque, hwaddr addr, unsigned size)
{
    DwcPcieEp *ep = opaque;

    QEMU_LOCK_GUARD(&ep->lock);
    return dwc_iatu_read(&ep->iatu, addr);
}

static void ep_atu_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    DwcPcieEp *ep = opaque;
    DwcLinkCall *call = NULL;
    bool changed;

    trace_dwc_iatu_write(addr, val);
    stat64_add(&ep->stats.iatu_writes, 1);
    WITH_QEMU_LOCK_GUARD(&ep->lock) {
        changed = dwc_iatu_write(&ep->iatu, addr, val);
        dwc_inbound_trim(ep, addr);
        if (changed) {
            call = dwc_inbound_update_all(ep, true);
        }
    }
    if (changed) {
        dwc_outbound_update(ep);
    }
    ep_await(ep, call);
}

static uint64_t ep_dma_read(void *opaque, hwaddr addr, unsigned size)
{
    DwcPcieEp *ep = opaque;
    uint32_t val = dwc_edma_read(&ep->edma, addr);

    dwc_ep_settle(ep);
    trace_dwc_edma_read(addr, size, val, false);
    return val;
}

static void ep_dma_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    DwcPcieEp *ep = opaque;

    trace_dwc_edma_write(addr, size, val, false);
    dwc_ep_edma_write(ep, addr, val, DWC_EDMA_FROM_CPU);
}

static uint64_t ep_phy_read(void *opaque, hwaddr addr, unsigned size)
{
    DwcPcieEp *ep = opaque;
    uint32_t val = ep->profile->glue->read_phy(ep->glue, addr);

    trace_dwc_glue_read(DWC_PHY_OFFSET + addr, val);
    return val;
}

static void ep_phy_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    DwcPcieEp *ep = opaque;

    trace_dwc_glue_write(DWC_PHY_OFFSET + addr, val);
    ep->profile->glue->write_phy(ep->glue, addr, val);
}

static uint64_t ep_elbi_read(void *opaque, hwaddr addr, unsigned size)
{
    DwcPcieEp *ep = opaque;
    uint32_t val = ep->profile->glue->read_elbi(ep->glue, addr);

    trace_dwc_glue_read(DWC_ELBI_OFFSET + addr, val);
    return val;
}

static void ep_elbi_write(void *opaque, hwaddr addr, uint64_t val,
                          unsigned size)
{
    DwcPcieEp *ep = opaque;

    trace_dwc_glue_write(DWC_ELBI_OFFSET + addr, val);
    ep->profile->glue->write_elbi(ep->glue, addr, val);
}

/* Where an MHI device has its registers, which only its own function uses. */
static uint64_t ep_mmio_read(void *opaque, hwaddr addr, unsigned size)
{
    return 0;
}

static void ep_mmio_write(void *opaque, hwaddr addr, uint64_t val,
                          unsigned size)
{
    qemu_log_mask(LOG_UNIMP, "dwc-pcie-ep: mmio: write of 0x%08x to 0x%03x\n",
                  (uint32_t)val, (unsigned)addr);
}

static uint64_t ep_gpio_read(void *opaque, hwaddr addr, unsigned size)
{
    return dwc_perst_read(opaque, addr);
}

static void ep_gpio_write(void *opaque, hwaddr addr, uint64_t val,
                          unsigned size)
{
    trace_dwc_glue_write(DWC_GPIO_OFFSET + addr, val);
    dwc_perst_write(opaque, addr, val);
}

static uint64_t ep_glue_read(void *opaque, hwaddr addr, unsigned size)
{
    DwcPcieEp *ep = opaque;
    uint32_t val = ep->profile->glue->read(ep->glue, addr);

    trace_dwc_glue_read(addr, val);
    return val;
}

static void ep_glue_write(void *opaque, hwaddr addr, uint64_t val,
                          unsigned size)
{
    DwcPcieEp *ep = opaque;

    trace_dwc_glue_write(addr, val);
    ep->profile->glue->write(ep->glue, addr, val);
}

static uint64_t ep_resets_read(void *opaque, hwaddr addr, unsigned size)
{
    return dwc_reset_lines_read(opaque, addr);
}

static void ep_resets_write(void *opaque, hwaddr addr, uint64_t val,
                            unsigned size)
{
    trace_dwc_reset_lines(val);
    dwc_reset_lines_write(opaque, addr, val);
}

/* A core in reset does not answer: the CPU's access aborts. */
static bool ep_core_answers(void *opaque, hwaddr addr, unsigned size,
                            bool is_write, MemTxAttrs attrs)
{
    DwcPcieEp *ep = opaque;

    if (ep->held) {
        qemu_log_mask(LOG_GUEST_ERROR, "dwc-pcie-ep: %s of the core's 0x%04x "
                      "while its reset line is asserted\n",
                      is_write ? "write" : "read", (unsigned)addr);
    }
    return !ep->held;
}

static bool ep_always_answers(void *opaque, hwaddr addr, unsigned size,
                              bool is_write, MemTxAttrs attrs)
{
    return true;
}

#define OPS(name, min, answers)                                             \
static const MemoryRegionOps name##_ops = {                                 \
    .read = ep_##name##_read,                                               \
    .write = ep_##name##_write,                                             \
    .endianness = DEVICE_LITTLE_ENDIAN,                                     \
    .valid = { .min_access_size = min, .max_access_size = 8,                \
               .accepts = answers },                                        \
    .impl = { .min_access_size = min, .max_access_size = 4 },               \
}
OPS(dbi, 1, ep_core_answers);
OPS(dbi2, 1, ep_core_answers);
OPS(atu, 4, ep_core_answers);
OPS(dma, 4, ep_core_answers);
OPS(glue, 4, ep_always_answers);
OPS(resets, 4, ep_always_answers);
OPS(phy, 4, ep_always_answers);
OPS(elbi, 4, ep_core_answers);
OPS(mmio, 4, ep_always_answers);
OPS(gpio, 4, ep_always_answers);

static const struct {
    const char *name;           /* in the bindings */
    hwaddr offset;
    uint64_t size;
    const MemoryRegionOps *ops;
} regions[] = {
    [DWC_REGION_DBI] = { "dbi", DWC_DBI_OFFSET, DWC_DBI_SIZE, &dbi_ops },
    [DWC_REGION_DBI2] = { "dbi2", DWC_DBI2_OFFSET, DWC_DBI_SIZE, &dbi2_ops },
    [DWC_REGION_ATU] = { "atu", DWC_ATU_OFFSET, DWC_ATU_SIZE, &atu_ops },
    [DWC_REGION_GLUE] = { NULL, DWC_GLUE_OFFSET, DWC_GLUE_SIZE, &glue_ops },
    [DWC_REGION_DMA] = { "dma", DWC_DMA_OFFSET, DWC_DMA_SIZE, &dma_ops },
    [DWC_REGION_RESETS] = { "resets", DWC_RESETS_OFFSET, DWC_RESETS_SIZE,
                            &resets_ops },
    [DWC_REGION_PHY] = { "phy", DWC_PHY_OFFSET, DWC_PHY_SIZE, &phy_ops },
    [DWC_REGION_ELBI] = { "elbi", DWC_ELBI_OFFSET, DWC_ELBI_SIZE, &elbi_ops },
    [DWC_REGION_MMIO] = { "mmio", DWC_MMIO_OFFSET, DWC_MMIO_SIZE, &mmio_ops },
    [DWC_REGION_GPIO] = { "gpio", DWC_GPIO_OFFSET, DWC_GPIO_SIZE, &gpio_ops },
};

/* Bytes of a block: those that show functions have all of them. */
static uint64_t ep_region_size(const DwcPcieEp *ep, DwcRegion region)
{
    if (ep->functions > 1 && region == DWC_REGION_DBI) {
        return ep->functions * (uint64_t)DWC_DBI_SIZE;
    }
    if (ep->functions > 1 && region == DWC_REGION_DBI2) {
        return ep->functions * (uint64_t)ep->profile->dbi2_stride;
    }
    return regions[region].size;
}

DwcRange dwc_ep_region(const DwcPcieEp *ep, DwcRegion region)
{
    if (region == DWC_REGION_OUTBOUND) {
        return (DwcRange) { "addr_space", ep->outbound_base,
                            ep->outbound_size };
    }
    return (DwcRange) {
        region == DWC_REGION_GLUE ? ep->profile->glue->region
                                  : regions[region].name,
        ep->registers_base + regions[region].offset,
        ep_region_size(ep, region),
    };
}

bool dwc_ep_has_region(const DwcPcieEp *ep, DwcRegion region)
{
    switch (region) {
    case DWC_REGION_GLUE:
        return ep->profile->glue;
    case DWC_REGION_PHY:
        return ep->profile->glue && ep->profile->glue->has_phy;
    case DWC_REGION_ELBI:
    case DWC_REGION_MMIO:
        return ep->profile->glue && ep->profile->glue->has_elbi;
    case DWC_REGION_GPIO:
        return ep->profile->glue && ep->profile->glue->has_perst;
    case DWC_REGION_RESETS:
        return ep->profile->glue && ep->profile->glue->reset_lines;
    case DWC_REGION_DMA:
        return dwc_ep_lines(ep);
    default:
        return true;
    }
}

void dwc_ep_map_registers(DwcPcieEp *ep)
{
    DwcRegion i;

    memory_region_init(&ep->registers, OBJECT(ep), "dwc-pcie-ep",
                       DWC_REGISTERS_SIZE);
    for (i = 0; i < ARRAY_SIZE(regions); i++) {
        MemoryRegion *mr = &ep->region[i];
        g_autofree char *name = NULL;

        if (!dwc_ep_has_region(ep, i)) {
            continue;
        }
        name = g_strdup_printf("dwc-%s", dwc_ep_region(ep, i).name);
        memory_region_init_io(mr, OBJECT(ep), regions[i].ops, ep, name,
                              ep_region_size(ep, i));
        /* A write lets other accesses in while it waits for the host. */
        mr->disable_reentrancy_guard = true;
        memory_region_add_subregion(&ep->registers, regions[i].offset, mr);
    }
    /* Above the machine's own regions, of which none should be there. */
    memory_region_add_subregion_overlap(get_system_memory(),
                                        ep->registers_base,
                                        &ep->registers, 1);
}
