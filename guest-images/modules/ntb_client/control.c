// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control frames: sent until the transport does not report them lost.
 */
#include <linux/bottom_half.h>
#include <linux/string.h>

#include "client.h"

/* Hands the frame to the transport, when it has room. A link that goes down says so soon. */
static int client_ctrl_give(struct client_queue *queue, struct client_buffer *buf)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(CLIENT_STUCK_MS);
	int rc;

	for (;;) {
		buf->done = false;
		local_bh_disable();
		rc = client_buffer_send(queue, buf, 0, CLIENT_CTRL_SIZE);
		local_bh_enable();
		if ((rc != -EAGAIN && rc != -ENOLINK) || client_stopped(queue) ||
		    time_after(jiffies, deadline))
			return rc;
		client_wait_for_room(queue);
	}
}

/* Returns what the transport says of the frame: 0 if it was sent, or an errno if it was lost. */
static int client_ctrl_wait(struct client_queue *queue, struct client_buffer *buf)
{
	/* a transport that is stuck gives it back when the link is taken down */
	wait_event_idle(queue->wq, smp_load_acquire(&buf->done) || READ_ONCE(queue->closing));

	/* paired with client_guarded_sent(): what is done has a result */
	return smp_load_acquire(&buf->done) ? min(buf->result, 0) : -ESHUTDOWN;
}

/**
 * client_ctrl_send() - send a control frame, again if it is reported lost
 * @queue:	queue
 * @ctrl:	frame
 *
 * Return: 0 or an errno
 */
int client_ctrl_send(struct client_queue *queue, const struct client_ctrl *ctrl)
{
	struct client_buffer *buf;
	bool lost;
	int rc;

	while (!(buf = client_buffer_get(queue))) {
		rc = client_wait_for_buffer(queue);
		if (rc)
			return rc;
		if (client_stopped(queue))
			return -ENOLINK;
	}

	memcpy(buf->data, ctrl, sizeof(*ctrl));
	buf->ctrl = true;
	do {
		rc = client_ctrl_give(queue, buf);
		if (rc)
			break;
		rc = client_ctrl_wait(queue, buf);
		if (rc == -ESHUTDOWN)
			return rc;
		lost = rc && !client_stopped(queue);
		if (lost)
			client_wait_for_room(queue);
	} while (lost);

	buf->ctrl = false;
	client_buffer_put(queue, buf);

	return rc;
}

/**
 * client_ctrl_init() - begin a control frame
 * @ctrl:	frame
 * @kind:	what it says
 * @stream:	of what stream
 */
void client_ctrl_init(struct client_ctrl *ctrl, enum client_ctrl_kind kind,
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

/**
 * client_send_result() - tell the peer what has come of its stream
 * @queue:	queue
 */
void client_send_result(struct client_queue *queue)
{
	struct client_ctrl ctrl;

	scoped_guard(spinlock_bh, &queue->lock) {
		struct client_rx *rx = &queue->rx;

		client_ctrl_init(&ctrl, CLIENT_RESULT, &rx->stream);
		ctrl.frames = cpu_to_le64(rx->got.frames);
		ctrl.bytes = cpu_to_le64(rx->got.bytes);
		ctrl.missing = cpu_to_le64(rx->got.missing);
		ctrl.errors = cpu_to_le32(rx->got.errors);
		ctrl.corrupt = cpu_to_le32(rx->got.corrupt);
		rx->result_due = false;
	}
	client_ctrl_send(queue, &ctrl);
}
