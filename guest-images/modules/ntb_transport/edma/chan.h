/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Remote-eDMA backend: the dmaengine channels that send.
 */
#ifndef NTB_TRANSPORT_EDMA_CHAN_H
#define NTB_TRANSPORT_EDMA_CHAN_H

#include <linux/atomic.h>
#include <linux/dmaengine.h>
#include <linux/mutex.h>

#define EDMA_MAX_CHANS		8

struct edma_dev;

/**
 * struct edma_chan - a DMA channel that sends for one or more queue pairs
 * @ed:		device
 * @index:	number of the hardware channel
 * @abort_lock:	one abort at a time
 * @aborting:	no descriptor may be submitted
 * @flying:	descriptors in flight
 * @last:	when one was submitted or has ended, in jiffies
 * @dma:	dmaengine channel
 */
struct edma_chan {
	struct edma_dev *ed;
	unsigned int index;
	struct mutex abort_lock;	/* see above */
	bool aborting;
	atomic_t flying;
	unsigned long last;
	struct dma_chan *dma;
};

int edma_chans_request(struct edma_dev *ed, struct device *dev, unsigned int first,
		       unsigned int count);
void edma_chans_release(struct edma_dev *ed);
struct edma_chan *edma_chan_choose(struct edma_dev *ed, unsigned int home);

#endif
