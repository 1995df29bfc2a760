// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queue pairs as clients see them: the functions of ntb_transport.h.
 */
#include <linux/export.h>

#include "core/ready.h"
#include "core/transport.h"

static int ntb_qp_open(struct ntb_transport_qp *qp, void *data,
		       const struct ntb_queue_handlers *handlers)
{
	int rc;

	guard(mutex)(&qp->link_lock);

	memset(&qp->stats, 0, sizeof(qp->stats));
	rc = qp->transport->ops->qp_create(qp);
	if (rc) {
		dev_err(nt_dev(qp->transport), "qp %u: cannot be set up: %pe\n", qp->qp_num,
			ERR_PTR(rc));
		ntb_qp_free_entries(qp);
		return rc;
	}

	qp->cb_data = data;
	qp->rx_handler = handlers->rx_handler;
	qp->tx_handler = handlers->tx_handler;
	qp->event_handler = handlers->event_handler;

	return 0;
}

/**
 * ntb_transport_create_queue() - get a queue pair
 * @data:	cookie for the handlers
 * @client_dev:	the client's device on the transport's bus
 * @handlers:	the client's callbacks
 *
 * Return: a queue pair, or NULL if all are taken or memory is short
 */
struct ntb_transport_qp *ntb_transport_create_queue(void *data, struct device *client_dev,
						    const struct ntb_queue_handlers *handlers)
{
	struct ntb_dev *ndev = dev_ntb(client_dev->parent);
	struct ntb_transport_ctx *nt = ndev->ctx;
	struct ntb_transport_qp *qp;

	scoped_guard(mutex, &nt->link_event_lock) {
		if (!nt->qp_free)
			return NULL;
		qp = &nt->qp_vec[__ffs64(nt->qp_free)];
		nt->qp_free &= ~BIT_ULL(qp->qp_num);
	}

	if (ntb_qp_open(qp, data, handlers)) {
		scoped_guard(mutex, &nt->link_event_lock)
			nt->qp_free |= BIT_ULL(qp->qp_num);
		return NULL;
	}

	return qp;
}
EXPORT_SYMBOL_GPL(ntb_transport_create_queue);

/**
 * ntb_transport_free_queue() - give a queue pair back
 * @qp:		queue pair or NULL
 */
void ntb_transport_free_queue(struct ntb_transport_qp *qp)
{
	struct ntb_transport_ctx *nt;

	if (!qp)
		return;

	nt = qp->transport;
	ntb_transport_link_down(qp);

	scoped_guard(mutex, &qp->link_lock) {
		qp->cb_data = NULL;
		qp->rx_handler = NULL;
		qp->tx_handler = NULL;
		qp->event_handler = NULL;
		nt->ops->qp_destroy(qp);
		ntb_qp_free_entries(qp);
	}

	scoped_guard(mutex, &nt->link_event_lock)
		nt->qp_free |= BIT_ULL(qp->qp_num);
}
EXPORT_SYMBOL_GPL(ntb_transport_free_queue);

/**
 * ntb_transport_rx_remove() - take back a receive buffer
 * @qp:		queue pair whose link the client has taken down
 * @len:	where to store the buffer's size in bytes
 *
 * Return: the cookie given with the buffer, or NULL when there are no more
 */
void *ntb_transport_rx_remove(struct ntb_transport_qp *qp, unsigned int *len)
{
	struct ntb_queue_entry *entry;
	void *cb_data;

	if (!qp || qp->client_ready)
		return NULL;

	entry = ntb_list_rm(&qp->rx_lock, &qp->rx_pend_q);
	if (!entry)
		return NULL;

	cb_data = entry->cb_data;
	*len = entry->size;
	ntb_list_add(&qp->rx_lock, entry, &qp->rx_free_q);

	return cb_data;
}
EXPORT_SYMBOL_GPL(ntb_transport_rx_remove);

/**
 * ntb_transport_rx_enqueue() - give a receive buffer
 * @qp:		queue pair
 * @cb:		cookie for the receive handler
 * @data:	the buffer, DMA-able
 * @len:	its size in bytes
 *
 * Return: 0, -EINVAL, or -ENOMEM when the pair has enough of them
 */
int ntb_transport_rx_enqueue(struct ntb_transport_qp *qp, void *cb, void *data, unsigned int len)
{
	struct ntb_queue_entry *entry;

	if (!qp)
		return -EINVAL;

	scoped_guard(spinlock_irqsave, &qp->rx_lock) {
		entry = list_first_entry_or_null(&qp->rx_free_q, struct ntb_queue_entry, entry);
		if (!entry)
			return -ENOMEM;

		entry->cb_data = cb;
		entry->buf = data;
		entry->size = len;
		entry->flags = 0;
		list_move_tail(&entry->entry, &qp->rx_pend_q);
	}

	if (READ_ONCE(qp->active))
		tasklet_schedule(&qp->rx_tasklet);

	return 0;
}
EXPORT_SYMBOL_GPL(ntb_transport_rx_enqueue);

/**
 * ntb_transport_tx_enqueue() - send a frame
 * @qp:		queue pair; the caller serialises calls for one pair
 * @cb:		cookie for the transmit handler
 * @data:	the frame, DMA-able, left alone until the handler is called
 * @len:	its size in bytes
 *
 * Return: 0, -EINVAL, -ENOLINK, -EMSGSIZE, or -EBUSY/-EAGAIN to try later
 */
int ntb_transport_tx_enqueue(struct ntb_transport_qp *qp, void *cb, void *data, unsigned int len)
{
	struct ntb_queue_entry *entry;
	int rc;

	if (!qp || !len)
		return -EINVAL;
	if (!READ_ONCE(qp->link_is_up))
		return -ENOLINK;
	if (len > ntb_transport_max_size(qp))
		return -EMSGSIZE;

	entry = ntb_qp_tx_entry(qp);
	if (!entry) {
		qp->stats.tx_err_no_buf++;
		return -EBUSY;
	}

	entry->cb_data = cb;
	entry->buf = data;
	entry->size = len;
	entry->len = len;
	entry->flags = 0;

	rc = qp->transport->ops->tx_enqueue(qp, entry);
	if (rc)
		list_add(&entry->entry, &qp->tx_cache);
	else
		qp->stats.tx_pkts++;

	return rc;
}
EXPORT_SYMBOL_GPL(ntb_transport_tx_enqueue);

/**
 * ntb_transport_link_up() - the client is ready
 * @qp:		queue pair
 */
void ntb_transport_link_up(struct ntb_transport_qp *qp)
{
	if (!qp)
		return;

	/* if this finds the link down, nt_link_work() finds the client ready */
	nt_say(&qp->client_ready);
	if (READ_ONCE(qp->transport->link_is_up))
		schedule_delayed_work(&qp->link_work, 0);
}
EXPORT_SYMBOL_GPL(ntb_transport_link_up);

/**
 * ntb_transport_link_down() - the client wants no more frames
 * @qp:		queue pair
 *
 * On return no buffer of the client is in use any more: frames not sent have
 * gone to the transmit handler, and receive buffers can be taken back with
 * ntb_transport_rx_remove().
 */
void ntb_transport_link_down(struct ntb_transport_qp *qp)
{
	if (!qp)
		return;

	qp->client_ready = false;
	cancel_delayed_work_sync(&qp->link_work);
	cancel_work_sync(&qp->link_cleanup);

	guard(mutex)(&qp->link_lock);
	ntb_qp_take_down(qp, true);
}
EXPORT_SYMBOL_GPL(ntb_transport_link_down);

/**
 * ntb_transport_link_query() - is the pair up?
 * @qp:		queue pair
 *
 * Return: true if both sides are ready
 */
bool ntb_transport_link_query(struct ntb_transport_qp *qp)
{
	return qp && READ_ONCE(qp->link_is_up);
}
EXPORT_SYMBOL_GPL(ntb_transport_link_query);

/**
 * ntb_transport_qp_num() - number of a queue pair
 * @qp:		queue pair
 *
 * Return: the number, from 0
 */
unsigned char ntb_transport_qp_num(struct ntb_transport_qp *qp)
{
	return qp ? qp->qp_num : 0;
}
EXPORT_SYMBOL_GPL(ntb_transport_qp_num);

/**
 * ntb_transport_max_size() - largest payload of a queue pair
 * @qp:		queue pair
 *
 * Return: bytes
 */
unsigned int ntb_transport_max_size(struct ntb_transport_qp *qp)
{
	return qp ? qp->transport->ops->max_size(qp) : 0;
}
EXPORT_SYMBOL_GPL(ntb_transport_max_size);

/**
 * ntb_transport_tx_free_entry() - room for frames to send
 * @qp:		queue pair
 *
 * Return: frames the pair would take now
 */
unsigned int ntb_transport_tx_free_entry(struct ntb_transport_qp *qp)
{
	return qp->transport->ops->tx_free(qp);
}
EXPORT_SYMBOL_GPL(ntb_transport_tx_free_entry);
