/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions, and the answers that end the wait for them. */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/lockable.h"
#include "qemu/main-loop.h"
#include "link/internal.h"
#include "time/sync.h"

/* EPOCH 0: the present one. */
static DwcLinkCall *link_ask(DwcLink *link, DwcLinkEpoch epoch, uint16_t type,
                             const void *fixed, size_t fixed_len)
{
    DwcLinkCall *call = g_new(DwcLinkCall, 1);

    qatomic_inc(&link->refs);
    call->link = link;
    call->done = false;
    call->forgotten = false;
    call->len = 0;
    call->status = DWC_LINK_GONE;
    qemu_cond_init(&call->answered);
    QEMU_LOCK_GUARD(&link->lock);
    call->seq = link->next_seq++;
    if (!link->next_seq) {
        link->next_seq = 1;
    }
    if (!dwc_link_queue(link, epoch ? epoch : link->epoch, type, call->seq,
                        fixed, fixed_len, NULL, 0, -1)) {
        call->done = true;
    } else {
        QTAILQ_INSERT_TAIL(&link->calls, call, next);
    }
    return call;
}

DwcLinkCall *dwc_link_ask(DwcLink *link, uint16_t type,
                          const void *fixed, size_t fixed_len)
{
    return link_ask(link, 0, type, fixed, fixed_len);
}

DwcLinkCall *dwc_link_ask_in(DwcLink *link, DwcLinkEpoch epoch, uint16_t type,
                             const void *fixed, size_t fixed_len)
{
    return link_ask(link, epoch, type, fixed, fixed_len);
}

/* Called with the lock, after CALL has left the list. */
static void link_answered(DwcLink *link, DwcLinkCall *call)
{
    call->done = true;
    if (call->forgotten) {
        qemu_cond_destroy(&call->answered);
        g_free(call);
        /* Not the last reference: the owner's lasts as long as this thread. */
        qatomic_dec(&link->refs);
    } else {
        qemu_cond_signal(&call->answered);
    }
}

DwcLinkStatus dwc_link_await(DwcLinkCall *call, void *data, size_t len)
{
    DwcLink *link = call->link;
    DwcLinkStatus status;

    qemu_mutex_lock(&link->lock);
    while (!call->done) {
        if (!qemu_cond_timedwait(&call->answered, &link->lock,
                                 DWC_LINK_TIMEOUT_MS) && !call->done) {
            dwc_link_give_up(link, "it does not answer");
        }
    }
    qemu_mutex_unlock(&link->lock);
    status = call->status;
    if (len) {
        size_t n = status == DWC_LINK_OK ? MIN(len, call->len) : 0;

        memcpy(data, call->data, n);
        memset((uint8_t *)data + n, 0xff, len - n);
    }
    qemu_cond_destroy(&call->answered);
    g_free(call);
    dwc_link_unref(link);
    return status;
}

static bool link_is_answered(void *opaque)
{
    DwcLinkCall *call = opaque;

    QEMU_LOCK_GUARD(&call->link->lock);
    return call->done;
}

DwcLinkStatus dwc_link_await_unlocked(DwcLinkCall *call, void *data,
                                      size_t len)
{
    bool locked = bql_locked();
    DwcLinkStatus status;

    if (locked) {
        /* The other machine may have to run before it answers. */
        dwc_time_pass(link_is_answered, call);
    }
    if (locked) {
        bql_unlock();
    }
    status = dwc_link_await(call, data, len);
    if (locked) {
        bql_lock();
    }
    return status;
}

void dwc_link_forget(DwcLinkCall *call)
{
    DwcLink *link = call->link;
    bool done;

    qemu_mutex_lock(&link->lock);
    done = call->done;
    call->forgotten = true;
    qemu_mutex_unlock(&link->lock);
    if (done) {
        qemu_cond_destroy(&call->answered);
        g_free(call);
        dwc_link_unref(link);
    }
}

bool dwc_link_answer(DwcLink *link, const DwcLinkMessage *msg)
{
    const DwcLinkReply *reply = msg->payload;
    DwcLinkCall *call;

    QEMU_LOCK_GUARD(&link->lock);
    QTAILQ_FOREACH(call, &link->calls, next) {
        if (call->seq == msg->seq) {
            call->status = le32_to_cpu(reply->status) == DWC_LINK_OK ?
                           DWC_LINK_OK : DWC_LINK_UNSUPPORTED_REQUEST;
            call->len = msg->length - sizeof(*reply);
            memcpy(call->data, reply + 1, call->len);
            QTAILQ_REMOVE(&link->calls, call, next);
            link_answered(link, call);
            return true;
        }
    }
    return false;
}

void dwc_link_answer_all(DwcLink *link)
{
    DwcLinkCall *call, *next_call;

    QTAILQ_FOREACH_SAFE(call, &link->calls, next, next_call) {
        QTAILQ_REMOVE(&link->calls, call, next);
        call->status = DWC_LINK_GONE;
        link_answered(link, call);
    }
}
