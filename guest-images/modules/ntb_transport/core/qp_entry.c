// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queue entries, and the lists they are on.
 */
#include <linux/slab.h>

#include "core/transport.h"

void ntb_list_add(spinlock_t *lock, struct ntb_queue_entry *entry, struct list_head *list)
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

/* Taken from the queue pair's free entries at a time. */
#define TX_CACHE	16

/**
 * ntb_qp_tx_entry() - take a transmit entry for a frame of the client's
 * @qp:	queue pair; the caller serialises calls for one pair
 *
 * Return: an entry, or NULL if all are in use
 */
struct ntb_queue_entry *ntb_qp_tx_entry(struct ntb_transport_qp *qp)
{
	struct ntb_queue_entry *entry, *next;
	unsigned int count = 0;

	if (list_empty(&qp->tx_cache)) {
		guard(spinlock_irqsave)(&qp->tx_lock);
		list_for_each_entry_safe(entry, next, &qp->tx_free_q, entry) {
			if (count++ == TX_CACHE)
				break;
			list_move_tail(&entry->entry, &qp->tx_cache);
		}
	}

	entry = list_first_entry_or_null(&qp->tx_cache, struct ntb_queue_entry, entry);
	if (entry)
		list_del(&entry->entry);

	return entry;
}

static struct ntb_queue_entry *ntb_qp_new_entry(struct ntb_transport_qp *qp)
{
	struct ntb_queue_entry *entry;

	entry = kzalloc_node(sizeof(*entry), GFP_KERNEL, dev_to_node(&qp->ndev->dev));
	if (entry)
		entry->qp = qp;

	return entry;
}

/**
 * ntb_qp_alloc_tx() - add transmit entries
 * @qp:		queue pair
 * @count:	how many, beside those that wait for the client's next frames
 *
 * Return: 0 or -ENOMEM; entries already added stay
 */
int ntb_qp_alloc_tx(struct ntb_transport_qp *qp, unsigned int count)
{
	struct ntb_queue_entry *entry;

	for (count += TX_CACHE; count; count--) {
		entry = ntb_qp_new_entry(qp);
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
		entry = ntb_qp_new_entry(qp);
		if (!entry)
			return -ENOMEM;
		ntb_list_add(&qp->rx_lock, entry, &qp->rx_free_q);
		qp->rx_alloc++;
	}

	return 0;
}

static void ntb_qp_free_list(struct ntb_transport_qp *qp, spinlock_t *lock, struct list_head *list,
			     const char *what)
{
	struct ntb_queue_entry *entry;
	unsigned int count = 0;

	while ((entry = ntb_list_rm(lock, list))) {
		kfree(entry);
		count++;
	}

	if (count && what)
		dev_warn(nt_dev(qp->transport), "qp %u: client left %u %s behind\n", qp->qp_num,
			 count, what);
}

/**
 * ntb_qp_free_entries() - free all entries of a pair
 * @qp:		queue pair nobody uses
 */
void ntb_qp_free_entries(struct ntb_transport_qp *qp)
{
	ntb_qp_free_list(qp, &qp->tx_lock, &qp->tx_cache, NULL);
	ntb_qp_free_list(qp, &qp->tx_lock, &qp->tx_free_q, NULL);
	ntb_qp_free_list(qp, &qp->rx_lock, &qp->rx_free_q, NULL);
	ntb_qp_free_list(qp, &qp->rx_lock, &qp->rx_pend_q, "receive buffers");
	ntb_qp_free_list(qp, &qp->rx_lock, &qp->rx_post_q, "posted receive buffers");
	qp->rx_alloc = 0;
}
