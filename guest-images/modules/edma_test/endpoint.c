// SPDX-License-Identifier: GPL-2.0-only
/*
 * The endpoint function: a mailbox in its first BAR, and one MSI.
 */
#include <linux/mutex.h>
#include <linux/pci-epc.h>
#include <linux/slab.h>
#include <linux/wait.h>

#include "mailbox.h"

/* The function that the report is about: the one that was bound last. */
static struct edma_test_endpoint *endpoint_current;
/* A report is open: the function stays until it is closed. */
static bool endpoint_in_use;
static DEFINE_MUTEX(endpoint_lock);
static DECLARE_WAIT_QUEUE_HEAD(endpoint_idle);

static struct pci_epf_header endpoint_header = {
	.vendorid = EDMA_TEST_VENDOR,
	.deviceid = EDMA_TEST_DEVICE,
	.baseclass_code = PCI_CLASS_OTHERS,
	.interrupt_pin = PCI_INTERRUPT_INTA,
};

/* The function stays until the run is closed; one run at a time. */
static int endpoint_open(struct edma_test_run *run)
{
	guard(mutex)(&endpoint_lock);
	if (!endpoint_current)
		return -ENODEV;
	if (endpoint_in_use)
		return -EBUSY;
	endpoint_in_use = true;
	run->endpoint = endpoint_current;
	run->engine = endpoint_current->epf->epc->dev.parent;
	run->far = &edma_test_host_memory;
	return 0;
}

static void endpoint_close(struct edma_test_run *run)
{
	scoped_guard(mutex, &endpoint_lock)
		endpoint_in_use = false;
	wake_up(&endpoint_idle);
}

const struct edma_test_source edma_test_endpoint_source = {
	.open = endpoint_open,
	.close = endpoint_close,
};

static bool endpoint_is_idle(void)
{
	guard(mutex)(&endpoint_lock);
	return !endpoint_in_use;
}

static int endpoint_init(struct pci_epf *epf)
{
	struct edma_test_endpoint *endpoint = epf_get_drvdata(epf);
	struct pci_epc *epc = epf->epc;
	int err;

	err = pci_epc_write_header(epc, epf->func_no, epf->vfunc_no, epf->header);
	if (err)
		return err;
	err = pci_epc_set_bar(epc, epf->func_no, epf->vfunc_no, &epf->bar[endpoint->bar]);
	if (err)
		return err;
	return pci_epc_set_msi(epc, epf->func_no, epf->vfunc_no, 1);
}

static void endpoint_deinit(struct pci_epf *epf)
{
	struct edma_test_endpoint *endpoint = epf_get_drvdata(epf);

	pci_epc_clear_bar(epf->epc, epf->func_no, epf->vfunc_no, &epf->bar[endpoint->bar]);
}

static const struct pci_epc_event_ops endpoint_events = {
	.epc_init = endpoint_init,
	.epc_deinit = endpoint_deinit,
};

static int endpoint_bind(struct pci_epf *epf)
{
	struct edma_test_endpoint *endpoint = epf_get_drvdata(epf);
	const struct pci_epc_features *features;
	int bar;

	features = pci_epc_get_features(epf->epc, epf->func_no, epf->vfunc_no);
	if (!features)
		return -EOPNOTSUPP;
	bar = pci_epc_get_first_free_bar(features);
	if (bar != BAR_0) {
		dev_err(&epf->dev, "the mailbox needs BAR0, the first free one is %d\n", bar);
		return -EOPNOTSUPP;
	}

	endpoint->bar = bar;
	endpoint->mailbox = pci_epf_alloc_space(epf, sizeof(*endpoint->mailbox), bar, features,
						PRIMARY_INTERFACE);
	if (!endpoint->mailbox)
		return -ENOMEM;
	endpoint->sequence = 0;
	memset(endpoint->mailbox, 0, sizeof(*endpoint->mailbox));
	endpoint->mailbox->magic = cpu_to_le32(EDMA_TEST_MAGIC);

	scoped_guard(mutex, &endpoint_lock)
		endpoint_current = endpoint;
	return 0;
}

static void endpoint_unbind(struct pci_epf *epf)
{
	struct edma_test_endpoint *endpoint = epf_get_drvdata(epf);

	scoped_guard(mutex, &endpoint_lock)
		if (endpoint_current == endpoint)
			endpoint_current = NULL;
	wait_event(endpoint_idle, endpoint_is_idle());

	if (epf->epc->init_complete)
		endpoint_deinit(epf);
	pci_epf_free_space(epf, endpoint->mailbox, endpoint->bar, PRIMARY_INTERFACE);
}

static int endpoint_probe(struct pci_epf *epf, const struct pci_epf_device_id *id)
{
	struct edma_test_endpoint *endpoint;

	endpoint = devm_kzalloc(&epf->dev, sizeof(*endpoint), GFP_KERNEL);
	if (!endpoint)
		return -ENOMEM;
	endpoint->epf = epf;
	epf->header = &endpoint_header;
	epf->event_ops = &endpoint_events;
	epf_set_drvdata(epf, endpoint);
	return 0;
}

static const struct pci_epf_device_id endpoint_ids[] = {
	{ .name = EDMA_TEST_NAME },
	{ }
};

static const struct pci_epf_ops endpoint_ops = {
	.bind = endpoint_bind,
	.unbind = endpoint_unbind,
};

static struct pci_epf_driver endpoint_driver = {
	.driver.name = EDMA_TEST_NAME,
	.probe = endpoint_probe,
	.id_table = endpoint_ids,
	.ops = &endpoint_ops,
	.owner = THIS_MODULE,
};

/**
 * edma_test_endpoint_register() - offer the function in configfs
 *
 * Return: 0, or a negative error.
 */
int edma_test_endpoint_register(void)
{
	return pci_epf_register_driver(&endpoint_driver);
}

/**
 * edma_test_endpoint_unregister() - take the function out of configfs
 */
void edma_test_endpoint_unregister(void)
{
	pci_epf_unregister_driver(&endpoint_driver);
}
