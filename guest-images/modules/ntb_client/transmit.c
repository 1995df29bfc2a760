// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transmit buffers: to the transport and back. Who waits for one waits as a
 * task that idles: nobody who looks for tasks that hang shall find it.
 */
#include <linux/bottom_half.h>

#include "client.h"

/*
 * The transport does not say when a ring that was full has room again. A
 * fiftieth of a millisecond is a frame of 64 KiB at 10 Gb/s.
 */
#define ROOM_POLL_US		50

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

/**
 * client_stopped() - is there nobody to send to, or nobody who sends?
 * @queue:	queue
 *
 * Return: true if the link is down or the queue closes
 */
bool client_stopped(struct client_queue *queue)
{
	return !READ_ONCE(queue->link_up) || READ_ONCE(queue->closing);
}

/**
 * client_buffer_get() - take a transmit buffer
 * @queue:	queue
 *
 * Return: buffer, or NULL if none is free
 */
struct client_buffer *client_buffer_get(struct client_queue *queue)
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

/**
 * client_buffer_put() - give back a transmit buffer that was not sent
 * @queue:	queue
 * @buf:	buffer
 */
void client_buffer_put(struct client_queue *queue, struct client_buffer *buf)
{
	guard(spinlock_bh)(&queue->lock);
	list_add(&buf->entry, &queue->tx_free);
	queue->tx_used--;
}

/**
 * client_buffer_send() - hand a buffer to the transport
 * @queue:	queue
 * @buf:	buffer
 * @offset:	where the frame begins in it
 * @len:	bytes
 *
 * Return: 0, -EAGAIN if there is no room, or another errno
 */
int client_buffer_send(struct client_queue *queue, struct client_buffer *buf,
		       unsigned int offset, u32 len)
{
	int rc;

	rc = ntb_transport_tx_enqueue(queue->qp, buf, buf->data + offset, len);

	return rc == -EBUSY ? -EAGAIN : rc;
}

/**
 * client_wait_for_room() - wait until the transport may have room again
 * @queue:	queue
 */
void client_wait_for_room(struct client_queue *queue)
{
	wait_event_interruptible_hrtimeout(queue->wq, client_stopped(queue) ||
					   ntb_transport_tx_free_entry(queue->qp),
					   us_to_ktime(ROOM_POLL_US));
}

/**
 * client_wait_for_buffer() - wait until a transmit buffer is free
 * @queue:	queue
 *
 * Return: 0, or -ETIMEDOUT if nothing has come back for long
 */
int client_wait_for_buffer(struct client_queue *queue)
{
	if (wait_event_idle_timeout(queue->wq,
				    !list_empty_careful(&queue->tx_free) ||
				    client_stopped(queue),
				    msecs_to_jiffies(CLIENT_STUCK_MS)))
		return 0;

	return -ETIMEDOUT;
}
