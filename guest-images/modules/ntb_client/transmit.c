// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transmit buffers: to the transport and back. Waits for them are idle ones: the
 * kernel's detector of hung tasks must not report them.
 */
#include <linux/bottom_half.h>
#include <linux/hrtimer.h>

#include "client.h"

/*
 * The transport does not say when a ring that was full has room again. A
 * fiftieth of a millisecond is a frame of 64 KiB at 10 Gb/s.
 */
#define ROOM_POLL_US		50

static void client_guarded_sent(struct client_queue *queue, struct client_buffer *buf, int len)
{
	guard(spinlock_bh)(&queue->lock);
	if (buf->ctrl) {
		buf->result = len;
		/* paired with client_ctrl_send_once() */
		smp_store_release(&buf->done, true);
	} else {
		queue->tx.sent.lost++;
	}
}

/**
 * client_sent() - the transport gives a transmit buffer back
 * @qp:		queue pair
 * @qp_data:	its queue
 * @data:	the struct client_buffer
 * @len:	bytes sent, or an errno if the frame was lost
 *
 * In softirq context, or from within ntb_transport_tx_enqueue().
 */
void client_sent(struct ntb_transport_qp *qp, void *qp_data, void *data, int len)
{
	struct client_queue *queue = qp_data;
	struct client_buffer *buf = data;
	bool ctrl = buf->ctrl;

	if (ctrl || len < 0)
		client_guarded_sent(queue, buf, len);
	/* the last to come back is the next to be sent, while it is in the caches */
	if (!ctrl) {
		llist_add(&buf->free, &queue->tx_back);
		atomic_dec(&queue->tx_used);
	}
	atomic_inc(&queue->tx_returned);
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
 * @queue:	queue, whose thread calls
 *
 * Return: buffer, or NULL if none is free
 */
struct client_buffer *client_buffer_get(struct client_queue *queue)
{
	struct llist_node *node = queue->tx_free;

	if (!node)
		node = llist_del_all(&queue->tx_back);
	if (!node)
		return NULL;

	queue->tx_free = node->next;
	atomic_inc(&queue->tx_used);

	return llist_entry(node, struct client_buffer, free);
}

/**
 * client_buffer_put() - give back a transmit buffer that was not sent
 * @queue:	queue
 * @buf:	buffer
 */
void client_buffer_put(struct client_queue *queue, struct client_buffer *buf)
{
	buf->free.next = queue->tx_free;
	queue->tx_free = &buf->free;
	atomic_dec(&queue->tx_used);
}

/* What transports answer that have no room just now, each in its own way. */
static bool client_is_full(int rc)
{
	return rc == -EAGAIN || rc == -EBUSY || rc == -ENOSPC || rc == -ENOMEM || rc == -ENOBUFS;
}

/**
 * client_buffer_send() - hand a buffer to the transport
 * @queue:	queue
 * @buf:	buffer
 * @offset:	where the frame begins in it
 * @len:	bytes
 *
 * Return: 0, -EAGAIN if there is no room, -ENOLINK if the link is down, or
 * another errno if the transport does not take the frame
 */
int client_buffer_send(struct client_queue *queue, struct client_buffer *buf, unsigned int offset,
		       u32 len)
{
	int rc;

	rc = ntb_transport_tx_enqueue(queue->qp, buf, buf->data + offset, len);

	return client_is_full(rc) ? -EAGAIN : rc;
}

/**
 * client_wait_for_room() - wait after a refusal
 * @queue:	queue
 *
 * Until the transport has given something back, or for a moment. What it says
 * to have room for is no reason not to wait: it has just refused a frame.
 */
void client_wait_for_room(struct client_queue *queue)
{
	int returned = atomic_read(&queue->tx_returned);

	wait_event_interruptible_hrtimeout(queue->wq,
					   client_stopped(queue) ||
					   atomic_read(&queue->tx_returned) != returned,
					   ns_to_ktime(ROOM_POLL_US * NSEC_PER_USEC));
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
				    queue->tx_free || !llist_empty(&queue->tx_back) ||
					    client_stopped(queue),
				    msecs_to_jiffies(CLIENT_STUCK_MS)))
		return 0;

	return -ETIMEDOUT;
}
