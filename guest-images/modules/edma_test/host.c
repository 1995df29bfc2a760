// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's side: lends memory to the function, and does what its mailbox asks for.
 */
#include <linux/dma-mapping.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/pci.h>

#include "mailbox.h"

struct edma_test_host {
	struct pci_dev *pdev;
	void __iomem *mailbox;
	void *area[EDMA_TEST_MAX_LANES];
	u32 buffers;
};

#define HOST_FIELD(name) offsetof(struct edma_test_mailbox, name)

static u32 host_get(struct edma_test_host *host, size_t field)
{
	return readl(host->mailbox + field);
}

static void host_put(struct edma_test_host *host, size_t field, u32 value)
{
	writel(value, host->mailbox + field);
}

static enum edma_test_status host_execute(struct edma_test_host *host)
{
	struct edma_test_span span = {
		.offset = host_get(host, HOST_FIELD(offset)),
		.count = host_get(host, HOST_FIELD(count)),
		.length = host_get(host, HOST_FIELD(length)),
		.stride = host_get(host, HOST_FIELD(stride)),
		.step = 1,
		.seed = host_get(host, HOST_FIELD(seed)),
	};
	u32 buffer = host_get(host, HOST_FIELD(buffer));
	struct edma_test_wrong wrong;

	if (buffer >= host->buffers || !edma_test_span_fits(&span))
		return EDMA_TEST_REFUSED;

	switch (host_get(host, HOST_FIELD(command))) {
	case EDMA_TEST_CLEAR:
		edma_test_clear(host->area[buffer], &span);
		return EDMA_TEST_OK;
	case EDMA_TEST_FILL:
		edma_test_fill(host->area[buffer], &span);
		return EDMA_TEST_OK;
	case EDMA_TEST_CHECK:
		if (edma_test_check(host->area[buffer], &span, &wrong))
			return EDMA_TEST_OK;
		host_put(host, HOST_FIELD(wrong_offset), wrong.offset);
		host_put(host, HOST_FIELD(wrong_expected), wrong.expected);
		host_put(host, HOST_FIELD(wrong_found), wrong.found);
		return EDMA_TEST_MISMATCH;
	default:
		return EDMA_TEST_REFUSED;
	}
}

static irqreturn_t host_handle_request(int irq, void *data)
{
	struct edma_test_host *host = data;
	u32 request = host_get(host, HOST_FIELD(request));

	if (request == host_get(host, HOST_FIELD(reply)))
		return IRQ_NONE;
	host_put(host, HOST_FIELD(status), host_execute(host));
	host_put(host, HOST_FIELD(reply), request);
	return IRQ_HANDLED;
}

/*
 * As many areas as this machine can give: fewer than there are channels is for the endpoint to
 * tell.
 */
static void host_lend_memory(struct edma_test_host *host)
{
	u32 i;

	for (i = 0; i < EDMA_TEST_MAX_LANES; i++) {
		dma_addr_t address;

		host->area[i] = dmam_alloc_coherent(&host->pdev->dev, EDMA_TEST_AREA, &address,
						    GFP_KERNEL | __GFP_NOWARN);
		if (!host->area[i])
			break;
		host_put(host, HOST_FIELD(address[i][0]), lower_32_bits(address));
		host_put(host, HOST_FIELD(address[i][1]), upper_32_bits(address));
	}
	host->buffers = i;
}

static void host_free_vectors(void *pdev)
{
	pci_free_irq_vectors(pdev);
}

static int host_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct device *dev = &pdev->dev;
	struct edma_test_host *host;
	int err;

	host = devm_kzalloc(dev, sizeof(*host), GFP_KERNEL);
	if (!host)
		return -ENOMEM;
	host->pdev = pdev;
	pci_set_drvdata(pdev, host);

	err = pcim_enable_device(pdev);
	if (err)
		return err;
	host->mailbox = pcim_iomap_region(pdev, 0, EDMA_TEST_NAME);
	if (IS_ERR(host->mailbox))
		return PTR_ERR(host->mailbox);
	if (host_get(host, HOST_FIELD(magic)) != EDMA_TEST_MAGIC)
		return dev_err_probe(dev, -ENODEV,
				     "BAR0 begins with %#x, not %#x: another function\n",
				     host_get(host, HOST_FIELD(magic)), EDMA_TEST_MAGIC);

	err = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(64));
	if (err)
		return err;
	pci_set_master(pdev);
	err = pci_alloc_irq_vectors(pdev, 1, 1, PCI_IRQ_MSI);
	if (err < 0)
		return dev_err_probe(dev, err, "no MSI\n");
	err = devm_add_action_or_reset(dev, host_free_vectors, pdev);
	if (err)
		return err;

	host_lend_memory(host);
	err = devm_request_threaded_irq(dev, pci_irq_vector(pdev, 0), NULL, host_handle_request,
					IRQF_ONESHOT, EDMA_TEST_NAME, host);
	if (err)
		return err;
	host_put(host, HOST_FIELD(buffers), host->buffers);
	return 0;
}

/* The memory goes with the device: nothing may be written to it any more. */
static void host_remove(struct pci_dev *pdev)
{
	host_put(pci_get_drvdata(pdev), HOST_FIELD(buffers), 0);
	pci_clear_master(pdev);
}

static const struct pci_device_id host_ids[] = {
	{ PCI_DEVICE(EDMA_TEST_VENDOR, EDMA_TEST_DEVICE) },
	{ }
};
MODULE_DEVICE_TABLE(pci, host_ids);

static struct pci_driver host_driver = {
	.name = EDMA_TEST_NAME,
	.id_table = host_ids,
	.probe = host_probe,
	.remove = host_remove,
};

/**
 * edma_test_host_register() - wait for the function to appear
 *
 * Return: 0, or a negative error.
 */
int edma_test_host_register(void)
{
	return pci_register_driver(&host_driver);
}

/**
 * edma_test_host_unregister() - take the memory back
 */
void edma_test_host_unregister(void)
{
	pci_unregister_driver(&host_driver);
}
