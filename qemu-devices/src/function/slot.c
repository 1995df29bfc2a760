/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the host notices that the function comes and goes.
 *
 * The function behaves as a card in a slot with surprise removal: when the link
 * is lost it is gone with all its BARs at once, the port says so, and the device
 * deletes itself; it comes back as a new one.
 */
#include "qemu/osdep.h"
#include "block/aio.h"
#include "hw/pci/pci.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pcie_port.h"
#include "qemu/main-loop.h"
#include "function/function.h"
#include "memory/change.h"
#include "trace-ntb_edma.h"

PCIDevice *dwc_function_port(DwcPcieFunction *fn)
{
    PCIBus *bus = pci_get_bus(PCI_DEVICE(fn));
    PCIDevice *port = !bus || pci_bus_is_root(bus) ? NULL :
                                                     pci_bridge_get_device(bus);

    return port && object_dynamic_cast(OBJECT(port), TYPE_PCIE_SLOT) ? port :
                                                                       NULL;
}

static void fn_presence_changed(DwcPcieFunction *fn, bool present)
{
    PCIDevice *port = dwc_function_port(fn);
    unsigned control;
    uint8_t *exp;

    trace_dwc_function_presence(present);
    if (!port) {
        return;
    }
    control = port->exp.exp_cap + PCI_EXP_SLTCTL;
    exp = port->config + port->exp.exp_cap;
    if (present) {
        pci_word_test_and_set_mask(exp + PCI_EXP_SLTSTA, PCI_EXP_SLTSTA_PDS);
    } else {
        pci_word_test_and_clear_mask(exp + PCI_EXP_SLTSTA, PCI_EXP_SLTSTA_PDS);
        pci_word_test_and_clear_mask(exp + PCI_EXP_LNKSTA,
                                     PCI_EXP_LNKSTA_DLLLA);
    }
    pci_word_test_and_set_mask(exp + PCI_EXP_SLTSTA, PCI_EXP_SLTSTA_PDC);
    /*
     * QEMU exports no function that raises the port's interrupt, but looks for
     * events whenever slot control is written.
     */
    PCI_DEVICE_GET_CLASS(port)->config_write(port, control,
                                             pci_get_word(port->config +
                                                          control), 2);
}

static void fn_appeared(void *opaque)
{
    DwcPcieFunction *fn = opaque;

    if (DEVICE(fn)->realized && !fn->vanished) {
        DEVICE(fn)->hotplugged = true;
        fn_presence_changed(fn, true);
    }
    object_unref(OBJECT(fn));
}

void dwc_function_appear(DwcPcieFunction *fn)
{
    if (!DEVICE(fn)->hotplugged) {
        return;
    }
    /*
     * QEMU would announce a new card by pressing the attention button.  While
     * Linux still removes the card before, it takes that as the wish to switch
     * the new one off.  So this is plugged as a card that has always been
     * there, and the slot reports a presence change.
     */
    DEVICE(fn)->hotplugged = false;
    object_ref(OBJECT(fn));
    aio_bh_schedule_oneshot(qemu_get_aio_context(), fn_appeared, fn);
}

static void fn_delete(void *opaque)
{
    DwcPcieFunction *fn = opaque;

    if (DEVICE(fn)->realized) {
        object_unparent(OBJECT(fn));
    }
    object_unref(OBJECT(fn));
}

static void fn_go_dark(void *opaque)
{
    DwcPcieFunction *fn = opaque;
    unsigned n;

    if (DEVICE(fn)->realized) {
        memory_region_transaction_begin();
        for (n = 0; n < fn->functions; n++) {
            /* No configuration, no BARs, no bus mastering, no interrupt. */
            pci_set_power(PCI_DEVICE(fn->numbered[n]), false);
            dwc_function_unmap_all(fn->numbered[n]);
        }
        memory_region_transaction_commit();
        fn_presence_changed(fn, false);
    }
    /* Not here: accesses may still be on their way out of this function. */
    aio_bh_schedule_oneshot(qemu_get_aio_context(), fn_delete, fn);
}

void dwc_function_vanish(DwcPcieFunction *fn)
{
    fn = fn->first;
    if (fn->vanished || !DEVICE(fn)->realized) {
        return;
    }
    fn->vanished = true;
    object_ref(OBJECT(fn));
    dwc_memory_change(fn_go_dark, fn);
}
