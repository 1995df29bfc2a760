/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sends messages, from a queue while the socket has no room. */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/lockable.h"
#include "qemu/log.h"
#include "link/internal.h"
#include "trace-ntb_edma.h"

/* Above this much unsent data senders that may wait are held back. */
#define HELD_BACK   (1 * MiB)

void dwc_link_flush(DwcLink *link)
{
    while (link->fd >= 0 && dwc_link_wait_ns(link) == 0) {
        DwcOutgoing *o = QSIMPLEQ_FIRST(&link->out);
        struct iovec iov = { o->bytes + o->sent, o->len - o->sent };
        struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
        char control[CMSG_SPACE(sizeof(int))] = {};
        ssize_t n;

        if (o->fd >= 0) {
            struct cmsghdr *cmsg;

            msg.msg_control = control;
            msg.msg_controllen = sizeof(control);
            cmsg = CMSG_FIRSTHDR(&msg);
            cmsg->cmsg_level = SOL_SOCKET;
            cmsg->cmsg_type = SCM_RIGHTS;
            cmsg->cmsg_len = CMSG_LEN(sizeof(int));
            memcpy(CMSG_DATA(cmsg), &o->fd, sizeof(int));
        }
        do {
            n = sendmsg(link->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
        } while (n < 0 && errno == EINTR);
        if (n < 0) {
            if (errno != EAGAIN && errno != EWOULDBLOCK) {
                link->hang_up = true;
            }
            return;
        }
        if (o->fd >= 0) {
            close(o->fd);
            o->fd = -1;
        }
        o->sent += n;
        link->out_bytes -= n;
        if (o->sent == o->len) {
            QSIMPLEQ_REMOVE_HEAD(&link->out, next);
            g_free(o);
        }
    }
    if (link->out_bytes < HELD_BACK) {
        qemu_cond_broadcast(&link->drained);
    }
}

void dwc_link_give_up(DwcLink *link, const char *why)
{
    if (link->fd >= 0 && !link->hang_up) {
        qemu_log_mask(LOG_GUEST_ERROR, "dwc-link: %s: hanging up on the peer: "
                      "%s\n", link->path, why);
        link->hang_up = true;
        qemu_cond_broadcast(&link->drained);
        event_notifier_set(&link->wake);
    }
}

bool dwc_link_queue(DwcLink *link, DwcLinkEpoch epoch, uint16_t type,
                    uint32_t seq, const void *fixed, size_t fixed_len,
                    const void *data, size_t data_len, int fd)
{
    DwcLinkHeader header = {
        .type = type,
        .function = type >> 8,
        .length = cpu_to_le32(fixed_len + data_len),
        .seq = cpu_to_le32(seq),
    };
    size_t len = sizeof(header) + fixed_len + data_len;
    bool was_empty;
    DwcOutgoing *o;

    if (link->fd < 0 || link->hang_up || epoch != link->epoch) {
        return false;
    }
    if (link->out_bytes > DWC_LINK_MAX_UNSENT) {
        dwc_link_give_up(link, "it does not take what is sent to it");
        return false;
    }
    o = g_malloc(sizeof(*o) + len);
    o->len = len;
    o->sent = 0;
    o->due = dwc_link_due(link, type);
    o->fd = fd < 0 ? -1 : dup(fd);
    memcpy(o->bytes, &header, sizeof(header));
    if (fixed_len) {
        memcpy(o->bytes + sizeof(header), fixed, fixed_len);
    }
    if (data_len) {
        memcpy(o->bytes + sizeof(header) + fixed_len, data, data_len);
    }
    was_empty = QSIMPLEQ_EMPTY(&link->out);
    QSIMPLEQ_INSERT_TAIL(&link->out, o, next);
    link->out_bytes += len;
    if (was_empty) {
        dwc_link_flush(link);
        if (!QSIMPLEQ_EMPTY(&link->out)) {
            event_notifier_set(&link->wake);
        }
    }
    trace_dwc_link_send(dwc_link_type_name(header.type), seq,
                        fixed_len + data_len);
    return true;
}

void dwc_link_drop_queue(DwcLink *link)
{
    DwcOutgoing *o;

    while ((o = QSIMPLEQ_FIRST(&link->out))) {
        QSIMPLEQ_REMOVE_HEAD(&link->out, next);
        if (o->fd >= 0) {
            close(o->fd);
        }
        g_free(o);
    }
    link->out_bytes = 0;
    qemu_cond_broadcast(&link->drained);
}

/* With the lock. */
static bool link_send(DwcLink *link, DwcLinkEpoch epoch, uint16_t type,
                      uint32_t seq, const void *fixed, size_t fixed_len,
                      const void *data, size_t data_len, bool wait)
{
    while (wait && link->out_bytes > HELD_BACK && link->fd >= 0 &&
           !link->hang_up && epoch == link->epoch) {
        if (!qemu_cond_timedwait(&link->drained, &link->lock,
                                 DWC_LINK_TIMEOUT_MS) &&
            epoch == link->epoch) {
            dwc_link_give_up(link, "it takes nothing from the socket");
        }
    }
    return dwc_link_queue(link, epoch, type, seq, fixed, fixed_len, data,
                          data_len, -1);
}

bool dwc_link_send(DwcLink *link, uint16_t type, uint32_t seq,
                   const void *fixed, size_t fixed_len,
                   const void *data, size_t data_len, bool wait)
{
    QEMU_LOCK_GUARD(&link->lock);

    return link_send(link, link->epoch, type, seq, fixed, fixed_len, data,
                     data_len, wait);
}

bool dwc_link_send_in(DwcLink *link, DwcLinkEpoch epoch, uint16_t type,
                      const void *fixed, size_t fixed_len,
                      const void *data, size_t data_len, bool wait)
{
    QEMU_LOCK_GUARD(&link->lock);

    return link_send(link, epoch, type, 0, fixed, fixed_len, data, data_len,
                     wait);
}

bool dwc_link_send_fd(DwcLink *link, uint16_t type,
                      const void *fixed, size_t fixed_len, int fd)
{
    QEMU_LOCK_GUARD(&link->lock);

    return dwc_link_queue(link, link->epoch, type, 0, fixed, fixed_len, NULL,
                          0, fd);
}

void dwc_link_reply(DwcLink *link, uint32_t seq, DwcLinkStatus status,
                    const void *data, size_t data_len)
{
    DwcLinkReply reply = { .status = cpu_to_le32(status) };

    dwc_link_send(link, DWC_LINK_REPLY, seq, &reply, sizeof(reply),
                  data, data_len, false);
}

void dwc_link_reply_in(DwcLink *link, DwcLinkEpoch epoch, uint32_t seq,
                       DwcLinkStatus status, const void *data, size_t data_len)
{
    DwcLinkReply reply = { .status = cpu_to_le32(status) };

    QEMU_LOCK_GUARD(&link->lock);
    dwc_link_queue(link, epoch, DWC_LINK_REPLY, seq, &reply, sizeof(reply),
                   data, data_len, -1);
}
