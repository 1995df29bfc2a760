// SPDX-License-Identifier: GPL-2.0-only
/*
 * NTB transport: contexts, one for each NTB device.
 */
#include <linux/debugfs.h>
#include <linux/log2.h>
#include <linux/slab.h>

#include "core/transport.h"

static const struct ntb_transport_backend *const *nt_known;
static const struct ntb_transport_backend *nt_chosen;

static void nt_db_event(void *data, int vector)
{
	struct ntb_transport_ctx *nt = data;

	nt->ops->db_event(nt, vector);
}

static const struct ntb_ctx_ops nt_ctx_ops = {
	.link_event = nt_link_event,
	.db_event = nt_db_event,
};

static unsigned int nt_count_qps(struct ntb_transport_ctx *nt)
{
	unsigned int count = ilog2(ntb_db_valid_mask(nt->ndev));

	if (max_num_clients && max_num_clients < count)
		return max_num_clients;

	return min(nt->mw_count, count);
}

static int nt_check_device(struct ntb_dev *ndev)
{
	if (!ndev->ops->mw_set_trans) {
		dev_err(&ndev->dev, "the NTB cannot set inbound translations\n");
		return -EINVAL;
	}
	if (ntb_spad_count(ndev) < SPAD_BACKEND + 4) {
		dev_err(&ndev->dev, "%d scratchpads, at least %d needed\n", ntb_spad_count(ndev),
			SPAD_BACKEND + 4);
		return -EINVAL;
	}
	if (!ntb_db_valid_mask(ndev)) {
		dev_err(&ndev->dev, "no doorbells\n");
		return -EINVAL;
	}
	if (ntb_peer_port_count(ndev) != NTB_DEF_PEER_CNT)
		dev_warn(&ndev->dev, "only the first of several peers is used\n");

	return 0;
}

static int nt_probe(struct ntb_client *self, struct ntb_dev *ndev)
{
	struct ntb_transport_ctx *nt;
	unsigned int i, max_mws;
	int rc;

	rc = nt_check_device(ndev);
	if (rc)
		return rc;

	nt = kzalloc_node(sizeof(*nt), GFP_KERNEL, dev_to_node(&ndev->dev));
	if (!nt)
		return -ENOMEM;

	nt->ndev = ndev;
	if (nt_device_gone(nt)) {
		dev_err(nt_dev(nt),
			"the device reads as all ones: it is gone, or its link is down\n");
		kfree(nt);
		return -ENODEV;
	}
	nt->ops = nt_chosen;
	nt->known = nt_known;
	INIT_LIST_HEAD(&nt->client_devs);
	nt_link_init(nt);

	/* The default backend tells the size of a window in two scratchpads. */
	max_mws = (ntb_spad_count(ndev) - (SPAD_BACKEND + 1)) / 2;
	nt->mw_count = min_t(unsigned int, ntb_peer_mw_count(ndev), max_mws);
	nt->qp_count = nt_count_qps(nt);
	if (!nt->qp_count) {
		dev_err(&ndev->dev, "no queue pair: %u memory windows, doorbells %#llx\n",
			nt->mw_count, ntb_db_valid_mask(ndev));
		rc = -EINVAL;
		goto err_free;
	}
	nt->qp_free = GENMASK_ULL(nt->qp_count - 1, 0);

	if (use_msi)
		dev_info(nt_dev(nt),
			 "use_msi has no effect with the %s backend: the peer is notified by %s\n",
			 nt->ops->name, nt->ops->notified_by);

	nt->qp_vec = kcalloc_node(nt->qp_count, sizeof(*nt->qp_vec), GFP_KERNEL,
				  dev_to_node(&ndev->dev));
	if (!nt->qp_vec) {
		rc = -ENOMEM;
		goto err_free;
	}

	rc = nt->ops->init(nt);
	if (rc)
		goto err_vec;

	ntb_transport_debugfs_add(nt);
	for (i = 0; i < nt->qp_count; i++)
		ntb_qp_init(nt, i);

	/* They may hold what a transport wrote that was here before. */
	for (i = 0; i < ntb_spad_count(ndev); i++)
		ntb_spad_write(ndev, i, 0);

	rc = ntb_set_ctx(ndev, nt, &nt_ctx_ops);
	if (rc)
		goto err_qps;

	ntb_client_bus_add(nt);
	ntb_link_enable(ndev, NTB_SPEED_AUTO, NTB_WIDTH_AUTO);
	ntb_link_event(ndev);

	return 0;

err_qps:
	for (i = 0; i < nt->qp_count; i++)
		ntb_qp_exit(&nt->qp_vec[i]);
	debugfs_remove_recursive(nt->debugfs_dir);
	nt->ops->exit(nt);
err_vec:
	kfree(nt->qp_vec);
err_free:
	mutex_destroy(&nt->link_event_lock);
	kfree(nt);
	return rc;
}

static void nt_remove(struct ntb_client *self, struct ntb_dev *ndev)
{
	struct ntb_transport_ctx *nt = ndev->ctx;
	unsigned int i;

	/* Clients first: they give their queue pairs back. */
	ntb_client_bus_remove(nt);

	/*
	 * Link events still come, and these works queue each other: cancelled
	 * alone one could be queued again, and run when the context has gone.
	 */
	disable_delayed_work_sync(&nt->link_watch);
	disable_delayed_work_sync(&nt->link_work);
	disable_work_sync(&nt->link_cleanup);

	scoped_guard(mutex, &nt->link_event_lock)
		nt_link_down(nt);

	if (!nt_device_gone(nt))
		ntb_link_disable(ndev);
	ntb_clear_ctx(ndev);

	for (i = 0; i < nt->qp_count; i++)
		ntb_qp_exit(&nt->qp_vec[i]);
	debugfs_remove_recursive(nt->debugfs_dir);
	nt->ops->exit(nt);
	mutex_destroy(&nt->link_event_lock);
	kfree(nt->qp_vec);
	kfree(nt);
}

static struct ntb_client nt_client = {
	.ops = {
		.probe = nt_probe,
		.remove = nt_remove,
	},
};

/**
 * nt_register() - make a transport of every NTB device
 * @known:	all backends, the last followed by NULL
 * @chosen:	the one to use
 *
 * Return: 0 or an errno
 */
int nt_register(const struct ntb_transport_backend *const *known,
		const struct ntb_transport_backend *chosen)
{
	int rc;

	nt_known = known;
	nt_chosen = chosen;
	ntb_transport_debugfs_init();

	rc = ntb_client_bus_register();
	if (rc)
		goto err_debugfs;

	rc = ntb_register_client(&nt_client);
	if (rc)
		goto err_bus;

	return 0;

err_bus:
	ntb_client_bus_unregister();
err_debugfs:
	ntb_transport_debugfs_exit();
	return rc;
}

/**
 * nt_unregister() - undo nt_register()
 */
void nt_unregister(void)
{
	ntb_unregister_client(&nt_client);
	ntb_client_bus_unregister();
	ntb_transport_debugfs_exit();
}
