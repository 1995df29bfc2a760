// SPDX-License-Identifier: GPL-2.0-only
/*
 * NTB transport: contexts, one for each NTB device, and their link handshake.
 *
 * Both sides write what they are into the peer's scratchpads, the version
 * last, and repeat it until they have read the same version there. From then
 * on the backend decides when the link may come up.
 */
#include <linux/debugfs.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "transport.h"

MODULE_DESCRIPTION("Queue pairs over an NTB, by shared memory or a remote DesignWare eDMA");
MODULE_LICENSE("GPL");

unsigned long max_mw_size;
module_param(max_mw_size, ulong, 0644);
MODULE_PARM_DESC(max_mw_size, "Use at most this many bytes of a memory window");

unsigned int transport_mtu = 0x10000;
module_param(transport_mtu, uint, 0644);
MODULE_PARM_DESC(transport_mtu, "Largest frame in bytes");

static unsigned char max_num_clients;
module_param(max_num_clients, byte, 0644);
MODULE_PARM_DESC(max_num_clients, "Number of queue pairs (0: one for each memory window)");

unsigned int copy_bytes = 1024;
module_param(copy_bytes, uint, 0644);
MODULE_PARM_DESC(copy_bytes, "Frames below this size are copied by the CPU even with use_dma");

bool use_dma;
module_param(use_dma, bool, 0644);
MODULE_PARM_DESC(use_dma, "Copy with a local DMA engine where there is one");

static bool use_msi;
#ifdef CONFIG_NTB_MSI
module_param(use_msi, bool, 0644);
MODULE_PARM_DESC(use_msi, "Ask for peer-written MSIs instead of doorbells");
#endif

bool tx_memcpy_offload;
module_param(tx_memcpy_offload, bool, 0644);
MODULE_PARM_DESC(tx_memcpy_offload, "Copy outgoing frames in a kernel thread");

#ifdef CONFIG_NTB_TRANSPORT_EDMA
static bool use_remote_edma;
module_param(use_remote_edma, bool, 0444);
MODULE_PARM_DESC(use_remote_edma, "Move payload with the endpoint's DesignWare eDMA");
#endif

static const struct ntb_transport_backend *nt_backend(void)
{
#ifdef CONFIG_NTB_TRANSPORT_EDMA
	if (use_remote_edma)
		return &edma_backend;
#endif
	return &shm_backend;
}

static const char *nt_version_name(u32 version)
{
	if (version == shm_backend.version)
		return "the default backend";
#ifdef CONFIG_NTB_TRANSPORT_EDMA
	if (version == edma_backend.version)
		return "the remote-eDMA backend";
#endif
	return "a transport unknown here";
}

/* Neither "nothing written yet" nor what a removed device reads as. */
static bool nt_spad_is_valid(u32 val)
{
	return val && val != ~0U;
}

/* True if the peer has announced the same transport; says why not, once. */
static bool nt_peer_matches(struct ntb_transport_ctx *nt)
{
	u32 val = ntb_spad_read(nt->ndev, SPAD_VERSION);

	if (val != nt->ops->version) {
		if (nt_spad_is_valid(val) && val != nt->reported_version)
			dev_err(nt_dev(nt),
				"link stays down: this side uses %s (version %#x), the peer %s (version %#x); load ntb_transport with the same use_remote_edma on both\n",
				nt_version_name(nt->ops->version),
				nt->ops->version, nt_version_name(val), val);
		nt->reported_version = val;
		return false;
	}
	nt->reported_version = val;

	val = ntb_spad_read(nt->ndev, SPAD_NUM_QPS);
	if (val != nt->qp_count) {
		if (nt_spad_is_valid(val) && val != nt->reported_qps)
			dev_err(nt_dev(nt),
				"link stays down: %u queue pairs here, %u on the peer; see max_num_clients and the number of memory windows\n",
				nt->qp_count, val);
		nt->reported_qps = val;
		return false;
	}
	nt->reported_qps = val;

	return true;
}

static void nt_link_retry(struct ntb_transport_ctx *nt, unsigned int ms)
{
	if (!nt->removing && ntb_link_is_up(nt->ndev, NULL, NULL) == 1)
		schedule_delayed_work(&nt->link_work, msecs_to_jiffies(ms));
}

static void nt_link_work(struct work_struct *work)
{
	struct ntb_transport_ctx *nt =
		container_of(work, struct ntb_transport_ctx, link_work.work);
	unsigned int i;
	int rc;

	guard(mutex)(&nt->link_event_lock);

	if (nt->link_is_up || nt->removing || nt_device_gone(nt))
		return;

	nt->ops->publish(nt);
	ntb_peer_spad_write(nt->ndev, PIDX, SPAD_NUM_QPS, nt->qp_count);
	ntb_peer_spad_write(nt->ndev, PIDX, SPAD_VERSION, nt->ops->version);

	if (!nt_peer_matches(nt)) {
		nt_link_retry(nt, LINK_RETRY_MS);
		return;
	}

	rc = nt->ops->link_setup(nt);
	if (rc == -EAGAIN) {
		nt_link_retry(nt, LINK_RETRY_MS);
		return;
	}
	if (rc) {
		if (rc != nt->reported_error)
			dev_err(nt_dev(nt), "link stays down: set-up failed: %pe\n",
				ERR_PTR(rc));
		nt->reported_error = rc;
		nt->ops->link_teardown(nt);
		/* the peer may come back with other settings */
		nt_link_retry(nt, 100 * LINK_RETRY_MS);
		return;
	}

	nt->reported_error = 0;
	nt->link_is_up = true;
	dev_info(nt_dev(nt), "link is up: %s, %u queue pairs\n",
		 nt->ops->name, nt->qp_count);

	for (i = 0; i < nt->qp_count; i++)
		if (nt->qp_vec[i].client_ready)
			schedule_delayed_work(&nt->qp_vec[i].link_work, 0);

	schedule_delayed_work(&nt->link_watch, msecs_to_jiffies(LINK_WATCH_MS));
}

/* Called with link_event_lock held. */
static void nt_link_down(struct ntb_transport_ctx *nt)
{
	unsigned int i, count;

	if (nt->link_is_up)
		dev_info(nt_dev(nt), "link is down\n");
	nt->link_is_up = false;

	for (i = 0; i < nt->qp_count; i++)
		ntb_qp_stop(&nt->qp_vec[i]);

	nt->ops->link_teardown(nt);

	/*
	 * What the peer wrote is stale from now on. A peer that is up sees
	 * its version gone from here and starts over; one that is not writes
	 * it again anyway.
	 */
	count = nt_device_gone(nt) ? 0 : ntb_spad_count(nt->ndev);
	for (i = 0; i < count; i++)
		ntb_spad_write(nt->ndev, i, 0);
}

static void nt_link_cleanup_work(struct work_struct *work)
{
	struct ntb_transport_ctx *nt =
		container_of(work, struct ntb_transport_ctx, link_cleanup);

	guard(mutex)(&nt->link_event_lock);

	nt_link_down(nt);
	nt_link_retry(nt, LINK_RETRY_MS);
}

/**
 * ntb_transport_restart() - take the link down and shake hands again
 * @nt:	context whose peer has gone or has started over
 */
void ntb_transport_restart(struct ntb_transport_ctx *nt)
{
	if (!nt->removing)
		schedule_work(&nt->link_cleanup);
}

/*
 * The peer clears its scratchpads when it goes, and neither pci-epf-vntb nor
 * ntb_hw_epf tells the host that the endpoint's transport was unloaded.
 */
static void nt_link_watch(struct work_struct *work)
{
	struct ntb_transport_ctx *nt =
		container_of(work, struct ntb_transport_ctx, link_watch.work);
	unsigned int i;

	scoped_guard(mutex, &nt->link_event_lock) {
		if (!nt->link_is_up || nt->removing)
			return;

		if (ntb_peer_spad_read(nt->ndev, PIDX, SPAD_VERSION) !=
		    nt->ops->version ||
		    (nt->ops->link_broken && nt->ops->link_broken(nt))) {
			ntb_transport_restart(nt);
			return;
		}

		for (i = 0; i < nt->qp_count; i++) {
			struct ntb_transport_qp *qp = &nt->qp_vec[i];

			if (qp->link_is_up && nt->ops->qp_broken &&
			    nt->ops->qp_broken(qp))
				ntb_qp_link_lost(qp);
		}
	}

	schedule_delayed_work(&nt->link_watch, msecs_to_jiffies(LINK_WATCH_MS));
}

static void nt_link_event(void *data)
{
	struct ntb_transport_ctx *nt = data;

	if (nt->removing)
		return;

	/* "Up" while it is up: the peer has been started again. */
	if (ntb_link_is_up(nt->ndev, NULL, NULL) == 1 && !nt->link_is_up)
		schedule_delayed_work(&nt->link_work, 0);
	else
		schedule_work(&nt->link_cleanup);
}

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
		dev_err(&ndev->dev, "%d scratchpads, at least %d needed\n",
			ntb_spad_count(ndev), SPAD_BACKEND + 4);
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
		dev_err(nt_dev(nt), "the device reads as all ones: it is gone, or its link is down\n");
		kfree(nt);
		return -ENODEV;
	}
	nt->ops = nt_backend();
	INIT_LIST_HEAD(&nt->client_devs);
	mutex_init(&nt->link_event_lock);
	INIT_DELAYED_WORK(&nt->link_work, nt_link_work);
	INIT_DELAYED_WORK(&nt->link_watch, nt_link_watch);
	INIT_WORK(&nt->link_cleanup, nt_link_cleanup_work);

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
		dev_info(nt_dev(nt), "use_msi has no effect with the %s backend: the peer is notified by %s\n",
			 nt->ops->name,
			 nt->ops == &shm_backend ? "doorbells" :
			 "MSI, the endpoint by a DMA read channel");

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

	/* What is in there may come from an earlier life of the peer. */
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

	nt->removing = true;
	cancel_delayed_work_sync(&nt->link_watch);
	cancel_delayed_work_sync(&nt->link_work);
	cancel_work_sync(&nt->link_cleanup);

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

static int __init ntb_transport_init(void)
{
	int rc;

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
module_init(ntb_transport_init);

static void __exit ntb_transport_exit(void)
{
	ntb_unregister_client(&nt_client);
	ntb_client_bus_unregister();
	ntb_transport_debugfs_exit();
}
module_exit(ntb_transport_exit);
