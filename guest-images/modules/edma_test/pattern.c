// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes that tell where in which stream they belong: one that is lost, doubled or misplaced is
 * seen.
 */
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "edma_test.h"

const struct edma_test_span edma_test_long_list = {
	.offset = SZ_4K,
	.count = 1000,
	.length = 3000,
	.stride = 3001,
	.step = 3,
};

const struct edma_test_span edma_test_short_list = {
	.offset = SZ_4K + 3,
	.count = 20,
	.length = 500,
	.stride = 520,
	.step = 3,
};

/* Of every byte that does not belong to a stream. */
#define PATTERN_BACKGROUND 0xa5

/* Multipliers of the golden ratio's and of a similar kind: neighbouring words share no pattern. */
static u64 pattern_word(u32 seed, u32 index)
{
	u64 x = (index + 1ULL) * 0x9e3779b97f4a7c15ULL + seed * 0xd1342543de82ef95ULL;

	x ^= x >> 29;
	return x * 0xbf58476d1ce4e5b9ULL;
}

static u8 pattern_byte(u32 seed, u32 position)
{
	return pattern_word(seed, position / 8) >> (8 * (position % 8));
}

/**
 * edma_test_piece_length() - bytes of a piece
 * @span: that it belongs to
 * @piece: its number
 *
 * Return: from 1 to the span's length.
 */
u32 edma_test_piece_length(const struct edma_test_span *span, u32 piece)
{
	if (!span->ragged)
		return span->length;
	return 1 + (u32)(pattern_word(span->seed, piece) >> 32) % span->length;
}

/**
 * edma_test_piece_offset() - where a piece lies
 * @span: that it belongs to
 * @piece: its number
 *
 * Return: its offset in the area.
 */
u32 edma_test_piece_offset(const struct edma_test_span *span, u32 piece)
{
	return span->offset + (u32)((u64)piece * span->step % span->count) * span->stride;
}

/**
 * edma_test_span_bytes() - length of the stream
 * @span: where it lies
 *
 * Return: the sum of all pieces.
 */
u32 edma_test_span_bytes(const struct edma_test_span *span)
{
	u32 bytes = 0;
	u32 i;

	if (!span->ragged)
		return span->count * span->length;
	for (i = 0; i < span->count; i++)
		bytes += edma_test_piece_length(span, i);
	return bytes;
}

/**
 * edma_test_span_fits() - whether a span is one that can be filled
 * @span: may come from the other side of the link
 *
 * Return: true if it makes sense and lies within an area.
 */
bool edma_test_span_fits(const struct edma_test_span *span)
{
	if (!span->count || !span->length || !span->step || span->stride < span->length)
		return false;
	return span->offset <= EDMA_TEST_AREA &&
	       (u64)(span->count - 1) * span->stride + span->length <=
		       EDMA_TEST_AREA - span->offset;
}

/**
 * edma_test_span_end() - where a span ends
 * @span: that fits
 *
 * Return: the offset behind its last piece in the area.
 */
u32 edma_test_span_end(const struct edma_test_span *span)
{
	return span->offset + (span->count - 1) * span->stride + span->length;
}

static u32 pattern_guard_start(const struct edma_test_span *span)
{
	return span->offset - min_t(u32, span->offset, EDMA_TEST_GUARD);
}

static u32 pattern_guard_end(const struct edma_test_span *span)
{
	return min_t(u32, edma_test_span_end(span) + EDMA_TEST_GUARD, EDMA_TEST_AREA);
}

/**
 * edma_test_clear() - make a span, and some bytes around it, hold no stream
 * @area: that it lies in
 * @span: must fit
 */
void edma_test_clear(void *area, const struct edma_test_span *span)
{
	u32 start = pattern_guard_start(span);

	memset(area + start, PATTERN_BACKGROUND, pattern_guard_end(span) - start);
}

/**
 * edma_test_fill() - make a span hold its stream, and the bytes around it none
 * @area: that it lies in
 * @span: must fit
 */
void edma_test_fill(void *area, const struct edma_test_span *span)
{
	u32 position = 0;
	u32 piece;

	edma_test_clear(area, span);
	for (piece = 0; piece < span->count; piece++) {
		u8 *to = area + edma_test_piece_offset(span, piece);
		u8 *end = to + edma_test_piece_length(span, piece);

		while (to < end) {
			if (position % 8 || end - to < 8) {
				*to++ = pattern_byte(span->seed, position++);
				continue;
			}
			put_unaligned_le64(pattern_word(span->seed, position / 8), to);
			to += 8;
			position += 8;
		}
	}
}

static bool pattern_check_stream(const void *area, u32 offset, u32 length, u32 seed, u32 position,
				 struct edma_test_wrong *wrong)
{
	const u8 *at = area + offset;
	const u8 *end = at + length;

	while (at < end) {
		u8 expected;

		if (position % 8 == 0 && end - at >= 8 &&
		    get_unaligned_le64(at) == pattern_word(seed, position / 8)) {
			at += 8;
			position += 8;
			continue;
		}
		expected = pattern_byte(seed, position);
		if (*at != expected) {
			wrong->offset = at - (const u8 *)area;
			wrong->expected = expected;
			wrong->found = *at;
			return false;
		}
		at++;
		position++;
	}
	return true;
}

static bool pattern_check_background(const void *area, u32 start, u32 end,
				     struct edma_test_wrong *wrong)
{
	const u8 *at = memchr_inv(area + start, PATTERN_BACKGROUND, end - start);

	if (!at)
		return true;
	wrong->offset = at - (const u8 *)area;
	wrong->expected = PATTERN_BACKGROUND;
	wrong->found = *at;
	return false;
}

/**
 * edma_test_check() - whether a span holds its stream and nothing around it has changed
 * @area: that it lies in
 * @span: must fit
 * @wrong: the first byte that is not right
 *
 * Return: true if all is as edma_test_fill() would have made it.
 */
bool edma_test_check(const void *area, const struct edma_test_span *span,
		     struct edma_test_wrong *wrong)
{
	u32 position = 0;
	u32 piece;

	if (!pattern_check_background(area, pattern_guard_start(span), span->offset, wrong) ||
	    !pattern_check_background(area, edma_test_span_end(span), pattern_guard_end(span),
				      wrong))
		return false;
	for (piece = 0; piece < span->count; piece++) {
		u32 offset = edma_test_piece_offset(span, piece);
		u32 length = edma_test_piece_length(span, piece);
		u32 place_end = min(offset + span->stride, edma_test_span_end(span));

		if (!pattern_check_stream(area, offset, length, span->seed, position, wrong) ||
		    !pattern_check_background(area, offset + length, place_end, wrong))
			return false;
		position += length;
	}
	return true;
}
