// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queue pairs: the API clients see, and the link of each pair.
 */
#include <linux/debugfs.h>
#include <linux/export.h>
#include <linux/slab.h>

#include "transport.h"

void ntb_list_add(spinlock_t *lock, struct ntb_queue_entry *entry,
		  struct list_head *list)
{
	guard(spinlock_irqsave)(lock);
	list_add_tail(&entry->entry, list);
}

struct ntb_queue_entry *ntb_list_rm(spinlock_t *lock, struct list_head *list)
{
	struct ntb_queue_entry *entry;

	guard(spinlock_irqsave)(lock);
	entry = list_first_entry_or_null(list, struct ntb_queue_entry, entry);
	if (entry)
		list_del(&entry->entry);

	return entry;
}

static struct ntb_queue_entry *qp_new_entry(struct ntb_transport_qp *qp)
{
	struct ntb_queue_entry *entry;

	entry = kzalloc_node(sizeof(*entry), GFP_KERNEL,
			     dev_to_node(&qp->ndev->dev));
	if (entry)
		entry->qp = qp;

	return entry;
}

/**
 * ntb_qp_alloc_tx() - add transmit entries
 * @qp:		queue pair
 * @count:	how many
 *
 * Return: 0 or -ENOMEM; entries already added stay
 */
int ntb_qp_alloc_tx(struct ntb_transport_qp *qp, unsigned int count)
{
	struct ntb_queue_entry *entry;

	while (count--) {
		entry = qp_new_entry(qp);
		if (!entry)
			return -ENOMEM;
		ntb_list_add(&qp->tx_lock, entry, &qp->tx_free_q);
	}

	return 0;
}

/**
 * ntb_qp_alloc_rx() - have at least so many receive entries
 * @qp:		queue pair
 * @count:	how many there shall be
 *
 * Return: 0 or -ENOMEM; entries already added stay
 */
int ntb_qp_alloc_rx(struct ntb_transport_qp *qp, unsigned int count)
{
	struct ntb_queue_entry *entry;

	while (qp->rx_alloc < count) {
		entry = qp_new_entry(qp);
		if (!entry)
			return -ENOMEM;
		ntb_list_add(&qp->rx_lock, entry, &qp->rx_free_q);
		qp->rx_alloc++;
	}

	return 0;
}

static void qp_free_list(struct ntb_transport_qp *qp, spinlock_t *lock,
			 struct list_head *list, const char *what)
{
	struct ntb_queue_entry *entry;
	unsigned int count = 0;

	while ((entry = ntb_list_rm(lock, list))) {
		kfree(entry);
		count++;
	}

	if (count && what)
		dev_warn(nt_dev(qp->transport), "qp %u: client left %u %s behind\n",
			 qp->qp_num, count, what);
}

/**
 * ntb_qp_sent() - a frame has been sent, or lost
 * @qp:		queue pair
 * @entry:	the frame; free for reuse afterwards
 * @result:	0 or an errno
 *
 * Calls the client back. Not with a lock of the backend held.
 */
void ntb_qp_sent(struct ntb_transport_qp *qp, struct ntb_queue_entry *entry,
		 int result)
{
	void *cb_data = entry->cb_data;
	int len = entry->len;

	if (result)
		qp->stats.tx_errors++;
	else
		qp->stats.tx_bytes += len;

	ntb_list_add(&qp->tx_lock, entry, &qp->tx_free_q);

	if (qp->tx_handler)
		qp->tx_handler(qp, qp->cb_data, cb_data, result ?: len);
}

/**
 * ntb_qp_received() - a frame, or its failure, has arrived
 * @qp:		queue pair
 * @entry:	the frame, on none of the lists
 *
 * Hands it to the client. If the client is about to leave, the buffer waits
 * for ntb_transport_rx_remove() instead.
 */
void ntb_qp_received(struct ntb_transport_qp *qp, struct ntb_queue_entry *entry)
{
	void *cb_data = entry->cb_data;
	int len = entry->len;

	if (!READ_ONCE(qp->client_ready) || !qp->rx_handler) {
		entry->flags = 0;
		ntb_list_add(&qp->rx_lock, entry, &qp->rx_pend_q);
		return;
	}

	ntb_list_add(&qp->rx_lock, entry, &qp->rx_free_q);
	qp->rx_handler(qp, qp->cb_data, cb_data, len);
}

static void qp_rx_tasklet(struct tasklet_struct *t)
{
	struct ntb_transport_qp *qp = from_tasklet(qp, t, rx_tasklet);

	if (READ_ONCE(qp->active) && qp->transport->ops->rx_poll(qp))
		tasklet_schedule(&qp->rx_tasklet);
}

/* Called with link_lock held. */
static void qp_take_down(struct ntb_transport_qp *qp, bool by_client)
{
	bool was_up = qp->link_is_up;

	WRITE_ONCE(qp->link_is_up, false);
	WRITE_ONCE(qp->active, false);
	/* nobody schedules it once it is inactive */
	smp_mb();
	tasklet_kill(&qp->rx_tasklet);

	if (qp->priv)
		qp->transport->ops->qp_stop(qp, was_up, by_client);

	if (was_up && !by_client) {
		dev_info(nt_dev(qp->transport), "qp %u: link is down\n",
			 qp->qp_num);
		if (qp->event_handler)
			qp->event_handler(qp->cb_data, 0);
	}
}

/* Called with link_lock held. Returns true to be called again. */
static bool qp_try_link(struct ntb_transport_qp *qp)
{
	struct ntb_transport_ctx *nt = qp->transport;

	if (!qp->client_ready || !nt->link_is_up || qp->link_is_up)
		return false;
	if (nt->ops->qp_poll(qp) <= 0)
		return true;

	WRITE_ONCE(qp->link_is_up, true);
	WRITE_ONCE(qp->active, true);
	dev_info(nt_dev(nt), "qp %u: link is up\n", qp->qp_num);
	if (qp->event_handler)
		qp->event_handler(qp->cb_data, 1);
	/* the peer may have sent something already */
	tasklet_schedule(&qp->rx_tasklet);

	return false;
}

static void qp_link_work(struct work_struct *work)
{
	struct ntb_transport_qp *qp =
		container_of(work, struct ntb_transport_qp, link_work.work);
	bool again;

	scoped_guard(mutex, &qp->link_lock)
		again = qp_try_link(qp);

	if (again)
		schedule_delayed_work(&qp->link_work,
				      msecs_to_jiffies(LINK_RETRY_MS));
}

static void qp_link_cleanup_work(struct work_struct *work)
{
	struct ntb_transport_qp *qp =
		container_of(work, struct ntb_transport_qp, link_cleanup);

	scoped_guard(mutex, &qp->link_lock)
		qp_take_down(qp, false);

	if (qp->transport->link_is_up && qp->client_ready)
		schedule_delayed_work(&qp->link_work,
				      msecs_to_jiffies(LINK_RETRY_MS));
}

/**
 * ntb_qp_link_lost() - the peer has closed its half of the pair
 * @qp:		queue pair
 *
 * Any context.
 */
void ntb_qp_link_lost(struct ntb_transport_qp *qp)
{
	schedule_work(&qp->link_cleanup);
}

/**
 * ntb_qp_stop() - the link of the whole transport goes
 * @qp:		queue pair
 */
void ntb_qp_stop(struct ntb_transport_qp *qp)
{
	guard(mutex)(&qp->link_lock);
	qp_take_down(qp, false);
}

int ntb_qp_init(struct ntb_transport_ctx *nt, unsigned int qp_num)
{
	struct ntb_transport_qp *qp = &nt->qp_vec[qp_num];

	qp->qp_num = qp_num;
	qp->transport = nt;
	qp->ndev = nt->ndev;
	mutex_init(&qp->link_lock);
	INIT_DELAYED_WORK(&qp->link_work, qp_link_work);
	INIT_WORK(&qp->link_cleanup, qp_link_cleanup_work);
	tasklet_setup(&qp->rx_tasklet, qp_rx_tasklet);
	spin_lock_init(&qp->tx_lock);
	INIT_LIST_HEAD(&qp->tx_free_q);
	spin_lock_init(&qp->rx_lock);
	INIT_LIST_HEAD(&qp->rx_free_q);
	INIT_LIST_HEAD(&qp->rx_pend_q);
	INIT_LIST_HEAD(&qp->rx_post_q);
	ntb_transport_debugfs_add_qp(qp);

	return 0;
}

void ntb_qp_exit(struct ntb_transport_qp *qp)
{
	debugfs_remove_recursive(qp->debugfs_dir);
	cancel_delayed_work_sync(&qp->link_work);
	cancel_work_sync(&qp->link_cleanup);
	mutex_destroy(&qp->link_lock);
}

static void qp_free_entries(struct ntb_transport_qp *qp)
{
	qp_free_list(qp, &qp->tx_lock, &qp->tx_free_q, NULL);
	qp_free_list(qp, &qp->rx_lock, &qp->rx_free_q, NULL);
	qp_free_list(qp, &qp->rx_lock, &qp->rx_pend_q, "receive buffers");
	qp_free_list(qp, &qp->rx_lock, &qp->rx_post_q, "posted receive buffers");
	qp->rx_alloc = 0;
}

static int qp_open(struct ntb_transport_qp *qp, void *data,
		   const struct ntb_queue_handlers *handlers)
{
	int rc;

	guard(mutex)(&qp->link_lock);

	memset(&qp->stats, 0, sizeof(qp->stats));
	rc = qp->transport->ops->qp_create(qp);
	if (rc) {
		dev_err(nt_dev(qp->transport), "qp %u: cannot be set up: %pe\n",
			qp->qp_num, ERR_PTR(rc));
		qp_free_entries(qp);
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
struct ntb_transport_qp *
ntb_transport_create_queue(void *data, struct device *client_dev,
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

	if (qp_open(qp, data, handlers)) {
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
		qp_free_entries(qp);
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
int ntb_transport_rx_enqueue(struct ntb_transport_qp *qp, void *cb, void *data,
			     unsigned int len)
{
	struct ntb_queue_entry *entry;

	if (!qp)
		return -EINVAL;

	entry = ntb_list_rm(&qp->rx_lock, &qp->rx_free_q);
	if (!entry)
		return -ENOMEM;

	entry->cb_data = cb;
	entry->buf = data;
	entry->size = len;
	entry->flags = 0;
	ntb_list_add(&qp->rx_lock, entry, &qp->rx_pend_q);

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
int ntb_transport_tx_enqueue(struct ntb_transport_qp *qp, void *cb, void *data,
			     unsigned int len)
{
	struct ntb_queue_entry *entry;
	int rc;

	if (!qp || !len)
		return -EINVAL;
	if (!READ_ONCE(qp->link_is_up))
		return -ENOLINK;
	if (len > ntb_transport_max_size(qp))
		return -EMSGSIZE;

	entry = ntb_list_rm(&qp->tx_lock, &qp->tx_free_q);
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
		ntb_list_add(&qp->tx_lock, entry, &qp->tx_free_q);
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

	qp->client_ready = true;
	if (qp->transport->link_is_up)
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
	qp_take_down(qp, true);
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
