/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The device dwc-edma-pcie: what it is made of, and its life. */
#include "qemu/osdep.h"
#include "qemu-versions.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/host-utils.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "hw/pci/msi.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci.h"
#include "hw/pci/pcie.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "system/system.h"
#include "trace/control.h"
#include "card/card.h"
#include "edma/maps/maps.h"
#include "time/sync.h"
#include "trace-ntb_edma.h"

/* What its capability can say. */
#define MSI_VECTORS_MAX 32

static uint64_t card_registers_read(void *opaque, hwaddr addr, unsigned size)
{
    DwcEdmaPcie *card = opaque;
    uint32_t val;

    if (card->gone) {
        return UINT32_MAX;
    }
    val = dwc_edma_read(&card->edma, addr);
    trace_dwc_edma_read(addr, size, val, true);
    return val;
}

static void card_registers_write(void *opaque, hwaddr addr, uint64_t val,
                                 unsigned size)
{
    DwcEdmaPcie *card = opaque;
    int rung;

    if (card->gone) {
        return;
    }
    trace_dwc_edma_write(addr, size, val, true);
    rung = dwc_edma_write(&card->edma, addr, val, DWC_EDMA_FROM_LINK);
    if (rung >= 0) {
        dwc_engine_kick(&card->engine, rung);
    }
}

static const MemoryRegionOps registers_ops = {
    .read = card_registers_read,
    .write = card_registers_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 8 },
    .impl = { .min_access_size = 4, .max_access_size = 4 },
};

/* The threads end; they may be waiting for the big lock. */
static void card_stop_threads(DwcEdmaPcie *card)
{
    bool locked = bql_locked();

    if (locked) {
        bql_unlock();
    }
    dwc_engine_stop(&card->engine);
    if (locked) {
        bql_lock();
    }
}

static void card_qemu_ends(Notifier *notifier, void *data)
{
    card_stop_threads(container_of(notifier, DwcEdmaPcie, exit));
}

static bool card_check_channels(uint8_t *channels, const DwcCardKind *kind,
                                Error **errp)
{
    if (*channels == UINT8_MAX) {
        *channels = kind->channels;
    }
    if (!*channels || *channels > kind->channels) {
        error_setg(errp, "dwc-edma-pcie: wr-channels and rd-channels of kind "
                   "%s must be 1 to %u, not %u", kind->name, kind->channels,
                   *channels);
        return false;
    }
    return true;
}

/* What the properties ask for; NULL, with ERRP: it cannot be had. */
static const DwcEdmaMap *card_check_properties(DwcEdmaPcie *card, Error **errp)
{
    const DwcCardKind *kind = dwc_card_kind_find(card->kind_name, errp);
    const DwcEdmaMap *map;

    card->kind = kind;
    if (!kind || !card_check_channels(&card->write_channels, kind, errp) ||
        !card_check_channels(&card->read_channels, kind, errp)) {
        return NULL;
    }
    if (!card->msi_vectors && !card->msix_vectors) {
        error_setg(errp, "dwc-edma-pcie: msi-vectors and msix-vectors are both "
                   "0, so that the card could not interrupt");
        return NULL;
    }
    if (card->msi_vectors && (!is_power_of_2(card->msi_vectors) ||
                              card->msi_vectors > MSI_VECTORS_MAX)) {
        error_setg(errp, "dwc-edma-pcie: msi-vectors must be 0 or a power of "
                   "two up to %u, not %u", MSI_VECTORS_MAX, card->msi_vectors);
        return NULL;
    }
    map = dwc_edma_map_find(card->edma_map_name ? card->edma_map_name :
                            kind->edma_map, errp);
    if (!map) {
        error_prepend(errp, "dwc-edma-pcie: ");
    } else if (!kind->any_map && strcmp(map->name, kind->edma_map)) {
        error_setg(errp, "dwc-edma-pcie: a card of kind %s has the register "
                   "map %s, not %s", kind->name, kind->edma_map, map->name);
        return NULL;
    }
    return map;
}

static bool card_add_interrupts(DwcEdmaPcie *card, Error **errp)
{
    PCIDevice *pdev = PCI_DEVICE(card);

    if (card->msi_vectors &&
        msi_init(pdev, 0, card->msi_vectors, true, true, errp)) {
        return false;
    }
    return !card->msix_vectors ||
           !msix_init_exclusive_bar(pdev, card->msix_vectors,
                                    DWC_CARD_MSIX_BAR, errp);
}

static void card_remove_interrupts(PCIDevice *pdev)
{
    msix_uninit_exclusive_bar(pdev);
    msi_uninit(pdev);
}

static void card_realize(PCIDevice *pdev, Error **errp)
{
    DwcEdmaPcie *card = DWC_EDMA_PCIE(pdev);
    const DwcEdmaMap *map = card_check_properties(card, errp);

    if (!map) {
        return;
    }
    if (card->trace) {
        trace_enable_events(card->trace);
    }
    if (dwc_time_enabled()) {
        error_setg(errp, "dwc-edma-pcie: this VM has a virtual-time device, "
                   "and the card's engine works in real time: leave one of "
                   "them out");
        return;
    }
    if (!pci_bus_is_express(pci_get_bus(pdev))) {
        error_setg(errp, "dwc-edma-pcie: needs a PCI Express bus, for its "
                   "driver looks into extended configuration space");
        return;
    }
    pci_config_set_vendor_id(pdev->config, card->kind->vendor);
    pci_config_set_device_id(pdev->config, card->kind->device);
    if (pcie_endpoint_cap_init(pdev, 0) < 0) {
        error_setg(errp, "dwc-edma-pcie: no room for the PCIe capability");
        return;
    }
    if (!dwc_card_memory_init(card, errp) ||
        !card_add_interrupts(card, errp)) {
        dwc_card_memory_exit(card);
        card_remove_interrupts(pdev);
        pcie_cap_exit(pdev);
        return;
    }
    memory_region_init_io(&card->registers, OBJECT(card), &registers_ops, card,
                          "dwc-card-registers", DWC_CARD_REGISTERS_SIZE);
    pci_register_bar(pdev, DWC_CARD_REGISTERS_BAR, PCI_BASE_ADDRESS_SPACE_MEMORY,
                     &card->registers);
    pci_register_bar(pdev, DWC_CARD_MEMORY_BAR, PCI_BASE_ADDRESS_SPACE_MEMORY |
                     PCI_BASE_ADDRESS_MEM_TYPE_64 |
                     PCI_BASE_ADDRESS_MEM_PREFETCH, dwc_card_memory_bar(card));

    dwc_edma_init(&card->edma, map, card->write_channels, card->read_channels,
                  g_malloc0(DWC_EDMA_SIZE));
    dwc_card_add_capabilities(card);
    dwc_engine_start(&card->engine, &card->edma, &card->stats, &dwc_card_port,
                     card);
    card->exit.notify = card_qemu_ends;
    qemu_add_exit_notifier(&card->exit);
}

static void card_exit(PCIDevice *pdev)
{
    DwcEdmaPcie *card = DWC_EDMA_PCIE(pdev);

    qemu_remove_exit_notifier(&card->exit);
    /* An access that has found its way here gets the lock when it is let go. */
    card->gone = true;
    card_stop_threads(card);
    dwc_card_memory_exit(card);
    card_remove_interrupts(pdev);
    pcie_cap_exit(pdev);
}

static void card_finalize(Object *obj)
{
    g_free(DWC_EDMA_PCIE(obj)->edma.regs);
}

static void card_reset(DeviceState *dev)
{
    dwc_edma_reset(&DWC_EDMA_PCIE(dev)->edma);
}

static void card_get_stats(Object *obj, Visitor *v, const char *name,
                           void *opaque, Error **errp)
{
    DwcEdmaPcie *card = DWC_EDMA_PCIE(obj);
    uint64_t imwr = stat64_get(&card->stats.imwr);

    if (!DEVICE(obj)->realized) {
        error_setg(errp, "dwc-edma-pcie: stats are there at run time only");
        return;
    }
    if (!visit_start_struct(v, name, NULL, 0, errp)) {
        return;
    }
    if (dwc_edma_stats_visit(&card->stats, card->edma.channels, v, errp)) {
        visit_type_uint64(v, "imwr", &imwr, errp);
    }
    visit_end_struct(v, NULL);
}

static const Property card_properties[] = {
    DEFINE_PROP_STRING("kind", DwcEdmaPcie, kind_name),
    DEFINE_PROP_STRING("dma-map", DwcEdmaPcie, edma_map_name),
    DEFINE_PROP_STRING("trace", DwcEdmaPcie, trace),
    DEFINE_PROP_UINT8("wr-channels", DwcEdmaPcie, write_channels, UINT8_MAX),
    DEFINE_PROP_UINT8("rd-channels", DwcEdmaPcie, read_channels, UINT8_MAX),
    DEFINE_PROP_UINT32("msi-vectors", DwcEdmaPcie, msi_vectors, 32),
    DEFINE_PROP_UINT32("msix-vectors", DwcEdmaPcie, msix_vectors, 0),
    DEFINE_PROP_BOOL("tells-memory", DwcEdmaPcie, tells_memory, true),
    /* As the controller's, of which these are where Linux 7.3 depends on it. */
    DEFINE_PROP_BOOL("forgive-abort-enable", DwcEdmaPcie,
                     edma.forgive.abort_enable, false),
    DEFINE_PROP_BOOL("forgive-link-cycle", DwcEdmaPcie,
                     edma.forgive.link_cycle, true),
    DEFINE_PROP_BOOL("forgive-posted-order", DwcEdmaPcie,
                     forgive_posted_order, true),
    DEFINE_PROP_UINT64("memory-base", DwcEdmaPcie, memory_base,
                       0x50000000000),
};

/* What its engine's threads do belongs to the state. */
static const VMStateDescription card_vmstate = {
    .name = TYPE_DWC_EDMA_PCIE,
    .unmigratable = 1,
};

static void card_class_init(ObjectClass *oc, QemuClassData *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(oc);

    k->realize = card_realize;
    k->exit = card_exit;
    k->class_id = PCI_CLASS_OTHERS;
    dc->desc = "PCIe card with a DesignWare eDMA or HDMA that its host drives";
    dc->vmsd = &card_vmstate;
    device_class_set_legacy_reset(dc, card_reset);
    device_class_set_props(dc, card_properties);
    object_class_property_add(oc, "stats", "DwcStats", card_get_stats, NULL,
                              NULL, NULL);
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
}

static const TypeInfo card_info = {
    .name = TYPE_DWC_EDMA_PCIE,
    .parent = TYPE_PCI_DEVICE,
    .instance_size = sizeof(DwcEdmaPcie),
    .instance_finalize = card_finalize,
    .class_init = card_class_init,
    .interfaces = (InterfaceInfo[]) {
        { INTERFACE_PCIE_DEVICE },
        { }
    },
};
module_obj(TYPE_DWC_EDMA_PCIE);

static void card_types(void)
{
    type_register_static(&card_info);
}

type_init(card_types)
