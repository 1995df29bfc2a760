/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What changes the SMMU's answers without an invalidation of its TLB: whether it
 * is enabled, what becomes of all accesses while it is not, and commands that have
 * it read a stream's configuration anew.  QEMU's SMMU tells nobody of these, so
 * its registers are watched, on their way to it.
 *
 * Registers and commands: Arm IHI 0070, 4.3 and 6.3.
 */
#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "exec/memop.h"
#include "exec/memory.h"
#include "hw/arm/virt.h"
#include "hw/pci/pci_bus.h"
#include "hw/sysbus.h"
#include "core/smmu.h"

#define SECOND_PAGE 0x10000ull

#define CR0         0x20
#define GBPA        0x44
#define GERRORN     0x64
#define CMDQ_BASE   0x90
#define CMDQ_PROD   0x98
#define CMDQ_CONS   0x9c

#define CMDQ_LOG2SIZE(base) MIN((base) & 0x1f, 19)
#define CMDQ_ADDR(base)     ((base) & 0xfffffffffffe0ull)

#define COMMAND_SIZE        16
/* CFGI_STE, CFGI_STE_RANGE and CFGI_ALL, CFGI_CD, CFGI_CD_ALL. */
#define FIRST_CFGI          0x03
#define LAST_CFGI           0x06

static struct {
    MemoryRegion registers;     /* in front of the SMMU's own */
    MemoryRegion *smmu;
    NotifierList watchers;
} watch;

static uint64_t watch_register(hwaddr addr, MemOp size)
{
    uint64_t val = 0;

    memory_region_dispatch_read(watch.smmu, addr, &val, size | MO_LE,
                                MEMTXATTRS_UNSPECIFIED);
    return val;
}

/* Whether there is one of these commands among those up to PROD. */
static bool watch_queue(uint32_t prod)
{
    uint64_t base = watch_register(CMDQ_BASE, MO_64);
    uint32_t wrap = 2u << CMDQ_LOG2SIZE(base), entries = wrap / 2;
    uint32_t at = watch_register(CMDQ_CONS, MO_32) % wrap;

    for (; at != prod % wrap; at = (at + 1) % wrap) {
        uint8_t opcode = 0;

        address_space_read(&address_space_memory, CMDQ_ADDR(base) +
                           (at % entries) * COMMAND_SIZE,
                           MEMTXATTRS_UNSPECIFIED, &opcode, 1);
        if (opcode >= FIRST_CFGI && opcode <= LAST_CFGI) {
            return true;
        }
    }
    return false;
}

static bool watch_changes(hwaddr addr, uint64_t val)
{
    /* Its second page shows the registers of the first. */
    switch (addr & ~SECOND_PAGE) {
    case CR0:
    case GBPA:
        return true;
    case CMDQ_PROD:
        return watch_queue(val);
    case GERRORN:
        /* It goes on with its queue when an error is acknowledged. */
        return watch_queue(watch_register(CMDQ_PROD, MO_32));
    default:
        return false;
    }
}

static MemTxResult watch_read(void *opaque, hwaddr addr, uint64_t *val,
                              unsigned size, MemTxAttrs attrs)
{
    return memory_region_dispatch_read(watch.smmu, addr, val,
                                       size_memop(size) | MO_LE, attrs);
}

static MemTxResult watch_write(void *opaque, hwaddr addr, uint64_t val,
                               unsigned size, MemTxAttrs attrs)
{
    if (watch_changes(addr, val)) {
        notifier_list_notify(&watch.watchers, NULL);
    }
    return memory_region_dispatch_write(watch.smmu, addr, val,
                                        size_memop(size) | MO_LE, attrs);
}

static const MemoryRegionOps watch_ops = {
    .read_with_attrs = watch_read,
    .write_with_attrs = watch_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 8 },
    .impl = { .min_access_size = 4, .max_access_size = 8 },
};

static void watch_begin(void)
{
    PCIBus *bus = VIRT_MACHINE(qdev_get_machine())->bus;

    watch.smmu = sysbus_mmio_get_region(SYS_BUS_DEVICE(bus->iommu_opaque), 0);
    notifier_list_init(&watch.watchers);
    /* The machine's: a controller's would not be let in from itself. */
    memory_region_init_io(&watch.registers, OBJECT(qdev_get_machine()),
                          &watch_ops, NULL, "dwc-smmu-watch",
                          memory_region_size(watch.smmu));
    memory_region_add_subregion_overlap(watch.smmu->container, watch.smmu->addr,
                                        &watch.registers,
                                        watch.smmu->priority + 1);
}

void dwc_ep_smmu_watch(Notifier *changes)
{
    if (!watch.smmu) {
        watch_begin();
    }
    notifier_list_add(&watch.watchers, changes);
}
