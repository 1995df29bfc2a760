// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queue pairs: frames handed back to the client, and the link of each pair.
 */
#include <linux/debugfs.h>

#include "core/transport.h"

static void ntb_qp_tell_sent(struct ntb_transport_qp *qp, struct ntb_queue_entry *entry, int result)
{
	if (result)
		qp->stats.tx_errors++;
	else
		qp->stats.tx_bytes += entry->len;
	if (qp->tx_handler)
		qp->tx_handler(qp, qp->cb_data, entry->cb_data, result ?: entry->len);
}

/**
 * ntb_qp_sent_all() - several frames have been sent, or lost
 * @qp:		queue pair
 * @list:	the frames; empty and free for reuse afterwards
 * @result:	0 or an errno
 *
 * As ntb_qp_sent(). The client may send more before they are free: there have
 * to be entries for that.
 */
void ntb_qp_sent_all(struct ntb_transport_qp *qp, struct list_head *list, int result)
{
	struct ntb_queue_entry *entry;

	list_for_each_entry(entry, list, entry)
		ntb_qp_tell_sent(qp, entry, result);

	guard(spinlock_irqsave)(&qp->tx_lock);
	list_splice_tail_init(list, &qp->tx_free_q);
}

/**
 * ntb_qp_sent() - a frame has been sent, or lost
 * @qp:		queue pair
 * @entry:	the frame; free for reuse afterwards
 * @result:	0 or an errno
 *
 * Calls the client back. Not with a lock of the backend held.
 */
void ntb_qp_sent(struct ntb_transport_qp *qp, struct ntb_queue_entry *entry, int result)
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
 * ntb_qp_received_all() - several frames, or their failures, have arrived
 * @qp:		queue pair
 * @list:	the frames, in order; empty afterwards
 *
 * As ntb_qp_received(). The client may post more buffers before the entries
 * are free: there have to be others.
 */
void ntb_qp_received_all(struct ntb_transport_qp *qp, struct list_head *list)
{
	bool wanted = READ_ONCE(qp->client_ready) && qp->rx_handler;
	struct ntb_queue_entry *entry;

	list_for_each_entry(entry, list, entry) {
		if (wanted)
			qp->rx_handler(qp, qp->cb_data, entry->cb_data, entry->len);
		else
			entry->flags = 0;
	}

	guard(spinlock_irqsave)(&qp->rx_lock);
	list_splice_tail_init(list, wanted ? &qp->rx_free_q : &qp->rx_pend_q);
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

static void ntb_qp_rx_tasklet(struct tasklet_struct *t)
{
	struct ntb_transport_qp *qp = from_tasklet(qp, t, rx_tasklet);

	if (READ_ONCE(qp->active) && qp->transport->ops->rx_poll(qp))
		tasklet_schedule(&qp->rx_tasklet);
}

/**
 * ntb_qp_take_down() - end a pair's session
 * @qp:		queue pair; its link_lock is held
 * @by_client:	the own client asked for it
 */
void ntb_qp_take_down(struct ntb_transport_qp *qp, bool by_client)
{
	bool was_up = qp->link_is_up;

	WRITE_ONCE(qp->link_is_up, false);
	WRITE_ONCE(qp->active, false);
	/* who has just seen it active schedules it still: it then does nothing */
	tasklet_kill(&qp->rx_tasklet);

	if (qp->priv)
		qp->transport->ops->qp_stop(qp, was_up, by_client);

	if (was_up && !by_client) {
		dev_info(nt_dev(qp->transport), "qp %u: link is down\n", qp->qp_num);
		if (qp->event_handler)
			qp->event_handler(qp->cb_data, 0);
	}
}

/* Called with link_lock held. Returns true to be called again. */
static bool ntb_qp_try_link(struct ntb_transport_qp *qp)
{
	struct ntb_transport_ctx *nt = qp->transport;

	if (!qp->client_ready || !nt->link_is_up || qp->link_is_up)
		return false;
	if (nt->ops->qp_poll(qp) <= 0)
		return true;

	WRITE_ONCE(qp->link_is_up, true);
	dev_info(nt_dev(nt), "qp %u: link is up\n", qp->qp_num);
	if (qp->event_handler)
		qp->event_handler(qp->cb_data, 1);
	/* no frame before the event, and the peer may have sent some already */
	WRITE_ONCE(qp->active, true);
	tasklet_schedule(&qp->rx_tasklet);

	return false;
}

static void ntb_qp_link_work(struct work_struct *work)
{
	struct ntb_transport_qp *qp = container_of(work, struct ntb_transport_qp, link_work.work);
	bool again;

	scoped_guard(mutex, &qp->link_lock)
		again = ntb_qp_try_link(qp);

	if (again)
		schedule_delayed_work(&qp->link_work, msecs_to_jiffies(LINK_RETRY_MS));
}

static void ntb_qp_link_cleanup_work(struct work_struct *work)
{
	struct ntb_transport_qp *qp = container_of(work, struct ntb_transport_qp, link_cleanup);

	scoped_guard(mutex, &qp->link_lock)
		ntb_qp_take_down(qp, false);

	if (qp->transport->link_is_up && qp->client_ready)
		schedule_delayed_work(&qp->link_work, msecs_to_jiffies(LINK_RETRY_MS));
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
	ntb_qp_take_down(qp, false);
}

int ntb_qp_init(struct ntb_transport_ctx *nt, unsigned int qp_num)
{
	struct ntb_transport_qp *qp = &nt->qp_vec[qp_num];

	qp->qp_num = qp_num;
	qp->transport = nt;
	qp->ndev = nt->ndev;
	mutex_init(&qp->link_lock);
	INIT_DELAYED_WORK(&qp->link_work, ntb_qp_link_work);
	INIT_WORK(&qp->link_cleanup, ntb_qp_link_cleanup_work);
	tasklet_setup(&qp->rx_tasklet, ntb_qp_rx_tasklet);
	spin_lock_init(&qp->tx_lock);
	INIT_LIST_HEAD(&qp->tx_free_q);
	INIT_LIST_HEAD(&qp->tx_cache);
	spin_lock_init(&qp->rx_lock);
	INIT_LIST_HEAD(&qp->rx_free_q);
	INIT_LIST_HEAD(&qp->rx_pend_q);
	INIT_LIST_HEAD(&qp->rx_post_q);
	ntb_transport_debugfs_add_qp(qp);

	return 0;
}

/**
 * ntb_qp_exit() - undo ntb_qp_init()
 * @qp:		queue pair without a client, of which no event can come any more
 */
void ntb_qp_exit(struct ntb_transport_qp *qp)
{
	debugfs_remove_recursive(qp->debugfs_dir);
	disable_delayed_work_sync(&qp->link_work);
	disable_work_sync(&qp->link_cleanup);
	/* scheduled by an event that saw the pair active before it was taken down */
	tasklet_kill(&qp->rx_tasklet);
	mutex_destroy(&qp->link_lock);
}
