/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What two clients say to each other.
 *
 * One side sends a stream on a queue pair: a BEGIN frame, frames of payload,
 * an END frame. The other side answers with a RESULT frame that says what has
 * arrived. Control frames are always CLIENT_CTRL_SIZE long and begin with
 * CLIENT_MAGIC; no payload is. Each is sent again until the transport does
 * not report it lost.
 */
#ifndef NTB_CLIENT_PROTOCOL_H
#define NTB_CLIENT_PROTOCOL_H

#include <linux/bits.h>
#include <linux/types.h>

#define CLIENT_MAGIC		0x6e74622d74657374ULL
#define CLIENT_CTRL_SIZE	64

enum client_ctrl_kind {
	CLIENT_BEGIN	= 1,
	CLIENT_END,
	CLIENT_RESULT,
};

enum client_ctrl_flags {
	CLIENT_DUPLEX	= BIT(0),	/* BEGIN: send me the same stream */
};

/**
 * struct client_ctrl - a control frame
 * @magic:	CLIENT_MAGIC
 * @kind:	enum client_ctrl_kind
 * @mode:	enum client_mode
 * @flags:	enum client_ctrl_flags
 * @run:	number of the run, chosen by the side that starts it
 * @seed:	of sizes and bytes
 * @size:	largest payload, or the only one of a throughput stream
 * @ms:		BEGIN: how long a throughput stream lasts
 * @errors:	RESULT: frames that came with an error, or out of order
 * @corrupt:	RESULT: frames with other bytes than sent
 * @frames:	BEGIN: length of a check stream; END: sent; RESULT: received
 * @bytes:	END: payload sent; RESULT: payload received
 * @missing:	END: frames lost, as the transport has reported; RESULT:
 *		frames that have not arrived
 */
struct client_ctrl {
	__le64 magic;
	__le16 kind;
	__le16 mode;
	__le32 flags;
	__le32 run;
	__le32 seed;
	__le32 size;
	__le32 ms;
	__le32 errors;
	__le32 corrupt;
	__le64 frames;
	__le64 bytes;
	__le64 missing;
} __packed;

#endif
