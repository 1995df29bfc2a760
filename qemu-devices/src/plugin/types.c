/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compares QEMU's types with those that the devices were compiled for: their sizes, and where the members lie that can be
 * set from outside. Devices begin with a structure of QEMU's and reach into others: where a member was added or left out,
 * they would write beside what they mean. The size alone does not tell, for what is added may lie where nothing was.
 *
 * QOM tells nobody the sizes. They are in its TypeImpl, whose members have kept their order since 2012, but it is
 * private: a type of known sizes is registered first, and shows where they are.
 */
#include "qemu/osdep.h"
#include "qemu/accel.h"
#include "qemu/module.h"
#include "exec/memory.h"
#include "hw/arm/virt.h"
#include "hw/boards.h"
#include "hw/core/cpu.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pci_device.h"
#include "hw/pci/pcie_port.h"
#include "hw/qdev-properties.h"
#include "hw/sysbus.h"
#include "plugin/plugin.h"

/* A program that is no QEMU loads this, too. */
#pragma weak object_class_by_name
#pragma weak object_class_property_find
#pragma weak register_module_init
#pragma weak type_register_static

#define TYPE_PROBE "ntb-edma-probe"

/* Like no pointer, and like no other number at the start of a type. */
#define PROBE_CLASS_SIZE 0x2f18
#define PROBE_INSTANCE_SIZE 0x5a28

/* How many words of a TypeImpl are looked at. */
#define WORDS 8

typedef struct TypeSizes {
    const char *name;
    size_t class_size;
    size_t instance_size;
} TypeSizes;

/* Those come first that others have as a member. */
static const TypeSizes compiled[] = {
    { TYPE_MEMORY_REGION, sizeof(ObjectClass), sizeof(MemoryRegion) },
    { TYPE_DEVICE, sizeof(DeviceClass), sizeof(DeviceState) },
    { TYPE_SYS_BUS_DEVICE, sizeof(SysBusDeviceClass), sizeof(SysBusDevice) },
    { TYPE_BUS, sizeof(BusClass), sizeof(BusState) },
    { TYPE_PCI_BUS, sizeof(PCIBusClass), sizeof(PCIBus) },
    { TYPE_PCI_DEVICE, sizeof(PCIDeviceClass), sizeof(PCIDevice) },
    { TYPE_PCIE_PORT, sizeof(PCIDeviceClass), sizeof(PCIEPort) },
    { TYPE_PCIE_SLOT, sizeof(PCIDeviceClass), sizeof(PCIESlot) },
    { TYPE_IOMMU_MEMORY_REGION, sizeof(IOMMUMemoryRegionClass), sizeof(IOMMUMemoryRegion) },
    { TYPE_CPU, sizeof(CPUClass), sizeof(CPUState) },
    { TYPE_MACHINE, sizeof(MachineClass), sizeof(MachineState) },
};

/* Where the endpoint's controller lives; a QEMU for PCs has the other devices alone. */
static const TypeSizes arm_machine = {
    TYPE_VIRT_MACHINE, sizeof(VirtMachineClass), sizeof(VirtMachineState)
};

/* Every QEMU for PCs has it, whatever its release. */
#define TYPE_PC "generic-pc-machine"

/* A property says where in the object the member is that it sets. */
typedef struct TypeMember {
    const char *type;
    const char *property;
    ptrdiff_t offset;
} TypeMember;

static const TypeMember members[] = {
    { TYPE_PCI_DEVICE, "addr", offsetof(PCIDevice, devfn) },
    { TYPE_PCI_DEVICE, "multifunction", offsetof(PCIDevice, cap_present) },
    { TYPE_PCI_DEVICE, "romfile", offsetof(PCIDevice, romfile) },
    { TYPE_PCI_DEVICE, "acpi-index", offsetof(PCIDevice, acpi_index) },
    { TYPE_PCIE_PORT, "port", offsetof(PCIEPort, port) },
    { TYPE_PCIE_SLOT, "hotplug", offsetof(PCIESlot, hotplug) },
};

/* The first words of a type. */
static const size_t *plugin_words_of(const char *name)
{
    ObjectClass *class = object_class_by_name(name);

    return class ? (const size_t *)class->type : NULL;
}

static int plugin_find(const size_t *words, size_t wanted)
{
    int i;

    for (i = 0; i < WORDS; i++) {
        if (words[i] == wanted) {
            return i;
        }
    }
    plugin_refuse("expected QOM's types to begin with their sizes, found another layout");
}

static void plugin_check_size(const TypeSizes *want, int class_at, int instance_at)
{
    const size_t *words = plugin_words_of(want->name);

    if (!words) {
        plugin_refuse("expected a QEMU that has the type %s, as the one for 64-bit Arm has, found none of this name",
                      want->name);
    }
    if (words[class_at] != want->class_size || words[instance_at] != want->instance_size) {
        plugin_refuse("expected type %s to have %zu bytes and its class %zu, "
                      "as in the headers that the devices were compiled with, found %zu and %zu",
                      want->name, want->instance_size, want->class_size,
                      words[instance_at], words[class_at]);
    }
}

static void plugin_check_sizes(void)
{
    static const TypeInfo probe = {
        .name = TYPE_PROBE,
        .parent = TYPE_OBJECT,
        .class_size = PROBE_CLASS_SIZE,
        .instance_size = PROBE_INSTANCE_SIZE,
    };
    const size_t *words;
    int class_at, instance_at, i;

    type_register_static(&probe);
    words = plugin_words_of(TYPE_PROBE);
    class_at = plugin_find(words, PROBE_CLASS_SIZE);
    instance_at = plugin_find(words, PROBE_INSTANCE_SIZE);
    for (i = 0; i < ARRAY_SIZE(compiled); i++) {
        plugin_check_size(&compiled[i], class_at, instance_at);
    }
    if (!object_class_by_name(TYPE_PC)) {
        plugin_check_size(&arm_machine, class_at, instance_at);
    }
}

static void plugin_check_members(void)
{
    int i;

    for (i = 0; i < ARRAY_SIZE(members); i++) {
        const TypeMember *want = &members[i];
        ObjectClass *class = object_class_by_name(want->type);
        ObjectProperty *property = object_class_property_find(class, want->property);
        const Property *found = property ? property->opaque : NULL;

        if (!found) {
            plugin_refuse("expected type %s to have the property %s, found none of this name",
                          want->type, want->property);
        }
        if (found->offset != want->offset) {
            plugin_refuse("expected property %s of type %s to set what lies at byte %td of it, "
                          "as in the headers that the devices were compiled with, found byte %td",
                          want->property, want->type, want->offset, found->offset);
        }
    }
}

static void plugin_check_types(void)
{
    plugin_check_sizes();
    plugin_check_members();
}

/* Registered while the types register themselves, it comes after all of them. */
static void plugin_check_types_last(void)
{
    register_module_init(plugin_check_types, MODULE_INIT_QOM);
}

void plugin_check_types_later(void)
{
    register_module_init(plugin_check_types_last, MODULE_INIT_QOM);
}
