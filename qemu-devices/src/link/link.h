/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The link: messages over a Unix stream socket, with a thread of its own.
 *
 * The thread receives, answers and flushes what could not be sent at once.  It
 * never waits for QEMU's big lock nor for room in the socket, so each side can
 * rely on the other to keep reading; that is what keeps two QEMUs that wait
 * for each other's answers from blocking for good.
 *
 * A second transport (vfio-user, say) would implement this header.
 */
#ifndef NTB_EDMA_LINK_LINK_H
#define NTB_EDMA_LINK_LINK_H

#include "link/decode.h"

typedef struct DwcLink DwcLink;
typedef struct DwcLinkCall DwcLinkCall;

/*
 * One connection among those that follow each other at a listening end, never 0.
 * What was decided during one connection is not for the next one's peer.
 */
typedef uint32_t DwcLinkEpoch;

typedef struct DwcLinkOps {
    /* All run on the link's thread and must not wait for the big lock. */
    void (*connected)(void *opaque);
    /* False: the message breaks the protocol, so the connection ends. */
    bool (*receive)(void *opaque, DwcLinkMessage *msg);
    void (*closed)(void *opaque);
} DwcLinkOps;

/* Listen at PATH, one peer at a time, peers may come and go. */
DwcLink *dwc_link_listen(const char *path, const DwcLinkOps *ops,
                         void *opaque, Error **errp);
/* Connect to PATH once. */
DwcLink *dwc_link_connect(const char *path, const DwcLinkOps *ops,
                          void *opaque, Error **errp);
/* Starts the thread; no callback runs before. */
void dwc_link_start(DwcLink *link);
/*
 * Ends the connection and the thread, and nobody can connect any more; callbacks
 * run until this returns.  Whoever sends or asks then finds nobody there.
 */
void dwc_link_stop(DwcLink *link);
/* The same, and frees. */
void dwc_link_free(DwcLink *link);
/* From now on messages take so long to the peer; any thread. */
void dwc_link_set_latency(DwcLink *link, uint32_t us);
/* Whether they take any time. */
bool dwc_link_slow(const DwcLink *link);
/* The present connection's, or the last one's. */
DwcLinkEpoch dwc_link_epoch(DwcLink *link);
/* Ends the present connection from any thread; `closed` follows. */
void dwc_link_disconnect(DwcLink *link);
/* The same, if it is still that of EPOCH. */
void dwc_link_disconnect_in(DwcLink *link, DwcLinkEpoch epoch);

/*
 * Send a message of a fixed part and some data.  TYPE is a message's type, for
 * functions but the first by DWC_LINK_OF().  With WAIT the caller is held
 * back while very much is queued already; callers on the link's thread and
 * callers with a lock that this thread takes must not ask for it.
 * Messages from one thread arrive in order.  False when nobody is connected.
 */
bool dwc_link_send(DwcLink *link, uint16_t type, uint32_t seq,
                   const void *fixed, size_t fixed_len,
                   const void *data, size_t data_len, bool wait);
/* As dwc_link_send(), but to nobody if EPOCH is over. */
bool dwc_link_send_in(DwcLink *link, DwcLinkEpoch epoch, uint16_t type,
                      const void *fixed, size_t fixed_len,
                      const void *data, size_t data_len, bool wait);
/* As dwc_link_send(), with a descriptor; a duplicate is kept until it is sent. */
bool dwc_link_send_fd(DwcLink *link, uint16_t type,
                      const void *fixed, size_t fixed_len, int fd);
/* Answer the message that had SEQ. */
void dwc_link_reply(DwcLink *link, uint32_t seq, DwcLinkStatus status,
                    const void *data, size_t data_len);

/* The same, to whoever asked it in EPOCH. */
void dwc_link_reply_in(DwcLink *link, DwcLinkEpoch epoch, uint32_t seq,
                       DwcLinkStatus status, const void *data,
                       size_t data_len);

/*
 * Ask, then wait for the answer.  The two steps are apart so that a question
 * can be put in order under a lock and awaited without it.  Never returns
 * NULL; when the connection ends the status is DWC_LINK_GONE.
 */
DwcLinkCall *dwc_link_ask(DwcLink *link, uint16_t type,
                          const void *fixed, size_t fixed_len);
/* The same; DWC_LINK_GONE if EPOCH is over. */
DwcLinkCall *dwc_link_ask_in(DwcLink *link, DwcLinkEpoch epoch, uint16_t type,
                             const void *fixed, size_t fixed_len);
/* Give up waiting; the answer will be ignored. */
void dwc_link_forget(DwcLinkCall *call);
/* Frees CALL.  Up to LEN bytes of answer go to DATA; the rest reads ones. */
DwcLinkStatus dwc_link_await(DwcLinkCall *call, void *data, size_t len);
/*
 * The same, without the big lock meanwhile if this thread has it: for what the
 * peer may need its own main loop for, which may be waiting for ours.
 */
DwcLinkStatus dwc_link_await_unlocked(DwcLinkCall *call, void *data,
                                      size_t len);

#endif
