// SPDX-License-Identifier: GPL-2.0-only
/*
 * A run: the same stream on several queue pairs at once, to the peer or in
 * both directions.
 */
#include <linux/random.h>
#include <linux/sched/signal.h>

#include "client.h"

static int client_wait_for_links(struct client_dev *cdev, unsigned int queues)
{
	struct client_queue *queue;
	unsigned int i;
	long rc;

	for (i = 0; i < queues; i++) {
		queue = &cdev->queues[i];
		rc = wait_event_killable_timeout(queue->wq, READ_ONCE(queue->link_up),
						 msecs_to_jiffies(CLIENT_STUCK_MS));
		if (rc < 0)
			return rc;
		if (!rc)
			return -ENOLINK;
	}

	return 0;
}

/* A run that was interrupted may still be ending. */
static int client_wait_for_senders(struct client_dev *cdev, unsigned int queues)
{
	struct client_queue *queue;
	unsigned int i;

	for (i = 0; i < queues; i++) {
		queue = &cdev->queues[i];
		if (!wait_event_timeout(queue->wq,
					READ_ONCE(queue->tx.state) != CLIENT_TX_WANTED &&
						READ_ONCE(queue->tx.state) != CLIENT_TX_SENDING,
					msecs_to_jiffies(CLIENT_STUCK_MS)))
			return -EBUSY;
	}

	return 0;
}

static void client_run_start(struct client_queue *queue, const struct client_run *run)
{
	struct client_tx *tx = &queue->tx;

	scoped_guard(spinlock_bh, &queue->lock) {
		memset(tx, 0, sizeof(*tx));
		memset(&queue->rx, 0, sizeof(queue->rx));
		tx->stream = run->stream;
		tx->stream.size = min(run->stream.size, queue->max_size);
		/* another on each queue, so that none can be taken for another */
		tx->stream.seed += ntb_transport_qp_num(queue->qp);
		tx->state = CLIENT_TX_WANTED;
		queue->answers = run->stream.duplex ? run->stream.run : 0;
	}
	wake_up(&queue->wq);
}

static bool client_run_is_over(struct client_queue *queue, bool duplex)
{
	if (READ_ONCE(queue->closing))
		return true;

	switch (READ_ONCE(queue->tx.state)) {
	case CLIENT_TX_FAILED:
		return true;
	case CLIENT_TX_DONE:
		return !duplex || READ_ONCE(queue->rx.ended) || !READ_ONCE(queue->link_up);
	case CLIENT_TX_SENT:
		return !READ_ONCE(queue->link_up);
	default:
		return false;
	}
}

static void client_run_failed(struct client_queue *queue, const char *why)
{
	guard(spinlock_bh)(&queue->lock);
	/* while the thread sends the stream it is the thread that ends it */
	WRITE_ONCE(queue->tx.cancelled, true);
	if (queue->tx.state == CLIENT_TX_SENT)
		queue->tx.state = CLIENT_TX_FAILED;
	if (!queue->tx.why)
		queue->tx.why = why;
}

static u64 client_run_progress(struct client_queue *queue)
{
	return READ_ONCE(queue->tx.sent.frames) + READ_ONCE(queue->rx.got.frames);
}

/*
 * Returns 0 also if it has failed; an errno if the writer is killed. Other
 * signals must not end the wait: the kernel would make the write() again, and
 * with it the run (a shell that writes has a SIGCHLD for each of its jobs).
 */
static int client_run_wait(struct client_queue *queue, bool duplex)
{
	u64 before;
	long rc;

	do {
		before = client_run_progress(queue);
		rc = wait_event_killable_timeout(queue->wq, client_run_is_over(queue, duplex),
						 msecs_to_jiffies(CLIENT_STUCK_MS));
	} while (!rc && client_run_progress(queue) != before);

	if (rc < 0)
		client_run_failed(queue, "interrupted");
	else if (!rc)
		client_run_failed(queue, "no answer from the peer");
	else if (!READ_ONCE(queue->link_up))
		client_run_failed(queue, "the link went down");

	return min(rc, 0L);
}

/**
 * client_run() - send streams and wait for what has become of them
 * @cdev:	device; its run_lock is held
 * @run:	what to do
 *
 * The results stay in the queues.
 *
 * Return: 0, or an errno if nothing was sent or the writer was killed
 */
int client_run(struct client_dev *cdev, const struct client_run *run)
{
	struct client_run here = *run;
	unsigned int i;
	int rc;

	rc = client_wait_for_links(cdev, run->queues) ?: client_wait_for_senders(cdev, run->queues);
	if (rc)
		return rc;

	here.stream.run = get_random_u32() | 1;
	for (i = 0; i < run->queues; i++)
		client_run_start(&cdev->queues[i], &here);
	for (i = 0; i < run->queues; i++)
		rc = client_run_wait(&cdev->queues[i], run->stream.duplex) ?: rc;
	for (i = 0; i < run->queues; i++)
		WRITE_ONCE(cdev->queues[i].answers, 0);

	return rc;
}
