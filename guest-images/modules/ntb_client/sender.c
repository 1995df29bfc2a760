// SPDX-License-Identifier: GPL-2.0-only
/*
 * The thread of a queue pair. It alone sends on it: streams, and the results
 * of those that were received.
 */
#include <linux/bottom_half.h>
#include <linux/kthread.h>

#include "client.h"

/* Frames given to the transport before softirqs get their turn. */
#define BURST			16
/* Payload of a check stream begins at any of so many addresses. */
#define MISALIGNMENTS		8

static bool client_all_frames_sent(const struct client_tx *tx)
{
	return tx->stream.mode == CLIENT_CHECK && tx->sent.frames == tx->stream.frames;
}

static bool client_time_is_over(const struct client_tx *tx)
{
	return tx->stream.mode == CLIENT_THROUGHPUT &&
	       ktime_ms_delta(ktime_get(), tx->start) >= tx->stream.ms;
}

/* Returns 0 if it ran out of buffers or has sent enough, or an errno. */
static int client_send_burst(struct client_queue *queue)
{
	struct client_tx *tx = &queue->tx;
	struct client_buffer *buf;
	unsigned int i, offset;
	u32 size;
	int rc;

	for (i = 0; i < BURST && !client_all_frames_sent(tx); i++) {
		buf = client_buffer_get(queue);
		if (!buf)
			return 0;

		size = client_frame_size(&tx->stream, tx->sent.frames);
		offset = 0;
		if (tx->stream.mode == CLIENT_CHECK) {
			offset = tx->sent.frames % MISALIGNMENTS;
			client_frame_fill(&tx->stream, tx->sent.frames, buf->data + offset);
		}
		rc = client_buffer_send(queue, buf, offset, size);
		if (rc) {
			client_buffer_put(queue, buf);
			return rc;
		}
		tx->sent.frames++;
		tx->sent.bytes += size;
	}

	return 0;
}

static int client_send_payload(struct client_queue *queue)
{
	struct client_tx *tx = &queue->tx;
	int rc;

	/* the clock is read once a burst: a virtual machine's may be slow */
	while (!client_all_frames_sent(tx) && !client_time_is_over(tx) &&
	       !READ_ONCE(tx->cancelled)) {
		if (client_stopped(queue))
			return -ENOLINK;
		if (READ_ONCE(queue->rx.result_due))
			client_send_result(queue);

		/* as network devices call it, so that its tasklets run at once */
		local_bh_disable();
		rc = client_send_burst(queue);
		local_bh_enable();

		if (rc == -EAGAIN) {
			client_wait_for_room(queue);
			rc = 0;
		} else if (!rc) {
			rc = client_wait_for_buffer(queue);
		}
		if (rc)
			return rc;
	}

	/* what is lost is known when all buffers are back */
	if (!wait_event_idle_timeout(queue->wq,
				     !atomic_read(&queue->tx_used) || client_stopped(queue),
				     msecs_to_jiffies(CLIENT_STUCK_MS)))
		return -ETIMEDOUT;

	return 0;
}

static int client_send_stream(struct client_queue *queue)
{
	struct client_tx *tx = &queue->tx;
	struct client_ctrl ctrl;
	int rc;

	client_ctrl_init(&ctrl, CLIENT_BEGIN, &tx->stream);
	ctrl.frames = cpu_to_le64(tx->stream.frames);
	rc = client_ctrl_send(queue, &ctrl);
	if (rc)
		return rc;

	tx->start = ktime_get();
	rc = client_send_payload(queue);
	if (rc)
		return rc;

	client_ctrl_init(&ctrl, CLIENT_END, &tx->stream);
	scoped_guard(spinlock_bh, &queue->lock) {
		ctrl.frames = cpu_to_le64(tx->sent.frames);
		ctrl.bytes = cpu_to_le64(tx->sent.bytes);
		ctrl.missing = cpu_to_le64(tx->sent.lost);
	}

	return client_ctrl_send(queue, &ctrl);
}

static const char *client_sender_failure(struct client_queue *queue, int rc)
{
	if (rc == -ETIMEDOUT)
		return "the transport does not give frames back";
	/* what a transport answers when its link is down is its own affair */
	if (rc == -ENOLINK || rc == -ESHUTDOWN || client_stopped(queue))
		return "the link went down";
	if (rc == -ECANCELED)
		return "interrupted";
	if (rc == -EAGAIN)
		return "the transport has no room";

	return "the transport refuses a frame";
}

static void client_run_stream(struct client_queue *queue)
{
	struct client_tx *tx = &queue->tx;
	int rc;

	scoped_guard(spinlock_bh, &queue->lock)
		tx->state = CLIENT_TX_SENDING;

	rc = READ_ONCE(tx->cancelled) ? -ECANCELED : client_send_stream(queue);

	scoped_guard(spinlock_bh, &queue->lock) {
		if (rc) {
			tx->state = CLIENT_TX_FAILED;
			/* unless it was cancelled for another reason */
			if (!tx->why) {
				tx->why = client_sender_failure(queue, rc);
				tx->error = rc;
			}
		} else if (tx->state == CLIENT_TX_SENDING) {
			tx->state = CLIENT_TX_SENT;
		}
		if (queue->asked_due)
			client_send_asked(queue);
	}
	wake_up(&queue->wq);
}

static bool client_sender_has_work(struct client_queue *queue)
{
	return READ_ONCE(queue->tx.state) == CLIENT_TX_WANTED || READ_ONCE(queue->rx.result_due);
}

/**
 * client_sender() - body of a queue pair's thread
 * @data:	its queue
 *
 * Return: 0
 */
int client_sender(void *data)
{
	struct client_queue *queue = data;

	while (!kthread_should_stop()) {
		wait_event_interruptible(queue->wq,
					 client_sender_has_work(queue) || kthread_should_stop());
		if (READ_ONCE(queue->rx.result_due))
			client_send_result(queue);
		if (READ_ONCE(queue->tx.state) == CLIENT_TX_WANTED)
			client_run_stream(queue);
	}

	return 0;
}
