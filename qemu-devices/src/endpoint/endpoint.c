/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The device dwc-pcie-ep: what it is made of, and its life. */
#include "qemu/osdep.h"
#include "qemu-versions.h"
#include "qapi/error.h"
#include "qemu/lockable.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "exec/address-spaces.h"
#include "hw/arm/virt.h"
#include "migration/vmstate.h"
#include "system/reset.h"
#include "system/system.h"
#include "trace/control.h"
#include "core/smmu.h"
#include "endpoint/endpoint.h"
#include "endpoint/memcpy-engine.h"
#include "endpoint/perst.h"
#include "time/sync.h"
#include "windows/access.h"
#include "windows/in-flight.h"
#include "windows/inbound.h"
#include "windows/msix.h"
#include "windows/outbound.h"
#include "windows/pages.h"
#include "windows/posted.h"

static void ep_reset_core(DwcPcieEp *ep)
{
    unsigned n;

    WITH_QEMU_LOCK_GUARD(&ep->lock) {
        dwc_iatu_reset(&ep->iatu);
        for (n = 0; n < ep->functions; n++) {
            dwc_dbi_reset(&ep->fn[n].dbi);
            dwc_inbound_update(ep, n, false);
            dwc_ep_announce_registers(ep, n);
        }
    }
    dwc_edma_reset(&ep->edma);
    dwc_in_flight_drop(ep);
    /* It has left the core. */
    dwc_posted_arrive(ep);
}

void dwc_ep_hold_core(DwcPcieEp *ep, bool held)
{
    if (held && !ep->held) {
        ep_reset_core(ep);
        dwc_ep_update_lines(ep);
        dwc_outbound_update(ep);
    }
    ep->held = held;
}

static void ep_reset(void *opaque)
{
    DwcPcieEp *ep = opaque;

    ep_reset_core(ep);
    /* The link goes down with its glue, or with nobody to say it is ready. */
    if (!ep->profile->glue || !ep->profile->glue->gates_link) {
        dwc_ep_set_plugged(ep, false);
    }
    if (dwc_ep_has_region(ep, DWC_REGION_GPIO)) {
        dwc_perst_reset(ep);
    }
    if (ep->profile->glue) {
        ep->reset_lines = 0;
        ep->profile->glue->reset(ep->glue);
    }
    dwc_ep_update_lines(ep);
    dwc_outbound_update(ep);
}

/* What waits for the big lock. */
static void ep_bh(void *opaque)
{
    DwcPcieEp *ep = opaque;

    dwc_ep_update_lines(ep);
    dwc_outbound_update(ep);
    dwc_ep_tell_glue(ep);
    dwc_access_run(ep);
    dwc_msix_follow(ep);
}

/*
 * The threads end: first the link's, for the channels' may be waiting for an
 * answer.  Those may be waiting for the big lock, too.
 */
static void ep_stop_threads(DwcPcieEp *ep)
{
    bool locked = bql_locked();

    if (locked) {
        bql_unlock();
    }
    dwc_link_stop(ep->link);
    dwc_engine_stop(&ep->engine);
    if (locked) {
        bql_lock();
    }
}

static void ep_exit(Notifier *notifier, void *data)
{
    ep_stop_threads(container_of(notifier, DwcPcieEp, exit));
}

static void ep_realize(DeviceState *dev, Error **errp)
{
    DwcPcieEp *ep = DWC_PCIE_EP(dev);
    Object *machine = qdev_get_machine();
    unsigned i;
    VirtMachineState *vms;
    DwcDbiOptions options;
    uint32_t *registers;

    if (!object_dynamic_cast(machine, TYPE_VIRT_MACHINE)) {
        error_setg(errp, "dwc-pcie-ep: needs -M virt, this machine is a %s",
                   object_get_typename(machine));
        return;
    }
    vms = VIRT_MACHINE(machine);
    if (ep->link) {
        error_setg(errp, "dwc-pcie-ep: a controller that was unrealized cannot "
                   "be realized again; start another QEMU");
        return;
    }
    ep->ram_base = vms->memmap[VIRT_MEM].base;
    ep->ram_size = MACHINE(machine)->ram_size;
    if (!dwc_ep_check_properties(ep, errp) ||
        !dwc_ep_check_forgiveness(ep, errp)) {
        return;
    }
    if (ep->msi_parent && vms->msi_controller != VIRT_MSI_CTRL_ITS) {
        error_setg(errp, "dwc-pcie-ep: msi-parent=on needs an ITS: "
                   "-M virt,gic-version=3,its=on");
        return;
    }
    ep->as = ep->dma_as = &address_space_memory;
    if (ep->iommu && !dwc_ep_smmu_init(ep, errp)) {
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
    if (!dwc_shared_pages_seal(ep->registers_fd)) {
        warn_report("dwc-pcie-ep: this kernel cannot seal the register file's "
                    "page; the peer could write to it");
    }
    ep->memory_event = -1;
    ep->link = dwc_link_listen(ep->link_path, &dwc_ep_link_ops, ep, errp);
    if (!ep->link) {
        return;
    }
    dwc_ep_apply_latency(ep);

    options = (DwcDbiOptions) {
        .bars = ep->profile->bars,
        .bar_sizes = ep->profile->bar_sizes,
        .msi_vectors = ep->msi_vectors,
        .msix = ep->msix,
        .resizable_bars = ep->resizable_bars,
        .ats = ep->profile->ats,
        .forgive_read_only = ep->forgive_read_only,
        .multifunction = ep->functions > 1,
        .outbound_aborts = !ep->forgive_outbound_read,
    };
    for (i = 0; i < ep->functions; i++) {
        options.first = i ? &ep->fn[0].dbi : NULL;
        dwc_dbi_init(&ep->fn[i].dbi, &options);
    }
    ep->iatu.inbound_count = ep->ib_windows;
    ep->iatu.outbound_count = ep->ob_windows;
    ep->iatu.align = ep->atu_align;
    ep->iatu.upper_limit_mask = ep->atu_upper_limit;
    dwc_iatu_reset(&ep->iatu);
    dwc_edma_init(&ep->edma, ep->edma_map, ep->write_channels,
                  ep->read_channels, registers);
    dwc_inbound_init(ep);
    dwc_access_init(ep);
    dwc_pages_init(ep);
    dwc_posted_init(ep);
    ep->bh = qemu_bh_new(ep_bh, ep);
    for (i = 0; i < dwc_ep_lines(ep); i++) {
        ep->irq[i] = qdev_get_gpio_in(vms->gic, ep->irq_base + i);
    }
    for (i = 0; i < dwc_ep_glue_irqs(ep); i++) {
        ep->glue_irq[i] = qdev_get_gpio_in(vms->gic,
                                           dwc_ep_glue_irq_number(ep, i));
    }

    if (dwc_ep_has_region(ep, DWC_REGION_GPIO)) {
        ep->perst.irq = qdev_get_gpio_in(vms->gic, dwc_perst_irq_number(ep));
    }
    ep->plugged = ep->profile->glue && ep->profile->glue->gates_link;
    ep->perst.high = ep->plugged;
    ep->ltssm = !ep->plugged;
    if (ep->profile->glue) {
        ep->glue = ep->profile->glue->new(ep);
    }
    dwc_ep_map_registers(ep);
    if (ep->memcpy_engine &&
        !dwc_memcpy_engine_realize(ep, qdev_get_gpio_in(vms->gic, ep->irq_base +
                                                        dwc_ep_lines(ep)),
                                   errp)) {
        return;
    }
    memory_region_add_subregion_overlap(get_system_memory(), ep->outbound_base,
                                        dwc_outbound_init(ep), 1);
    dwc_local_memory_init(&ep->local, ep->as);
    dwc_ep_describe(ep);
    qemu_register_reset(ep_reset, ep);
    /* So that the class is there before the link's thread makes more. */
    object_unref(OBJECT(dwc_peer_memory_new()));
    dwc_engine_start(&ep->engine, &ep->edma, &ep->stats.edma,
                     dwc_time_enabled() ? &dwc_ep_timed_edma_port :
                     ep->iommu ? &dwc_ep_translated_edma_port :
                                 &dwc_ep_edma_port, ep);
    dwc_link_start(ep->link);
    ep->exit.notify = ep_exit;
    qemu_add_exit_notifier(&ep->exit);
}

/* No address leads here any more; what is under way finds nobody. */
static void ep_unrealize(DeviceState *dev)
{
    DwcPcieEp *ep = DWC_PCIE_EP(dev);

    qemu_remove_exit_notifier(&ep->exit);
    memory_region_del_subregion(get_system_memory(), &ep->registers);
    memory_region_del_subregion(get_system_memory(), dwc_outbound_region(ep));
    ep_stop_threads(ep);
    dwc_in_flight_exit(ep);
    dwc_pages_exit(ep);
    dwc_posted_exit(ep);
    qemu_unregister_reset(ep_reset, ep);
    dwc_ep_undescribe(ep);
    dwc_local_memory_cleanup(&ep->local);
}

/* The host, its function and what is under way belong to the state. */
static const VMStateDescription ep_vmstate = {
    .name = TYPE_DWC_PCIE_EP,
    .unmigratable = 1,
};

static void ep_class_init(ObjectClass *oc, QemuClassData *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);

    dc->desc = "DesignWare PCIe endpoint controller with eDMA";
    dc->realize = ep_realize;
    dc->unrealize = ep_unrealize;
    dc->vmsd = &ep_vmstate;
    dc->hotpluggable = false;
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    dwc_ep_class_properties(oc);
}

static void ep_init(Object *obj)
{
    qemu_mutex_init(&DWC_PCIE_EP(obj)->lock);
    qemu_mutex_init(&DWC_PCIE_EP(obj)->memory_lock);
    dwc_iotlb_init(&DWC_PCIE_EP(obj)->iotlb);
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
