/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Receives bytes and descriptors, and makes messages of them. */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "link/internal.h"
#include "trace-ntb_edma.h"

static int link_take_fd(DwcLink *link)
{
    int fd;

    if (!link->in_nfds) {
        return -1;
    }
    fd = link->in_fds[0];
    link->in_nfds--;
    memmove(link->in_fds, link->in_fds + 1, link->in_nfds * sizeof(int));
    return fd;
}

/* Hands a message to its receiver.  False: it is not allowed now. */
static bool link_deliver(DwcLink *link, DwcLinkMessage *msg)
{
    bool good;

    trace_dwc_link_receive(dwc_link_type_name(msg->type), msg->seq,
                           msg->length);
    if (msg->type == DWC_LINK_REPLY) {
        good = dwc_link_answer(link, msg);
    } else {
        if (msg->type == DWC_LINK_RAM || msg->type == DWC_LINK_SHARED) {
            msg->fd = link_take_fd(link);
        }
        good = link->ops->receive(link->opaque, msg);
        if (msg->fd >= 0) {
            close(msg->fd);
        }
    }
    if (!good) {
        qemu_log_mask(LOG_GUEST_ERROR, "dwc-link: %s: a message of type %u "
                      "does not make sense here; hanging up\n", link->path,
                      msg->type);
    }
    return good;
}

/* Handles every whole message in the buffer.  False ends the connection. */
static bool link_parse(DwcLink *link)
{
    size_t at = 0;

    for (;;) {
        DwcLinkMessage msg;
        size_t used;

        switch (dwc_link_decode(link->in + at, link->in_len - at, &msg,
                                &used)) {
        case DWC_LINK_INCOMPLETE:
            memmove(link->in, link->in + at, link->in_len - at);
            link->in_len -= at;
            return true;
        case DWC_LINK_MESSAGE:
            if (!link_deliver(link, &msg)) {
                return false;
            }
            at += used;
            break;
        case DWC_LINK_BROKEN:
            qemu_log_mask(LOG_GUEST_ERROR, "dwc-link: %s: the peer sent a "
                          "message of type %u with %u bytes, which the "
                          "protocol does not have; hanging up\n",
                          link->path, msg.type, msg.length);
            return false;
        }
    }
}

bool dwc_link_receive(DwcLink *link, int fd)
{
    char control[CMSG_SPACE(sizeof(int) * 16)];
    struct iovec iov = {
        link->in + link->in_len, DWC_LINK_RECEIVE_BUF - link->in_len
    };
    struct msghdr msg = {
        .msg_iov = &iov, .msg_iovlen = 1,
        .msg_control = control, .msg_controllen = sizeof(control),
    };
    struct cmsghdr *cmsg;
    bool room = true;
    ssize_t n;

    n = recvmsg(fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (n < 0) {
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    }
    for (cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = CMSG_NXTHDR(&msg, cmsg)) {
        int *fds = (int *)CMSG_DATA(cmsg);
        size_t count, i;

        if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        count = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (i = 0; i < count; i++) {
            if (link->in_nfds < DWC_LINK_FD_QUEUE) {
                link->in_fds[link->in_nfds++] = fds[i];
            } else {
                close(fds[i]);
                room = false;
            }
        }
    }
    if (n == 0 || !room) {
        return false;
    }
    link->in_len += n;
    return link_parse(link);
}

void dwc_link_drop_received(DwcLink *link)
{
    while (link->in_nfds) {
        close(link_take_fd(link));
    }
    link->in_len = 0;
}
