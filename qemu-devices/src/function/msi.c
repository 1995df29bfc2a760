/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MSI and its masks.
 *
 * An MSI is a memory write of the endpoint's to the address in the capability.
 * The function, which is what PCIe's rule is about, holds a write back whose
 * vector the host has masked, shows it as pending, and makes it when the host
 * lifts the mask.
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/bswap.h"
#include "qemu/host-utils.h"
#include "hw/pci/pci.h"
#include "function/function.h"
#include "trace-ntb_edma.h"

static uint8_t *fn_msi_register(DwcPcieFunction *fn, unsigned reg)
{
    return PCI_DEVICE(fn)->config + le16_to_cpu(fn->config.msi_cap) + reg;
}

static bool fn_msi_enabled(DwcPcieFunction *fn)
{
    return pci_get_word(fn_msi_register(fn, PCI_MSI_FLAGS)) &
           PCI_MSI_FLAGS_ENABLE;
}

static unsigned fn_msi_vectors(DwcPcieFunction *fn)
{
    unsigned log2 = extract32(pci_get_word(fn_msi_register(fn, PCI_MSI_FLAGS)),
                              4, 3);

    return 1u << MIN(log2, 5);
}

static uint64_t fn_msi_address(DwcPcieFunction *fn)
{
    uint64_t high = pci_get_long(fn_msi_register(fn, PCI_MSI_ADDRESS_HI));

    return high << 32 | pci_get_long(fn_msi_register(fn, PCI_MSI_ADDRESS_LO));
}

static void fn_msi_set_pending(DwcPcieFunction *fn, uint32_t bits)
{
    DwcLinkPending pending = { .bits = cpu_to_le32(bits) };

    pci_set_long(fn_msi_register(fn, PCI_MSI_PENDING_64), bits);
    dwc_function_tell(fn, DWC_LINK_PENDING, &pending, sizeof(pending), false);
}

bool dwc_function_msi_held(DwcPcieFunction *fn, uint64_t addr, uint32_t data,
                           unsigned size)
{
    uint32_t mask, pending;
    unsigned vector;

    if (size > sizeof(data) || !fn_msi_enabled(fn) ||
        addr != fn_msi_address(fn)) {
        return false;
    }
    vector = data & (fn_msi_vectors(fn) - 1);
    if ((data ^ pci_get_word(fn_msi_register(fn, PCI_MSI_DATA_64))) &
        ~(fn_msi_vectors(fn) - 1) & 0xffff) {
        /* No data that the capability allows, so a write and no MSI. */
        return false;
    }
    mask = pci_get_long(fn_msi_register(fn, PCI_MSI_MASK_64));
    if (!extract32(mask, vector, 1)) {
        return false;
    }
    pending = pci_get_long(fn_msi_register(fn, PCI_MSI_PENDING_64));
    trace_dwc_function_msi_pending(vector);
    fn_msi_set_pending(fn, pending | BIT(vector));
    return true;
}

void dwc_function_msi_written(DwcPcieFunction *fn, uint32_t addr, int len)
{
    uint32_t at = le16_to_cpu(fn->config.msi_cap);
    uint32_t pending, due;

    if (!ranges_overlap(addr, len, at, PCI_MSI_PENDING_64 + 4) ||
        !fn_msi_enabled(fn)) {
        return;
    }
    pending = pci_get_long(fn_msi_register(fn, PCI_MSI_PENDING_64));
    due = pending & ~pci_get_long(fn_msi_register(fn, PCI_MSI_MASK_64));
    if (!due) {
        return;
    }
    fn_msi_set_pending(fn, pending & ~due);
    for (; due && fn->first->link; due &= due - 1) {
        uint32_t data = pci_get_word(fn_msi_register(fn, PCI_MSI_DATA_64));

        data = (data & ~(fn_msi_vectors(fn) - 1)) | ctz32(due);
        dwc_function_send_msi(fn, fn_msi_address(fn), data);
    }
}
