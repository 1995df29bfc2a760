/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TIME_GRID_GRID_H
#define TIME_GRID_GRID_H

#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/types.h>

extern const struct file_operations grid_wait_fops;

int grid_sleep_until(u64 at);
int grid_port_init(struct dentry *dir);
void grid_port_exit(void);

#endif
