/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Remote-eDMA backend: the buffers that the peer has posted.
 */
#ifndef NTB_TRANSPORT_EDMA_POSTS_H
#define NTB_TRANSPORT_EDMA_POSTS_H

#include "edma/qp.h"

u32 edma_posts_known(struct edma_qp *eq);
u32 edma_posts_ask(struct edma_qp *eq, u32 number);
u32 edma_posts_len(struct edma_qp *eq, u32 number);
u64 edma_posts_addr(struct edma_qp *eq, u32 number);
bool edma_posts_passes(u32 event, u32 old, u32 now);

#endif
