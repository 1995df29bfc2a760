// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/ntb_transport/<pci name>/{backend,window,qpN/stats}:
 * one "name: value" a line.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "core/transport.h"

static struct dentry *root;

void ntb_transport_debugfs_init(void)
{
	root = debugfs_create_dir(KBUILD_MODNAME, NULL);
}

void ntb_transport_debugfs_exit(void)
{
	debugfs_remove_recursive(root);
}

static int nt_debugfs_backend_show(struct seq_file *s, void *v)
{
	struct ntb_transport_ctx *nt = s->private;

	seq_printf(s, "%s\n", nt->ops->name);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(nt_debugfs_backend);

static int nt_debugfs_window_show(struct seq_file *s, void *v)
{
	struct ntb_transport_ctx *nt = s->private;

	guard(mutex)(&nt->link_event_lock);
	nt->ops->show_window(nt, s);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(nt_debugfs_window);

static int nt_debugfs_stats_show(struct seq_file *s, void *v)
{
	struct ntb_transport_qp *qp = s->private;
	struct ntb_qp_stats *st = &qp->stats;

	guard(mutex)(&qp->link_lock);

	seq_printf(s, "backend: %s\n", qp->transport->ops->name);
	seq_printf(s, "link: %s\n", qp->link_is_up ? "up" : "down");
	seq_printf(s, "client_ready: %d\n", qp->client_ready);
	seq_printf(s, "rx_pkts: %llu\n", st->rx_pkts);
	seq_printf(s, "rx_bytes: %llu\n", st->rx_bytes);
	seq_printf(s, "rx_ring_empty: %llu\n", st->rx_ring_empty);
	seq_printf(s, "rx_err_no_buf: %llu\n", st->rx_err_no_buf);
	seq_printf(s, "rx_err_oflow: %llu\n", st->rx_err_oflow);
	seq_printf(s, "rx_err_ver: %llu\n", st->rx_err_ver);
	seq_printf(s, "rx_lost: %llu\n", st->rx_lost);
	seq_printf(s, "rx_missed: %llu\n", st->rx_missed);
	seq_printf(s, "rx_memcpy: %llu\n", st->rx_memcpy);
	seq_printf(s, "rx_async: %llu\n", st->rx_async);
	seq_printf(s, "tx_pkts: %llu\n", st->tx_pkts);
	seq_printf(s, "tx_bytes: %llu\n", st->tx_bytes);
	seq_printf(s, "tx_ring_full: %llu\n", st->tx_ring_full);
	seq_printf(s, "tx_err_no_buf: %llu\n", st->tx_err_no_buf);
	seq_printf(s, "tx_errors: %llu\n", st->tx_errors);
	seq_printf(s, "tx_memcpy: %llu\n", st->tx_memcpy);
	seq_printf(s, "tx_async: %llu\n", st->tx_async);
	seq_printf(s, "tx_batches: %llu\n", st->tx_batches);
	seq_printf(s, "tx_starved: %llu\n", st->tx_starved);
	seq_printf(s, "interrupts: %llu\n", st->interrupts);
	seq_printf(s, "notifies: %llu\n", st->notifies);
	if (qp->priv)
		qp->transport->ops->show_qp(qp, s);

	return 0;
}
DEFINE_SHOW_ATTRIBUTE(nt_debugfs_stats);

void ntb_transport_debugfs_add(struct ntb_transport_ctx *nt)
{
	nt->debugfs_dir = debugfs_create_dir(pci_name(nt->ndev->pdev), root);
	debugfs_create_file("backend", 0400, nt->debugfs_dir, nt, &nt_debugfs_backend_fops);
	debugfs_create_file("window", 0400, nt->debugfs_dir, nt, &nt_debugfs_window_fops);
}

void ntb_transport_debugfs_add_qp(struct ntb_transport_qp *qp)
{
	char name[8];

	snprintf(name, sizeof(name), "qp%u", qp->qp_num);
	qp->debugfs_dir = debugfs_create_dir(name, qp->transport->debugfs_dir);
	debugfs_create_file("stats", 0400, qp->debugfs_dir, qp, &nt_debugfs_stats_fops);
}
