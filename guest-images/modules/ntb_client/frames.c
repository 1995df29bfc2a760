// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sizes and bytes of the frames of a check stream. Both sides compute them
 * from the stream's seed and the frame's number, so nothing of it needs to be
 * in the frames themselves, and a frame of one byte can be checked as well.
 */
#include <linux/hash.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "client.h"

/* The first frames have 1, 2, .. so many bytes. */
#define SMALL_SIZES		72

static u64 client_frame_random(const struct client_stream *stream, u64 number)
{
	u64 x = ((u64)stream->seed << 32 | stream->seed) ^ (number + 1);

	/* consecutive numbers must give unrelated values */
	x = hash_64(x, 64);
	x ^= x >> 29;

	return hash_64(x, 64) ^ x >> 17;
}

/* 2^n - 1, 2^n, 2^n + 1 for growing n, then the largest sizes; 0 behind them. */
static u32 client_edge_size(u32 max, u64 index)
{
	u64 size;

	if (index < 3 * 32) {
		size = (1ULL << index / 3) + index % 3 - 1;
		return size && size <= max ? size : max;
	}
	index -= 3 * 32;

	return index < 8 && index < max ? max - index : 0;
}

/**
 * client_frame_size() - payload of a frame
 * @stream:	stream
 * @number:	of the frame, from 0
 *
 * A throughput stream's frames are all alike. A check stream has each of the
 * small sizes, those about powers of two, the largest, and then random ones,
 * every other of them small.
 *
 * Return: bytes, 1 to the stream's size
 */
u32 client_frame_size(const struct client_stream *stream, u64 number)
{
	u32 max = stream->size;
	u64 random;
	u32 size;

	if (stream->mode == CLIENT_THROUGHPUT)
		return max;
	if (number < SMALL_SIZES)
		return min_t(u32, number + 1, max);

	size = client_edge_size(max, number - SMALL_SIZES);
	if (size)
		return size;

	random = client_frame_random(stream, ~number);
	if (random & 1)
		max = min(max, 256U);

	return 1 + (u32)(random >> 8) % max;
}

/* Word k of a frame is first + k * step. */
static void client_frame_words(const struct client_stream *stream, u64 number, u64 *first,
			       u64 *step)
{
	*first = client_frame_random(stream, number);
	*step = GOLDEN_RATIO_64;
	/* not to be taken for a control frame */
	if (*first == CLIENT_MAGIC)
		*first ^= 1;
}

/**
 * client_frame_fill() - make a frame
 * @stream:	stream
 * @number:	of the frame
 * @data:	where it goes; need not be aligned
 */
void client_frame_fill(const struct client_stream *stream, u64 number, void *data)
{
	u32 len = client_frame_size(stream, number);
	u64 word, step;
	u8 tail[8];

	client_frame_words(stream, number, &word, &step);
	for (; len >= 8; len -= 8, data += 8, word += step)
		put_unaligned_le64(word, data);

	put_unaligned_le64(word, tail);
	memcpy(data, tail, len);
}

/**
 * client_frame_matches() - is this that frame?
 * @stream:	stream
 * @number:	of the frame
 * @data:	what has come
 * @len:	how much of it
 *
 * Return: true if size and every byte are right
 */
bool client_frame_matches(const struct client_stream *stream, u64 number, const void *data, u32 len)
{
	u64 word, step;
	u8 tail[8];

	if (len != client_frame_size(stream, number))
		return false;

	client_frame_words(stream, number, &word, &step);
	for (; len >= 8; len -= 8, data += 8, word += step)
		if (get_unaligned_le64(data) != word)
			return false;

	put_unaligned_le64(word, tail);
	return !memcmp(data, tail, len);
}
