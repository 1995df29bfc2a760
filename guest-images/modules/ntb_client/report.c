// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/ntb_client/<device>/{run,report,queues}
 *
 * A line written to "run" is carried out before write() returns:
 *
 *	check [frames=N] [queues=N] [seed=N] [duplex] [lossy]
 *	throughput [ms=N] [size=N] [queues=N] [duplex] [lossy]
 *
 * "report" then has its results as KTAP.
 */
#include <linux/debugfs.h>
#include <linux/parser.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "client.h"

#define RUN_LINE_SIZE		128

static struct dentry *root;

static __printf(2, 3) void client_report_add(struct client_dev *cdev, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	cdev->report_len += vscnprintf(cdev->report + cdev->report_len,
				       CLIENT_REPORT_SIZE - cdev->report_len, fmt, args);
	va_end(args);
}

/* One direction of one queue pair: a line of figures, and the verdict. */
static void client_report_stream(struct client_dev *cdev, unsigned int number,
				 struct client_queue *queue, const char *direction,
				 const struct client_count *sent, const struct client_count *got,
				 ktime_t start, ktime_t end, const struct client_run *run,
				 const char *why, int error)
{
	const char *mode = run->stream.mode == CLIENT_CHECK ? "check" : "throughput";
	unsigned int qp = ntb_transport_qp_num(queue->qp);

	client_report_add(cdev, "# %s queue=%u direction=%s bytes=%llu ns=%lld began=%lld ", mode,
			  qp, direction, got->bytes, ktime_to_ns(ktime_sub(end, start)),
			  ktime_to_ns(start));
	client_report_add(cdev, "sent=%llu received=%llu lost=%llu missing=%llu ", sent->frames,
			  got->frames, sent->lost, got->missing);
	client_report_add(cdev, "corrupt=%u errors=%u\n", got->corrupt, got->errors);

	if (!why && (got->corrupt || got->errors))
		why = "frames have come damaged or out of order";
	if (!why && got->missing != sent->lost)
		why = "frames have vanished without a report";
	if (!why && sent->lost && !run->lossy)
		why = "frames were lost";
	if (!why && !got->frames)
		why = "no frame has come";

	client_report_add(cdev, "%sok %u queue%u.%s.%s", why ? "not " : "", number, qp, direction,
			  mode);
	if (error)
		client_report_add(cdev, " # %s (%pe)\n", why, ERR_PTR(error));
	else
		client_report_add(cdev, why ? " # %s\n" : "\n", why);
}

static const char *client_rx_failure(const struct client_rx *rx)
{
	if (rx->ended)
		return NULL;

	return rx->open ? "no end of the peer's stream" : "the peer has not begun its stream";
}

static void client_report_queue(struct client_dev *cdev, unsigned int *number,
				struct client_queue *queue, const struct client_run *run)
{
	struct client_tx *tx = &queue->tx;
	struct client_rx *rx = &queue->rx;
	bool done = tx->state == CLIENT_TX_DONE;

	guard(spinlock_bh)(&queue->lock);

	client_report_stream(cdev, ++*number, queue, "tx", &tx->sent, &tx->received,
			     tx->start, done ? tx->end : tx->start, run,
			     done ? NULL : tx->why, done ? 0 : tx->error);
	if (run->stream.duplex)
		client_report_stream(cdev, ++*number, queue, "rx", &rx->sent, &rx->got,
				     rx->start, rx->ended ? rx->end : rx->start, run,
				     client_rx_failure(rx), 0);
}

/**
 * client_report() - write down the results of a run
 * @cdev:	device; its run_lock is held
 * @run:	what was run
 */
void client_report(struct client_dev *cdev, const struct client_run *run)
{
	unsigned int tests = run->queues * (run->stream.duplex ? 2 : 1);
	unsigned int i, number = 0;

	cdev->report_len = 0;
	client_report_add(cdev, "KTAP version 1\n1..%u\n", tests);
	for (i = 0; i < run->queues; i++)
		client_report_queue(cdev, &number, &cdev->queues[i], run);
}

enum run_option {
	OPT_FRAMES,
	OPT_MS,
	OPT_SIZE,
	OPT_QUEUES,
	OPT_SEED,
	OPT_DUPLEX,
	OPT_LOSSY,
	OPT_BAD,
};

static const match_table_t run_options = {
	{ OPT_FRAMES, "frames=%u" },
	{ OPT_MS, "ms=%u" },
	{ OPT_SIZE, "size=%u" },
	{ OPT_QUEUES, "queues=%u" },
	{ OPT_SEED, "seed=%u" },
	{ OPT_DUPLEX, "duplex" },
	{ OPT_LOSSY, "lossy" },
	{ OPT_BAD, NULL },
};

static int client_run_parse_option(char *word, struct client_run *run)
{
	struct client_stream *stream = &run->stream;
	substring_t args[MAX_OPT_ARGS];
	int option = match_token(word, run_options, args);
	unsigned int value = 0;

	if (option == OPT_BAD || (option < OPT_DUPLEX && match_uint(&args[0], &value)))
		return -EINVAL;

	switch (option) {
	case OPT_FRAMES:
		stream->frames = value;
		break;
	case OPT_MS:
		stream->ms = value;
		break;
	case OPT_SIZE:
		stream->size = value;
		break;
	case OPT_QUEUES:
		run->queues = value;
		break;
	case OPT_SEED:
		stream->seed = value;
		break;
	case OPT_DUPLEX:
		stream->duplex = true;
		break;
	case OPT_LOSSY:
		run->lossy = true;
		break;
	}

	return 0;
}

static int client_run_parse(char *line, struct client_run *run)
{
	char *word = strsep(&line, " ");
	int rc;

	if (!strcmp(word, "check"))
		run->stream.mode = CLIENT_CHECK;
	else if (!strcmp(word, "throughput"))
		run->stream.mode = CLIENT_THROUGHPUT;
	else
		return -EINVAL;

	while ((word = strsep(&line, " "))) {
		if (!*word)
			continue;
		rc = client_run_parse_option(word, run);
		if (rc)
			return rc;
	}

	return 0;
}

static int client_run_validate(struct client_dev *cdev, const struct client_run *run)
{
	const struct client_stream *stream = &run->stream;

	if (!run->queues || run->queues > cdev->queue_count || !stream->size)
		return -EINVAL;
	if (stream->mode == CLIENT_CHECK)
		return stream->frames ? 0 : -EINVAL;

	/* payload must not be taken for a control frame */
	return stream->ms && stream->size > CLIENT_CTRL_SIZE ? 0 : -EINVAL;
}

static ssize_t client_run_write(struct file *file, const char __user *ubuf, size_t count,
				loff_t *ppos)
{
	struct client_dev *cdev = file->private_data;
	struct client_run run = {
		.stream = { .frames = 1000, .ms = 1000, .size = U32_MAX },
		.queues = cdev->queue_count,
	};
	char line[RUN_LINE_SIZE];
	int rc;

	if (count >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, ubuf, count))
		return -EFAULT;
	line[count] = 0;

	rc = client_run_parse(strim(line), &run) ?: client_run_validate(cdev, &run);
	if (rc)
		return rc;

	if (!mutex_trylock(&cdev->run_lock))
		return -EBUSY;
	cdev->report_len = 0;
	rc = client_run(cdev, &run);
	if (rc != -ENOLINK)
		client_report(cdev, &run);
	mutex_unlock(&cdev->run_lock);

	return rc ?: count;
}

static const struct file_operations client_run_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = client_run_write,
};

static int client_report_show(struct seq_file *s, void *v)
{
	struct client_dev *cdev = s->private;

	guard(mutex)(&cdev->run_lock);
	seq_write(s, cdev->report, cdev->report_len);

	return 0;
}
DEFINE_SHOW_ATTRIBUTE(client_report);

static int client_queues_show(struct seq_file *s, void *v)
{
	struct client_dev *cdev = s->private;
	struct client_queue *queue;
	unsigned int i;

	for (i = 0; i < cdev->queue_count; i++) {
		queue = &cdev->queues[i];
		seq_printf(s, "queue %u: link %s max_size %u unposted %u\n",
			   ntb_transport_qp_num(queue->qp),
			   READ_ONCE(queue->link_up) ? "up" : "down", queue->max_size,
			   READ_ONCE(queue->unposted));
	}

	return 0;
}
DEFINE_SHOW_ATTRIBUTE(client_queues);

void client_debugfs_init(void)
{
	root = debugfs_create_dir(KBUILD_MODNAME, NULL);
}

void client_debugfs_exit(void)
{
	debugfs_remove_recursive(root);
}

/**
 * client_debugfs_add() - make a device's files
 * @cdev:	device
 */
void client_debugfs_add(struct client_dev *cdev)
{
	cdev->dir = debugfs_create_dir(dev_name(cdev->dev), root);
	debugfs_create_file("run", 0200, cdev->dir, cdev, &client_run_fops);
	debugfs_create_file("report", 0400, cdev->dir, cdev, &client_report_fops);
	debugfs_create_file("queues", 0400, cdev->dir, cdev, &client_queues_fops);
}
