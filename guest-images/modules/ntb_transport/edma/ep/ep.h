/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Remote-eDMA backend: the endpoint's half.
 */
#ifndef NTB_TRANSPORT_EDMA_EP_H
#define NTB_TRANSPORT_EDMA_EP_H

#include <linux/pci-epc.h>
#include <linux/pci-epf.h>
#include <linux/platform_device.h>

#include "edma/edma.h"

/**
 * struct edma_ep - the endpoint's half
 * @epc:	endpoint controller
 * @pdev:	its platform device
 * @claimed:	read channels, which the host drives: nobody here may have them
 * @claims:	how many
 * @epf:	the function behind the window while it is open
 * @window_bar:	its BAR with the subranges, which the controller's driver refers to
 *		while the window is open
 * @submap:	the subranges
 * @align:	alignment of inbound iATU regions
 * @regs_phys:	eDMA registers, rounded down to @align
 * @regs_size:	rounded up to @align
 * @regs_dma:	address inbound requests use for @regs_phys
 * @regs:	mapping of the registers themselves
 * @buf:	memory behind the whole window but the registers
 * @buf_dma:	its address for inbound requests and the engine
 * @open:	window set up
 * @notify_irq:	interrupt of the notify channel, 0: not requested
 * @acked:	last notification acted upon
 * @chan_irqs:	interrupts of the write channels requested
 * @host_doorbells: doorbell bits the host listens to
 */
struct edma_ep {
	struct pci_epc *epc;
	struct platform_device *pdev;
	struct dma_chan *claimed[EDMA_MAX_CHANS];
	unsigned int claims;
	struct pci_epf *epf;
	struct pci_epf_bar window_bar;
	struct pci_epf_bar_submap submap[3];
	size_t align;
	phys_addr_t regs_phys;
	size_t regs_size;
	dma_addr_t regs_dma;
	void __iomem *regs;
	void *buf;
	dma_addr_t buf_dma;
	bool open;
	int notify_irq;
	u32 acked;
	unsigned int chan_irqs;
	u32 host_doorbells;
};

/* ep.c */
extern const struct edma_side edma_ep_side;

/* claim.c */
int edma_ep_claim_channels(struct edma_dev *ed, struct edma_ep *ep);
void edma_ep_release_channels(struct edma_ep *ep);

/* irq.c */
int edma_ep_irq(struct edma_ep *ep, unsigned int channel);
int edma_ep_request_irqs(struct edma_dev *ed);
void edma_ep_free_irqs(struct edma_dev *ed);

/* window.c */
int edma_ep_window_init(struct edma_dev *ed, struct edma_ep *ep);
void edma_ep_window_exit(struct edma_dev *ed, struct edma_ep *ep);
int edma_ep_window_open(struct edma_dev *ed, struct edma_ep *ep);
void edma_ep_window_close(struct edma_dev *ed, struct edma_ep *ep);

#endif
