/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Vendor-specific extended capabilities: what the engine is and, on some cards,
 * where it finds the card's memory.
 */
#include "qemu/osdep.h"
#include "hw/pci/pci.h"
#include "hw/pci/pcie.h"
#include "hw/registerfields.h"
#include "card/card.h"
#include "edma/hdma/map.h"

FIELD(VSEC_HEADER, ID, 0, 16)
FIELD(VSEC_HEADER, LENGTH, 20, 12)
/* Of the one that tells of the engine. */
FIELD(ENGINE, MAP, 0, 3)
FIELD(ENGINE, BAR, 8, 3)
FIELD(CHANNELS, WRITE, 0, 10)
FIELD(CHANNELS, READ, 16, 10)

#define ENGINE_AT       PCI_CONFIG_SPACE_SIZE
#define ENGINE_ID       0x06
#define MEMORY_AT       (ENGINE_AT + LENGTH)
#define MEMORY_ID       0x20
#define LENGTH          0x18

/* Maps by the numbers of Linux's enum dw_edma_map_format. */
#define MAP_EDMA_UNROLL 1
#define MAP_HDMA_NATIVE 7

static uint8_t *card_add_vsec(DwcEdmaPcie *card, uint16_t at, uint16_t id)
{
    PCIDevice *pdev = PCI_DEVICE(card);
    uint32_t header = 0;

    pcie_add_capability(pdev, PCI_EXT_CAP_ID_VNDR, 1, at, LENGTH);
    header = FIELD_DP32(header, VSEC_HEADER, ID, id);
    header = FIELD_DP32(header, VSEC_HEADER, LENGTH, LENGTH);
    pci_set_long(pdev->config + at + 4, header);
    return pdev->config + at;
}

void dwc_card_add_capabilities(DwcEdmaPcie *card)
{
    uint8_t *engine = card_add_vsec(card, ENGINE_AT, ENGINE_ID);
    bool hdma = card->edma.map == &dwc_edma_hdma_map;
    uint32_t where = 0, channels = 0;

    where = FIELD_DP32(where, ENGINE, MAP,
                       hdma ? MAP_HDMA_NATIVE : MAP_EDMA_UNROLL);
    where = FIELD_DP32(where, ENGINE, BAR, DWC_CARD_REGISTERS_BAR);
    channels = FIELD_DP32(channels, CHANNELS, WRITE, card->write_channels);
    channels = FIELD_DP32(channels, CHANNELS, READ, card->read_channels);
    /* The registers begin with the BAR: 0x10 and 0x14 say 0. */
    pci_set_long(engine + 0x8, where);
    pci_set_long(engine + 0xc, channels);

    if (card->kind->own_addresses && card->tells_memory) {
        uint8_t *memory = card_add_vsec(card, MEMORY_AT, MEMORY_ID);

        pci_set_long(memory + 0x8, card->memory_base);
        pci_set_long(memory + 0xc, card->memory_base >> 32);
    }
}
