/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The controller behind the endpoint's SMMU. */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "exec/memory.h"
#include "hw/arm/virt.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pci_device.h"
#include "core/smmu.h"
#include "trace-ntb_edma.h"

/* The last slot of the bus, which nobody else gets from here on. */
#define SMMU_SLOT 31

QEMU_BUILD_BUG_ON(DWC_SMMU_STREAMS > PCI_FUNC_MAX);

/* The next function of the slot. */
static bool dwc_ep_smmu_take(uint32_t *stream, AddressSpace **as, Error **errp)
{
    static unsigned streams;
    VirtMachineState *vms = VIRT_MACHINE(qdev_get_machine());
    PCIBus *bus = vms->bus;
    int devfn = PCI_DEVFN(SMMU_SLOT, streams);

    if (vms->iommu != VIRT_IOMMU_SMMUV3) {
        error_setg(errp, "dwc-pcie-ep: iommu=on needs an SMMU: "
                   "-M virt,iommu=smmuv3");
        return false;
    }
    if (streams == DWC_SMMU_STREAMS) {
        error_setg(errp, "dwc-pcie-ep: iommu=on is for %d controllers and "
                   "memcpy engines of a machine, and this is one more",
                   DWC_SMMU_STREAMS);
        return false;
    }
    if (bus->devices[devfn]) {
        error_setg(errp, "dwc-pcie-ep: iommu=on needs slot %d of the bus pcie.0 "
                   "for its stream, and there is %s", SMMU_SLOT,
                   bus->devices[devfn]->name);
        return false;
    }
    pci_bus_set_slot_reserved_mask(bus, 1u << SMMU_SLOT);
    streams++;
    *stream = PCI_BUILD_BDF(pci_bus_num(bus), devfn);
    *as = bus->iommu_ops->get_address_space(bus, bus->iommu_opaque, devfn);
    return true;
}

bool dwc_ep_smmu_init(DwcPcieEp *ep, Error **errp)
{
    return dwc_ep_smmu_take(&ep->stream, &ep->dma_as, errp) &&
           (!ep->memcpy_engine ||
            dwc_ep_smmu_take(&ep->memcpy_stream, &ep->memcpy_as, errp));
}

bool dwc_ep_smmu_translate(DwcPcieEp *ep, uint64_t addr, bool write,
                           uint64_t *cpu, uint64_t *len)
{
    IOMMUTLBEntry entry;

    assert(bql_locked());
    WITH_RCU_READ_LOCK_GUARD() {
        entry = address_space_get_iotlb_entry(ep->dma_as, addr, write,
                                              MEMTXATTRS_UNSPECIFIED);
    }
    trace_dwc_smmu_translate(ep->stream, addr, write, entry.translated_addr,
                             entry.addr_mask, entry.perm);
    if (entry.perm == IOMMU_NONE) {
        return false;
    }
    *cpu = entry.translated_addr | (addr & entry.addr_mask);
    *len = MIN(*len, entry.addr_mask - (addr & entry.addr_mask) + 1);
    return true;
}
