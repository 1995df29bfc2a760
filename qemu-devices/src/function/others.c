/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The functions beside the first.
 *
 * The first one is what is plugged in, and it has the link.  When the endpoint
 * has said how many functions there are, it puts the others beside itself in its
 * slot; they go with it.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "hw/pci/pci.h"
#include "hw/pci/pci_bus.h"
#include "function/function.h"

static bool fn_add(DwcPcieFunction *first, unsigned number, Error **errp)
{
    PCIDevice *pdev = PCI_DEVICE(first);
    PCIDevice *other = pci_new(pdev->devfn + number, TYPE_DWC_PCIE_FUNCTION);
    DwcPcieFunction *fn = DWC_PCIE_FUNCTION(other);
    g_autofree char *name = g_strdup_printf("function%u", number);
    bool ok;

    fn->first = first;
    fn->number = number;
    first->numbered[number] = fn;
    object_property_add_child(OBJECT(first), name, OBJECT(fn));
    /* The slot tells of the card when the first one is complete. */
    DEVICE(fn)->hotplugged = false;
    ok = qdev_realize(DEVICE(fn), BUS(pci_get_bus(pdev)), errp);
    object_unref(OBJECT(fn));
    return ok;
}

bool dwc_function_add_others(DwcPcieFunction *first, Error **errp)
{
    unsigned n;

    if (first->functions > 1 && PCI_FUNC(PCI_DEVICE(first)->devfn)) {
        error_setg(errp, "dwc-pcie-function: the endpoint at %s has %u "
                   "functions: plug it in as function 0 of a slot, not as %u",
                   first->link_path, first->functions,
                   PCI_FUNC(PCI_DEVICE(first)->devfn));
        return false;
    }
    for (n = 1; n < first->functions; n++) {
        if (!fn_add(first, n, errp)) {
            return false;
        }
    }
    return true;
}

void dwc_function_remove_others(DwcPcieFunction *first)
{
    unsigned n;

    for (n = 1; n < DWC_LINK_FUNCTIONS; n++) {
        if (first->numbered[n]) {
            object_unparent(OBJECT(first->numbered[n]));
            first->numbered[n] = NULL;
        }
    }
}
