/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Remote-eDMA backend: the endpoint pushes the buffers that it has posted.
 */
#ifndef NTB_TRANSPORT_EDMA_PUSH_H
#define NTB_TRANSPORT_EDMA_PUSH_H

#include "edma/qp.h"

void edma_push(struct edma_qp *eq);
void edma_push_ended(struct edma_desc *desc, int result);
bool edma_push_is_awaited(struct edma_qp *eq);

#endif
