// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file "busy": reading it keeps every channel moving data until a transfer fails, so that
 * the link can be lost in the middle of that. It says "moving" when all channels are at work,
 * then how the last round ended, and then fails.
 */
#include <linux/fs.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "edma_test.h"

/* Descriptors that each channel has waiting: the next begins when one ends. */
#define DEPTH	8

enum stage { OPENED, MOVING, ENDED };

/**
 * struct busy - an open file
 * @run: what the transfers work with
 * @stage: what the next read does
 * @flights: @DEPTH for each channel
 * @rounds: that ended well
 */
struct busy {
	struct edma_test_run run;
	enum stage stage;
	struct edma_test_flight *flights;
	unsigned int rounds;
};

static unsigned int busy_flight_count(const struct busy *busy)
{
	return busy->run.lane_count * DEPTH;
}

static int busy_start_round(struct busy *busy)
{
	static const struct edma_test_span pages = {
		.count = EDMA_TEST_AREA / SZ_4K,
		.length = SZ_4K,
		.stride = SZ_4K,
		.step = 1,
	};
	struct edma_test_run *run = &busy->run;
	unsigned int i;
	int err;

	for (i = 0; i < busy_flight_count(busy); i++)
		edma_test_flight_init(&busy->flights[i], run, &run->lanes[i / DEPTH], &pages, 0);
	for (i = 0; i < busy_flight_count(busy); i++) {
		err = edma_test_flight_submit(&busy->flights[i]);
		if (err)
			return err;
	}
	for (i = 0; i < run->lane_count; i++)
		dma_async_issue_pending(run->lanes[i].chan);
	return 0;
}

/*
 * Waits for every channel's transfers in their order, up to the first that fails: those behind
 * it do not start any more.
 */
static bool busy_round_ends_well(struct busy *busy)
{
	bool well = true;
	unsigned int i;

	for (i = 0; i < busy_flight_count(busy); i++) {
		if (!edma_test_flight_wait(&busy->flights[i], DMA_TRANS_NOERROR))
			continue;
		well = false;
		i = round_down(i, DEPTH) + DEPTH - 1;
	}
	return well;
}

static void busy_release_round(struct busy *busy)
{
	unsigned int i;

	for (i = 0; i < busy_flight_count(busy); i++)
		edma_test_flight_release(&busy->flights[i]);
}

/* Rounds until one fails; only the first, if @once. */
static int busy_move(struct busy *busy, bool once)
{
	do {
		int err = busy_start_round(busy);
		bool well = !err && busy_round_ends_well(busy);

		busy_release_round(busy);
		if (err)
			return err;
		if (!well)
			return -EIO;
		busy->rounds++;
	} while (!once && !signal_pending(current));
	return once ? 0 : -EINTR;
}

static size_t busy_describe_end(struct busy *busy, char *text, size_t size)
{
	unsigned int well = 0, failed = 0, unended = 0;
	unsigned int i;

	for (i = 0; i < busy_flight_count(busy); i++) {
		struct edma_test_flight *flight = &busy->flights[i];

		if (!completion_done(&flight->done))
			unended++;
		else if (flight->result == DMA_TRANS_NOERROR)
			well++;
		else
			failed++;
	}
	return scnprintf(text, size, "after %u rounds: %u aborted, %u never ended, %u ended well\n",
			 busy->rounds, failed, unended, well);
}

static int busy_open_lanes(struct busy *busy)
{
	int err = edma_test_lanes_open(&busy->run) ?: busy->run.far->wait(&busy->run);

	if (err)
		return err;
	busy->flights = kcalloc(busy_flight_count(busy), sizeof(*busy->flights), GFP_KERNEL);
	return busy->flights ? 0 : -ENOMEM;
}

static ssize_t busy_read(struct file *file, char __user *to, size_t size, loff_t *position)
{
	struct busy *busy = file->private_data;
	char text[100];
	size_t length;
	int err;

	switch (busy->stage) {
	case OPENED:
		err = busy_open_lanes(busy) ?: busy_move(busy, true);
		busy->stage = err ? ENDED : MOVING;
		if (!err)
			length = scnprintf(text, sizeof(text), "moving\n");
		else if (err == -EIO)
			length = busy_describe_end(busy, text, sizeof(text));
		else
			return err;
		break;
	case MOVING:
		err = busy_move(busy, false);
		if (err == -EINTR)
			return err;
		length = busy_describe_end(busy, text, sizeof(text));
		busy->stage = ENDED;
		break;
	default:
		return -EIO;
	}
	if (size < length)
		return -EINVAL;
	if (copy_to_user(to, text, length))
		return -EFAULT;
	*position += length;
	return length;
}

static int busy_open(struct inode *inode, struct file *file)
{
	struct busy *busy;
	int err;

	busy = kzalloc_obj(*busy);
	if (!busy)
		return -ENOMEM;
	err = edma_test_endpoint_source.open(&busy->run);
	if (err) {
		kfree(busy);
		return err;
	}
	file->private_data = busy;
	return nonseekable_open(inode, file);
}

static int busy_release(struct inode *inode, struct file *file)
{
	struct busy *busy = file->private_data;

	edma_test_lanes_close(&busy->run);
	edma_test_endpoint_source.close(&busy->run);
	kfree(busy->flights);
	kfree(busy);
	return 0;
}

const struct file_operations edma_test_busy_operations = {
	.owner = THIS_MODULE,
	.open = busy_open,
	.read = busy_read,
	.release = busy_release,
};
