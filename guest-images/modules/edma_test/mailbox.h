/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of BAR0, by which the endpoint asks the host. The endpoint writes a command, then its
 * number into
 * @request, and sends an MSI; the host works, writes what came of it, then that number into @reply.
 */
#ifndef EDMA_TEST_MAILBOX_H
#define EDMA_TEST_MAILBOX_H

#include <linux/types.h>

#include "edma_test.h"

#define EDMA_TEST_MAGIC		0x31544445 /* "EDT1" */

enum edma_test_command {
	EDMA_TEST_CLEAR = 1,
	EDMA_TEST_FILL,
	EDMA_TEST_CHECK,
};

enum edma_test_status {
	EDMA_TEST_OK = 1,
	EDMA_TEST_MISMATCH,
	EDMA_TEST_REFUSED,
};

/**
 * struct edma_test_mailbox - layout of BAR0
 * @magic: EDMA_TEST_MAGIC, written by the endpoint when all else is in order
 * @buffers: number of areas that the host lends; written last, 0 before and after
 * @address: of each area, low half first, as the function's DMA sees it
 * @request: number of the latest command
 * @command: enum edma_test_command
 * @buffer: area it is about
 * @offset: of the span
 * @count: of the span
 * @length: of the span
 * @stride: of the span
 * @seed: of the span
 * @reply: number of the latest command that is done
 * @status: enum edma_test_status
 * @wrong_offset: of the first wrong byte, if there is one
 * @wrong_expected: what should be there
 * @wrong_found: what is there
 */
struct edma_test_mailbox {
	__le32 magic;
	__le32 buffers;
	__le32 address[EDMA_TEST_MAX_LANES][2];
	__le32 request;
	__le32 command;
	__le32 buffer;
	__le32 offset;
	__le32 count;
	__le32 length;
	__le32 stride;
	__le32 seed;
	__le32 reply;
	__le32 status;
	__le32 wrong_offset;
	__le32 wrong_expected;
	__le32 wrong_found;
};

#endif
