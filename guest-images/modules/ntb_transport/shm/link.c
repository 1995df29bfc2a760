// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared-memory backend: shares of the windows, and the links over them.
 */
#include <linux/delay.h>
#include <linux/slab.h>

#include "shm/shm.h"

/* Queue pairs take turns in the windows: pair n is in window n % windows. */
static unsigned int shm_sharers(struct ntb_transport_ctx *nt, unsigned int mw)
{
	return nt->qp_count / nt->mw_count + (mw < nt->qp_count % nt->mw_count);
}

static int shm_qp_init_tx(struct ntb_transport_ctx *nt, unsigned int qp_num)
{
	struct shm_dev *sd = nt->priv;
	struct shm_qp *sq = &sd->qps[qp_num];
	unsigned int mw_num = qp_num % nt->mw_count;
	struct shm_mw *mw = &sd->mw[mw_num];
	unsigned int size, offset;

	size = (unsigned int)shm_window_usable(mw) / shm_sharers(nt, mw_num);
	offset = size * (qp_num / nt->mw_count);

	if (size < SHM_MIN_SHARE) {
		dev_err(nt_dev(nt), "window %u has %u bytes for each queue pair: too small\n",
			mw_num, size);
		return -EINVAL;
	}

	sq->tx_mw = mw->vbase + offset;
	sq->tx_mw_phys = mw->phys_addr + offset;
	sq->tx_mw_size = size;
	size -= sizeof(struct shm_consumer);
	sq->peer_consumer = sq->tx_mw + size;
	/* full and empty can be told apart from two slots on */
	sq->tx_max_frame = min(transport_mtu, size / 2);
	sq->tx_max_entry = size / sq->tx_max_frame;
	init_waitqueue_head(&sq->tx_thread_wq);
	INIT_LIST_HEAD(&sq->tx_thread_q);

	return 0;
}

static void shm_qp_init_rx(struct ntb_transport_ctx *nt, unsigned int qp_num)
{
	struct shm_dev *sd = nt->priv;
	struct shm_qp *sq = &sd->qps[qp_num];
	unsigned int mw_num = qp_num % nt->mw_count;
	struct shm_mw *mw = &sd->mw[mw_num];
	struct shm_consumer *consumer;
	unsigned int size, i;

	size = (unsigned int)mw->xlat_size / shm_sharers(nt, mw_num);
	sq->rx_buff = mw->virt_addr + size * (qp_num / nt->mw_count);
	size -= sizeof(struct shm_consumer);
	consumer = sq->rx_buff + size;
	sq->rx_max_frame = min(transport_mtu, size / 2);
	sq->rx_max_entry = size / sq->rx_max_frame;

	sq->rx_index = 0;
	sq->rx_seq = 0;
	sq->tx_index = 0;
	sq->tx_seq = 0;
	consumer->entry = sq->rx_max_entry - 1;
	for (i = 0; i < sq->rx_max_entry; i++)
		memset(shm_rx_header(sq, i), 0, sizeof(struct shm_header));
	WRITE_ONCE(sq->consumer, consumer);
}

int shm_init(struct ntb_transport_ctx *nt)
{
	struct shm_dev *sd;
	unsigned int i;
	int rc;

	sd = kzalloc_obj(*sd);
	if (!sd)
		return -ENOMEM;

	nt->priv = sd;
	sd->mw = kcalloc(nt->mw_count, sizeof(*sd->mw), GFP_KERNEL);
	sd->qps = kcalloc(nt->qp_count, sizeof(*sd->qps), GFP_KERNEL);
	rc = -ENOMEM;
	if (!sd->mw || !sd->qps)
		goto err;

	for (i = 0; i < nt->mw_count; i++) {
		rc = shm_window_map(nt, i);
		if (rc)
			goto err;
	}

	for (i = 0; i < nt->qp_count; i++) {
		rc = shm_qp_init_tx(nt, i);
		if (rc)
			goto err;
	}

	return 0;

err:
	shm_exit(nt);
	return rc;
}

void shm_exit(struct ntb_transport_ctx *nt)
{
	struct shm_dev *sd = nt->priv;
	unsigned int i;

	for (i = 0; sd->mw && i < nt->mw_count; i++) {
		shm_window_free(nt, i);
		shm_window_unmap(&sd->mw[i]);
	}
	kfree(sd->mw);
	kfree(sd->qps);
	kfree(sd);
	nt->priv = NULL;
}

void shm_publish(struct ntb_transport_ctx *nt)
{
	struct shm_dev *sd = nt->priv;
	unsigned int i;

	for (i = 0; i < nt->mw_count; i++) {
		u64 size = shm_window_usable(&sd->mw[i]);

		ntb_peer_spad_write(nt->ndev, PIDX, SHM_SPAD_MW0_SIZE_HIGH + 2 * i,
				    upper_32_bits(size));
		ntb_peer_spad_write(nt->ndev, PIDX, SHM_SPAD_MW0_SIZE_LOW + 2 * i,
				    lower_32_bits(size));
	}
	ntb_peer_spad_write(nt->ndev, PIDX, SHM_SPAD_NUM_MWS, nt->mw_count);
}

/* The peer says how much of a window it uses: each queue pair must get a share of that. */
static bool shm_window_size_is_valid(struct ntb_transport_ctx *nt, unsigned int num, u64 size)
{
	struct shm_dev *sd = nt->priv;
	u64 least = (u64)SHM_MIN_SHARE * max(shm_sharers(nt, num), 1U);
	resource_size_t most;

	if (ntb_mw_get_align(nt->ndev, PIDX, num, NULL, NULL, &most))
		return false;
	/* shares are counted in 32 bits */
	most = min_t(u64, most, U32_MAX);
	if (size >= least && size <= most)
		return true;

	if (size != sd->reported_size)
		dev_err(nt_dev(nt),
			"link stays down: the peer uses %llu bytes of window %u, expected %llu to %pa\n",
			size, num, least, &most);
	sd->reported_size = size;

	return false;
}

int shm_link_setup(struct ntb_transport_ctx *nt)
{
	struct shm_dev *sd = nt->priv;
	unsigned int i;
	u64 size;
	u32 val;
	int rc;

	val = ntb_spad_read(nt->ndev, SHM_SPAD_NUM_MWS);
	if (val != nt->mw_count) {
		if (val != sd->reported_mws)
			dev_err(nt_dev(nt),
				"link stays down: %u memory windows here, %u on the peer\n",
				nt->mw_count, val);
		sd->reported_mws = val;
		return -EAGAIN;
	}

	for (i = 0; i < nt->mw_count; i++) {
		val = ntb_spad_read(nt->ndev, SHM_SPAD_MW0_SIZE_HIGH + 2 * i);
		size = (u64)val << 32;
		size |= ntb_spad_read(nt->ndev, SHM_SPAD_MW0_SIZE_LOW + 2 * i);

		if (!shm_window_size_is_valid(nt, i, size))
			return -EAGAIN;
		rc = shm_window_set(nt, i, size);
		if (rc)
			return rc;
	}

	for (i = 0; i < nt->qp_count; i++)
		shm_qp_init_rx(nt, i);

	return 0;
}

void shm_link_teardown(struct ntb_transport_ctx *nt)
{
	/*
	 * The windows stay as they are until the module goes: the peer may
	 * not know yet that the link is down and still write to them.
	 */
}

/* Before the peer knows that this side is ready it writes nothing new. */
static void shm_rx_clear(struct shm_qp *sq)
{
	unsigned int i;

	for (i = 0; i < sq->rx_max_entry; i++)
		shm_rx_header(sq, i)->flags = 0;
}

/* A slot of the previous session that nobody has read must not be taken now. */
static void shm_rx_discard_stale(struct shm_qp *sq)
{
	struct shm_header *hdr;
	unsigned int i;

	for (i = 0; i < sq->rx_max_entry; i++) {
		hdr = shm_rx_header(sq, i);
		/* the peer may have begun: its first round is numbered so */
		if (hdr->flags && hdr->ver != i)
			hdr->flags = 0;
	}
}

int shm_qp_poll(struct ntb_transport_qp *qp)
{
	struct ntb_dev *ndev = qp->ndev;
	struct shm_qp *sq = qp->priv;
	u32 bit = BIT(qp->qp_num);
	u32 announced;

	if (!sq->rx_buff || ntb_qp_alloc_rx(qp, sq->rx_max_entry) || nt_device_gone(qp->transport))
		return 0;

	announced = ntb_peer_spad_read(ndev, PIDX, SPAD_QP_LINKS);
	if (!(announced & bit))
		shm_rx_clear(sq);
	ntb_peer_spad_write(ndev, PIDX, SPAD_QP_LINKS, announced | bit);

	if (!(ntb_spad_read(ndev, SPAD_QP_LINKS) & bit))
		return 0;

	shm_rx_discard_stale(sq);
	return 1;
}

static void shm_send_link_down(struct ntb_transport_qp *qp)
{
	unsigned long deadline = jiffies + HZ;
	struct ntb_queue_entry *entry;
	int rc = -EBUSY;

	for (;;) {
		entry = ntb_list_rm(&qp->tx_lock, &qp->tx_free_q);
		if (entry) {
			entry->buf = NULL;
			entry->len = 0;
			entry->flags = SHM_LINK_DOWN;
			rc = shm_tx_enqueue(qp, entry);
			if (!rc)
				return;
			ntb_list_add(&qp->tx_lock, entry, &qp->tx_free_q);
		}
		if (time_after(jiffies, deadline))
			break;
		msleep(20);
	}

	dev_warn(nt_dev(qp->transport),
		 "qp %u: the peer leaves no room to tell it that the link goes down: %pe\n",
		 qp->qp_num, ERR_PTR(rc));
}

void shm_qp_stop(struct ntb_transport_qp *qp, bool was_up, bool by_client)
{
	struct ntb_dev *ndev = qp->ndev;
	struct shm_qp *sq = qp->priv;
	u32 bit = BIT(qp->qp_num);
	u32 val;

	shm_copy_drain(qp);
	if (by_client && qp->transport->link_is_up && !nt_device_gone(qp->transport)) {
		val = ntb_peer_spad_read(ndev, PIDX, SPAD_QP_LINKS);
		ntb_peer_spad_write(ndev, PIDX, SPAD_QP_LINKS, val & ~bit);
		if (was_up) {
			/* wait for the peer to say again that it is ready */
			val = ntb_spad_read(ndev, SPAD_QP_LINKS);
			ntb_spad_write(ndev, SPAD_QP_LINKS, val & ~bit);
			shm_send_link_down(qp);
		}
	}

	sq->tx_index = 0;
	sq->tx_seq = 0;
	sq->rx_index = 0;
	sq->rx_seq = 0;
	sq->rx_waits = false;
	if (sq->consumer)
		sq->consumer->entry = sq->rx_max_entry - 1;
}
