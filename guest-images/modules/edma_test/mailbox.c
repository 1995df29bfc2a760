// SPDX-License-Identifier: GPL-2.0-only
/*
 * The endpoint's end of the mailbox.
 */
#include <linux/iopoll.h>
#include <linux/pci-epc.h>

#include "mailbox.h"

/* For the host to find the function and lend its memory. */
#define READY_TIMEOUT_US	(10 * USEC_PER_SEC)
/* For the host to fill or check 4 MiB, on an emulated processor of a busy machine. */
#define REPLY_TIMEOUT_US	(3 * USEC_PER_SEC)
#define POLL_US			100

static u32 mailbox_get(const __le32 *field)
{
	return le32_to_cpu(READ_ONCE(*field));
}

static void mailbox_put(__le32 *field, u32 value)
{
	WRITE_ONCE(*field, cpu_to_le32(value));
}

/* Returns 0, or -ETIMEDOUT. */
static int mailbox_wait(struct edma_test_run *run)
{
	struct edma_test_mailbox *mailbox = run->endpoint->mailbox;
	u32 buffers;
	int err;

	err = read_poll_timeout(mailbox_get, buffers, buffers, POLL_US, READY_TIMEOUT_US, false,
				&mailbox->buffers);
	if (err)
		return edma_test_fail(run, err,
				      "the host lends no memory: is its " EDMA_TEST_NAME
				      " loaded, and the link up?");
	/* The addresses were written before their number. */
	dma_rmb();
	if (buffers < run->lane_count)
		return edma_test_fail(run, -ENOMEM,
				      "the host lends %u areas, %u channels want one each", buffers,
				      run->lane_count);
	return 0;
}

static dma_addr_t mailbox_address(struct edma_test_run *run, u32 buffer)
{
	const struct edma_test_mailbox *mailbox = run->endpoint->mailbox;

	return ((u64)mailbox_get(&mailbox->address[buffer][1]) << 32) |
	       mailbox_get(&mailbox->address[buffer][0]);
}

static int mailbox_ask(struct edma_test_run *run, enum edma_test_command command, u32 buffer,
		       const struct edma_test_span *span)
{
	struct edma_test_mailbox *mailbox = run->endpoint->mailbox;
	struct pci_epf *epf = run->endpoint->epf;
	u32 request = ++run->endpoint->sequence;
	u32 reply;
	int err;

	mailbox_put(&mailbox->command, command);
	mailbox_put(&mailbox->buffer, buffer);
	mailbox_put(&mailbox->offset, span->offset);
	mailbox_put(&mailbox->count, span->count);
	mailbox_put(&mailbox->length, span->length);
	mailbox_put(&mailbox->stride, span->stride);
	mailbox_put(&mailbox->seed, span->seed);
	/* The command must be seen before its number. */
	dma_wmb();
	mailbox_put(&mailbox->request, request);

	err = pci_epc_raise_irq(epf->epc, epf->func_no, epf->vfunc_no, PCI_IRQ_MSI, 1);
	if (err)
		return edma_test_fail(run, err, "cannot send an MSI to the host");
	err = read_poll_timeout(mailbox_get, reply, reply == request, POLL_US, REPLY_TIMEOUT_US,
				false, &mailbox->reply);
	if (err) {
		run->host_lost = true;
		return edma_test_fail(run, err, "the host did not answer within 3 s: link lost?");
	}
	/* What came of it was written before the number. */
	dma_rmb();

	switch (mailbox_get(&mailbox->status)) {
	case EDMA_TEST_OK:
		return 0;
	case EDMA_TEST_MISMATCH:
		return edma_test_fail(run, -EILSEQ,
				      "host memory %u: byte %u is %#04x, expected %#04x", buffer,
				      mailbox_get(&mailbox->wrong_offset),
				      mailbox_get(&mailbox->wrong_found),
				      mailbox_get(&mailbox->wrong_expected));
	default:
		return edma_test_fail(run, -EPROTO, "the host refused command %u on memory %u",
				      command, buffer);
	}
}

static int mailbox_clear(struct edma_test_run *run, u32 buffer,
			 const struct edma_test_span *span)
{
	return mailbox_ask(run, EDMA_TEST_CLEAR, buffer, span);
}

static int mailbox_fill(struct edma_test_run *run, u32 buffer,
			const struct edma_test_span *span)
{
	return mailbox_ask(run, EDMA_TEST_FILL, buffer, span);
}

static int mailbox_check(struct edma_test_run *run, u32 buffer,
			 const struct edma_test_span *span)
{
	return mailbox_ask(run, EDMA_TEST_CHECK, buffer, span);
}

const struct edma_test_far edma_test_host_memory = {
	.wait = mailbox_wait,
	.clear = mailbox_clear,
	.fill = mailbox_fill,
	.check = mailbox_check,
	.address = mailbox_address,
};
