// SPDX-License-Identifier: GPL-2.0-only
/*
 * One descriptor, from the memory it starts from to what has arrived.
 */
#include <linux/dma-mapping.h>
#include <linux/slab.h>

#include "edma_test.h"

/* Nothing answers there, on either side: beyond what 64-bit Arm machines decode. */
#define FLIGHT_BAD_ADDRESS	0x00ffff0000000000ULL

#define FLIGHT_TIMEOUT		(5 * HZ)

static struct device *flight_engine(const struct edma_test_lane *lane)
{
	return lane->chan->device->dev;
}

static enum dma_data_direction flight_mapping(const struct edma_test_lane *lane)
{
	return lane->write ? DMA_TO_DEVICE : DMA_FROM_DEVICE;
}

static enum dma_transfer_direction flight_direction(const struct edma_test_lane *lane)
{
	return lane->write ? DMA_MEM_TO_DEV : DMA_DEV_TO_MEM;
}

static dma_addr_t flight_remote_address(const struct edma_test_flight *flight)
{
	if (flight->bad_remote)
		return FLIGHT_BAD_ADDRESS;
	return flight->run->far->address(flight->run, flight->lane->buffer) +
	       flight->remote.offset;
}

static void flight_landed(void *data, const struct dmaengine_result *result)
{
	struct edma_test_flight *flight = data;

	flight->result = result->result;
	complete_all(&flight->done);
}

/**
 * edma_test_flight_init() - plan a transfer between any shape here and one piece there
 * @flight: to be used
 * @run: that it belongs to
 * @lane: channel to take
 * @local: shape of the local side; gets a seed of its own
 * @remote_offset: where the piece begins in the other side's memory
 */
void edma_test_flight_init(struct edma_test_flight *flight, struct edma_test_run *run,
			   struct edma_test_lane *lane, const struct edma_test_span *local,
			   u32 remote_offset)
{
	memset(flight, 0, sizeof(*flight));
	flight->run = run;
	flight->lane = lane;
	flight->local = *local;
	flight->local.seed = run->seed++;
	flight->remote = (struct edma_test_span) {
		.offset = remote_offset,
		.count = 1,
		.step = 1,
		.seed = flight->local.seed,
	};
	flight->remote.length = edma_test_span_bytes(&flight->local);
	flight->remote.stride = flight->remote.length;
	init_completion(&flight->done);
}

/**
 * edma_test_flight_break() - make a transfer one that aborts
 * @flight: that is planned
 * @piece: element whose local address is made a bad one, counted from 1; where a bad address is
 * not told of there, because writes are posted, that of the other side is
 */
void edma_test_flight_break(struct edma_test_flight *flight, u32 piece)
{
	if (edma_test_lanes_unanswered(flight->run, flight->lane, false) == DMA_TRANS_ABORTED)
		flight->bad_piece = piece;
	else
		flight->bad_remote = true;
}

/**
 * edma_test_flight_prepare() - fill the memory that the data comes from, and clear the other
 * @flight: that is planned
 *
 * Return: 0, or a negative error.
 */
int edma_test_flight_prepare(struct edma_test_flight *flight)
{
	struct edma_test_lane *lane = flight->lane;

	if (!edma_test_span_fits(&flight->local) || !edma_test_span_fits(&flight->remote))
		return edma_test_fail(flight->run, -EINVAL, "the test is wrong: no such span");
	if (lane->write) {
		edma_test_fill(lane->area, &flight->local);
		return flight->run->far->clear(flight->run, lane->buffer, &flight->remote);
	}
	edma_test_clear(lane->area, &flight->local);
	return flight->run->far->fill(flight->run, lane->buffer, &flight->remote);
}

/*
 * One mapping from the first piece to the last: pieces may share a cache line, mappings should not.
 */
static int flight_map(struct edma_test_flight *flight)
{
	struct edma_test_lane *lane = flight->lane;
	u32 bytes = edma_test_span_end(&flight->local) - flight->local.offset;
	dma_addr_t address;

	address = dma_map_single(flight_engine(lane), lane->area + flight->local.offset, bytes,
				 flight_mapping(lane));
	if (dma_mapping_error(flight_engine(lane), address))
		return edma_test_fail(flight->run, -ENOMEM, "cannot map %u bytes", bytes);
	flight->mapped_at = address;
	flight->mapped_bytes = bytes;
	return 0;
}

static void flight_unmap(struct edma_test_flight *flight)
{
	if (!flight->mapped_bytes)
		return;
	dma_unmap_single(flight_engine(flight->lane), flight->mapped_at, flight->mapped_bytes,
			 flight_mapping(flight->lane));
	flight->mapped_bytes = 0;
}

/* The list that the engine is given. It is no mapping, so an address in it may be a bad one. */
static struct dma_async_tx_descriptor *flight_prepare_list(struct edma_test_flight *flight)
{
	const struct edma_test_span *local = &flight->local;
	struct edma_test_lane *lane = flight->lane;
	struct dma_async_tx_descriptor *tx;
	struct scatterlist *sg;
	struct sg_table list;
	u32 i;

	if (sg_alloc_table(&list, local->count, GFP_KERNEL))
		return NULL;
	for_each_sgtable_dma_sg(&list, sg, i) {
		bool bad = i + 1 == flight->bad_piece;
		u32 into = edma_test_piece_offset(local, i) - local->offset;

		sg_dma_address(sg) = bad ? FLIGHT_BAD_ADDRESS : flight->mapped_at + into;
		sg_dma_len(sg) = edma_test_piece_length(local, i);
	}
	tx = dmaengine_prep_slave_sg(lane->chan, list.sgl, local->count, flight_direction(lane),
				     DMA_PREP_INTERRUPT | DMA_CTRL_ACK);
	sg_free_table(&list);
	return tx;
}

static void flight_have(struct edma_test_flight *flight, struct dma_async_tx_descriptor *tx)
{
	flight->tx = tx;
	tx->callback_result = flight_landed;
	tx->callback_param = flight;
}

/**
 * edma_test_flight_hand_over() - hand the transfer to the channel
 * @flight: that has its descriptor
 *
 * It starts with the next dma_async_issue_pending().
 *
 * Return: 0, or a negative error.
 */
int edma_test_flight_hand_over(struct edma_test_flight *flight)
{
	if (dma_submit_error(dmaengine_submit(flight->tx)))
		return edma_test_fail(flight->run, -EIO, "the descriptor was not accepted");
	return 0;
}

/**
 * edma_test_flight_describe() - have the channel make a descriptor of the transfer
 * @flight: whose memory is prepared
 *
 * Return: 0, or a negative error.
 */
int edma_test_flight_describe(struct edma_test_flight *flight)
{
	struct edma_test_lane *lane = flight->lane;
	struct dma_slave_config config = { .direction = flight_direction(lane) };
	struct dma_async_tx_descriptor *tx;
	int err;

	if (lane->write)
		config.dst_addr = flight_remote_address(flight);
	else
		config.src_addr = flight_remote_address(flight);
	err = flight_map(flight);
	if (err)
		return err;
	err = dmaengine_slave_config(lane->chan, &config);
	if (err)
		return edma_test_fail(flight->run, err, "the channel refused its configuration");
	tx = flight_prepare_list(flight);
	if (!tx)
		return edma_test_fail(flight->run, -ENOMEM,
				      "the channel refused a list of %u elements",
				      flight->local.count);
	flight_have(flight, tx);
	return 0;
}

/**
 * edma_test_flight_submit() - both: describe the transfer and hand it to the channel
 * @flight: whose memory is prepared
 *
 * Return: 0, or a negative error.
 */
int edma_test_flight_submit(struct edma_test_flight *flight)
{
	return edma_test_flight_describe(flight) ?: edma_test_flight_hand_over(flight);
}

/* From a piece to the next, which may lie before it: modulo 2^64, as addresses are. */
static size_t flight_gap(const struct edma_test_span *span, u32 piece)
{
	if (piece + 1 == span->count)
		return 0;
	return (size_t)edma_test_piece_offset(span, piece + 1) -
	       edma_test_piece_offset(span, piece) - span->length;
}

/**
 * edma_test_flight_submit_interleaved() - the same with pieces and gaps on both sides
 * @flight: whose sides have pieces of the same number and length, in their order
 * @chunks: so many pieces make a frame of the template; all, if they are not in their order
 *
 * Return: 0, or a negative error.
 */
int edma_test_flight_submit_interleaved(struct edma_test_flight *flight, u32 chunks)
{
	const struct edma_test_span *local = &flight->local, *remote = &flight->remote;
	struct edma_test_lane *lane = flight->lane;
	struct dma_slave_config config = { .direction = flight_direction(lane) };
	struct dma_interleaved_template *template;
	struct dma_async_tx_descriptor *tx;
	int err;
	u32 i;

	err = flight_map(flight);
	if (err)
		return err;
	err = dmaengine_slave_config(lane->chan, &config);
	if (err)
		return edma_test_fail(flight->run, err, "the channel refused its configuration");

	template = kzalloc(struct_size(template, sgl, chunks), GFP_KERNEL);
	if (!template)
		return -ENOMEM;
	template->dir = flight_direction(lane);
	template->src_start = lane->write ? flight->mapped_at : flight_remote_address(flight);
	template->dst_start = lane->write ? flight_remote_address(flight) : flight->mapped_at;
	template->src_inc = true;
	template->dst_inc = true;
	template->src_sgl = true;
	template->dst_sgl = true;
	template->numf = local->count / chunks;
	template->frame_size = chunks;
	for (i = 0; i < chunks; i++) {
		template->sgl[i].size = local->length;
		template->sgl[i].src_icg = flight_gap(lane->write ? local : remote, i);
		template->sgl[i].dst_icg = flight_gap(lane->write ? remote : local, i);
	}
	tx = dmaengine_prep_interleaved_dma(lane->chan, template,
					    DMA_PREP_INTERRUPT | DMA_CTRL_ACK);
	kfree(template);
	if (!tx)
		return edma_test_fail(flight->run, -EIO,
				      "the channel refused an interleaved transfer");
	flight_have(flight, tx);
	return edma_test_flight_hand_over(flight);
}

/**
 * edma_test_flight_wait() - the end of a transfer
 * @flight: that is under way
 * @expected: how it should end
 *
 * Return: 0, or a negative error.
 */
int edma_test_flight_wait(struct edma_test_flight *flight, enum dmaengine_tx_result expected)
{
	if (!wait_for_completion_timeout(&flight->done, FLIGHT_TIMEOUT))
		return edma_test_fail(flight->run, -ETIMEDOUT,
				      "%s: no end of %u bytes in %u elements within 5 s",
				      flight->lane->name,
				      flight->remote.count * flight->remote.length,
				      flight->local.count);
	if (flight->result != expected)
		return edma_test_fail(flight->run, -EIO,
				      "%s: %u elements ended with result %d, expected %d",
				      flight->lane->name, flight->local.count, flight->result,
				      expected);
	return 0;
}

/**
 * edma_test_flight_release() - have the memory back; a transfer that has not ended is ended
 * @flight: may have got no further than its plan
 */
void edma_test_flight_release(struct edma_test_flight *flight)
{
	if (flight->tx && !completion_done(&flight->done))
		dmaengine_terminate_sync(flight->lane->chan);
	flight_unmap(flight);
}

/**
 * edma_test_flight_verify() - whether the data has arrived, and nothing beside it
 * @flight: that has ended and been released
 *
 * Return: 0, or a negative error.
 */
int edma_test_flight_verify(struct edma_test_flight *flight)
{
	struct edma_test_lane *lane = flight->lane;
	struct edma_test_wrong wrong;

	if (lane->write)
		return flight->run->far->check(flight->run, lane->buffer, &flight->remote);
	if (edma_test_check(lane->area, &flight->local, &wrong))
		return 0;
	return edma_test_fail(flight->run, -EILSEQ,
			      "%s: local memory: byte %u is %#04x, expected %#04x (%u elements of %u bytes)",
			      lane->name, wrong.offset, wrong.found, wrong.expected,
			      flight->local.count, flight->local.length);
}
