/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The controller: its register regions, properties and life.
 *
 * Locks, outermost first: QEMU's big lock, the controller's, then the register
 * file's and the link's, which are leaves.  Nothing is awaited under any but
 * the big lock, and what could wait for the other VM lets go of that one, too.
 */
#include "qemu/osdep.h"
#include <sys/eventfd.h>
#include "qapi/error.h"
#include "qemu/lockable.h"
#include "qemu/error-report.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/units.h"
#include "exec/address-spaces.h"
#include "hw/arm/virt.h"
#include "hw/qdev-properties.h"
#include "system/reset.h"
#include "trace/control.h"
#include "controller.h"
#include "edma-endpoint.h"
#include "trace-ntb_edma.h"

/* SPIs of the machine, as hw/arm/virt.c has them. */
#define MACHINE_SPIS 256

void dwc_ep_update_lines(DwcPcieEp *ep)
{
    DwcEdmaDir dir;
    unsigned ch, i = 0;

    assert(bql_locked());
again:
    qatomic_set(&ep->edma.lines_changed, false);
    smp_mb();
    i = 0;
    for (dir = 0; dir < DWC_EDMA_DIRS; dir++) {
        for (ch = 0; ch < ep->edma.channels[dir]; ch++, i++) {
            bool level = dwc_edma_line(&ep->edma, dir, ch);

            if (level != ep->line[i]) {
                ep->line[i] = level;
                trace_dwc_edma_line(i, level);
                qemu_set_irq(ep->irq[i], level);
            }
        }
    }
    /* Looking at a line applies what the host posted. */
    if (qatomic_read(&ep->edma.lines_changed)) {
        goto again;
    }
}

void dwc_ep_settle(DwcPcieEp *ep)
{
    if (!qatomic_read(&ep->edma.lines_changed)) {
        return;
    }
    if (bql_locked()) {
        dwc_ep_update_lines(ep);
    } else {
        dwc_ep_schedule(ep);
    }
}

void dwc_ep_schedule(DwcPcieEp *ep)
{
    qemu_bh_schedule(ep->bh);
}

/* What other threads leave to the one that may take the big lock. */
static void ep_bh(void *opaque)
{
    DwcPcieEp *ep = opaque;

    dwc_ep_update_lines(ep);
    dwc_outbound_update(ep);
    dwc_inbound_queue_run(ep->inbound_queue);
}

void dwc_ep_edma_write(DwcPcieEp *ep, hwaddr addr, uint32_t val,
                       DwcEdmaOrigin origin)
{
    int rung = dwc_edma_write(&ep->edma, addr, val, origin);

    if (rung >= 0) {
        dwc_engine_kick(&ep->engine, rung);
    }
    dwc_ep_settle(ep);
}

/* Wait for the host to let go of windows, without the big lock. */
static void await(DwcPcieEp *ep, DwcLinkCall *call)
{
    bool locked = bql_locked();

    if (!call) {
        return;
    }
    if (locked && ep->for_host) {
        dwc_link_forget(call);
        return;
    }
    if (locked) {
        bql_unlock();
    }
    dwc_link_await(call, NULL, 0);
    if (locked) {
        bql_lock();
    }
}

static uint64_t dbi_read(void *opaque, hwaddr addr, unsigned size)
{
    DwcPcieEp *ep = opaque;
    uint32_t val;

    QEMU_LOCK_GUARD(&ep->lock);
    val = dwc_dbi_read(&ep->dbi, addr, size, ep->trained);
    trace_dwc_dbi_read(addr, size, val);
    return val;
}

/* The host sees what the endpoint's driver changes. Called with the lock. */
static void tell_host(DwcPcieEp *ep, uint16_t offset)
{
    DwcLinkCfg cfg = {
        .offset = cpu_to_le16(offset),
        .size = cpu_to_le16(4),
        .value = cpu_to_le32(ldl_le_p(ep->dbi.config + offset)),
    };

    dwc_link_send(ep->link, DWC_LINK_CFG_UPDATE, 0, &cfg, sizeof(cfg),
                  NULL, 0, false);
}

static void dbi_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    DwcPcieEp *ep = opaque;
    hwaddr reg = addr & ~3ull;
    DwcLinkCall *call = NULL;

    trace_dwc_dbi_write(addr, size, val);
    WITH_QEMU_LOCK_GUARD(&ep->lock) {
        uint32_t old = ldl_le_p(ep->dbi.config + reg);

        dwc_dbi_write(&ep->dbi, addr, val, size);
        if (ep->connected && reg < DWC_PORT_LOGIC &&
            old != ldl_le_p(ep->dbi.config + reg)) {
            tell_host(ep, reg);
        }
        if (dwc_dbi_is_bar(addr)) {
            call = dwc_inbound_update(ep, true);
        }
    }
    await(ep, call);
}

static uint64_t dbi2_read(void *opaque, hwaddr addr, unsigned size)
{
    DwcPcieEp *ep = opaque;

    QEMU_LOCK_GUARD(&ep->lock);
    return dwc_dbi2_read(&ep->dbi, addr, size);
}

static void dbi2_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    DwcPcieEp *ep = opaque;
    DwcLinkCall *call;

    trace_dwc_dbi2_write(addr, size, val);
    WITH_QEMU_LOCK_GUARD(&ep->lock) {
        dwc_dbi2_write(&ep->dbi, addr, val, size);
        call = dwc_inbound_update(ep, true);
    }
    await(ep, call);
}

static uint64_t atu_read(void *opaque, hwaddr addr, unsigned size)
{
    DwcPcieEp *ep = opaque;

    QEMU_LOCK_GUARD(&ep->lock);
    return dwc_iatu_read(&ep->iatu, addr);
}

static void atu_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    DwcPcieEp *ep = opaque;
    DwcLinkCall *call = NULL;
    bool changed;

    trace_dwc_iatu_write(addr, val);
    WITH_QEMU_LOCK_GUARD(&ep->lock) {
        changed = dwc_iatu_write(&ep->iatu, addr, val);
        if (changed) {
            call = dwc_inbound_update(ep, true);
        }
    }
    if (changed) {
        dwc_outbound_update(ep);
    }
    await(ep, call);
}

static uint64_t dma_read(void *opaque, hwaddr addr, unsigned size)
{
    DwcPcieEp *ep = opaque;
    uint32_t val = dwc_edma_read(&ep->edma, addr);

    dwc_ep_settle(ep);
    trace_dwc_edma_read(addr, size, val, false);
    return val;
}

static void dma_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    DwcPcieEp *ep = opaque;

    trace_dwc_edma_write(addr, size, val, false);
    dwc_ep_edma_write(ep, addr, val, DWC_EDMA_FROM_CPU);
}

#define OPS(name, min)                                                      \
static const MemoryRegionOps name##_ops = {                                 \
    .read = name##_read,                                                    \
    .write = name##_write,                                                  \
    .endianness = DEVICE_LITTLE_ENDIAN,                                     \
    .valid = { .min_access_size = min, .max_access_size = 8 },              \
    .impl = { .min_access_size = min, .max_access_size = 4 },               \
}
OPS(dbi, 1);
OPS(dbi2, 1);
OPS(atu, 4);
OPS(dma, 4);

static void init_region(DwcPcieEp *ep, MemoryRegion *mr,
                        const MemoryRegionOps *ops, const char *name,
                        hwaddr at, uint64_t size)
{
    memory_region_init_io(mr, OBJECT(ep), ops, ep, name, size);
    /* A write lets other accesses in while it waits for the host. */
    mr->disable_reentrancy_guard = true;
    memory_region_add_subregion(&ep->registers, at, mr);
}

static void ep_reset(void *opaque)
{
    DwcPcieEp *ep = opaque;

    WITH_QEMU_LOCK_GUARD(&ep->lock) {
        dwc_dbi_reset(&ep->dbi, ep->msi_vectors);
        dwc_iatu_reset(&ep->iatu);
        dwc_inbound_update(ep, false);
    }
    dwc_edma_reset(&ep->edma);
    dwc_ep_update_lines(ep);
    dwc_outbound_update(ep);
}

static bool check_properties(DwcPcieEp *ep, Error **errp)
{
    unsigned lines = ep->write_channels + ep->read_channels;

    if (!ep->link_path) {
        error_setg(errp, "dwc-pcie-ep: link=PATH is missing, the Unix socket "
                   "at which the function in the host VM finds this endpoint");
        return false;
    }
    if (!ep->write_channels || ep->write_channels > DWC_EDMA_MAX_CHANNELS ||
        !ep->read_channels || ep->read_channels > DWC_EDMA_MAX_CHANNELS) {
        error_setg(errp, "dwc-pcie-ep: wr-channels and rd-channels must be "
                   "1 to %d, not %u and %u", DWC_EDMA_MAX_CHANNELS,
                   ep->write_channels, ep->read_channels);
        return false;
    }
    if (!ep->ib_windows || ep->ib_windows > DWC_IATU_MAX_REGIONS ||
        !ep->ob_windows || ep->ob_windows > DWC_IATU_MAX_REGIONS) {
        error_setg(errp, "dwc-pcie-ep: ib-windows and ob-windows must be "
                   "1 to %d, not %u and %u", DWC_IATU_MAX_REGIONS,
                   ep->ib_windows, ep->ob_windows);
        return false;
    }
    if (!is_power_of_2(ep->atu_align) || ep->atu_align < 64 ||
        ep->atu_align > 64 * KiB) {
        error_setg(errp, "dwc-pcie-ep: atu-align must be a power of two from "
                   "64 to 65536, not %"PRIu64, ep->atu_align);
        return false;
    }
    if (!is_power_of_2(ep->msi_vectors) || ep->msi_vectors > 32) {
        error_setg(errp, "dwc-pcie-ep: msi-vectors must be 1, 2, 4, 8, 16 or "
                   "32, not %u", ep->msi_vectors);
        return false;
    }
    if (ep->irq_base + lines > MACHINE_SPIS) {
        error_setg(errp, "dwc-pcie-ep: irq-base %u and %u channels pass the "
                   "machine's last interrupt, %d", ep->irq_base, lines,
                   MACHINE_SPIS - 1);
        return false;
    }
    if (!ep->outbound_size || ep->outbound_size % ep->atu_align ||
        ep->outbound_base % ep->atu_align ||
        ep->outbound_base + ep->outbound_size < ep->outbound_base) {
        error_setg(errp, "dwc-pcie-ep: outbound-base and outbound-size must "
                   "be multiples of atu-align");
        return false;
    }
    return true;
}

static void ep_realize(DeviceState *dev, Error **errp)
{
    DwcPcieEp *ep = DWC_PCIE_EP(dev);
    Object *machine = qdev_get_machine();
    unsigned i, lines = ep->write_channels + ep->read_channels;
    VirtMachineState *vms;
    uint32_t *registers;

    if (!object_dynamic_cast(machine, TYPE_VIRT_MACHINE)) {
        error_setg(errp, "dwc-pcie-ep: needs -M virt, this machine is a %s",
                   object_get_typename(machine));
        return;
    }
    vms = VIRT_MACHINE(machine);
    if (!check_properties(ep, errp)) {
        return;
    }
    if (ep->trace) {
        /* -trace came before this module, and its events, were loaded. */
        trace_enable_events(ep->trace);
    }
    registers = dwc_shared_pages_new("dwc-edma", DWC_EDMA_SIZE,
                                     &ep->registers_fd, errp);
    if (!registers) {
        return;
    }
    ep->posts = dwc_shared_pages_new("dwc-posts", sizeof(*ep->posts),
                                     &ep->posts_fd, errp);
    if (!ep->posts) {
        return;
    }
    if (!dwc_shared_pages_seal(ep->registers_fd)) {
        warn_report("dwc-pcie-ep: this kernel cannot seal the register file's "
                    "page; the peer could write to it");
    }
    ep->memory_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ep->link = dwc_link_listen(ep->link_path, &dwc_ep_link_ops, ep, errp);
    if (!ep->link) {
        return;
    }

    ep->as = &address_space_memory;
    dwc_dbi_init(&ep->dbi, ep->msi_vectors, ep->msix);
    ep->iatu.inbound_count = ep->ib_windows;
    ep->iatu.outbound_count = ep->ob_windows;
    ep->iatu.align = ep->atu_align;
    ep->iatu.upper_limit_mask = ep->atu_upper_limit;
    dwc_iatu_reset(&ep->iatu);
    dwc_edma_init(&ep->edma, &dwc_edma_v0_map, ep->write_channels,
                  ep->read_channels, registers);
    ep->inbound_queue = dwc_inbound_queue_new(ep);
    ep->bh = qemu_bh_new(ep_bh, ep);
    for (i = 0; i < lines; i++) {
        ep->irq[i] = qdev_get_gpio_in(vms->gic, ep->irq_base + i);
    }

    memory_region_init(&ep->registers, OBJECT(ep), "dwc-pcie-ep",
                       DWC_REGISTERS_SIZE);
    init_region(ep, &ep->dbi_mr, &dbi_ops, "dwc-dbi", DWC_DBI_OFFSET,
                DWC_DBI_SIZE);
    init_region(ep, &ep->dbi2_mr, &dbi2_ops, "dwc-dbi2", DWC_DBI2_OFFSET,
                DWC_DBI_SIZE);
    init_region(ep, &ep->atu_mr, &atu_ops, "dwc-iatu", DWC_ATU_OFFSET,
                DWC_ATU_SIZE);
    init_region(ep, &ep->dma_mr, &dma_ops, "dwc-edma", DWC_DMA_OFFSET,
                DWC_DMA_SIZE);
    dwc_outbound_init(ep);
    /* Above the machine's own regions, of which none should be there. */
    memory_region_add_subregion_overlap(get_system_memory(),
                                        ep->registers_base,
                                        &ep->registers, 1);
    memory_region_add_subregion_overlap(get_system_memory(),
                                        ep->outbound_base,
                                        &ep->outbound.container, 1);
    dwc_local_memory_init(&ep->local, ep->as);
    dwc_ep_describe(ep);
    qemu_register_reset(ep_reset, ep);
    /* Its class is made here, with the big lock. */
    object_unref(OBJECT(dwc_peer_memory_new()));
    dwc_engine_start(&ep->engine, &ep->edma, &ep->stats,
                     &dwc_edma_endpoint_port, ep);
    dwc_link_start(ep->link);
}

static bool get_link_up(Object *obj, Error **errp)
{
    return dwc_ep_link_state(DWC_PCIE_EP(obj)) != DWC_STATE_DOWN;
}

static void set_link_up(Object *obj, bool val, Error **errp)
{
    dwc_ep_set_trained(DWC_PCIE_EP(obj), val);
}

static char *get_link_state(Object *obj, Error **errp)
{
    static const char *const names[] = { "down", "waiting", "up" };

    return g_strdup(names[dwc_ep_link_state(DWC_PCIE_EP(obj))]);
}

static void get_stats(Object *obj, Visitor *v, const char *name, void *opaque,
                      Error **errp)
{
    DwcPcieEp *ep = DWC_PCIE_EP(obj);

    dwc_stats_visit(&ep->stats, &ep->edma,
                    qatomic_read(&ep->posts->register_reads), v, name, errp);
}

static const Property ep_properties[] = {
    DEFINE_PROP_STRING("link", DwcPcieEp, link_path),
    DEFINE_PROP_STRING("trace", DwcPcieEp, trace),
    DEFINE_PROP_UINT8("wr-channels", DwcPcieEp, write_channels, 4),
    DEFINE_PROP_UINT8("rd-channels", DwcPcieEp, read_channels, 4),
    DEFINE_PROP_UINT8("ib-windows", DwcPcieEp, ib_windows, 16),
    DEFINE_PROP_UINT8("ob-windows", DwcPcieEp, ob_windows, 16),
    DEFINE_PROP_SIZE("atu-align", DwcPcieEp, atu_align, 4 * KiB),
    DEFINE_PROP_UINT32("atu-upper-limit", DwcPcieEp, atu_upper_limit, 0xff),
    DEFINE_PROP_UINT8("msi-vectors", DwcPcieEp, msi_vectors, 32),
    DEFINE_PROP_BOOL("msix", DwcPcieEp, msix, true),
    DEFINE_PROP_UINT64("registers-base", DwcPcieEp, registers_base,
                       0x0b000000),
    /* Between the machine's high ECAM and its high MMIO window. */
    DEFINE_PROP_UINT64("outbound-base", DwcPcieEp, outbound_base,
                       0x6000000000),
    DEFINE_PROP_SIZE("outbound-size", DwcPcieEp, outbound_size, 4 * GiB),
    /* Behind the lines of the machine's platform bus. */
    DEFINE_PROP_UINT32("irq-base", DwcPcieEp, irq_base, 176),
};

static void ep_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);

    dc->desc = "DesignWare PCIe endpoint controller with eDMA";
    dc->realize = ep_realize;
    dc->hotpluggable = false;
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    device_class_set_props(dc, ep_properties);
    object_class_property_add_bool(oc, "link-up", get_link_up, set_link_up);
    object_class_property_set_description(oc, "link-up",
        "whether the link is trained; a function can be plugged only then");
    object_class_property_add_str(oc, "link-state", get_link_state, NULL);
    object_class_property_set_description(oc, "link-state",
        "down, waiting (trained, no function connected) or up");
    object_class_property_add(oc, "stats", "DwcStats", get_stats, NULL, NULL,
                              NULL);
}

static void ep_init(Object *obj)
{
    qemu_mutex_init(&DWC_PCIE_EP(obj)->lock);
    qemu_mutex_init(&DWC_PCIE_EP(obj)->memory_lock);
}

static const TypeInfo ep_info = {
    .name = TYPE_DWC_PCIE_EP,
    .parent = TYPE_DEVICE,
    .instance_size = sizeof(DwcPcieEp),
    .instance_init = ep_init,
    .class_init = ep_class_init,
};
module_obj(TYPE_DWC_PCIE_EP);

static void ep_types(void)
{
    type_register_static(&ep_info);
}

type_init(ep_types)
