/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Internals of the NTB transport: contexts, and what a backend must offer.
 */
#ifndef NTB_TRANSPORT_INTERNAL_H
#define NTB_TRANSPORT_INTERNAL_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/ntb.h>
#include <linux/pci.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "core/qp.h"

/* Only devices with two ports are supported. */
#define PIDX			NTB_DEF_PEER_IDX

#define LINK_RETRY_MS		10
#define LINK_WATCH_MS		250

struct dentry;
struct seq_file;
struct ntb_transport_ctx;
struct ntb_transport_qp;

/*
 * Scratchpads every backend uses. The numbers are those of the upstream
 * driver (drivers/ntb/ntb_transport.c); what follows NUM_QPS is the backend's.
 */
enum ntb_transport_spad {
	SPAD_VERSION		= 0,
	SPAD_QP_LINKS		= 1,
	SPAD_NUM_QPS		= 2,
	SPAD_BACKEND		= 3,
};

/**
 * struct ntb_transport_backend - how payload moves between the two sides
 * @name:	in debugfs and messages
 * @title:	the same in a sentence
 * @notified_by: how the peer learns that there is something, in a sentence
 * @version:	what SPAD_VERSION holds; the two sides' must be equal
 * @init:	once a device, before any queue pair exists
 * @exit:	undoes @init
 * @publish:	write the scratchpads from SPAD_BACKEND on for the peer
 * @link_setup:	the peer has the same version: 0 when the link may come up,
 *		-EAGAIN to be called again, another errno (logged) if it cannot
 * @link_teardown: undoes @link_setup, complete or not
 * @link_broken: true if the peer has taken its side down behind our back
 * @qp_create:	allocate @priv of a pair and its transmit entries
 * @qp_destroy:	undoes @qp_create
 * @qp_poll:	try to connect: 1 when the pair is up on both sides, 0 not yet
 * @qp_broken:	true if the peer's half of a pair that is up has gone
 * @qp_stop:	end the pair's session: nothing in flight in either direction
 *		afterwards, client buffers back in rx_pend_q. May sleep.
 *		was_up: the pair was up; by_client: the own client asked for
 *		it, so the peer must be told
 * @max_size:	largest payload
 * @tx_enqueue:	send an entry; 0 when the backend has taken it
 * @tx_free:	frames the pair would take now
 * @rx_poll:	body of the receive tasklet; returns true to run again
 * @rx_missed:	called four times a second: true if a frame waits of which nobody
 *		has told, and the receive tasklet is to run
 * @db_event:	doorbell interrupt, in hard interrupt context
 * @show_qp:	backend part of qpN/stats
 * @show_window: content of the debugfs file "window"
 */
struct ntb_transport_backend {
	const char *name;
	const char *title;
	const char *notified_by;
	u32 version;
	int (*init)(struct ntb_transport_ctx *nt);
	void (*exit)(struct ntb_transport_ctx *nt);
	void (*publish)(struct ntb_transport_ctx *nt);
	int (*link_setup)(struct ntb_transport_ctx *nt);
	void (*link_teardown)(struct ntb_transport_ctx *nt);
	bool (*link_broken)(struct ntb_transport_ctx *nt);

	int (*qp_create)(struct ntb_transport_qp *qp);
	void (*qp_destroy)(struct ntb_transport_qp *qp);
	int (*qp_poll)(struct ntb_transport_qp *qp);
	bool (*qp_broken)(struct ntb_transport_qp *qp);
	void (*qp_stop)(struct ntb_transport_qp *qp, bool was_up, bool by_client);
	unsigned int (*max_size)(struct ntb_transport_qp *qp);
	int (*tx_enqueue)(struct ntb_transport_qp *qp, struct ntb_queue_entry *entry);
	unsigned int (*tx_free)(struct ntb_transport_qp *qp);
	bool (*rx_poll)(struct ntb_transport_qp *qp);
	bool (*rx_missed)(struct ntb_transport_qp *qp);
	void (*db_event)(struct ntb_transport_ctx *nt, int vector);

	void (*show_qp)(struct ntb_transport_qp *qp, struct seq_file *s);
	void (*show_window)(struct ntb_transport_ctx *nt, struct seq_file *s);
};

/**
 * struct ntb_transport_ctx - the transport on one NTB device
 * @entry:	link in the list of all contexts
 * @client_devs: devices of the client bus
 * @ndev:	NTB device
 * @ops:	backend
 * @known:	all backends that the module has, the last followed by NULL
 * @priv:	the backend's part
 * @mw_count:	memory windows in use
 * @qp_count:	queue pairs
 * @qp_vec:	the queue pairs
 * @qp_free:	bit set: pair not given to a client
 * @link_is_up:	handshake done
 * @link_event_lock: serialises link work and clean-up
 * @link_work:	handshake
 * @link_watch:	looks now and then whether the peer is still there
 * @link_cleanup: takes the link down
 * @reported_version: last version of the peer complained about
 * @reported_qps: last queue pair count of the peer complained about
 * @reported_error: last failure of link_setup
 * @debugfs_dir: directory of the device
 */
struct ntb_transport_ctx {
	struct list_head entry;
	struct list_head client_devs;
	struct ntb_dev *ndev;
	const struct ntb_transport_backend *ops;
	const struct ntb_transport_backend *const *known;
	void *priv;

	unsigned int mw_count;
	unsigned int qp_count;
	struct ntb_transport_qp *qp_vec;
	u64 qp_free;

	bool link_is_up;
	struct mutex link_event_lock;	/* see above */
	struct delayed_work link_work;
	struct delayed_work link_watch;
	struct work_struct link_cleanup;
	u32 reported_version;
	u32 reported_qps;
	int reported_error;

	struct dentry *debugfs_dir;
};

/* params.c: module parameters */
extern unsigned long max_mw_size;
extern unsigned int transport_mtu;
extern unsigned char max_num_clients;
extern unsigned int copy_bytes;
extern bool use_dma;
extern bool use_msi;
extern bool tx_memcpy_offload;

/* core.c */
int nt_register(const struct ntb_transport_backend *const *known,
		const struct ntb_transport_backend *chosen);
void nt_unregister(void);

/* link.c */
void nt_link_init(struct ntb_transport_ctx *nt);
void nt_link_down(struct ntb_transport_ctx *nt);
void nt_link_event(void *data);
void ntb_transport_restart(struct ntb_transport_ctx *nt);

/* client_bus.c */
int ntb_client_bus_register(void);
void ntb_client_bus_unregister(void);
void ntb_client_bus_add(struct ntb_transport_ctx *nt);
void ntb_client_bus_remove(struct ntb_transport_ctx *nt);

/* debugfs.c */
void ntb_transport_debugfs_init(void);
void ntb_transport_debugfs_exit(void);
void ntb_transport_debugfs_add(struct ntb_transport_ctx *nt);
void ntb_transport_debugfs_add_qp(struct ntb_transport_qp *qp);

static inline struct device *nt_dev(struct ntb_transport_ctx *nt)
{
	return &nt->ndev->pdev->dev;
}

/**
 * nt_device_gone() - has the device been removed under us?
 * @nt:	context
 *
 * ntb_hw_epf finds its own scratchpads by an offset it reads from the device:
 * from one that is gone that is all ones, and the access goes astray. It also
 * warns about commands without an answer. So neither may be tried then.
 *
 * Return: true if reads come back as all ones
 */
static inline bool nt_device_gone(struct ntb_transport_ctx *nt)
{
	return ntb_peer_spad_read(nt->ndev, PIDX, SPAD_VERSION) == ~0U;
}

#endif
