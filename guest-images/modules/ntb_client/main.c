// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test client of ntb_transport: queue pairs without a network stack on them.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/ntb.h>
#include <linux/slab.h>

#include "client.h"

MODULE_DESCRIPTION("Test of ntb_transport's queue pairs: content, order, throughput");
MODULE_LICENSE("GPL");

static unsigned int queues = 1;
module_param(queues, uint, 0444);
MODULE_PARM_DESC(queues, "Queue pairs to open");

static void client_queues_close(struct client_dev *cdev)
{
	while (cdev->queue_count) {
		client_queue_close(&cdev->queues[cdev->queue_count - 1]);
		cdev->queue_count--;
	}
}

static int client_probe(struct device *dev)
{
	struct client_dev *cdev;
	unsigned int i;
	int rc;

	cdev = kzalloc_flex(*cdev, queues, queues);
	if (!cdev)
		return -ENOMEM;

	cdev->dev = dev;
	mutex_init(&cdev->run_lock);
	cdev->report = kzalloc(CLIENT_REPORT_SIZE, GFP_KERNEL);
	if (!cdev->report) {
		rc = -ENOMEM;
		goto err_free;
	}

	cdev->queue_count = 0;
	while (cdev->queue_count < queues) {
		i = cdev->queue_count++;
		cdev->queues[i].dev = cdev;
		rc = client_queue_open(&cdev->queues[i]);
		if (rc) {
			cdev->queue_count--;
			dev_err(dev, "queue pair %u of %u: %pe\n", i, queues, ERR_PTR(rc));
			goto err_close;
		}
	}
	for (i = 0; i < cdev->queue_count; i++)
		client_queue_start(&cdev->queues[i]);

	dev_set_drvdata(dev, cdev);
	client_debugfs_add(cdev);

	return 0;

err_close:
	client_queues_close(cdev);
	kfree(cdev->report);
err_free:
	mutex_destroy(&cdev->run_lock);
	kfree(cdev);
	return rc;
}

static void client_remove(struct device *dev)
{
	struct client_dev *cdev = dev_get_drvdata(dev);
	unsigned int i;

	/* ends a run, so that removing its file does not wait for it */
	for (i = 0; i < cdev->queue_count; i++)
		client_queue_stop(&cdev->queues[i]);
	debugfs_remove_recursive(cdev->dir);
	client_queues_close(cdev);
	mutex_destroy(&cdev->run_lock);
	kfree(cdev->report);
	kfree(cdev);
}

static struct ntb_transport_client client_driver = {
	.driver = {
		.name = KBUILD_MODNAME,
		.owner = THIS_MODULE,
	},
	.probe = client_probe,
	.remove = client_remove,
};

static int __init client_init(void)
{
	int rc;

	if (!queues || !client_tx_depth || !client_rx_depth)
		return -EINVAL;

	client_debugfs_init();

	rc = ntb_transport_register_client_dev(KBUILD_MODNAME);
	if (rc)
		goto err_debugfs;

	rc = ntb_transport_register_client(&client_driver);
	if (rc)
		goto err_dev;

	return 0;

err_dev:
	ntb_transport_unregister_client_dev(KBUILD_MODNAME);
err_debugfs:
	client_debugfs_exit();
	return rc;
}
module_init(client_init);

static void __exit client_exit(void)
{
	ntb_transport_unregister_client(&client_driver);
	ntb_transport_unregister_client_dev(KBUILD_MODNAME);
	client_debugfs_exit();
}
module_exit(client_exit);
