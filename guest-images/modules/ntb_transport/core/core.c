// SPDX-License-Identifier: GPL-2.0-only
/*
 * NTB transport: contexts, one for each NTB device.
 */
#include <linux/debugfs.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "core/transport.h"

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
