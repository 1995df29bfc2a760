// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remote-eDMA backend: sessions of a queue pair.
 *
 * Each side shows two numbers in the control structure. "gen" is its session:
 * as long as it is there, the peer's engine may write to the buffers posted.
 * "peer_gen" is the peer's session it is bound to: as long as it is there,
 * its own engine may be writing to the peer's buffers. The pair is up when
 * both sides have bound each other.
 *
 * To end a session a side clears gen, waits for its own transfers, clears
 * peer_gen, and then waits for the peer to clear its peer_gen, which it does
 * as soon as it sees the gen it is bound to gone. Only then do the buffers
 * go back to the client: no engine writes to memory the client has freed.
 */
#include "edma/rx.h"
#include "edma/session.h"
#include "edma/tx.h"

#define EDMA_STOP_TIMEOUT_MS	1000
/* Notifications normally end the wait; this is for those that do not come. */
#define EDMA_STOP_POLL_MS	5

/* All ones come from a device that is gone: no session there. */
static u32 edma_session_peer_gen(struct edma_qp *eq)
{
	u32 gen = side_read(eq, eq->ed->peer, gen);

	return gen == ~0U ? 0 : gen;
}

/* True if the peer's engine may still write to buffers of session @gen. */
static bool edma_session_peer_writes(struct edma_qp *eq, u32 gen)
{
	return side_read(eq, eq->ed->peer, peer_gen) == gen;
}

static void edma_session_open(struct edma_qp *eq)
{
	struct edma_dev *ed = eq->ed;
	enum edma_role me = ed->me;

	side_write(eq, me, post_prod, 0);
	side_write(eq, me, want_post, ~0U);
	side_write64(eq, me, comp_addr, eq->local_dma + offsetof(struct edma_local, comp));
	side_write64(eq, me, commit_addr, eq->local_dma + offsetof(struct edma_local, commit));
	side_write64(eq, me, posts_addr, eq->local_dma + offsetof(struct edma_local, posts));
	edma_rx_open(eq);

	eq->gen = (eq->gen + 1) & 0x7fffffff;
	if (!eq->gen)
		eq->gen = 1;
	side_write(eq, me, gen, eq->gen);
	eq->state = EDMA_QP_READY;
}

static void edma_session_bind(struct edma_qp *eq, u32 peer_gen)
{
	struct edma_dev *ed = eq->ed;

	eq->peer_gen = peer_gen;
	eq->peer_comp = side_read64(eq, ed->peer, comp_addr);
	eq->peer_commit = side_read64(eq, ed->peer, commit_addr);
	eq->peer_posts = side_read64(eq, ed->peer, posts_addr);
	side_write(eq, ed->me, peer_gen, peer_gen);
	eq->state = EDMA_QP_BOUND;
}

/* Returns true if the buffers posted are safe: no engine writes to them any more. */
static bool edma_session_wait_for_peer(struct edma_qp *eq)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(EDMA_STOP_TIMEOUT_MS);
	struct edma_dev *ed = eq->ed;

	while (edma_session_peer_writes(eq, eq->gen)) {
		if (ed->peer_dead)
			return ed->engine_off;
		if (time_after(jiffies, deadline)) {
			dev_err(nt_dev(ed->nt),
				"qp %u: the peer has not stopped its transfers after %u ms: stopping them here\n",
				eq->qp->qp_num, EDMA_STOP_TIMEOUT_MS);
			edma_cut_off(ed);
			/* nothing moves any more before both have started over */
			ntb_transport_restart(ed->nt);
			return ed->engine_off;
		}
		wait_event_timeout(eq->wq, !edma_session_peer_writes(eq, eq->gen),
				   msecs_to_jiffies(EDMA_STOP_POLL_MS));
	}

	return true;
}

static void edma_session_close(struct edma_qp *eq)
{
	struct edma_dev *ed = eq->ed;

	if (eq->state == EDMA_QP_IDLE)
		return;

	side_write(eq, ed->me, gen, 0);
	/* a side whose engine does not stop stays bound: the peer then cuts it off */
	if (edma_tx_close(eq))
		side_write(eq, ed->me, peer_gen, 0);
	ed->side->notify(ed, eq->qp);

	edma_rx_close(eq, edma_session_wait_for_peer(eq));
	eq->state = EDMA_QP_IDLE;
}

/* Called with the pair's link_lock held while the link is up. */
int edma_session_poll(struct ntb_transport_qp *qp)
{
	struct edma_qp *eq = qp->priv;
	struct edma_dev *ed = eq->ed;
	u32 peer_gen = edma_session_peer_gen(eq);

	switch (eq->state) {
	case EDMA_QP_IDLE:
		/* it may still be bound to a session it does not know ended */
		if (side_read(eq, ed->peer, peer_gen))
			return 0;
		edma_session_open(eq);
		fallthrough;
	case EDMA_QP_READY:
		if (!peer_gen)
			return 0;
		edma_session_bind(eq, peer_gen);
		fallthrough;
	case EDMA_QP_BOUND:
		if (peer_gen != eq->peer_gen) {
			edma_session_close(eq);
			return 0;
		}
		if (!edma_session_peer_writes(eq, eq->gen))
			return 0;
		eq->state = EDMA_QP_UP;
		edma_tx_open(eq);
		return 1;
	case EDMA_QP_UP:
		return 1;
	}

	return 0;
}

/* Any context, while the link is up. */
bool edma_session_broken(struct ntb_transport_qp *qp)
{
	struct edma_qp *eq = qp->priv;

	return eq->state == EDMA_QP_UP && edma_session_peer_gen(eq) != eq->peer_gen;
}

void edma_session_stop(struct ntb_transport_qp *qp, bool was_up, bool by_client)
{
	edma_session_close(qp->priv);
}

/**
 * edma_session_rx_poll() - body of the receive tasklet
 * @qp:		queue pair
 *
 * Every notification of the peer schedules it: there may be frames, buffers to
 * send to, or the end of the peer's session.
 *
 * Return: true to run again
 */
bool edma_session_rx_poll(struct ntb_transport_qp *qp)
{
	struct edma_qp *eq = qp->priv;
	bool more = edma_rx_poll(eq);

	edma_tx_resume(eq);
	if (edma_session_broken(qp))
		ntb_qp_link_lost(qp);

	return more;
}
