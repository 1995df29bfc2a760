/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Remote-eDMA backend: sessions of a queue pair.
 */
#ifndef NTB_TRANSPORT_EDMA_SESSION_H
#define NTB_TRANSPORT_EDMA_SESSION_H

#include "edma/qp.h"

int edma_session_poll(struct ntb_transport_qp *qp);
bool edma_session_broken(struct ntb_transport_qp *qp);
void edma_session_stop(struct ntb_transport_qp *qp, bool was_up, bool by_client);
bool edma_session_rx_poll(struct ntb_transport_qp *qp);

#endif
