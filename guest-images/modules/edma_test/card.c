// SPDX-License-Identifier: GPL-2.0-only
/*
 * A card whose engine the host drives by dw-edma-pcie. The card's memory is BAR2: its driver has
 * the lists at the beginning, the tests take an area for each channel at the end.
 */
#include <linux/device.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "edma_test.h"

#define CARD_DRIVER		"dw-edma-pcie"
#define CARD_MEMORY_BAR		2

/* Xilinx's cards say where their engine finds the memory; dw-edma-pcie.c has these numbers. */
#define CARD_MEMORY_VSEC	0x20
#define CARD_MEMORY_LOW		0x8
#define CARD_MEMORY_HIGH	0xc

static ulong card_memory;
module_param(card_memory, ulong, 0444);
MODULE_PARM_DESC(card_memory, "where the engine of a card finds its memory, if the card does not say so");

/**
 * struct edma_test_card - the card
 * @pdev: it
 * @area: the areas as this CPU sees them
 * @offset: of the areas, in the card's memory
 * @base: where the engine finds the beginning of the card's memory
 */
struct edma_test_card {
	struct pci_dev *pdev;
	void *area;
	u64 offset;
	u64 base;
};

static bool card_is(struct pci_dev *pdev)
{
	guard(device)(&pdev->dev);
	return pdev->dev.driver && !strcmp(pdev->dev.driver->name, CARD_DRIVER);
}

static struct pci_dev *card_find(void)
{
	struct pci_dev *pdev = NULL;

	for_each_pci_dev(pdev)
		if (card_is(pdev))
			return pdev;
	return NULL;
}

/* An engine that does not say where it finds its memory finds it where the BAR is. */
static u64 card_memory_base(struct pci_dev *pdev)
{
	u16 vsec = pci_find_vsec_capability(pdev, PCI_VENDOR_ID_XILINX, CARD_MEMORY_VSEC);
	u32 low, high;

	if (card_memory)
		return card_memory;
	if (!vsec)
		return pci_resource_start(pdev, CARD_MEMORY_BAR);
	pci_read_config_dword(pdev, vsec + CARD_MEMORY_LOW, &low);
	pci_read_config_dword(pdev, vsec + CARD_MEMORY_HIGH, &high);
	return (u64)high << 32 | low;
}

static int card_wait(struct edma_test_run *run)
{
	struct edma_test_card *card = run->card;
	u64 there = pci_resource_len(card->pdev, CARD_MEMORY_BAR);
	u64 bytes = (u64)run->lane_count * EDMA_TEST_AREA;

	if (there < bytes)
		return edma_test_fail(run, -ENOSPC,
				      "the card has %llu bytes of memory, %u channels want %llu",
				      there, run->lane_count, bytes);
	card->offset = there - bytes;
	card->area = memremap(pci_resource_start(card->pdev, CARD_MEMORY_BAR) + card->offset,
			      bytes, MEMREMAP_WC);
	if (!card->area)
		return edma_test_fail(run, -ENOMEM, "cannot map the card's memory");
	return 0;
}

static void *card_area(struct edma_test_run *run, u32 buffer)
{
	return run->card->area + (size_t)buffer * EDMA_TEST_AREA;
}

static int card_clear(struct edma_test_run *run, u32 buffer, const struct edma_test_span *span)
{
	edma_test_clear(card_area(run, buffer), span);
	return 0;
}

static int card_fill(struct edma_test_run *run, u32 buffer, const struct edma_test_span *span)
{
	edma_test_fill(card_area(run, buffer), span);
	return 0;
}

static int card_check(struct edma_test_run *run, u32 buffer, const struct edma_test_span *span)
{
	struct edma_test_wrong wrong;

	if (edma_test_check(card_area(run, buffer), span, &wrong))
		return 0;
	return edma_test_fail(run, -EILSEQ, "card memory %u: byte %u is %#04x, expected %#04x",
			      buffer, wrong.offset, wrong.found, wrong.expected);
}

static dma_addr_t card_address(struct edma_test_run *run, u32 buffer)
{
	return run->card->base + run->card->offset + (u64)buffer * EDMA_TEST_AREA;
}

static const struct edma_test_far card_far = {
	.wait = card_wait,
	.clear = card_clear,
	.fill = card_fill,
	.check = card_check,
	.address = card_address,
};

static int card_open(struct edma_test_run *run)
{
	struct edma_test_card *card;

	card = kzalloc_obj(*card);
	if (!card)
		return -ENOMEM;
	card->pdev = card_find();
	if (!card->pdev) {
		kfree(card);
		return -ENODEV;
	}
	card->base = card_memory_base(card->pdev);
	run->card = card;
	run->far = &card_far;
	run->engine = &card->pdev->dev;
	run->inverted = true;
	return 0;
}

static void card_close(struct edma_test_run *run)
{
	struct edma_test_card *card = run->card;

	if (card->area)
		memunmap(card->area);
	pci_dev_put(card->pdev);
	kfree(card);
}

const struct edma_test_source edma_test_card_source = {
	.open = card_open,
	.close = card_close,
};
