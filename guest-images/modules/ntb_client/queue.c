// SPDX-License-Identifier: GPL-2.0-only
/*
 * A queue pair under test: its buffers, its link and its life.
 */
#include <linux/kthread.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "client.h"

unsigned int client_tx_depth = 64;
module_param_named(tx_depth, client_tx_depth, uint, 0444);
MODULE_PARM_DESC(tx_depth, "Transmit buffers for each queue pair");

unsigned int client_rx_depth = 100;
module_param_named(rx_depth, client_rx_depth, uint, 0444);
MODULE_PARM_DESC(rx_depth, "Receive buffers for each queue pair; upstream's transport takes 100");

static void client_queue_event(void *data, int status)
{
	struct client_queue *queue = data;

	WRITE_ONCE(queue->link_up, status);
	wake_up(&queue->wq);
}

static const struct ntb_queue_handlers queue_handlers = {
	.rx_handler = client_received,
	.tx_handler = client_sent,
	.event_handler = client_queue_event,
};

static unsigned int client_queue_buffers(void)
{
	return client_tx_depth + client_rx_depth;
}

static int client_queue_alloc(struct client_queue *queue)
{
	size_t size = queue->max_size + CLIENT_GUARD;
	struct client_buffer *buf;
	unsigned int i;

	queue->buffers = kcalloc(client_queue_buffers(), sizeof(*buf), GFP_KERNEL);
	if (!queue->buffers)
		return -ENOMEM;

	for (i = 0; i < client_queue_buffers(); i++) {
		buf = &queue->buffers[i];
		buf->queue = queue;
		buf->data = kmalloc(size, GFP_KERNEL);
		if (!buf->data)
			return -ENOMEM;
		memset(buf->data, CLIENT_POISON, size);
		buf->poisoned = true;
		if (i < client_tx_depth)
			llist_add(&buf->free, &queue->tx_back);
	}

	return 0;
}

static void client_queue_free(struct client_queue *queue)
{
	unsigned int i;

	if (!queue->buffers)
		return;

	for (i = 0; i < client_queue_buffers(); i++)
		kfree(queue->buffers[i].data);
	kfree(queue->buffers);
	queue->buffers = NULL;
}

/**
 * client_queue_open() - get a queue pair
 * @queue:	queue, zeroed but for its device
 *
 * Return: 0 or an errno
 */
int client_queue_open(struct client_queue *queue)
{
	int rc;

	init_waitqueue_head(&queue->wq);
	spin_lock_init(&queue->lock);
	init_llist_head(&queue->tx_back);

	queue->qp = ntb_transport_create_queue(queue, queue->dev->dev, &queue_handlers);
	if (!queue->qp)
		return -ENOSPC;

	queue->max_size = ntb_transport_max_size(queue->qp);
	rc = client_queue_alloc(queue);
	if (rc)
		goto err;

	queue->thread = kthread_create(client_sender, queue, "ntb_client/%u",
				       ntb_transport_qp_num(queue->qp));
	if (IS_ERR(queue->thread)) {
		rc = PTR_ERR(queue->thread);
		goto err;
	}

	return 0;

err:
	ntb_transport_free_queue(queue->qp);
	client_queue_free(queue);
	return rc;
}

/**
 * client_queue_start() - post buffers and ask for the link
 * @queue:	open queue
 */
void client_queue_start(struct client_queue *queue)
{
	unsigned int i;

	for (i = client_tx_depth; i < client_queue_buffers(); i++)
		client_rx_post(queue, &queue->buffers[i]);

	wake_up_process(queue->thread);
	ntb_transport_link_up(queue->qp);
}

/**
 * client_queue_stop() - end what the queue does
 * @queue:	open queue
 */
void client_queue_stop(struct client_queue *queue)
{
	WRITE_ONCE(queue->closing, true);
	wake_up(&queue->wq);
}

/**
 * client_queue_close() - give everything back
 * @queue:	open queue
 */
void client_queue_close(struct client_queue *queue)
{
	unsigned int len;

	client_queue_stop(queue);
	kthread_stop(queue->thread);

	ntb_transport_link_down(queue->qp);
	while (ntb_transport_rx_remove(queue->qp, &len))
		;
	ntb_transport_free_queue(queue->qp);
	/* the transport knows none of the buffers any more */
	client_queue_free(queue);
}
