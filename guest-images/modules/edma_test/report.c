// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files "run" and "card": reading one runs all tests, of the endpoint's engine or of a
 * card's, and gives a line of KTAP as each one ends.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "edma_test.h"

static int channels;
module_param(channels, int, 0644);
MODULE_PARM_DESC(channels, "how many channels the engine should have; 0: any number");

static char *only = "";
module_param(only, charp, 0444);
MODULE_PARM_DESC(only, "the name of one test, to run no other; empty: all");

static struct dentry *report_directory;

/**
 * struct report - an open file
 * @source: whose engine it is about
 * @run: what the tests work with
 * @next: number of the next line's test; 0 is the opening of the channels
 * @total: number of tests
 * @text: what has not been read yet
 * @length: of @text
 * @taken: bytes of @text that have been read
 */
struct report {
	const struct edma_test_source *source;
	struct edma_test_run run;
	unsigned int next;
	unsigned int total;
	char text[400];
	size_t length;
	size_t taken;
};

static const struct edma_test_case *const report_lane_cases[] = {
	edma_test_transfer_cases,
	edma_test_control_cases,
	edma_test_pause_cases,
};

static bool report_is_wanted(const struct edma_test_case *test)
{
	return *only ? !strcmp(test->name, only) : !test->by_name;
}

static unsigned int report_count_cases(const struct edma_test_case *cases)
{
	unsigned int count = 0;

	for (; cases->name; cases++)
		count += report_is_wanted(cases);
	return count;
}

/* The one of this number among those that are wanted. */
static const struct edma_test_case *report_case(const struct edma_test_case *cases,
						unsigned int number)
{
	for (;; cases++)
		if (report_is_wanted(cases) && !number--)
			return cases;
}

static unsigned int report_count_lane_cases(void)
{
	unsigned int count = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(report_lane_cases); i++)
		count += report_count_cases(report_lane_cases[i]);
	return count;
}

static const struct edma_test_case *report_lane_case(unsigned int number)
{
	unsigned int i;

	for (i = 0; number >= report_count_cases(report_lane_cases[i]); i++)
		number -= report_count_cases(report_lane_cases[i]);
	return report_case(report_lane_cases[i], number);
}

__printf(2, 3) static void report_print(struct report *report, const char *format, ...)
{
	size_t room = sizeof(report->text) - report->length;
	va_list args;

	va_start(args, format);
	report->length += vscnprintf(report->text + report->length, room, format, args);
	va_end(args);
}

static void report_print_result(struct report *report, const char *subject, const char *name,
				int err)
{
	if (err)
		report_print(report, "# %s (%pe)\n", report->run.why, ERR_PTR(err));
	report_print(report, "%s %u %s%s%s\n", err ? "not ok" : "ok", report->next + 1, subject,
		     *subject ? "." : "", name);
}

static int report_open_channels(struct report *report)
{
	struct edma_test_run *run = &report->run;
	int err;

	err = edma_test_lanes_open(run);
	if (!err && channels && run->lane_count != channels)
		err = edma_test_fail(run, -ENODEV, "found %u channels, expected %d",
				     run->lane_count, channels);
	if (!err)
		err = run->far->wait(run);
	report->total = 1;
	if (!err)
		report->total += run->lane_count * report_count_lane_cases() +
				 report_count_cases(edma_test_joint_cases);
	if (!err && report->total == 1)
		err = edma_test_fail(run, -ENOENT, "no test is named '%s'", only);
	report_print(report, "KTAP version 1\n1..%u\n# %u write channels, %u read channels\n",
		     report->total, run->lane_count - run->read_count, run->read_count);
	return err;
}

static void report_run_next(struct report *report)
{
	struct edma_test_run *run = &report->run;
	unsigned int lane_tests = run->lane_count * report_count_lane_cases();
	const struct edma_test_case *test;
	struct edma_test_lane *lane;
	int err = 0;

	run->why[0] = '\0';
	if (run->host_lost)
		err = edma_test_fail(run, -ENOLINK, "not run: the host was lost in a test before");
	if (!report->next) {
		report_print_result(report, "", "channels", report_open_channels(report));
	} else if (report->next - 1 < lane_tests) {
		lane = &run->lanes[(report->next - 1) / report_count_lane_cases()];
		test = report_lane_case((report->next - 1) % report_count_lane_cases());
		report_print_result(report, lane->name, test->name, err ?: test->run(run, lane));
	} else {
		test = report_case(edma_test_joint_cases, report->next - 1 - lane_tests);
		report_print_result(report, "all", test->name, err ?: test->run_all(run));
	}
	report->next++;
}

static ssize_t report_read(struct file *file, char __user *to, size_t size, loff_t *position)
{
	struct report *report = file->private_data;
	size_t bytes;

	if (report->taken == report->length) {
		if (report->next == report->total)
			return 0;
		if (signal_pending(current))
			return -EINTR;
		report->taken = 0;
		report->length = 0;
		report_run_next(report);
	}
	bytes = min(size, report->length - report->taken);
	if (copy_to_user(to, report->text + report->taken, bytes))
		return -EFAULT;
	report->taken += bytes;
	*position += bytes;
	return bytes;
}

static int report_open(struct inode *inode, struct file *file)
{
	struct report *report;
	int err;

	report = kzalloc_obj(*report);
	if (!report)
		return -ENOMEM;
	report->source = inode->i_private;
	err = report->source->open(&report->run);
	if (err) {
		kfree(report);
		return err;
	}
	/* Until the channels are open: one test. */
	report->total = 1;
	file->private_data = report;
	return nonseekable_open(inode, file);
}

static int report_release(struct inode *inode, struct file *file)
{
	struct report *report = file->private_data;

	edma_test_lanes_close(&report->run);
	report->source->close(&report->run);
	kfree(report);
	return 0;
}

static const struct file_operations report_operations = {
	.owner = THIS_MODULE,
	.open = report_open,
	.read = report_read,
	.release = report_release,
};

/**
 * edma_test_report_create() - offer the files
 */
void edma_test_report_create(void)
{
	report_directory = debugfs_create_dir(EDMA_TEST_NAME, NULL);
	debugfs_create_file_unsafe("run", 0400, report_directory,
				   (void *)&edma_test_endpoint_source, &report_operations);
	debugfs_create_file_unsafe("card", 0400, report_directory,
				   (void *)&edma_test_card_source, &report_operations);
	debugfs_create_file_unsafe("busy", 0400, report_directory, NULL,
				   &edma_test_busy_operations);
}

/**
 * edma_test_report_remove() - take the files away
 */
void edma_test_report_remove(void)
{
	debugfs_remove(report_directory);
}
