/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the link share; nobody else includes this. */
#ifndef NTB_EDMA_LINK_INTERNAL_H
#define NTB_EDMA_LINK_INTERNAL_H

#include "qemu/event_notifier.h"
#include "qemu/queue.h"
#include "qemu/thread.h"
#include "qemu/units.h"
#include "link/link.h"

#define DWC_LINK_RECEIVE_BUF (256 * KiB)
/*
 * How long an answer, or room in the socket, may take.  A peer that lives
 * answers in microseconds; one that does not is the end of the link, or this
 * VM's CPUs would wait for good.  (PCIe lets a requester wait up to 64 s.)
 */
#define DWC_LINK_TIMEOUT_MS  5000
/* More unsent bytes: the peer asks and does not take the answers. */
#define DWC_LINK_MAX_UNSENT  (16 * MiB)
#define DWC_LINK_FD_QUEUE    (DWC_LINK_MAX_RAM + 32)

typedef struct DwcOutgoing {
    QSIMPLEQ_ENTRY(DwcOutgoing) next;
    size_t len, sent;
    int64_t due;            /* get_clock() when it may go out; 0: at once */
    int fd;
    uint8_t bytes[];
} DwcOutgoing;

struct DwcLinkCall {
    DwcLink *link;
    QTAILQ_ENTRY(DwcLinkCall) next;
    QemuCond answered;
    bool done, forgotten;
    uint32_t seq;
    DwcLinkStatus status;
    size_t len;
    uint8_t data[DWC_LINK_MAX_DATA];
};

struct DwcLink {
    const DwcLinkOps *ops;
    void *opaque;
    char *path;
    int listen_fd;
    EventNotifier wake;
    QemuThread thread;
    bool started, quit;

    int refs;               /* atomic: the owner's, and one a question */
    uint32_t latency_us;    /* atomic */

    QemuMutex lock;         /* what follows up to the blank line; a leaf */
    int fd;
    DwcLinkEpoch epoch;         /* of FD, or of the last one */
    bool hang_up;
    QSIMPLEQ_HEAD(, DwcOutgoing) out;
    size_t out_bytes;
    QemuCond drained;
    QTAILQ_HEAD(, DwcLinkCall) calls;
    uint32_t next_seq;

    /* Only the thread uses these. */
    uint8_t *in;
    size_t in_len;
    int in_fds[DWC_LINK_FD_QUEUE];
    unsigned in_nfds;
};

/* link.c */
DwcLink *dwc_link_new(const char *path, const DwcLinkOps *ops, void *opaque);
void dwc_link_unref(DwcLink *link);

/* socket.c: lets a peer in, or turns it away if there is one. */
void dwc_link_accept(DwcLink *link);

/* send.c, with the lock. */
/* Nothing is queued for an EPOCH that is over. */
bool dwc_link_queue(DwcLink *link, DwcLinkEpoch epoch, uint16_t type,
                    uint32_t seq,
                    const void *fixed, size_t fixed_len,
                    const void *data, size_t data_len, int fd);
/* Sends what it can of the queue without blocking. */
void dwc_link_flush(DwcLink *link);
/* Ends the connection, for the reason WHY. */
void dwc_link_give_up(DwcLink *link, const char *why);
/* Drops what has not been sent. */
void dwc_link_drop_queue(DwcLink *link);

/* latency.c */
/* When a message of TYPE that is queued now is due. */
int64_t dwc_link_due(const DwcLink *link, uint16_t type);
/* Until the next one is; -1: there is none.  With the lock. */
int64_t dwc_link_wait_ns(const DwcLink *link);

/* call.c */
/* False: nobody asked. */
bool dwc_link_answer(DwcLink *link, const DwcLinkMessage *msg);
/* Answers every question with DWC_LINK_GONE.  With the lock. */
void dwc_link_answer_all(DwcLink *link);

/* receive.c, on the link's thread. */
/* Takes what the socket has; false at the connection's end. */
bool dwc_link_receive(DwcLink *link, int fd);
/* Drops what has been received, for a connection that ended. */
void dwc_link_drop_received(DwcLink *link);

#endif
