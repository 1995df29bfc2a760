/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The function's configuration space.
 *
 * It is the endpoint's, taken over when the function is plugged; what the host
 * writes goes to the endpoint, too, and is acknowledged before the access ends,
 * for the endpoint's driver looks there for BAR addresses, MSI and bus
 * mastering.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "hw/pci/pci.h"
#include "hw/pci/pcie.h"
#include "function/function.h"

void dwc_function_update_config(DwcPcieFunction *fn, const DwcLinkCfg *cfg)
{
    PCIDevice *pdev = PCI_DEVICE(fn);
    unsigned offset = le16_to_cpu(cfg->offset), size = le16_to_cpu(cfg->size);
    uint8_t *p = pdev->config + offset;
    uint32_t keep = ldn_le_p(pdev->wmask + offset, size);
    unsigned dword = offset & ~3u;

    /* The status of INTx is the host's side's, which knows when it arrived. */
    if (dword == PCI_COMMAND) {
        keep |= ((uint32_t)PCI_STATUS_INTERRUPT << 16) >> (8 * (offset & 3));
    }
    /* BARs, and what QEMU's PCI core walks through or takes as given. */
    if ((dword >= PCI_BASE_ADDRESS_0 && dword < PCI_CARDBUS_CIS) ||
        dword == PCI_CACHE_LINE_SIZE || dword == PCI_CAPABILITY_LIST ||
        dword == le16_to_cpu(fn->config.pm_cap) ||
        dword == le16_to_cpu(fn->config.exp_cap) ||
        dword >= PCI_CONFIG_SPACE_SIZE) {
        return;
    }
    /* Of the MSI capabilities' first word the upper half is control. */
    if (dword == le16_to_cpu(fn->config.msi_cap) ||
        (fn->config.msix_cap && dword == le16_to_cpu(fn->config.msix_cap))) {
        keep |= 0xffffu >> MIN(8 * (offset & 3), 16);
    }
    stn_le_p(p, size, (ldn_le_p(p, size) & keep) |
                      (le32_to_cpu(cfg->value) & ~keep));
}

uint32_t dwc_function_config_read(PCIDevice *pdev, uint32_t addr, int len)
{
    DwcPcieFunction *fn = DWC_PCIE_FUNCTION(pdev);

    /* The link is down: nobody answers, so the host reads all ones. */
    if (qatomic_read(&fn->gone)) {
        return UINT32_MAX >> (32 - 8 * len);
    }
    return pci_default_read_config(pdev, addr, len);
}

void dwc_function_config_write(PCIDevice *pdev, uint32_t addr, uint32_t val,
                               int len)
{
    DwcPcieFunction *fn = DWC_PCIE_FUNCTION(pdev);
    DwcLinkCfg cfg = {
        .offset = cpu_to_le16(addr),
        .size = cpu_to_le16(len),
        .value = cpu_to_le32(val),
    };
    uint32_t now;

    pci_default_write_config(pdev, addr, val, len);
    if (!fn->link) {
        return;
    }
    /* With the big lock: the endpoint answers without asking back. */
    if (dwc_link_await(dwc_link_ask(fn->link, DWC_LINK_CFG_WRITE, &cfg,
                                    sizeof(cfg)), &now, sizeof(now)) ==
        DWC_LINK_GONE) {
        dwc_function_vanish(fn);
        return;
    }
    dwc_function_rebar_written(fn, addr, le32_to_cpu(now));
    dwc_function_msi_written(fn, addr, len);
    dwc_function_msix_written(fn, addr, len);
    if (!fn->link) {
        return;
    }
    pcie_cap_flr_write_config(pdev, addr, val, len);
}

/* What the host may write, where QEMU's PCI core does not know already. */
static void fn_set_wmask(PCIDevice *pdev, const DwcLinkConfig *config)
{
    uint8_t *w = pdev->wmask;
    unsigned pm = le16_to_cpu(config->pm_cap);
    unsigned msi = le16_to_cpu(config->msi_cap);
    unsigned msix = le16_to_cpu(config->msix_cap);
    unsigned exp = le16_to_cpu(config->exp_cap);
    bool flr = pci_get_long(pdev->config + exp + PCI_EXP_DEVCAP) &
               PCI_EXP_DEVCAP_FLR;

    stw_le_p(w + exp + PCI_EXP_DEVCTL, flr ? 0xffff : 0x7fff);
    stw_le_p(w + exp + PCI_EXP_LNKCTL, 0x0fcb);
    stw_le_p(w + exp + PCI_EXP_DEVCTL2, 0xffff);
    stw_le_p(w + exp + PCI_EXP_LNKCTL2, 0xffff);
    stw_le_p(w + pm + PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK |
                                   PCI_PM_CTRL_PME_ENABLE);
    stw_le_p(w + msi + PCI_MSI_FLAGS, PCI_MSI_FLAGS_ENABLE |
                                      PCI_MSI_FLAGS_QSIZE);
    stl_le_p(w + msi + PCI_MSI_ADDRESS_LO, 0xfffffffc);
    stl_le_p(w + msi + PCI_MSI_ADDRESS_HI, 0xffffffff);
    stw_le_p(w + msi + PCI_MSI_DATA_64, 0xffff);
    stl_le_p(w + msi + PCI_MSI_MASK_64, 0xffffffff);
    if (msix) {
        stw_le_p(w + msix + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE |
                                            PCI_MSIX_FLAGS_MASKALL);
    }
}

bool dwc_function_take_config(DwcPcieFunction *fn, Error **errp)
{
    PCIDevice *pdev = PCI_DEVICE(fn);
    unsigned exp = le16_to_cpu(fn->config.exp_cap);
    const char *problem = dwc_link_config_problem(&fn->config, fn->space);
    uint16_t exp_flags;
    unsigned n;

    if (problem) {
        error_setg(errp, "dwc-pcie-function: cannot present the function of "
                   "the endpoint at %s: %s", fn->link_path, problem);
        return false;
    }
    /* The PCI core takes all behind the header for writable at first. */
    memset(pdev->wmask + PCI_CONFIG_HEADER_SIZE, 0,
           PCIE_CONFIG_SPACE_SIZE - PCI_CONFIG_HEADER_SIZE);
    /* The PCI core wants to know the capability; its content is ours. */
    if (pcie_endpoint_cap_init(pdev, exp) < 0) {
        error_setg(errp, "dwc-pcie-function: no room for the PCIe capability");
        return false;
    }
    memcpy(pdev->config, fn->space, PCI_BASE_ADDRESS_0);
    exp_flags = pci_get_word(pdev->config + exp + PCI_EXP_FLAGS);
    memcpy(pdev->config + PCI_CARDBUS_CIS, fn->space + PCI_CARDBUS_CIS,
           PCI_CONFIG_SPACE_SIZE - PCI_CARDBUS_CIS);
    pci_set_word(pdev->config + exp + PCI_EXP_FLAGS, exp_flags);
    pdev->config[PCI_HEADER_TYPE] = PCI_HEADER_TYPE_NORMAL;
    fn_set_wmask(pdev, &fn->config);
    dwc_function_take_extended(fn);
    dwc_function_msix_init(fn);

    for (n = 0; n < DWC_LINK_BARS; n++) {
        uint64_t size = le64_to_cpu(fn->config.bar[n].size);
        uint32_t flags = le32_to_cpu(fn->config.bar[n].flags);

        if (!size) {
            continue;
        }
        dwc_function_init_bar(fn, n, size);
        pci_register_bar(pdev, n, flags & 0xf, &fn->bar[n].container);
        if (flags & PCI_BASE_ADDRESS_MEM_TYPE_64) {
            n++;
        }
    }
    return true;
}
