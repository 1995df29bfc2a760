/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A test of every channel of a DesignWare eDMA or HDMA, driven through dmaengine.
 *
 * For the engine of a PCIe endpoint the module is loaded on both sides of the link. On the
 * endpoint it is an endpoint function; the tests run there. On the host it is the driver of
 * that function: it lends memory, and fills and checks it when asked through a mailbox in BAR0,
 * so that what DMA did is judged by the CPU of the side it did it to.
 *
 * For the engine of a card, which its host drives, the tests run on the host alone: the card's
 * memory is one of its BARs.
 */
#ifndef EDMA_TEST_H
#define EDMA_TEST_H

#include <linux/completion.h>
#include <linux/dmaengine.h>
#include <linux/fs.h>
#include <linux/pci-epf.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include <linux/types.h>

#define EDMA_TEST_NAME		"edma_test"

/* The function's identity; the mailbox's magic number says whether it is ours. */
#define EDMA_TEST_VENDOR	0x104c
#define EDMA_TEST_DEVICE	0xb500

/* Eight channels each way are the most that the controller's registers provide for. */
#define EDMA_TEST_MAX_LANES	16
/*
 * Memory of one channel on each side, physically contiguous: the largest that the page
 * allocator gives.
 */
#define EDMA_TEST_AREA		SZ_4M
/* Bytes around a transfer that must not change. */
#define EDMA_TEST_GUARD		256

/**
 * struct edma_test_span - where a stream of pattern bytes lies in an area
 * @offset: of the first place
 * @count: number of pieces
 * @length: bytes of a piece; the most that one has, if they are ragged
 * @stride: bytes from one place to the next, at least @length
 * @step: piece k lies at place k * @step modulo @count; must have no divisor in common with @count
 * @seed: of the pattern, and of the lengths of ragged pieces
 * @ragged: pieces have from 1 to @length bytes
 */
struct edma_test_span {
	u32 offset;
	u32 count;
	u32 length;
	u32 stride;
	u32 step;
	u32 seed;
	bool ragged;
};

/**
 * struct edma_test_wrong - the first byte that is not as it should be
 * @offset: in the area
 * @expected: what should be there
 * @found: what is there
 */
struct edma_test_wrong {
	u32 offset;
	u8 expected;
	u8 found;
};

/* Seven chunks: long enough to be caught while it runs. */
extern const struct edma_test_span edma_test_long_list;
extern const struct edma_test_span edma_test_short_list;

u32 edma_test_piece_length(const struct edma_test_span *span, u32 piece);
u32 edma_test_piece_offset(const struct edma_test_span *span, u32 piece);
u32 edma_test_span_bytes(const struct edma_test_span *span);
u32 edma_test_span_end(const struct edma_test_span *span);
bool edma_test_span_fits(const struct edma_test_span *span);
void edma_test_clear(void *area, const struct edma_test_span *span);
void edma_test_fill(void *area, const struct edma_test_span *span);
bool edma_test_check(const void *area, const struct edma_test_span *span,
		     struct edma_test_wrong *wrong);

/* Driver of the function, on the host. */
int edma_test_host_register(void);
void edma_test_host_unregister(void);

struct edma_test_mailbox;

/**
 * struct edma_test_endpoint - the function, on the endpoint
 * @epf: it
 * @mailbox: BAR0's memory
 * @bar: number of the BAR that the mailbox lies in
 * @sequence: number of the latest request to the host
 */
struct edma_test_endpoint {
	struct pci_epf *epf;
	struct edma_test_mailbox *mailbox;
	enum pci_barno bar;
	u32 sequence;
};

int edma_test_endpoint_register(void);
void edma_test_endpoint_unregister(void);

struct edma_test_card;
struct edma_test_run;

/**
 * struct edma_test_far - the memory on the other side, an area for each channel
 * @wait: have the areas
 * @clear: make one ready to be written to
 * @fill: make one ready to be read from
 * @check: say whether a stream has arrived, and nothing beside it: -EILSEQ when a byte is wrong
 * @address: where the engine finds one
 */
struct edma_test_far {
	int (*wait)(struct edma_test_run *run);
	int (*clear)(struct edma_test_run *run, u32 buffer, const struct edma_test_span *span);
	int (*fill)(struct edma_test_run *run, u32 buffer, const struct edma_test_span *span);
	int (*check)(struct edma_test_run *run, u32 buffer, const struct edma_test_span *span);
	dma_addr_t (*address)(struct edma_test_run *run, u32 buffer);
};

/**
 * struct edma_test_source - whose engine a report is about
 * @open: find it, and say in the run what is to be used
 * @close: let go of what @open took
 */
struct edma_test_source {
	int (*open)(struct edma_test_run *run);
	void (*close)(struct edma_test_run *run);
};

/* The engine of the endpoint that this module has a function on; the one of a card in a slot. */
extern const struct edma_test_source edma_test_endpoint_source;
extern const struct edma_test_source edma_test_card_source;
extern const struct edma_test_far edma_test_host_memory;

/**
 * struct edma_test_lane - a channel with its memory on both sides
 * @chan: it
 * @write: it moves data from here to the other side
 * @name: direction and number, as the engine counts
 * @buffer: number of its memory on the other side
 * @area: its memory here
 */
struct edma_test_lane {
	struct dma_chan *chan;
	bool write;
	char name[12];
	u32 buffer;
	void *area;
};

/**
 * struct edma_test_run - one reading of the report
 * @far: the memory on the other side
 * @endpoint: the function whose controller is tested, or NULL
 * @card: the card whose engine is tested, or NULL
 * @engine: the device that has the channels
 * @inverted: the engine is on the other side of the link: what it calls a write comes here
 * @lanes: all channels
 * @lane_count: number of them
 * @read_count: number of those that the engine calls read channels
 * @seed: of the next pattern
 * @host_lost: it has failed to answer, so no further test is run
 * @why: what went wrong in the present test
 */
struct edma_test_run {
	const struct edma_test_far *far;
	struct edma_test_endpoint *endpoint;
	struct edma_test_card *card;
	struct device *engine;
	bool inverted;
	struct edma_test_lane lanes[EDMA_TEST_MAX_LANES];
	unsigned int lane_count;
	unsigned int read_count;
	u32 seed;
	bool host_lost;
	char why[200];
};

/* Says why the present test fails, or adds on what occasion, and hands the error on. */
__printf(3, 4) int edma_test_fail(struct edma_test_run *run, int err, const char *format, ...);

int edma_test_lanes_open(struct edma_test_run *run);
void edma_test_lanes_close(struct edma_test_run *run);
enum dmaengine_tx_result edma_test_lanes_unanswered(const struct edma_test_run *run,
						    const struct edma_test_lane *lane, bool far);

/**
 * struct edma_test_flight - one descriptor on its way
 * @run: that it belongs to
 * @lane: channel that it takes
 * @local: where the data lies here
 * @remote: where the data lies on the other side; one piece, unless the transfer is interleaved
 * @bad_piece: element whose local address is one that nothing answers at, counted from 1; 0 for
 * none
 * @bad_remote: the remote address is one that nothing answers at
 * @mapped_at: where the engine finds the first piece of @local
 * @mapped_bytes: from there to the end of the last piece; 0 while not mapped
 * @tx: the descriptor
 * @done: its callback has been called
 * @result: what the callback was told
 */
struct edma_test_flight {
	struct edma_test_run *run;
	struct edma_test_lane *lane;
	struct edma_test_span local;
	struct edma_test_span remote;
	u32 bad_piece;
	bool bad_remote;
	dma_addr_t mapped_at;
	u32 mapped_bytes;
	struct dma_async_tx_descriptor *tx;
	struct completion done;
	enum dmaengine_tx_result result;
};

void edma_test_flight_init(struct edma_test_flight *flight, struct edma_test_run *run,
			   struct edma_test_lane *lane, const struct edma_test_span *local,
			   u32 remote_offset);
void edma_test_flight_break(struct edma_test_flight *flight, u32 piece);
int edma_test_flight_prepare(struct edma_test_flight *flight);
int edma_test_flight_describe(struct edma_test_flight *flight);
int edma_test_flight_hand_over(struct edma_test_flight *flight);
int edma_test_flight_submit(struct edma_test_flight *flight);
int edma_test_flight_submit_interleaved(struct edma_test_flight *flight, u32 chunks);
int edma_test_flight_wait(struct edma_test_flight *flight, enum dmaengine_tx_result expected);
void edma_test_flight_release(struct edma_test_flight *flight);
int edma_test_flight_verify(struct edma_test_flight *flight);
int edma_test_flight_whole(struct edma_test_run *run, struct edma_test_lane *lane,
			   const struct edma_test_span *local, u32 remote_offset);
int edma_test_flight_afterwards(struct edma_test_run *run, struct edma_test_lane *lane);

/**
 * struct edma_test_case - a line of the report
 * @name: what it tests
 * @run: the test of one channel; NULL if it is one of all
 * @run_all: the test of all channels at once
 * @by_name: it runs only when it is asked for
 */
struct edma_test_case {
	const char *name;
	int (*run)(struct edma_test_run *run, struct edma_test_lane *lane);
	int (*run_all)(struct edma_test_run *run);
	bool by_name;
};

/* Each list ends with an entry without a name. */
extern const struct edma_test_case edma_test_transfer_cases[];
extern const struct edma_test_case edma_test_control_cases[];
extern const struct edma_test_case edma_test_pause_cases[];
extern const struct edma_test_case edma_test_joint_cases[];

/* The files in debugfs. */
extern const struct file_operations edma_test_busy_operations;
void edma_test_report_create(void);
void edma_test_report_remove(void);

#endif
