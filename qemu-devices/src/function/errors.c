/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors that the host's port finds in what goes over the link: its AER
 * capability has them, and tells the host's software if that wants to be told.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "hw/pci/pci.h"
#include "hw/pci/pcie_aer.h"
#include "function/function.h"
#include "link/tlp.h"
#include "trace-ntb_edma.h"

/* No request goes beyond one. */
#define PAGE            0x1000

/* What one request moves at most (PCIe 2.2.2, 7.5.3.4). */
static unsigned fn_longest_request(PCIDevice *dev, bool is_write)
{
    uint16_t control = pci_get_word(dev->config + dev->exp.exp_cap +
                                    PCI_EXP_DEVCTL);
    unsigned code = is_write ? FIELD_EX32(control, DEVCTL, PAYLOAD) :
                               FIELD_EX32(control, DEVCTL, READRQ);

    return dwc_tlp_limit(code);
}

/* What the port has received: the header of a memory request, the first one. */
static void fn_log_request(DwcPcieFunction *fn, PCIEAERErr *err, uint64_t addr,
                           unsigned size, bool is_write)
{
    /* What comes as one message is several requests if it is in two pages, or long. */
    unsigned longest = MIN(fn_longest_request(PCI_DEVICE(fn), is_write) -
                           (addr & 3), PAGE - addr % PAGE);

    err->flags |= PCIE_AER_ERR_HEADER_VALID;
    dwc_tlp_memory_request(err->header, pci_requester_id(PCI_DEVICE(fn)), addr,
                           MIN(size, longest), is_write);
}

static void fn_report(PCIDevice *port, PCIEAERErr *err)
{
    unsigned i;

    trace_dwc_function_error(err->status, err->header[0], err->header[1],
                             err->header[2], err->header[3]);
    if (port && port->exp.aer_cap) {
        err->source_id = pci_requester_id(port);
        /* QEMU turns its bytes, by which the registers would be wrong. */
        for (i = 0; i < ARRAY_SIZE(err->header); i++) {
            err->header[i] = bswap32(err->header[i]);
        }
        pcie_aer_inject_error(port, err);
    }
}

/* A peer may say what it likes: what it does not say is poisoned is malformed. */
void dwc_function_flawed(DwcPcieFunction *fn, DwcLinkFlaw flaw, uint64_t addr,
                         unsigned size)
{
    bool poisoned = flaw == DWC_LINK_POISONED;
    PCIEAERErr err = {
        .status = poisoned ? PCI_ERR_UNC_POISON_TLP : PCI_ERR_UNC_MALF_TLP,
    };

    if (PCI_DEVICE(fn)->bus_master_enable_region.enabled) {
        fn_log_request(fn, &err, addr, size, true);
        err.header[0] |= poisoned ? DWC_TLP_POISONED : 0;
        fn_report(dwc_function_port(fn), &err);
    }
}

/*
 * Of a read the requester is told, so that to the port it is advisory.  What comes
 * of a function that may not be bus master any more, or is without power, gets
 * nowhere: the port has nothing to report.
 */
void dwc_function_unsupported(DwcPcieFunction *fn, uint64_t addr, unsigned size,
                              bool is_write)
{
    PCIEAERErr err = {
        .status = PCI_ERR_UNC_UNSUP,
        .flags = is_write ? 0 : PCIE_AER_ERR_MAYBE_ADVISORY,
    };

    if (!PCI_DEVICE(fn)->bus_master_enable_region.enabled) {
        return;
    }
    fn_log_request(fn, &err, addr, size, is_write);
    fn_report(dwc_function_port(fn), &err);
}

void dwc_function_timed_out(PCIDevice *port)
{
    PCIEAERErr err = { .status = PCI_ERR_UNC_COMP_TIME };

    fn_report(port, &err);
}

/*
 * QEMU's part of the capability takes the message to the port and on.  What is to be
 * told the endpoint has decided: for QEMU it is all enabled, and nothing masked.
 */
void dwc_function_error(DwcPcieFunction *fn, uint32_t message)
{
    PCIDevice *pdev = PCI_DEVICE(fn);
    uint8_t *command = pdev->config + PCI_COMMAND;
    uint8_t *control = pdev->config + pdev->exp.exp_cap + PCI_EXP_DEVCTL;
    uint16_t was_command = pci_get_word(command);
    uint32_t was_control = pci_get_long(control);
    PCIEAERErr err = {
        .status = message == PCI_ERR_ROOT_CMD_COR_EN ? PCI_ERR_COR_BAD_TLP :
                  message == PCI_ERR_ROOT_CMD_FATAL_EN ? PCI_ERR_UNC_MALF_TLP :
                  PCI_ERR_UNC_COMP_TIME,
        .flags = message == PCI_ERR_ROOT_CMD_COR_EN ?
                 PCIE_AER_ERR_IS_CORRECTABLE : 0,
        .source_id = pci_requester_id(pdev),
    };

    if (!fn->first->link || !pdev->enabled) {
        return;
    }
    trace_dwc_function_error_message(pci_requester_id(pdev), message);
    pci_set_word(command, was_command | PCI_COMMAND_SERR);
    pci_set_long(control, was_control | PCI_EXP_DEVCTL_CERE |
                          PCI_EXP_DEVCTL_NFERE | PCI_EXP_DEVCTL_FERE);
    pcie_aer_inject_error(pdev, &err);
    pci_set_word(command, was_command);
    pci_set_long(control, was_control);
}
