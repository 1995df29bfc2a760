/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a function can be as the endpoint announces it. */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/host-utils.h"
#include "qemu/units.h"
#include "hw/pci/pci_regs.h"
#include "link/decode.h"

/* Room for each capability in the first 256 bytes of configuration space. */
static bool link_caps_valid(const DwcLinkConfig *config)
{
    unsigned pm = le16_to_cpu(config->pm_cap);
    unsigned msi = le16_to_cpu(config->msi_cap);
    unsigned exp = le16_to_cpu(config->exp_cap);
    unsigned msix = le16_to_cpu(config->msix_cap);

    return pm >= 0x40 && pm <= 0xf8 && msi >= 0x40 && msi <= 0xe8 &&
           exp >= 0x40 && exp <= 0xc4 && (!msix || (msix >= 0x40 &&
                                                    msix <= 0xf4));
}

/* QEMU's PCI core walks the list and does not expect it to be broken. */
static bool link_cap_list_valid(const uint8_t *space, unsigned exp)
{
    unsigned at = space[PCI_CAPABILITY_LIST], left = 48;
    bool has_exp = false;

    for (; at; at = space[at + PCI_CAP_LIST_NEXT]) {
        if (at < PCI_STD_HEADER_SIZEOF || at % 4 || !left--) {
            return false;
        }
        has_exp |= at == exp && space[at] == PCI_CAP_ID_EXP;
    }
    return has_exp;
}

bool dwc_link_bar_valid(unsigned n, const DwcLinkBar *bar)
{
    uint64_t size = le64_to_cpu(bar->size);
    uint32_t flags = le32_to_cpu(bar->flags);
    bool wide = flags & PCI_BASE_ADDRESS_MEM_TYPE_64;

    if (n == DWC_LINK_BARS - 1) {
        return is_power_of_2(size) && size >= 2 * KiB && size <= 2 * GiB;
    }
    return is_power_of_2(size) && size >= 16 &&
           !(flags & PCI_BASE_ADDRESS_SPACE_IO) &&
           (wide ? n < DWC_LINK_BARS - 2 : size <= 2 * GiB);
}

const char *dwc_link_config_problem(const DwcLinkConfig *config,
                                    const uint8_t *space)
{
    unsigned n;

    if (!link_caps_valid(config)) {
        return "it announced capabilities outside configuration space";
    }
    if (!link_cap_list_valid(space, le16_to_cpu(config->exp_cap))) {
        return "its capability list is broken";
    }
    if (space[PCI_INTERRUPT_PIN] > 4) {
        return "its interrupt pin is none of INTA to INTD";
    }
    for (n = 0; n < DWC_LINK_BARS; n++) {
        const DwcLinkBar *bar = &config->bars.bar[n];

        if (bar->size && !dwc_link_bar_valid(n, bar)) {
            return "a BAR's size or type is none that a memory BAR can have";
        }
    }
    return NULL;
}
