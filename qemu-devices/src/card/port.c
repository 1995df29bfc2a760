/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the DMA engine needs of the world, done by the card.
 *
 * The PCIe side is the card's bus master: requests go where the host's root
 * complex, bus mastering and IOMMU let them, with the card's requester id.
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "exec/address-spaces.h"
#include "hw/pci/pci.h"
#include "card/card.h"
#include "trace-ntb_edma.h"

/* Where the engine finds the card's memory. */
static uint64_t card_memory_base(DwcEdmaPcie *card)
{
    return card->kind->own_addresses ?
           card->memory_base :
           pci_get_bar_addr(PCI_DEVICE(card), DWC_CARD_MEMORY_BAR);
}

/*
 * From the engine's address to one in the card's memory; false: it is not there.
 * The BAR may move meanwhile, so its base is read once.
 */
static bool card_offset(DwcEdmaPcie *card, uint64_t addr, uint64_t *offset)
{
    uint64_t base = card_memory_base(card);

    *offset = addr - base;
    return base != PCI_BAR_UNMAPPED && *offset < card->kind->memory_size;
}

static uint8_t *card_local(void *opaque, uint64_t addr, uint64_t *len,
                           bool write)
{
    DwcEdmaPcie *card = opaque;
    uint64_t offset;

    if (!card_offset(card, addr, &offset)) {
        return NULL;
    }
    *len = MIN(*len, card->kind->memory_size - offset);
    return card->memory_bytes + offset;
}

/* Through the region, so that QEMU drops code translated from there. */
static void card_local_write(void *opaque, uint64_t addr, const void *buf,
                             uint64_t len)
{
    DwcEdmaPcie *card = opaque;
    uint64_t offset;

    /* The BAR may have moved since the engine asked card_local(). */
    if (!card_offset(card, addr, &offset) ||
        len > card->kind->memory_size - offset) {
        return;
    }
    memcpy(card->memory_bytes + offset, buf, len);
    memory_region_set_dirty(&card->memory, offset, len);
}

/* Whether a request can be made at all shows when it is made. */
static bool card_bus(void *opaque, uint64_t addr, uint64_t *bus, uint8_t **host,
                     uint64_t *len)
{
    *bus = addr;
    *host = NULL;
    trace_dwc_edma_bus(addr, *bus, *len, false);
    return true;
}

static bool card_request(DwcEdmaPcie *card, uint64_t addr, void *buf,
                         size_t len, bool is_write)
{
    PCIDevice *pdev = PCI_DEVICE(card);
    MemTxAttrs attrs = { .requester_id = pci_requester_id(pdev) };
    /* An IOMMU that refuses interrupts the CPU, which takes the big lock. */
    bool translated = pci_device_iommu_address_space(pdev) !=
                      &address_space_memory;
    MemTxResult result;

    if (translated) {
        bql_lock();
    }
    result = address_space_rw(&pdev->bus_master_as, addr, attrs, buf, len,
                              is_write);
    if (translated) {
        bql_unlock();
    }
    return result == MEMTX_OK;
}

/* Posted: nobody says that a write went nowhere, unless it could not be made. */
static bool card_bus_write(void *opaque, uint64_t bus, const void *buf,
                           size_t len)
{
    DwcEdmaPcie *card = opaque;

    card_request(card, bus, (void *)buf, len, true);
    return pci_get_word(PCI_DEVICE(card)->config + PCI_COMMAND) &
           PCI_COMMAND_MASTER;
}

static bool card_bus_read(void *opaque, uint64_t bus, void *buf, size_t len)
{
    return card_request(opaque, bus, buf, len, false);
}

/* No interrupt line leaves the engine, and nobody posts. */
static void card_settle(void *opaque)
{
}

const DwcEdmaPort dwc_card_port = {
    .local = card_local,
    .local_write = card_local_write,
    .bus = card_bus,
    .bus_write = card_bus_write,
    .bus_read = card_bus_read,
    .settle = card_settle,
};
