/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Remote-eDMA backend: having the engine stop, by its registers.
 */
#ifndef NTB_TRANSPORT_EDMA_STOP_H
#define NTB_TRANSPORT_EDMA_STOP_H

#include <linux/types.h>

/**
 * struct edma_stop_regs - registers by which a channel is stopped
 * @doorbell:	doorbell of its direction, which has the stop bit
 * @control:	its control, which has its state
 */
struct edma_stop_regs {
	void __iomem *doorbell;
	void __iomem *control;
};

bool edma_stop_channel(const struct edma_stop_regs *regs, unsigned int index);
bool edma_stop_engine(void __iomem *engine);

#endif
