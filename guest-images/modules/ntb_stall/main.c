// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/ntb_stall/{do,state}. What "do" takes is in the README.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "stall.h"

MODULE_DESCRIPTION("Makes races of an NTB transport happen");
MODULE_LICENSE("GPL");

static struct dentry *stall_directory;

/* AT until UNTIL for MS [then NEXT [until UNTIL] for MS] */
static int stall_do_hold(const char *args)
{
	struct stall_hold now, next = {};
	int got, then = 0;

	got = sscanf(args, "%31s until %31s for %u then %n", now.at, now.until, &now.ms, &then);
	if (got != 3)
		return -EINVAL;
	if (then && sscanf(args + then, "%31s until %31s for %u", next.at, next.until,
			   &next.ms) != 3) {
		*next.until = 0;
		if (sscanf(args + then, "%31s for %u", next.at, &next.ms) != 2)
			return -EINVAL;
	}

	return stall_hold_arm(&now, &next);
}

static int stall_do_scratchpad(const char *args)
{
	unsigned int val;
	int spad;

	if (!strcmp(args, "as it is")) {
		stall_ntb_pretend(-1, 0);
		return 0;
	}
	if (sscanf(args, "%d %i", &spad, &val) != 2)
		return -EINVAL;

	stall_ntb_pretend(spad, val);
	return 0;
}

static int stall_do_slow(const char *args)
{
	unsigned int ms;

	return kstrtouint(args, 0, &ms) ?: stall_ntb_slow_doorbells(ms);
}

static int stall_do_doorbell(const char *args)
{
	int vector, rc;

	rc = kstrtoint(args, 0, &vector);
	if (!rc)
		stall_ntb_db_event(vector);

	return rc;
}

static int stall_do(char *line)
{
	char *word = strsep(&line, " ");

	if (!strcmp(word, "hold") && line)
		return stall_do_hold(line);
	if (!strcmp(word, "scratchpad") && line)
		return stall_do_scratchpad(line);
	if (!strcmp(word, "slow-doorbells") && line)
		return stall_do_slow(line);
	if (!strcmp(word, "doorbell-event") && line)
		return stall_do_doorbell(line);
	if (!strcmp(word, "link-event"))
		stall_ntb_link_event();
	else if (!strcmp(word, "lose-doorbells"))
		stall_ntb_lose_doorbells(true);
	else if (!strcmp(word, "pass-doorbells"))
		stall_ntb_lose_doorbells(false);
	else if (!strcmp(word, "points"))
		return stall_points_use();
	else if (!strcmp(word, "incoherent"))
		return stall_ntb_be_incoherent();
	else if (!strcmp(word, "take-read-channel"))
		return stall_engine_take_read();
	else if (!strcmp(word, "ignore-descriptors"))
		return stall_engine_ignore(true);
	else if (!strcmp(word, "start-descriptors"))
		return stall_engine_ignore(false);
	else
		return -EINVAL;

	return 0;
}

static ssize_t stall_write(struct file *file, const char __user *ubuf, size_t count, loff_t *ppos)
{
	char line[160];
	int rc;

	if (count >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, ubuf, count))
		return -EFAULT;
	line[count] = 0;
	rc = stall_do(strim(line));

	return rc ?: count;
}

static const struct file_operations stall_do_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = stall_write,
};

static int stall_state_show(struct seq_file *s, void *v)
{
	stall_hold_show(s);
	stall_engine_show(s);
	stall_points_show(s);
	stall_ntb_show(s);

	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stall_state);

static int __init stall_init(void)
{
	int rc;

	stall_hold_init(&stall_ntb_peer);
	rc = stall_ntb_init();
	if (rc)
		return rc;

	stall_directory = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("do", 0200, stall_directory, NULL, &stall_do_fops);
	debugfs_create_file("state", 0400, stall_directory, NULL, &stall_state_fops);

	return 0;
}
module_init(stall_init);

static void __exit stall_exit(void)
{
	stall_hold_cancel();
	debugfs_remove_recursive(stall_directory);
	stall_points_exit();
	stall_engine_exit();
	stall_ntb_exit();
}
module_exit(stall_exit);
