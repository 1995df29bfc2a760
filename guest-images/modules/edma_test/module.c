// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>

#include "edma_test.h"

static int __init edma_test_init(void)
{
	int err;

	err = edma_test_host_register();
	if (err)
		return err;
	err = edma_test_endpoint_register();
	if (err) {
		edma_test_host_unregister();
		return err;
	}
	edma_test_report_create();
	return 0;
}
module_init(edma_test_init);

static void __exit edma_test_exit(void)
{
	edma_test_report_remove();
	edma_test_endpoint_unregister();
	edma_test_host_unregister();
}
module_exit(edma_test_exit);

MODULE_DESCRIPTION("Test of all eDMA channels of a DesignWare PCIe endpoint");
MODULE_LICENSE("GPL");
