// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remote-eDMA backend: what debugfs shows of it.
 */
#include <linux/seq_file.h>

#include "edma/show.h"
#include "edma/tx.h"

static const char *edma_show_state_name(enum edma_qp_state state)
{
	static const char *const names[] = {
		[EDMA_QP_IDLE] = "idle",
		[EDMA_QP_READY] = "ready",
		[EDMA_QP_BOUND] = "bound",
		[EDMA_QP_UP] = "up",
	};

	return names[state];
}

/**
 * edma_show_qp() - the backend's lines of qpN/stats
 * @qp:	queue pair
 * @s:	where to
 */
void edma_show_qp(struct ntb_transport_qp *qp, struct seq_file *s)
{
	struct edma_qp *eq = qp->priv;

	seq_printf(s, "session: %s gen %u peer %u\n", edma_show_state_name(eq->state), eq->gen,
		   eq->peer_gen);
	seq_printf(s, "tx_free: %u\n", edma_tx_free(qp));
	seq_printf(s, "tx_pending: %u\n", READ_ONCE(eq->tx_pend));
	seq_printf(s, "tx_descriptors: %u\n", READ_ONCE(eq->tx_flying));
	seq_printf(s, "tx_used: %u\n", READ_ONCE(eq->tx_next));
	seq_printf(s, "tx_posted_by_peer: %u\n", READ_ONCE(eq->tx_posted));
	seq_printf(s, "rx_consumed: %u\n", READ_ONCE(eq->rx_cons));
	seq_printf(s, "rx_posted: %u\n", READ_ONCE(eq->rx_posted));
	seq_printf(s, "tx_dma_bytes: %llu\n", eq->tx_dma_bytes);
	seq_printf(s, "window_bytes: %u\n", eq->ed->lay.qp_stride);
}

/**
 * edma_show_window() - the debugfs file "window"
 * @nt:	context
 * @s:	where to
 */
void edma_show_window(struct ntb_transport_ctx *nt, struct seq_file *s)
{
	struct edma_dev *ed = nt->priv;
	struct edma_layout *lay = &ed->lay;

	seq_printf(s, "role: %s\n", ed->me == EDMA_HOST ? "host" : "endpoint");
	seq_printf(s, "session: %#x\n", ed->session);
	if (ed->session) {
		seq_printf(s, "index: %u\n", lay->window);
		seq_printf(s, "size: %#llx\n", (u64)lay->size);
		seq_printf(s, "control: offset 0x0 size %#x\n", lay->ctrl_size);
		seq_printf(s, "registers: offset %#x size %#x\n", lay->regs_offset, lay->regs_size);
		seq_printf(s, "linked_lists: offset %#x size %#x read channels %u, %#x each\n",
			   lay->ll_offset, lay->ll_size * lay->rd_channels, lay->rd_channels,
			   lay->ll_size);
		seq_printf(s, "queue_pairs: offset %#x stride %#x count %u\n", lay->qp_offset,
			   lay->qp_stride, nt->qp_count);
		seq_printf(s, "write_channels: %u\n", lay->wr_channels);
		seq_printf(s, "read_channels: %u\n", lay->rd_channels);
		seq_printf(s, "notify_channel: %u\n", lay->notify_channel);
	}
	ed->side->show(ed, s);
	seq_printf(s, "notifications_sent: %llu\n", ed->notified);
	seq_printf(s, "notifications_coalesced: %llu\n", ed->coalesced);
	seq_printf(s, "notifications_repeated: %llu\n", ed->repeated);
	seq_printf(s, "completions_polled: %llu\n", ed->polled);
	seq_printf(s, "notifications_received: %llu\n", ed->received);
}
