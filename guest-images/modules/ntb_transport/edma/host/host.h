/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Remote-eDMA backend: the host's half.
 */
#ifndef NTB_TRANSPORT_EDMA_HOST_H
#define NTB_TRANSPORT_EDMA_HOST_H

#include <linux/dma/edma.h>

#include "edma/edma.h"

/**
 * struct edma_host - the host's half
 * @entry:	link in the list of all of them
 * @ed:		device
 * @phys:	start of the window
 * @window:	its mapping
 * @regs:	eDMA registers in it
 * @chip:	what dw-edma drives
 * @devres:	what dw-edma allocates for the PCI device
 * @probed:	dw-edma drives the chip
 * @virq:	first of the interrupts dw-edma gets, one for each read channel
 * @qp_doorbells: vectors below notify queue pairs
 * @done_doorbells: so many vectors from @qp_doorbells on complete transfers
 * @irq_lock:	held while an interrupt uses what follows from here
 * @live:	they may
 * @notify_lock: protects the notify channel
 * @notify_dma:	dmaengine's view of it, held so that nobody else gets it
 * @notify_list: its linked list, in the window
 * @notify_src:	the number it copies
 * @notify_src_dma: its address for the engine
 * @notify_seq:	notifications sent
 * @notify_cycle: cycle bit of the next element
 * @notify_time: when the last one was sent
 */
struct edma_host {
	struct list_head entry;
	struct edma_dev *ed;
	phys_addr_t phys;
	void __iomem *window;
	void __iomem *regs;
	struct dw_edma_chip chip;
	void *devres;
	bool probed;
	int virq;
	unsigned int qp_doorbells;
	unsigned int done_doorbells;
	spinlock_t irq_lock;	/* see above */
	bool live;
	spinlock_t notify_lock;	/* see above */
	struct dma_chan *notify_dma;
	void __iomem *notify_list;
	__le32 *notify_src;
	dma_addr_t notify_src_dma;
	u32 notify_seq;
	u32 notify_cycle;
	unsigned long notify_time;
};

/* host.c */
extern const struct edma_side edma_host_side;

/* engine.c */
int edma_host_engine_open(struct edma_host *eh);
void edma_host_engine_close(struct edma_host *eh);
void edma_host_engine_check(struct edma_host *eh);

/* notify.c */
int edma_host_notify_open(struct edma_host *eh);
void edma_host_notify_close(struct edma_host *eh);
void edma_host_notify(struct edma_host *eh);
void edma_host_notify_check(struct edma_host *eh);

#endif
