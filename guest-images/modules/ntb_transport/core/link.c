// SPDX-License-Identifier: GPL-2.0-only
/*
 * The link of a context: handshake, loss, and a look now and then whether the
 * peer is still there.
 *
 * Both sides write what they are into the peer's scratchpads, the version
 * last, and repeat it until they have read the same version there. From then
 * on the backend decides when the link may come up.
 */
#include "core/ready.h"
#include "core/transport.h"

static const char *nt_version_name(struct ntb_transport_ctx *nt, u32 version)
{
	const struct ntb_transport_backend *const *backend;

	for (backend = nt->known; *backend; backend++)
		if ((*backend)->version == version)
			return (*backend)->title;

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
				nt->ops->title, nt->ops->version, nt_version_name(nt, val), val);
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
	if (ntb_link_is_up(nt->ndev, NULL, NULL) == 1)
		schedule_delayed_work(&nt->link_work, msecs_to_jiffies(ms));
}

static void nt_link_work(struct work_struct *work)
{
	struct ntb_transport_ctx *nt = container_of(work, struct ntb_transport_ctx, link_work.work);
	unsigned int i;
	int rc;

	guard(mutex)(&nt->link_event_lock);

	if (nt->link_is_up || nt_device_gone(nt))
		return;

	nt->ops->publish(nt);
	/* no pair is ready before the link is up, whatever an earlier link said */
	ntb_peer_spad_write(nt->ndev, PIDX, SPAD_QP_LINKS, 0);
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
			dev_err(nt_dev(nt), "link stays down: set-up failed: %pe\n", ERR_PTR(rc));
		nt->reported_error = rc;
		nt->ops->link_teardown(nt);
		/* the peer may come back with other settings */
		nt_link_retry(nt, 100 * LINK_RETRY_MS);
		return;
	}

	nt->reported_error = 0;
	nt_say(&nt->link_is_up);
	dev_info(nt_dev(nt), "link is up: %s, %u queue pairs\n", nt->ops->name, nt->qp_count);

	for (i = 0; i < nt->qp_count; i++)
		if (READ_ONCE(nt->qp_vec[i].client_ready))
			schedule_delayed_work(&nt->qp_vec[i].link_work, 0);

	schedule_delayed_work(&nt->link_watch, msecs_to_jiffies(LINK_WATCH_MS));
}

/**
 * nt_link_down() - take the link down
 * @nt:	context; its link_event_lock is held
 */
void nt_link_down(struct ntb_transport_ctx *nt)
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
	struct ntb_transport_ctx *nt = container_of(work, struct ntb_transport_ctx, link_cleanup);

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
	schedule_work(&nt->link_cleanup);
}

/* Doorbells can be lost, as by pci-epf-vntb where it polls for them. */
static void nt_link_watch_rx(struct ntb_transport_qp *qp)
{
	const struct ntb_transport_backend *ops = qp->transport->ops;

	if (READ_ONCE(qp->active) && ops->rx_missed && ops->rx_missed(qp)) {
		qp->stats.rx_missed++;
		tasklet_schedule(&qp->rx_tasklet);
	}
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
		if (!nt->link_is_up)
			return;

		if (ntb_peer_spad_read(nt->ndev, PIDX, SPAD_VERSION) != nt->ops->version ||
		    (nt->ops->link_broken && nt->ops->link_broken(nt))) {
			ntb_transport_restart(nt);
			return;
		}

		for (i = 0; i < nt->qp_count; i++) {
			struct ntb_transport_qp *qp = &nt->qp_vec[i];

			if (qp->link_is_up && nt->ops->qp_broken && nt->ops->qp_broken(qp))
				ntb_qp_link_lost(qp);
			nt_link_watch_rx(qp);
		}
	}

	schedule_delayed_work(&nt->link_watch, msecs_to_jiffies(LINK_WATCH_MS));
}

/**
 * nt_link_event() - the hardware's link has changed, or may have
 * @data:	context
 */
void nt_link_event(void *data)
{
	struct ntb_transport_ctx *nt = data;

	/* "Up" while it is up: the peer has been started again. */
	if (ntb_link_is_up(nt->ndev, NULL, NULL) == 1 && !nt->link_is_up)
		schedule_delayed_work(&nt->link_work, 0);
	else
		schedule_work(&nt->link_cleanup);
}

/**
 * nt_link_init() - once a context
 * @nt:	context
 */
void nt_link_init(struct ntb_transport_ctx *nt)
{
	mutex_init(&nt->link_event_lock);
	INIT_DELAYED_WORK(&nt->link_work, nt_link_work);
	INIT_DELAYED_WORK(&nt->link_watch, nt_link_watch);
	INIT_WORK(&nt->link_cleanup, nt_link_cleanup_work);
}
