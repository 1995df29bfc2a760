/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PCIe function in the host VM: a PCI device whose content comes from the
 * endpoint.  It raises no interrupt by itself: the endpoint writes MSI messages
 * to the host's memory, and the MSI-X table is in the endpoint's RAM.
 */
#include "qemu/osdep.h"
#include "qemu-versions.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "exec/address-spaces.h"
#include "hw/pci/pci.h"
#include "hw/pci/pcie_aer.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "system/system.h"
#include "trace/control.h"
#include "function/function.h"
#include "link/latency.h"
#include "link/wake-event.h"
#include "time/sync.h"
#include "trace-ntb_edma.h"

static void fn_memory_event(void *opaque)
{
    DwcPcieFunction *fn = opaque;

    if (dwc_wake_event_take(fn->regs.memory_event)) {
        object_ref(OBJECT(fn));
        dwc_function_take_posts(fn);
        dwc_function_let_go(fn);
    }
}

static void fn_qemu_ends(Notifier *notifier, void *data)
{
    dwc_link_stop(container_of(notifier, DwcPcieFunction, exit)->link);
}

static void fn_close_link(DwcPcieFunction *fn)
{
    dwc_time_part(fn);
    if (fn->regs.memory_event >= 0) {
        qemu_set_fd_handler(fn->regs.memory_event, NULL, NULL, NULL);
    }

    qemu_remove_exit_notifier(&fn->exit);
    /* The thread does not need the big lock, so it may be joined with it. */
    dwc_link_free(fn->link);
    fn->link = NULL;
    qemu_bh_delete(fn->bh);
    fn->bh = NULL;
    dwc_function_drop_work(fn);
}

static void fn_exit(PCIDevice *pdev)
{
    DwcPcieFunction *fn = DWC_PCIE_FUNCTION(pdev);

    dwc_function_remove_others(fn);
    dwc_function_iommu_exit(fn);
    dwc_function_intx_exit(fn);
    dwc_function_exit_bars(fn);
    pcie_aer_exit(pdev);
    pdev->exp.aer_log.log = NULL;
    if (fn != fn->first) {
        return;
    }
    dwc_local_memory_cleanup(&fn->local);
    if (fn->link) {
        fn_close_link(fn);
    }
    dwc_function_registers_cleanup(fn);
    dwc_function_drop_time(fn);
    if (fn->peer) {
        object_unref(OBJECT(fn->peer));
        fn->peer = NULL;
    }
}

/* One of those beside the first, which has met the endpoint. */
static void fn_realize_other(DwcPcieFunction *fn, Error **errp)
{
    if (dwc_function_take_config(fn, errp)) {
        dwc_function_iommu_init(fn);
    }
}

static void fn_realize(PCIDevice *pdev, Error **errp)
{
    DwcPcieFunction *fn = DWC_PCIE_FUNCTION(pdev);

    if (fn != fn->first) {
        fn_realize_other(fn, errp);
        return;
    }
    if (!fn->link_path) {
        error_setg(errp, "dwc-pcie-function: link=PATH is missing, the Unix "
                   "socket at which the endpoint VM listens");
        return;
    }
    if (fn->trace) {
        trace_enable_events(fn->trace);
    }
    fn->link = dwc_link_connect(fn->link_path, &dwc_function_link_ops, fn,
                                errp);
    if (!fn->link) {
        return;
    }
    dwc_link_set_latency(fn->link, fn->latency_us);
    fn->bh = qemu_bh_new_guarded(dwc_function_work, fn,
                                 &DEVICE(fn)->mem_reentrancy_guard);
    fn->peer = dwc_peer_memory_new();
    dwc_link_start(fn->link);
    fn->exit.notify = fn_qemu_ends;
    qemu_add_exit_notifier(&fn->exit);
    if (!dwc_function_wait_ready(fn, errp) ||
        !dwc_function_meet(fn, errp) ||
        !dwc_function_take_config(fn, errp)) {
        fn_exit(pdev);
        return;
    }
    dwc_peer_memory_register(fn->peer);
    if (fn->regs.memory_event >= 0) {
        qemu_set_fd_handler(fn->regs.memory_event, fn_memory_event, NULL,
                            fn);
    }

    dwc_local_memory_init(&fn->local, &address_space_memory);
    dwc_local_memory_announce(&fn->local, fn->link);
    dwc_function_iommu_init(fn);
    if (!dwc_function_add_others(fn, errp)) {
        fn_exit(pdev);
        return;
    }
    dwc_link_send(fn->link, DWC_LINK_READY, 0, NULL, 0, NULL, 0, false);
    dwc_function_appear(fn);
    trace_dwc_function_ready(pci_get_word(pdev->config + PCI_VENDOR_ID),
                             pci_get_word(pdev->config + PCI_DEVICE_ID));
}

static void fn_latency_changed(Object *obj)
{
    DwcPcieFunction *fn = DWC_PCIE_FUNCTION(obj);

    if (fn->link) {
        dwc_link_set_latency(fn->link, fn->latency_us);
    }
}

static const DwcLinkLatency fn_latency = {
    .us = offsetof(DwcPcieFunction, latency_us),
    .changed = fn_latency_changed,
    .description =
        "microseconds that everything takes from here to the endpoint",
};

static void fn_reset(DeviceState *dev)
{
    dwc_function_reset(DWC_PCIE_FUNCTION(dev));
}

static const Property fn_properties[] = {
    DEFINE_PROP_STRING("link", DwcPcieFunction, link_path),
    DEFINE_PROP_STRING("trace", DwcPcieFunction, trace),
};

static void fn_init(Object *obj)
{
    DwcPcieFunction *fn = DWC_PCIE_FUNCTION(obj);

    fn->first = fn;
    fn->numbered[0] = fn;
    /* Whether there are others is known when it is in its slot already. */
    PCI_DEVICE(obj)->cap_present |= QEMU_PCI_CAP_MULTIFUNCTION;
    qemu_mutex_init(&fn->lock);
    dwc_iotlb_init(&fn->pages);
    qemu_cond_init(&fn->ready);
    QSIMPLEQ_INIT(&fn->work);
    QSIMPLEQ_INIT(&fn->changes);
    dwc_function_registers_init(fn);
}

static void fn_finalize(Object *obj)
{
    DwcPcieFunction *fn = DWC_PCIE_FUNCTION(obj);

    qemu_cond_destroy(&fn->ready);
    qemu_mutex_destroy(&fn->lock);
}

/* The endpoint, which is another process, belongs to the state. */
static const VMStateDescription fn_vmstate = {
    .name = TYPE_DWC_PCIE_FUNCTION,
    .unmigratable = 1,
};

static void fn_class_init(ObjectClass *oc, QemuClassData *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(oc);

    k->realize = fn_realize;
    k->exit = fn_exit;
    k->config_read = dwc_function_config_read;
    k->config_write = dwc_function_config_write;
    /* Until the endpoint has said what it is. */
    k->vendor_id = 0x16c3;
    k->device_id = 0xabcd;
    k->class_id = PCI_CLASS_OTHERS;
    dc->desc = "PCIe function presented by a DesignWare endpoint controller";
    dc->vmsd = &fn_vmstate;
    device_class_set_legacy_reset(dc, fn_reset);
    device_class_set_props(dc, fn_properties);
    dwc_link_add_latency(oc, &fn_latency);
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
}

static const TypeInfo fn_info = {
    .name = TYPE_DWC_PCIE_FUNCTION,
    .parent = TYPE_PCI_DEVICE,
    .instance_size = sizeof(DwcPcieFunction),
    .instance_init = fn_init,
    .instance_finalize = fn_finalize,
    .class_init = fn_class_init,
    .interfaces = (InterfaceInfo[]) {
        { INTERFACE_PCIE_DEVICE },
        { }
    },
};
module_obj(TYPE_DWC_PCIE_FUNCTION);

static void fn_types(void)
{
    type_register_static(&fn_info);
}

type_init(fn_types)
