/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Resets of the function: function-level reset, a reset of the secondary bus, the
 * machine's.  What the host wrote is forgotten on both sides; what the
 * endpoint's driver wrote stays, as its DBI says.
 */
#include "qemu/osdep.h"
#include "hw/pci/pci.h"
#include "function/function.h"
#include "trace-ntb_edma.h"

void dwc_function_reset(DwcPcieFunction *fn)
{
    PCIDevice *pdev = PCI_DEVICE(fn);
    g_autofree uint8_t *space = g_malloc0(DWC_LINK_CONFIG_SIZE);
    DwcLinkStatus status;
    unsigned i;

    if (!fn->link || !fn->is_ready) {
        return;
    }
    /* With the big lock: the endpoint answers without asking back. */
    status = dwc_link_await(dwc_link_ask(fn->link, DWC_LINK_RESET, NULL, 0),
                            space, DWC_LINK_CONFIG_SIZE);
    trace_dwc_function_reset(status == DWC_LINK_OK);
    if (status != DWC_LINK_OK) {
        memset(space, 0, DWC_LINK_CONFIG_SIZE);
    }
    /* The header is the PCI core's to reset. */
    for (i = PCI_STD_HEADER_SIZEOF; i < PCI_CONFIG_SPACE_SIZE; i++) {
        pdev->config[i] = (pdev->config[i] & ~pdev->wmask[i]) |
                          (space[i] & pdev->wmask[i]);
    }
    pci_set_long(pdev->config + le16_to_cpu(fn->config.msi_cap) +
                 PCI_MSI_PENDING_64, 0);
    dwc_function_msix_follow(fn);
    if (status == DWC_LINK_OK) {
        dwc_function_rebar_reset(fn, space);
    }
}
