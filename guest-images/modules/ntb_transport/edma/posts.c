// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remote-eDMA backend: the buffers that the peer has posted.
 *
 * Both sides' are in the control structure, which is the endpoint's memory. For
 * the host each read of it is a round trip over the link, two for each frame. So
 * the endpoint pushes its own into the host's memory (push.c), and the host looks
 * there.
 */
#include "edma/posts.h"

/* The endpoint's are, for edma_push() has had them copied. */
static bool edma_posts_are_here(struct edma_qp *eq)
{
	return eq->ed->me == EDMA_HOST;
}

/**
 * edma_posts_known() - how many buffers the peer has posted
 * @eq:		queue pair
 *
 * Return: their number since the session began
 */
u32 edma_posts_known(struct edma_qp *eq)
{
	u32 number;

	if (!edma_posts_are_here(eq))
		return side_read(eq, eq->ed->peer, post_prod);

	number = le32_to_cpu(READ_ONCE(eq->local->posts.prod));
	/* they were written before their number */
	dma_rmb();

	return number;
}

/**
 * edma_posts_ask() - ask the peer to tell when it has posted more
 * @eq:		queue pair
 * @number:	buffers that are used up
 *
 * Return: as edma_posts_known(); either that is more by now, or the peer tells
 */
u32 edma_posts_ask(struct edma_qp *eq, u32 number)
{
	enum edma_role me = eq->ed->me;

	side_write(eq, me, want_post, number);
	/*
	 * Asked before looking again, see edma_rx_post(). The host's question is
	 * on its way until a read has followed it, whose answer comes behind what
	 * the engine has written before.
	 */
	mb();
	if (edma_posts_are_here(eq))
		side_read(eq, me, want_post);

	return edma_posts_known(eq);
}

/* Called when edma_posts_known() has told of buffer @number. */
u32 edma_posts_len(struct edma_qp *eq, u32 number)
{
	size_t post = edma_post_at(eq, eq->ed->peer, number);

	if (edma_posts_are_here(eq))
		return le32_to_cpu(eq->local->posts.post[number % EDMA_RING_ENTRIES].len);

	return edma_ctrl_read32_relaxed(&eq->ed->ctrl, post + offsetof(struct edma_post, len));
}

u64 edma_posts_addr(struct edma_qp *eq, u32 number)
{
	size_t post = edma_post_at(eq, eq->ed->peer, number);

	if (edma_posts_are_here(eq))
		return le64_to_cpu(eq->local->posts.post[number % EDMA_RING_ENTRIES].addr);

	return edma_ctrl_read64_relaxed(&eq->ed->ctrl, post + offsetof(struct edma_post, addr));
}

/**
 * edma_posts_passes() - does an index pass what somebody waits for?
 * @event:	buffer that is waited for
 * @old:	where the index was
 * @now:	where it is
 *
 * Return: true if it does
 */
bool edma_posts_passes(u32 event, u32 old, u32 now)
{
	return now - event - 1 < now - old;
}
