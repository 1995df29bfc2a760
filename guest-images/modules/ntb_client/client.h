/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Test client of ntb_transport's queue pairs: internals.
 */
#ifndef NTB_CLIENT_H
#define NTB_CLIENT_H

#include <linux/device.h>
#include <linux/ktime.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/ntb_transport.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "protocol.h"

/* Behind each receive buffer, to see that nobody writes beyond the frame. */
#define CLIENT_GUARD		64
#define CLIENT_POISON		0xa5
/* Without progress for so long something is stuck. */
#define CLIENT_STUCK_MS		5000
#define CLIENT_REPORT_SIZE	SZ_8K

enum client_mode {
	CLIENT_CHECK,		/* sizes and bytes are foreseeable and checked */
	CLIENT_THROUGHPUT,	/* payload is left as it is */
};

/**
 * struct client_stream - what a stream consists of
 * @mode:	whether its content is checked
 * @run:	number of the run it belongs to
 * @seed:	of sizes and bytes
 * @size:	largest payload
 * @frames:	length of a check stream
 * @ms:		length of a throughput stream
 * @duplex:	the receiver is to send the same
 */
struct client_stream {
	enum client_mode mode;
	u32 run;
	u32 seed;
	u32 size;
	u64 frames;
	u32 ms;
	bool duplex;
};

/**
 * struct client_count - what has become of a stream, seen by one side
 * @frames:	payload frames
 * @bytes:	payload bytes
 * @lost:	frames the transport said it has lost (sender)
 * @missing:	frames that did not come (receiver)
 * @corrupt:	frames with other bytes than sent (receiver)
 * @errors:	frames with an error or out of order (receiver)
 */
struct client_count {
	u64 frames;
	u64 bytes;
	u64 lost;
	u64 missing;
	u32 corrupt;
	u32 errors;
};

/**
 * struct client_buffer - a buffer for one frame
 * @free:	link in the lists of free transmit buffers
 * @queue:	its queue
 * @data:	memory
 * @poisoned:	holds CLIENT_POISON where no frame was written
 * @ctrl:	holds a control frame whose sender waits for @done
 * @done:	the transport has given it back
 * @result:	what the transport said of it
 */
struct client_buffer {
	struct llist_node free;
	struct client_queue *queue;
	void *data;
	bool poisoned;
	bool ctrl;
	bool done;
	int result;
};

enum client_tx_state {
	CLIENT_TX_IDLE,
	CLIENT_TX_WANTED,	/* for the thread to send */
	CLIENT_TX_SENDING,
	CLIENT_TX_SENT,		/* RESULT is awaited */
	CLIENT_TX_DONE,
	CLIENT_TX_FAILED,
};

/**
 * struct client_tx - the stream a queue sends
 * @state:	how far it is
 * @cancelled:	nobody waits for it any more
 * @asked:	the peer has asked for it
 * @stream:	what it is
 * @sent:	what was sent
 * @received:	what has arrived, as the receiver says
 * @start:	first payload frame
 * @end:	the receiver's RESULT
 * @why:	what has gone wrong
 * @error:	errno of that, or 0
 */
struct client_tx {
	enum client_tx_state state;
	bool cancelled;
	bool asked;
	struct client_stream stream;
	struct client_count sent;
	struct client_count received;
	ktime_t start;
	ktime_t end;
	const char *why;
	int error;
};

/**
 * struct client_rx - the stream a queue receives
 * @open:	between BEGIN and END
 * @ended:	END has come
 * @result_due:	RESULT is to be sent
 * @stream:	what it is
 * @next:	number of the next frame
 * @got:	what has come
 * @sent:	what was sent, as the sender says
 * @start:	BEGIN
 * @end:	END
 */
struct client_rx {
	bool open;
	bool ended;
	bool result_due;
	struct client_stream stream;
	u64 next;
	struct client_count got;
	struct client_count sent;
	ktime_t start;
	ktime_t end;
};

/**
 * struct client_queue - a queue pair under test
 * @dev:	device it belongs to
 * @qp:		queue pair
 * @max_size:	its largest payload
 * @thread:	sends
 * @wq:		woken by whatever happens
 * @lock:	protects what follows; taken in softirq context
 * @link_up:	both sides are ready
 * @closing:	the device goes
 * @tx_back:	transmit buffers the transport has given back; not locked
 * @tx_free:	transmit buffers not in use, of the thread: not locked
 * @tx_used:	number of those the thread has taken and not got back
 * @tx_returned: counts the buffers that the transport has given back
 * @tx:		stream sent
 * @rx:		stream received
 * @asked:	stream the peer wants next, of a run later than the one @tx is of
 * @asked_due:	there is one
 * @answers:	run of this side that waits for the peer's streams, or 0
 * @unposted:	receive buffers the transport did not take back
 * @buffers:	all buffers: those for transmission, then those for reception
 */
struct client_queue {
	struct client_dev *dev;
	struct ntb_transport_qp *qp;
	unsigned int max_size;
	struct task_struct *thread;
	wait_queue_head_t wq;
	spinlock_t lock;	/* see above */
	bool link_up;
	bool closing;
	struct llist_head tx_back;
	struct llist_node *tx_free;
	atomic_t tx_used;
	atomic_t tx_returned;
	struct client_tx tx;
	struct client_rx rx;
	struct client_stream asked;
	bool asked_due;
	u32 answers;
	unsigned int unposted;
	struct client_buffer *buffers;
};

/**
 * struct client_dev - the client on one NTB
 * @dev:	device on the transport's bus
 * @dir:	debugfs directory
 * @run_lock:	one run at a time
 * @report:	KTAP of the last run, under @run_lock
 * @report_len:	its length
 * @queue_count: queue pairs open
 * @queues:	the queue pairs
 */
struct client_dev {
	struct device *dev;
	struct dentry *dir;
	struct mutex run_lock;	/* see above */
	char *report;
	size_t report_len;
	unsigned int queue_count;
	struct client_queue queues[] __counted_by(queue_count);
};

/**
 * struct client_run - what a run does
 * @stream:	what each queue sends
 * @queues:	queue pairs to use
 * @lossy:	frames that are reported lost do not fail the run
 */
struct client_run {
	struct client_stream stream;
	unsigned int queues;
	bool lossy;
};

/* queue.c */
extern unsigned int client_tx_depth;
extern unsigned int client_rx_depth;
int client_queue_open(struct client_queue *queue);
void client_queue_start(struct client_queue *queue);
void client_queue_stop(struct client_queue *queue);
void client_queue_close(struct client_queue *queue);

/* transmit.c */
void client_sent(struct ntb_transport_qp *qp, void *qp_data, void *data, int len);
bool client_stopped(struct client_queue *queue);
struct client_buffer *client_buffer_get(struct client_queue *queue);
void client_buffer_put(struct client_queue *queue, struct client_buffer *buf);
int client_buffer_send(struct client_queue *queue, struct client_buffer *buf, unsigned int offset,
		       u32 len);
void client_wait_for_room(struct client_queue *queue);
int client_wait_for_buffer(struct client_queue *queue);

/* control.c */
void client_ctrl_init(struct client_ctrl *ctrl, enum client_ctrl_kind kind,
		      const struct client_stream *stream);
int client_ctrl_send(struct client_queue *queue, const struct client_ctrl *ctrl);
void client_send_result(struct client_queue *queue);

/* sender.c */
int client_sender(void *data);

/* receiver.c */
void client_received(struct ntb_transport_qp *qp, void *qp_data, void *data, int len);
void client_rx_post(struct client_queue *queue, struct client_buffer *buf);
void client_send_asked(struct client_queue *queue);

/* frames.c */
u32 client_frame_size(const struct client_stream *stream, u64 number);
void client_frame_fill(const struct client_stream *stream, u64 number, void *data);
bool client_frame_matches(const struct client_stream *stream, u64 number, const void *data,
			  u32 len);

/* run.c */
int client_run(struct client_dev *cdev, const struct client_run *run);

/* report.c */
void client_report(struct client_dev *cdev, const struct client_run *run);
void client_debugfs_init(void);
void client_debugfs_exit(void);
void client_debugfs_add(struct client_dev *cdev);

#endif
