/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Remote-eDMA backend: what debugfs shows of it.
 */
#ifndef NTB_TRANSPORT_EDMA_SHOW_H
#define NTB_TRANSPORT_EDMA_SHOW_H

#include "core/transport.h"

void edma_show_qp(struct ntb_transport_qp *qp, struct seq_file *s);
void edma_show_window(struct ntb_transport_ctx *nt, struct seq_file *s);

#endif
