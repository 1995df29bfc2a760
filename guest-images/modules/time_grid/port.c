// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/time_grid/command, answer
 *
 * The lab's port in a machine whose time is virtual: the first read() of an
 * opened "command" returns when the lab gives a command, which it does at
 * multiples of the port's grid alone. What is written to "answer" goes to the
 * lab, and is whole when the file is closed.
 */
#include <linux/debugfs.h>
#include <linux/io.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "grid.h"

/* The device's registers: qemu-devices/src/time/port.h */
#define PORT_COMMAND	0x0
#define PORT_PART	0x4
#define PORT_END	0x8
#define PORT_GRID	0xc
#define PORT_WINDOW	0x1000
#define PORT_SIZE	0x10000
#define PORT_ROOM	(PORT_SIZE - PORT_WINDOW)

static unsigned long port;
module_param(port, ulong, 0444);
MODULE_PARM_DESC(port, "address of the lab's port; 0: there is none");

static void __iomem *regs;

/* A command, as one reader has it. */
struct grid_command {
	size_t size;
	char text[];
};

/* Returns its size, or an errno if the reader is killed. */
static long grid_port_await(void)
{
	u64 period = (u64)readl(regs + PORT_GRID) * NSEC_PER_MSEC;
	u32 size;
	int rc;

	while (!(size = readl(regs + PORT_COMMAND))) {
		rc = grid_sleep_until((div64_u64(ktime_get_ns(), period) + 1) * period);
		if (rc)
			return rc;
	}

	return min_t(u32, size, PORT_ROOM);
}

static ssize_t grid_command_read(struct file *file, char __user *ubuf, size_t count, loff_t *ppos)
{
	struct grid_command *cmd = file->private_data;
	long size;

	if (!cmd) {
		size = grid_port_await();
		if (size < 0)
			return size;
		cmd = kzalloc(sizeof(*cmd) + size, GFP_KERNEL);
		if (!cmd)
			return -ENOMEM;
		cmd->size = size;
		memcpy_fromio(cmd->text, regs + PORT_WINDOW, size);
		writel(0, regs + PORT_COMMAND);
		file->private_data = cmd;
	}

	return simple_read_from_buffer(ubuf, count, ppos, cmd->text, cmd->size);
}

static int grid_command_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);

	return 0;
}

static const struct file_operations grid_command_fops = {
	.owner = THIS_MODULE,
	.open = nonseekable_open,
	.read = grid_command_read,
	.release = grid_command_release,
};

static ssize_t grid_answer_write(struct file *file, const char __user *ubuf, size_t count,
				 loff_t *ppos)
{
	size_t size = min_t(size_t, count, PORT_ROOM);
	void *part;

	part = memdup_user(ubuf, size);
	if (IS_ERR(part))
		return PTR_ERR(part);
	memcpy_toio(regs + PORT_WINDOW, part, size);
	kfree(part);
	writel(size, regs + PORT_PART);

	return size;
}

static int grid_answer_release(struct inode *inode, struct file *file)
{
	writel(0, regs + PORT_END);

	return 0;
}

static const struct file_operations grid_answer_fops = {
	.owner = THIS_MODULE,
	.open = nonseekable_open,
	.write = grid_answer_write,
	.release = grid_answer_release,
};

/**
 * grid_port_exit() - after its files have gone
 */
void grid_port_exit(void)
{
	if (regs)
		iounmap(regs);
	regs = NULL;
}

/**
 * grid_port_init() - offer the lab's port, if there is one
 * @dir:	directory for its files
 *
 * Return: 0 or an errno
 */
int grid_port_init(struct dentry *dir)
{
	if (!port)
		return 0;

	regs = ioremap(port, PORT_SIZE);
	if (!regs)
		return -ENOMEM;
	/* no port, or none that commands come by */
	if (!readl(regs + PORT_GRID)) {
		grid_port_exit();
		return -ENODEV;
	}
	debugfs_create_file("command", 0400, dir, NULL, &grid_command_fops);
	debugfs_create_file("answer", 0200, dir, NULL, &grid_answer_fops);

	return 0;
}
