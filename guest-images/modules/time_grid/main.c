// SPDX-License-Identifier: GPL-2.0-only
/* The module, and its files in /sys/kernel/debug/time_grid. */
#include <linux/debugfs.h>
#include <linux/module.h>

#include "grid.h"

MODULE_DESCRIPTION("Commands that begin at fixed times");
MODULE_LICENSE("GPL");

static struct dentry *root;

static int __init grid_init(void)
{
	int rc;

	root = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("wait", 0200, root, NULL, &grid_wait_fops);
	rc = grid_port_init(root);
	if (rc)
		debugfs_remove_recursive(root);

	return rc;
}
module_init(grid_init);

static void __exit grid_exit(void)
{
	debugfs_remove_recursive(root);
	grid_port_exit();
}
module_exit(grid_exit);
