// SPDX-License-Identifier: GPL-2.0-only
/*
 * What arrives on a queue pair: control frames, and payload that is counted
 * or compared with what it must be.
 */
#include <linux/string.h>

#include "client.h"

/* So many frames may be missing before the rest is called corrupt. */
#define LOOK_AHEAD		1024

static bool client_tx_is_busy(const struct client_tx *tx)
{
	return tx->state == CLIENT_TX_WANTED || tx->state == CLIENT_TX_SENDING;
}

/**
 * client_send_asked() - begin the stream the peer has asked for
 * @queue:	queue that sends no stream; its lock is held
 */
void client_send_asked(struct client_queue *queue)
{
	struct client_tx *tx = &queue->tx;

	memset(tx, 0, sizeof(*tx));
	tx->stream = queue->asked;
	tx->asked = true;
	tx->state = CLIENT_TX_WANTED;
	queue->asked_due = false;
}

static void client_received_begin(struct client_queue *queue, const struct client_ctrl *ctrl)
{
	struct client_rx *rx = &queue->rx;
	struct client_tx *tx = &queue->tx;
	struct client_stream *stream = &rx->stream;
	u32 run = le32_to_cpu(ctrl->run);

	/* upstream's transport may hand out frames before it says so */
	WRITE_ONCE(queue->link_up, true);
	/* of a run that was given up */
	if (queue->answers && queue->answers != run)
		return;

	memset(rx, 0, sizeof(*rx));
	stream->mode = le16_to_cpu(ctrl->mode);
	stream->run = run;
	stream->seed = le32_to_cpu(ctrl->seed);
	stream->size = le32_to_cpu(ctrl->size);
	stream->frames = le64_to_cpu(ctrl->frames);
	stream->ms = le32_to_cpu(ctrl->ms);
	rx->open = true;
	rx->start = ktime_get();

	if (!(le32_to_cpu(ctrl->flags) & CLIENT_DUPLEX))
		return;

	/* a run of this side's own goes first, and the peer's fails */
	if (!tx->asked && client_tx_is_busy(tx))
		return;

	queue->asked = *stream;
	queue->asked.seed = ~stream->seed;
	queue->asked.size = min(stream->size, queue->max_size);
	queue->asked_due = true;
	/* the peer has given up the run before if its stream still goes */
	if (client_tx_is_busy(tx))
		WRITE_ONCE(tx->cancelled, true);
	else
		client_send_asked(queue);
}

static void client_received_end(struct client_queue *queue, const struct client_ctrl *ctrl)
{
	struct client_rx *rx = &queue->rx;

	if (!rx->open || rx->stream.run != le32_to_cpu(ctrl->run))
		return;

	rx->end = ktime_get();
	rx->sent.frames = le64_to_cpu(ctrl->frames);
	rx->sent.bytes = le64_to_cpu(ctrl->bytes);
	rx->sent.lost = le64_to_cpu(ctrl->missing);
	if (rx->stream.mode == CLIENT_THROUGHPUT)
		rx->got.missing = rx->sent.frames - rx->got.frames;
	else if (rx->sent.frames > rx->next)
		rx->got.missing += rx->sent.frames - rx->next;
	rx->open = false;
	rx->ended = true;
	rx->result_due = true;
}

static void client_received_result(struct client_queue *queue, const struct client_ctrl *ctrl)
{
	struct client_tx *tx = &queue->tx;

	if ((tx->state != CLIENT_TX_SENDING && tx->state != CLIENT_TX_SENT) ||
	    tx->stream.run != le32_to_cpu(ctrl->run))
		return;

	tx->end = ktime_get();
	tx->received.frames = le64_to_cpu(ctrl->frames);
	tx->received.bytes = le64_to_cpu(ctrl->bytes);
	tx->received.missing = le64_to_cpu(ctrl->missing);
	tx->received.corrupt = le32_to_cpu(ctrl->corrupt);
	tx->received.errors = le32_to_cpu(ctrl->errors);
	tx->state = CLIENT_TX_DONE;
}

static void client_received_ctrl(struct client_queue *queue, const struct client_ctrl *ctrl)
{
	switch (le16_to_cpu(ctrl->kind)) {
	case CLIENT_BEGIN:
		client_received_begin(queue, ctrl);
		break;
	case CLIENT_END:
		client_received_end(queue, ctrl);
		break;
	case CLIENT_RESULT:
		client_received_result(queue, ctrl);
		break;
	}
	wake_up(&queue->wq);
}

/* Nothing may have been written behind the frame. */
static bool client_guard_is_whole(const void *data, u32 len)
{
	return !memchr_inv(data + len, CLIENT_POISON, CLIENT_GUARD);
}

static void client_check_payload(struct client_rx *rx, const struct client_buffer *buf, u32 len)
{
	const void *data = buf->data;
	u64 number;

	for (number = rx->next; number < rx->next + LOOK_AHEAD; number++)
		if (client_frame_matches(&rx->stream, number, data, len))
			break;

	if (number < rx->next + LOOK_AHEAD) {
		rx->got.missing += number - rx->next;
		rx->next = number + 1;
		if (buf->poisoned && !client_guard_is_whole(data, len))
			rx->got.corrupt++;
		return;
	}

	/* an earlier frame is out of order, any other was damaged */
	number = rx->next > LOOK_AHEAD ? rx->next - LOOK_AHEAD : 0;
	for (; number < rx->next; number++)
		if (client_frame_matches(&rx->stream, number, data, len)) {
			rx->got.errors++;
			return;
		}
	rx->got.corrupt++;
	rx->next++;
}

static void client_received_payload(struct client_queue *queue, const struct client_buffer *buf,
				    u32 len)
{
	struct client_rx *rx = &queue->rx;

	if (!rx->open)
		return;

	rx->got.frames++;
	rx->got.bytes += len;
	if (rx->stream.mode == CLIENT_CHECK)
		client_check_payload(rx, buf, len);
}

/* Not in a throughput stream, whose buffers stay as they are. */
static void client_buffer_poison(struct client_queue *queue, struct client_buffer *buf, int len)
{
	if (queue->rx.open && queue->rx.stream.mode == CLIENT_THROUGHPUT) {
		buf->poisoned = false;
	} else if (!buf->poisoned) {
		memset(buf->data, CLIENT_POISON, queue->max_size + CLIENT_GUARD);
		buf->poisoned = true;
	} else if (len > 0) {
		memset(buf->data, CLIENT_POISON, len);
	}
}

/**
 * client_rx_post() - give a receive buffer to the transport
 * @queue:	queue
 * @buf:	buffer
 */
void client_rx_post(struct client_queue *queue, struct client_buffer *buf)
{
	if (ntb_transport_rx_enqueue(queue->qp, buf, buf->data, queue->max_size))
		queue->unposted++;
}

/**
 * client_received() - a frame has come
 * @qp:		queue pair
 * @qp_data:	its queue
 * @data:	the struct client_buffer given for it
 * @len:	bytes, or an errno
 *
 * Called in softirq context. Gives the buffer back to the transport.
 */
void client_received(struct ntb_transport_qp *qp, void *qp_data, void *data, int len)
{
	struct client_queue *queue = qp_data;
	struct client_buffer *buf = data;
	struct client_ctrl *ctrl = buf->data;

	scoped_guard(spinlock_bh, &queue->lock) {
		if (len < 0)
			queue->rx.got.errors++;
		else if (len == CLIENT_CTRL_SIZE && ctrl->magic == cpu_to_le64(CLIENT_MAGIC))
			client_received_ctrl(queue, ctrl);
		else
			client_received_payload(queue, buf, len);
	}

	client_buffer_poison(queue, buf, len);
	client_rx_post(queue, buf);
}
