/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Remote-eDMA backend: transmission, from a client's frame to its return.
 */
#ifndef NTB_TRANSPORT_EDMA_TX_H
#define NTB_TRANSPORT_EDMA_TX_H

#include "edma/qp.h"

/* Bytes that justify a further descriptor while others are in flight. */
#define EDMA_TX_PARALLEL	SZ_2M
/* Frames a queue pair takes from its client. */
#define EDMA_TX_ENTRIES		128

/* tx_done.c */
void edma_tx_return(struct edma_qp *eq, struct list_head *list, int result);
void edma_tx_ended(struct edma_desc *desc, int result);
bool edma_tx_notify_early(struct edma_chan *ec);

/* tx.c */
void edma_tx_collect(struct edma_qp *eq);
void edma_tx_start(struct edma_qp *eq);
void edma_tx_resume(struct edma_qp *eq);
void edma_tx_sync(struct edma_qp *eq);

/* tx_abort.c */
bool edma_tx_abort(struct edma_qp *eq);

/* tx_queue.c */
void edma_tx_init(struct edma_qp *eq);
int edma_tx_enqueue(struct ntb_transport_qp *qp, struct ntb_queue_entry *entry);
unsigned int edma_tx_free(struct ntb_transport_qp *qp);
void edma_tx_open(struct edma_qp *eq);
bool edma_tx_close(struct edma_qp *eq);

#endif
