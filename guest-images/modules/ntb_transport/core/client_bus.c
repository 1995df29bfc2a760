// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bus on which client drivers such as ntb_netdev find a device for each
 * NTB. A client registers a device name and a driver of that name.
 */
#include <linux/device.h>
#include <linux/export.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "core/transport.h"

/**
 * struct client_dev - a client's device on one NTB
 * @entry:	link in the context's list
 * @dev:	the device; freed by its release
 */
struct client_dev {
	struct list_head entry;
	struct device dev;
};

static LIST_HEAD(contexts);
/* Protects the list of contexts and their lists of devices. */
static DEFINE_MUTEX(contexts_lock);

static int ntb_client_dev_match(struct device *dev, const struct device_driver *drv)
{
	/* device names are the driver's name and a number */
	return str_has_prefix(dev_name(dev), drv->name) != 0;
}

static int ntb_client_dev_probe(struct device *dev)
{
	struct ntb_transport_client *client =
		container_of(dev->driver, struct ntb_transport_client, driver);

	return client->probe(dev);
}

static void ntb_client_dev_remove(struct device *dev)
{
	struct ntb_transport_client *client =
		container_of(dev->driver, struct ntb_transport_client, driver);

	client->remove(dev);
}

static const struct bus_type client_bus = {
	.name = "ntb_transport",
	.match = ntb_client_dev_match,
	.probe = ntb_client_dev_probe,
	.remove = ntb_client_dev_remove,
};

int ntb_client_bus_register(void)
{
	return bus_register(&client_bus);
}

void ntb_client_bus_unregister(void)
{
	bus_unregister(&client_bus);
}

void ntb_client_bus_add(struct ntb_transport_ctx *nt)
{
	guard(mutex)(&contexts_lock);
	list_add_tail(&nt->entry, &contexts);
}

static void ntb_client_dev_unregister(struct client_dev *cdev)
{
	list_del(&cdev->entry);
	device_unregister(&cdev->dev);
}

/**
 * ntb_client_bus_remove() - take a context and its clients off the bus
 * @nt:	context that goes
 */
void ntb_client_bus_remove(struct ntb_transport_ctx *nt)
{
	struct client_dev *cdev, *next;

	guard(mutex)(&contexts_lock);

	list_del(&nt->entry);
	list_for_each_entry_safe(cdev, next, &nt->client_devs, entry) {
		dev_info(nt_dev(nt), "removing client %s\n", dev_name(&cdev->dev));
		ntb_client_dev_unregister(cdev);
	}
}

static void ntb_client_dev_release(struct device *dev)
{
	kfree(container_of(dev, struct client_dev, dev));
}

static void ntb_client_devs_remove(const char *name)
{
	struct client_dev *cdev, *next;
	struct ntb_transport_ctx *nt;

	list_for_each_entry(nt, &contexts, entry)
		list_for_each_entry_safe(cdev, next, &nt->client_devs, entry)
			if (str_has_prefix(dev_name(&cdev->dev), name))
				ntb_client_dev_unregister(cdev);
}

/**
 * ntb_transport_unregister_client_dev() - remove a client's devices
 * @device_name: name given to ntb_transport_register_client_dev()
 */
void ntb_transport_unregister_client_dev(char *device_name)
{
	guard(mutex)(&contexts_lock);
	ntb_client_devs_remove(device_name);
}
EXPORT_SYMBOL_GPL(ntb_transport_unregister_client_dev);

static int ntb_client_dev_add(struct ntb_transport_ctx *nt, const char *name, int number)
{
	struct client_dev *cdev;
	int rc;

	cdev = kzalloc_node(sizeof(*cdev), GFP_KERNEL, dev_to_node(&nt->ndev->dev));
	if (!cdev)
		return -ENOMEM;

	cdev->dev.bus = &client_bus;
	cdev->dev.parent = &nt->ndev->dev;
	cdev->dev.release = ntb_client_dev_release;
	rc = dev_set_name(&cdev->dev, "%s%d", name, number);
	if (rc) {
		kfree(cdev);
		return rc;
	}

	rc = device_register(&cdev->dev);
	if (rc) {
		put_device(&cdev->dev);
		return rc;
	}

	list_add_tail(&cdev->entry, &nt->client_devs);
	return 0;
}

/**
 * ntb_transport_register_client_dev() - add a client's device to each NTB
 * @device_name: name of the client
 *
 * Return: 0, -ENODEV if no NTB has a transport, or another errno
 */
int ntb_transport_register_client_dev(char *device_name)
{
	struct ntb_transport_ctx *nt;
	int number = 0;
	int rc;

	guard(mutex)(&contexts_lock);

	if (list_empty(&contexts))
		return -ENODEV;

	list_for_each_entry(nt, &contexts, entry) {
		rc = ntb_client_dev_add(nt, device_name, number++);
		if (rc) {
			ntb_client_devs_remove(device_name);
			return rc;
		}
	}

	return 0;
}
EXPORT_SYMBOL_GPL(ntb_transport_register_client_dev);

/**
 * ntb_transport_register_client() - register a client driver
 * @drv: the driver; its name is that of the client's devices
 *
 * Return: 0, -ENODEV if no NTB has a transport, or another errno
 */
int ntb_transport_register_client(struct ntb_transport_client *drv)
{
	scoped_guard(mutex, &contexts_lock)
		if (list_empty(&contexts))
			return -ENODEV;

	drv->driver.bus = &client_bus;
	return driver_register(&drv->driver);
}
EXPORT_SYMBOL_GPL(ntb_transport_register_client);

/**
 * ntb_transport_unregister_client() - unregister a client driver
 * @drv: the driver
 */
void ntb_transport_unregister_client(struct ntb_transport_client *drv)
{
	driver_unregister(&drv->driver);
}
EXPORT_SYMBOL_GPL(ntb_transport_unregister_client);
