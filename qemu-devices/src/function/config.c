/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The function's configuration space.
 *
 * Its registers are the endpoint's: each of the host's requests goes there and
 * is completed there, so that both ends see one set of registers at any time.
 * QEMU's PCI core and the rest of this function act by a copy of the first 256
 * bytes, which follows what either end writes.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/range.h"
#include "hw/pci/pci.h"
#include "hw/pci/pcie.h"
#include "hw/pci/pcie_aer.h"
#include "function/function.h"
#include "trace-ntb_edma.h"

static unsigned fn_exp_cap(const DwcPcieFunction *fn)
{
    return le16_to_cpu(fn->config.exp_cap);
}

/* Another pin is another line, so the old one's level falls first. */
static void fn_take_pin(DwcPcieFunction *fn, uint8_t pin)
{
    PCIDevice *pdev = PCI_DEVICE(fn);

    pin = pin <= 4 ? pin : 0;
    if (pin != pdev->config[PCI_INTERRUPT_PIN]) {
        dwc_function_intx_exit(fn);
        pdev->config[PCI_INTERRUPT_PIN] = pin;
    }
}

/* The register at REG holds VALUE in the endpoint: have it in the copy. */
static void fn_take_register(DwcPcieFunction *fn, unsigned reg, uint32_t value)
{
    PCIDevice *pdev = PCI_DEVICE(fn);

    trace_dwc_function_register(reg, value);
    if (reg == PCI_COMMAND) {
        /* The status is the PCI core's, which knows the interrupt's level. */
        pci_default_write_config(pdev, PCI_COMMAND, value, 2);
    } else if (reg == PCI_INTERRUPT_LINE) {
        pdev->config[PCI_INTERRUPT_LINE] = value;
        fn_take_pin(fn, value >> 8);
    } else if (reg == PCI_CACHE_LINE_SIZE || reg == PCI_CAPABILITY_LIST ||
               reg == PCI_ROM_ADDRESS || reg == fn_exp_cap(fn) ||
               (reg >= PCI_BASE_ADDRESS_0 && reg < PCI_CARDBUS_CIS)) {
        /* Left alone: what the PCI core relies on; BARs, see bars.c. */
        return;
    } else {
        pci_set_long(pdev->config + reg, value);
    }
}

/* What the host, or the endpoint, has written takes effect. */
static void fn_written(DwcPcieFunction *fn, unsigned addr, unsigned len)
{
    dwc_function_msi_written(fn, addr, len);
    dwc_function_msix_written(fn, addr, len);
}

static uint32_t fn_ask_register(DwcPcieFunction *fn, unsigned reg,
                                DwcLinkStatus *status)
{
    DwcLinkCfg cfg = {
        .offset = cpu_to_le16(reg),
        .size = cpu_to_le16(4),
    };
    uint32_t value;

    /* With the big lock: the endpoint answers without asking back. */
    *status = dwc_link_await(dwc_function_ask(fn, DWC_LINK_CFG_READ, &cfg,
                                              sizeof(cfg)),
                             &value, sizeof(value));
    return le32_to_cpu(value);
}

void dwc_function_update_config(DwcPcieFunction *fn, const DwcLinkCfg *cfg)
{
    unsigned reg = le16_to_cpu(cfg->offset) & ~3u;
    DwcLinkStatus status;
    uint32_t value;

    if (!fn->first->link) {
        return;
    }
    /* Ask for its value now: the host may have written it since. */
    value = fn_ask_register(fn, reg, &status);
    if (status == DWC_LINK_OK) {
        fn_take_register(fn, reg, value);
        fn_written(fn, reg, 4);
    }
}

uint32_t dwc_function_config_read(PCIDevice *pdev, uint32_t addr, int len)
{
    DwcPcieFunction *fn = DWC_PCIE_FUNCTION(pdev);
    uint32_t ones = UINT32_MAX >> (32 - 8 * len);
    DwcLinkStatus status;
    uint32_t value;

    if (!fn->first->link || qatomic_read(&fn->first->gone)) {
        /* The link is down: nobody answers, so the host reads all ones. */
        return ones;
    }
    value = fn_ask_register(fn, addr & ~3u, &status);
    if (status == DWC_LINK_GONE) {
        dwc_function_timed_out(dwc_function_port(fn));
        dwc_function_vanish(fn);
        return ones;
    }
    return (value >> (8 * (addr & 3))) & ones;
}

/* Whether the write asks for a function-level reset. */
static bool fn_resets(DwcPcieFunction *fn, uint32_t addr, uint32_t val, int len)
{
    unsigned at = fn_exp_cap(fn) + PCI_EXP_DEVCTL + 1;
    uint32_t devcap = pci_get_long(PCI_DEVICE(fn)->config + fn_exp_cap(fn) +
                                   PCI_EXP_DEVCAP);

    return range_covers_byte(addr, len, at) && (devcap & PCI_EXP_DEVCAP_FLR) &&
           ((val >> (8 * (at - addr))) & (PCI_EXP_DEVCTL_BCR_FLR >> 8));
}

/* Whether the register, which now holds VALUE, ends bus mastering. */
static bool fn_ends_mastering(DwcPcieFunction *fn, unsigned reg, uint32_t value)
{
    return reg == PCI_COMMAND && !(value & PCI_COMMAND_MASTER) &&
           (pci_get_word(PCI_DEVICE(fn)->config + PCI_COMMAND) &
            PCI_COMMAND_MASTER);
}

void dwc_function_config_write(PCIDevice *pdev, uint32_t addr, uint32_t val,
                               int len)
{
    DwcPcieFunction *fn = DWC_PCIE_FUNCTION(pdev);
    unsigned reg = addr & ~3u;
    DwcLinkCfg cfg = {
        .offset = cpu_to_le16(addr),
        .size = cpu_to_le16(len),
        .value = cpu_to_le32(val),
    };
    DwcLinkCfgWritten written;

    if (!fn->first->link) {
        return;
    }
    /* With the big lock: the endpoint answers without asking back. */
    if (dwc_link_await(dwc_function_ask(fn, DWC_LINK_CFG_WRITE, &cfg,
                                        sizeof(cfg)),
                       &written, sizeof(written)) ==
        DWC_LINK_GONE) {
        dwc_function_vanish(fn);
        return;
    }
    /* What the endpoint posted before its answer arrives before it. */
    if (fn_ends_mastering(fn, reg, le32_to_cpu(written.value)) ||
        fn_resets(fn, addr, val, len)) {
        dwc_function_take_writes(fn->first);
        if (!fn->first->link) {
            return;
        }
    }
    if (reg < DWC_LINK_CONFIG_SIZE) {
        fn_take_register(fn, reg, le32_to_cpu(written.value));
    }
    dwc_function_take_bars(fn, &written.bars);
    fn_written(fn, addr, len);
    /* A pending interrupt that was sent may have unplugged the function. */
    if (fn->first->link && fn_resets(fn, addr, val, len)) {
        fn->resets_itself = true;
        pci_device_reset(pdev);
        fn->resets_itself = false;
    }
}

/* Every register of the copy, as SPACE has them. */
static void fn_take_space(DwcPcieFunction *fn, const uint8_t *space)
{
    unsigned reg;

    for (reg = 0; reg < DWC_LINK_CONFIG_SIZE; reg += 4) {
        fn_take_register(fn, reg, ldl_le_p(space + reg));
    }
}

bool dwc_function_take_config(DwcPcieFunction *fn, Error **errp)
{
    const DwcAnnounced *a = &fn->first->announced[fn->number];
    const char *problem = dwc_link_config_problem(&a->config, a->space);

    if (problem) {
        error_setg(errp, "dwc-pcie-function: cannot present function %u of "
                   "the endpoint at %s: %s", fn->number, fn->first->link_path,
                   problem);
        return false;
    }
    fn->config = a->config;
    /* Tells the PCI core where the capability is. */
    if (pcie_endpoint_cap_init(PCI_DEVICE(fn), fn_exp_cap(fn)) < 0) {
        error_setg(errp, "dwc-pcie-function: no room for the PCIe capability");
        return false;
    }
    if (pcie_aer_init(PCI_DEVICE(fn), PCI_ERR_VER, PCI_CONFIG_SPACE_SIZE,
                      PCI_ERR_SIZEOF, errp) < 0) {
        return false;
    }
    fn_take_space(fn, a->space);
    dwc_function_init_bars(fn);
    dwc_function_msix_init(fn);
    dwc_function_take_bars(fn, &fn->config.bars);
    return true;
}

/*
 * Function-level reset, a reset of the secondary bus, the machine's.  What the
 * host wrote is forgotten; what the endpoint's driver wrote stays.
 */
void dwc_function_reset(DwcPcieFunction *fn)
{
    g_autofree DwcLinkConfig *now =
        g_malloc0(sizeof(*now) + DWC_LINK_CONFIG_SIZE);
    DwcLinkStatus status;

    if (!fn->first->link || !fn->first->is_ready) {
        return;
    }
    /* All functions are, and the endpoint is told so once. */
    if (!fn->resets_itself && fn == fn->first) {
        dwc_function_tell(fn, DWC_LINK_HOT_RESET, NULL, 0, false);
    }
    /* With the big lock: the endpoint answers without asking back. */
    status = dwc_link_await(dwc_function_ask(fn, DWC_LINK_RESET, NULL, 0), now,
                            sizeof(*now) + DWC_LINK_CONFIG_SIZE);
    trace_dwc_function_reset(status == DWC_LINK_OK);
    if (status != DWC_LINK_OK) {
        dwc_function_vanish(fn);
        return;
    }
    fn_take_space(fn, (const uint8_t *)(now + 1));
    dwc_function_take_bars(fn, &now->bars);
    dwc_function_msix_follow(fn);
}
