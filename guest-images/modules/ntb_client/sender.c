// SPDX-License-Identifier: GPL-2.0-only
/*
 * The thread of a queue pair. It alone sends on it: streams, and the results
 * of those that were received.
 */
#include <linux/bottom_half.h>
#include <linux/kthread.h>
#include <linux/string.h>

#include "client.h"

/* Frames given to the transport before softirqs get their turn. */
#define BURST			16
/*
 * The transport does not say when a ring that was full has room again. A
 * fiftieth of a millisecond is a frame of 64 KiB at 10 Gb/s.
 */
#define ROOM_POLL_US		50
/* Payload of a check stream begins at any of so many addresses. */
#define MISALIGNMENTS		8

/**
 * client_sent() - the transport gives a transmit buffer back
 * @qp:		queue pair
 * @qp_data:	its queue
 * @data:	the struct client_buffer
 * @len:	bytes sent, or an errno if the frame was lost
 *
 * In softirq context, or from within ntb_transport_tx_enqueue().
 */
void client_sent(struct ntb_transport_qp *qp, void *qp_data, void *data,
		 int len)
{
	struct client_queue *queue = qp_data;
	struct client_buffer *buf = data;

	scoped_guard(spinlock_bh, &queue->lock) {
		if (buf->ctrl) {
			buf->result = len;
			buf->done = true;
		} else {
			if (len < 0)
				queue->tx.sent.lost++;
			list_add_tail(&buf->entry, &queue->tx_free);
			queue->tx_used--;
		}
	}
	if (wq_has_sleeper(&queue->wq))
		wake_up(&queue->wq);
}

static bool sender_stopped(struct client_queue *queue)
{
	return !READ_ONCE(queue->link_up) || READ_ONCE(queue->closing);
}

static struct client_buffer *buffer_get(struct client_queue *queue)
{
	struct client_buffer *buf;

	guard(spinlock_bh)(&queue->lock);
	buf = list_first_entry_or_null(&queue->tx_free, struct client_buffer,
				       entry);
	if (buf) {
		list_del(&buf->entry);
		queue->tx_used++;
	}

	return buf;
}

static void buffer_put(struct client_queue *queue, struct client_buffer *buf)
{
	guard(spinlock_bh)(&queue->lock);
	list_add(&buf->entry, &queue->tx_free);
	queue->tx_used--;
}

/* Returns 0, -EAGAIN if there is no room, or another errno. */
static int buffer_send(struct client_queue *queue, struct client_buffer *buf,
		       unsigned int offset, u32 len)
{
	int rc;

	rc = ntb_transport_tx_enqueue(queue->qp, buf, buf->data + offset, len);

	return rc == -EBUSY ? -EAGAIN : rc;
}

static void wait_for_room(struct client_queue *queue)
{
	wait_event_hrtimeout(queue->wq, sender_stopped(queue) ||
			     ntb_transport_tx_free_entry(queue->qp),
			     us_to_ktime(ROOM_POLL_US));
}

/* Returns 0, or -ETIMEDOUT if nothing has come back for long. */
static int wait_for_buffer(struct client_queue *queue)
{
	if (wait_event_timeout(queue->wq, !list_empty_careful(&queue->tx_free) ||
			       sender_stopped(queue),
			       msecs_to_jiffies(CLIENT_STUCK_MS)))
		return 0;

	return -ETIMEDOUT;
}

static int ctrl_send_once(struct client_queue *queue,
			  struct client_buffer *buf)
{
	int rc;

	buf->done = false;
	do {
		local_bh_disable();
		rc = buffer_send(queue, buf, 0, CLIENT_CTRL_SIZE);
		local_bh_enable();
		if (rc == -EAGAIN)
			wait_for_room(queue);
	} while (rc == -EAGAIN && !sender_stopped(queue));
	if (rc)
		return rc;

	/* a transport that is stuck gives it back when the link is taken down */
	wait_event(queue->wq, READ_ONCE(buf->done) || READ_ONCE(queue->closing));

	return READ_ONCE(buf->done) ? min(buf->result, 0) : -ESHUTDOWN;
}

/* A control frame that was reported lost is sent again. */
static int ctrl_send(struct client_queue *queue, const struct client_ctrl *ctrl)
{
	struct client_buffer *buf;
	int rc;

	while (!(buf = buffer_get(queue))) {
		rc = wait_for_buffer(queue);
		if (rc)
			return rc;
		if (sender_stopped(queue))
			return -ENOLINK;
	}

	memcpy(buf->data, ctrl, sizeof(*ctrl));
	buf->ctrl = true;
	do
		rc = ctrl_send_once(queue, buf);
	while (rc && !sender_stopped(queue));
	if (rc == -ESHUTDOWN)
		return rc;

	buf->ctrl = false;
	buffer_put(queue, buf);

	return rc;
}

static void ctrl_init(struct client_ctrl *ctrl, enum client_ctrl_kind kind,
		      const struct client_stream *stream)
{
	BUILD_BUG_ON(sizeof(*ctrl) != CLIENT_CTRL_SIZE);

	memset(ctrl, 0, sizeof(*ctrl));
	ctrl->magic = cpu_to_le64(CLIENT_MAGIC);
	ctrl->kind = cpu_to_le16(kind);
	ctrl->mode = cpu_to_le16(stream->mode);
	ctrl->run = cpu_to_le32(stream->run);
	ctrl->seed = cpu_to_le32(stream->seed);
	ctrl->size = cpu_to_le32(stream->size);
	ctrl->ms = cpu_to_le32(stream->ms);
	if (stream->duplex)
		ctrl->flags = cpu_to_le32(CLIENT_DUPLEX);
}

static void send_result(struct client_queue *queue)
{
	struct client_ctrl ctrl;

	scoped_guard(spinlock_bh, &queue->lock) {
		struct client_rx *rx = &queue->rx;

		ctrl_init(&ctrl, CLIENT_RESULT, &rx->stream);
		ctrl.frames = cpu_to_le64(rx->got.frames);
		ctrl.bytes = cpu_to_le64(rx->got.bytes);
		ctrl.missing = cpu_to_le64(rx->got.missing);
		ctrl.errors = cpu_to_le32(rx->got.errors);
		ctrl.corrupt = cpu_to_le32(rx->got.corrupt);
		rx->result_due = false;
	}
	ctrl_send(queue, &ctrl);
}

static bool all_frames_sent(const struct client_tx *tx)
{
	return tx->stream.mode == CLIENT_CHECK &&
	       tx->sent.frames == tx->stream.frames;
}

static bool time_is_over(const struct client_tx *tx)
{
	return tx->stream.mode == CLIENT_THROUGHPUT &&
	       ktime_ms_delta(ktime_get(), tx->start) >= tx->stream.ms;
}

/* Returns 0 if it ran out of buffers or has sent enough, or an errno. */
static int send_burst(struct client_queue *queue)
{
	struct client_tx *tx = &queue->tx;
	struct client_buffer *buf;
	unsigned int i, offset;
	u32 size;
	int rc;

	for (i = 0; i < BURST && !all_frames_sent(tx); i++) {
		buf = buffer_get(queue);
		if (!buf)
			return 0;

		size = client_frame_size(&tx->stream, tx->sent.frames);
		offset = 0;
		if (tx->stream.mode == CLIENT_CHECK) {
			offset = tx->sent.frames % MISALIGNMENTS;
			client_frame_fill(&tx->stream, tx->sent.frames,
					  buf->data + offset);
		}
		rc = buffer_send(queue, buf, offset, size);
		if (rc) {
			buffer_put(queue, buf);
			return rc;
		}
		tx->sent.frames++;
		tx->sent.bytes += size;
	}

	return 0;
}

static int send_payload(struct client_queue *queue)
{
	struct client_tx *tx = &queue->tx;
	int rc;

	/* the clock is read once a burst: a virtual machine's may be slow */
	while (!all_frames_sent(tx) && !time_is_over(tx) &&
	       !READ_ONCE(tx->cancelled)) {
		if (sender_stopped(queue))
			return -ENOLINK;
		if (READ_ONCE(queue->rx.result_due))
			send_result(queue);

		/* as network devices call it, so that its tasklets run at once */
		local_bh_disable();
		rc = send_burst(queue);
		local_bh_enable();

		if (rc == -EAGAIN) {
			wait_for_room(queue);
			rc = 0;
		} else if (!rc) {
			rc = wait_for_buffer(queue);
		}
		if (rc)
			return rc;
	}

	/* what is lost is known when all buffers are back */
	if (!wait_event_timeout(queue->wq, !READ_ONCE(queue->tx_used) ||
				sender_stopped(queue),
				msecs_to_jiffies(CLIENT_STUCK_MS)))
		return -ETIMEDOUT;

	return 0;
}

static int send_stream(struct client_queue *queue)
{
	struct client_tx *tx = &queue->tx;
	struct client_ctrl ctrl;
	int rc;

	ctrl_init(&ctrl, CLIENT_BEGIN, &tx->stream);
	ctrl.frames = cpu_to_le64(tx->stream.frames);
	rc = ctrl_send(queue, &ctrl);
	if (rc)
		return rc;

	tx->start = ktime_get();
	rc = send_payload(queue);
	if (rc)
		return rc;

	ctrl_init(&ctrl, CLIENT_END, &tx->stream);
	scoped_guard(spinlock_bh, &queue->lock) {
		ctrl.frames = cpu_to_le64(tx->sent.frames);
		ctrl.bytes = cpu_to_le64(tx->sent.bytes);
		ctrl.missing = cpu_to_le64(tx->sent.lost);
	}

	return ctrl_send(queue, &ctrl);
}

static void run_stream(struct client_queue *queue)
{
	struct client_tx *tx = &queue->tx;
	int rc;

	scoped_guard(spinlock_bh, &queue->lock)
		tx->state = CLIENT_TX_SENDING;

	rc = READ_ONCE(tx->cancelled) ? -ECANCELED : send_stream(queue);

	scoped_guard(spinlock_bh, &queue->lock) {
		if (rc) {
			tx->state = CLIENT_TX_FAILED;
			tx->why = rc == -ETIMEDOUT ?
				"the transport does not give frames back" :
				"the link went down";
		} else if (tx->state == CLIENT_TX_SENDING) {
			tx->state = CLIENT_TX_SENT;
		}
		if (queue->asked_due)
			client_send_asked(queue);
	}
	wake_up(&queue->wq);
}

static bool sender_has_work(struct client_queue *queue)
{
	return READ_ONCE(queue->tx.state) == CLIENT_TX_WANTED ||
	       READ_ONCE(queue->rx.result_due);
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
		wait_event_interruptible(queue->wq, sender_has_work(queue) ||
					 kthread_should_stop());
		if (READ_ONCE(queue->rx.result_due))
			send_result(queue);
		if (READ_ONCE(queue->tx.state) == CLIENT_TX_WANTED)
			run_stream(queue);
	}

	return 0;
}
