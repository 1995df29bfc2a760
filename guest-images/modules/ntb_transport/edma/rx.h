/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Remote-eDMA backend: reception.
 */
#ifndef NTB_TRANSPORT_EDMA_RX_H
#define NTB_TRANSPORT_EDMA_RX_H

#include "edma/qp.h"

/* Frames received before other softirqs get their turn; fewer with a slow client. */
#define EDMA_RX_BUDGET		64

bool edma_rx_poll(struct edma_qp *eq);
void edma_rx_open(struct edma_qp *eq);
void edma_rx_close(struct edma_qp *eq, bool safe);
void edma_rx_kick(struct edma_dev *ed, unsigned int first, unsigned int step);
void edma_rx_kick_all(struct edma_dev *ed);

#endif
