/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The link over a Unix stream socket. */
#include "qemu/osdep.h"
#include <poll.h>
#include <sys/un.h>
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qemu/event_notifier.h"
#include "qemu/lockable.h"
#include "qemu/log.h"
#include "qemu/queue.h"
#include "qemu/rcu.h"
#include "qemu/sockets.h"
#include "qemu/thread.h"
#include "qemu/units.h"
#include "link.h"
#include "trace-ntb_edma.h"

/* Above this much unsent data senders that may wait are held back. */
#define HELD_BACK   (1 * MiB)
#define RECEIVE_BUF (256 * KiB)
#define FD_QUEUE    (DWC_LINK_MAX_RAM + 32)

typedef struct Outgoing {
    QSIMPLEQ_ENTRY(Outgoing) next;
    size_t len, sent;
    int fd;
    uint8_t bytes[];
} Outgoing;

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

    QemuMutex lock;         /* everything below; a leaf */
    int fd;
    bool hang_up;
    QSIMPLEQ_HEAD(, Outgoing) out;
    size_t out_bytes;
    QemuCond drained;
    QTAILQ_HEAD(, DwcLinkCall) calls;
    uint32_t next_seq;

    /* Only the thread uses these. */
    uint8_t *in;
    size_t in_len;
    int in_fds[FD_QUEUE];
    unsigned in_nfds;
};

static bool unix_address(struct sockaddr_un *un, const char *path, Error **errp)
{
    memset(un, 0, sizeof(*un));
    un->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof(un->sun_path)) {
        error_setg(errp, "link: the socket's path is longer than %zu bytes: %s",
                   sizeof(un->sun_path) - 1, path);
        return false;
    }
    pstrcpy(un->sun_path, sizeof(un->sun_path), path);
    return true;
}

static DwcLink *link_new(const char *path, const DwcLinkOps *ops, void *opaque)
{
    DwcLink *link = g_new0(DwcLink, 1);

    link->ops = ops;
    link->opaque = opaque;
    link->path = g_strdup(path);
    link->listen_fd = -1;
    link->fd = -1;
    qemu_mutex_init(&link->lock);
    qemu_cond_init(&link->drained);
    QSIMPLEQ_INIT(&link->out);
    QTAILQ_INIT(&link->calls);
    link->next_seq = 1;
    link->refs = 1;
    link->in = g_malloc(RECEIVE_BUF);
    event_notifier_init(&link->wake, false);
    return link;
}

/* A socket and the address of PATH for it; -1 with ERRP set. */
static int unix_socket(struct sockaddr_un *un, const char *path, Error **errp)
{
    int fd;

    if (!unix_address(un, path, errp)) {
        return -1;
    }
    fd = qemu_socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0) {
        error_setg_errno(errp, errno, "link: no socket");
    }
    return fd;
}

DwcLink *dwc_link_listen(const char *path, const DwcLinkOps *ops,
                         void *opaque, Error **errp)
{
    struct sockaddr_un un;
    DwcLink *link;
    int fd;

    fd = unix_socket(&un, path, errp);
    if (fd < 0) {
        return NULL;
    }
    /* What a QEMU that was killed left behind must not stop this one. */
    unlink(path);
    if (bind(fd, (struct sockaddr *)&un, sizeof(un)) < 0 || listen(fd, 4) < 0) {
        error_setg_errno(errp, errno, "link: cannot listen at %s", path);
        close(fd);
        return NULL;
    }
    qemu_socket_set_nonblock(fd);
    link = link_new(path, ops, opaque);
    link->listen_fd = fd;
    return link;
}

DwcLink *dwc_link_connect(const char *path, const DwcLinkOps *ops,
                          void *opaque, Error **errp)
{
    struct sockaddr_un un;
    DwcLink *link;
    int fd;

    fd = unix_socket(&un, path, errp);
    if (fd < 0) {
        return NULL;
    }
    if (connect(fd, (struct sockaddr *)&un, sizeof(un)) < 0) {
        error_setg_errno(errp, errno, "link: no endpoint listens at %s", path);
        close(fd);
        return NULL;
    }
    qemu_socket_set_nonblock(fd);
    link = link_new(path, ops, opaque);
    link->fd = fd;
    return link;
}

static void link_unref(DwcLink *link)
{
    if (qatomic_fetch_dec(&link->refs) != 1) {
        return;
    }
    event_notifier_cleanup(&link->wake);
    qemu_cond_destroy(&link->drained);
    qemu_mutex_destroy(&link->lock);
    g_free(link->path);
    g_free(link->in);
    g_free(link);
}

/* Sends what it can of the queue without blocking.  Called with the lock. */
static void flush_locked(DwcLink *link)
{
    Outgoing *o;

    while (link->fd >= 0 && (o = QSIMPLEQ_FIRST(&link->out))) {
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

/* Called with the lock. */
static bool queue_locked(DwcLink *link, uint16_t type, uint32_t seq,
                         const void *fixed, size_t fixed_len,
                         const void *data, size_t data_len, int fd)
{
    DwcLinkHeader header = {
        .type = cpu_to_le16(type),
        .length = cpu_to_le32(fixed_len + data_len),
        .seq = cpu_to_le32(seq),
    };
    size_t len = sizeof(header) + fixed_len + data_len;
    bool was_empty;
    Outgoing *o;

    if (link->fd < 0 || link->hang_up) {
        return false;
    }
    o = g_malloc(sizeof(*o) + len);
    o->len = len;
    o->sent = 0;
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
        flush_locked(link);
        if (!QSIMPLEQ_EMPTY(&link->out)) {
            event_notifier_set(&link->wake);
        }
    }
    trace_dwc_link_send(type, seq, fixed_len + data_len);
    return true;
}

bool dwc_link_send(DwcLink *link, uint16_t type, uint32_t seq,
                   const void *fixed, size_t fixed_len,
                   const void *data, size_t data_len, bool wait)
{
    QEMU_LOCK_GUARD(&link->lock);

    while (wait && link->out_bytes > HELD_BACK && link->fd >= 0 &&
           !link->hang_up) {
        qemu_cond_wait(&link->drained, &link->lock);
    }
    return queue_locked(link, type, seq, fixed, fixed_len, data, data_len, -1);
}

bool dwc_link_send_fd(DwcLink *link, uint16_t type,
                      const void *fixed, size_t fixed_len, int fd)
{
    QEMU_LOCK_GUARD(&link->lock);

    return queue_locked(link, type, 0, fixed, fixed_len, NULL, 0, fd);
}

void dwc_link_reply(DwcLink *link, uint32_t seq, DwcLinkStatus status,
                    const void *data, size_t data_len)
{
    DwcLinkReply reply = { .status = cpu_to_le32(status) };

    dwc_link_send(link, DWC_LINK_REPLY, seq, &reply, sizeof(reply),
                  data, data_len, false);
}

DwcLinkCall *dwc_link_ask(DwcLink *link, uint16_t type,
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
    if (!queue_locked(link, type, call->seq, fixed, fixed_len, NULL, 0, -1)) {
        call->done = true;
    } else {
        QTAILQ_INSERT_TAIL(&link->calls, call, next);
    }
    return call;
}

DwcLinkStatus dwc_link_await(DwcLinkCall *call, void *data, size_t len)
{
    DwcLink *link = call->link;
    DwcLinkStatus status;

    qemu_mutex_lock(&link->lock);
    while (!call->done) {
        qemu_cond_wait(&call->answered, &link->lock);
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
    link_unref(link);
    return status;
}

/* Called with the lock, after CALL has left the list. */
static void answered_locked(DwcLink *link, DwcLinkCall *call)
{
    call->done = true;
    if (call->forgotten) {
        qemu_cond_destroy(&call->answered);
        g_free(call);
        /* Not the last: the thread, which is here, has the owner's. */
        qatomic_dec(&link->refs);
    } else {
        qemu_cond_signal(&call->answered);
    }
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
        link_unref(link);
    }
}

static bool receive_reply(DwcLink *link, const DwcLinkMessage *msg)
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
            answered_locked(link, call);
            return true;
        }
    }
    return false;
}

static int take_fd(DwcLink *link)
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

/* Handles every whole message in the buffer.  False ends the connection. */
static bool parse(DwcLink *link)
{
    size_t at = 0;

    while (link->in_len - at >= sizeof(DwcLinkHeader)) {
        DwcLinkHeader header;
        DwcLinkMessage msg;
        bool good;

        memcpy(&header, link->in + at, sizeof(header));
        msg.type = le16_to_cpu(header.type);
        msg.length = le32_to_cpu(header.length);
        msg.seq = le32_to_cpu(header.seq);
        msg.fd = -1;
        if (!dwc_link_length_valid(msg.type, msg.length)) {
            qemu_log_mask(LOG_GUEST_ERROR, "dwc-link: %s: the peer sent a "
                          "message of type %u with %u bytes, which the "
                          "protocol does not have; hanging up\n",
                          link->path, msg.type, msg.length);
            return false;
        }
        if (link->in_len - at < sizeof(header) + msg.length) {
            break;
        }
        msg.payload = link->in + at + sizeof(header);
        trace_dwc_link_receive(msg.type, msg.seq, msg.length);
        if (msg.type == DWC_LINK_REPLY) {
            good = receive_reply(link, &msg);
        } else {
            if (msg.type == DWC_LINK_RAM || msg.type == DWC_LINK_SHARED) {
                msg.fd = take_fd(link);
            }
            good = link->ops->receive(link->opaque, &msg);
            if (msg.fd >= 0) {
                close(msg.fd);
            }
        }
        if (!good) {
            qemu_log_mask(LOG_GUEST_ERROR, "dwc-link: %s: a message of type "
                          "%u does not make sense here; hanging up\n",
                          link->path, msg.type);
            return false;
        }
        at += sizeof(header) + msg.length;
    }
    memmove(link->in, link->in + at, link->in_len - at);
    link->in_len -= at;
    return true;
}

/* False at the connection's end. */
static bool receive(DwcLink *link, int fd)
{
    char control[CMSG_SPACE(sizeof(int) * 16)];
    struct iovec iov = { link->in + link->in_len, RECEIVE_BUF - link->in_len };
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
            if (link->in_nfds < FD_QUEUE) {
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
    return parse(link);
}

static void close_connection(DwcLink *link)
{
    DwcLinkCall *call, *next_call;
    Outgoing *o;

    qemu_mutex_lock(&link->lock);
    close(link->fd);
    link->fd = -1;
    link->hang_up = false;
    while ((o = QSIMPLEQ_FIRST(&link->out))) {
        QSIMPLEQ_REMOVE_HEAD(&link->out, next);
        if (o->fd >= 0) {
            close(o->fd);
        }
        g_free(o);
    }
    link->out_bytes = 0;
    qemu_cond_broadcast(&link->drained);
    QTAILQ_FOREACH_SAFE(call, &link->calls, next, next_call) {
        QTAILQ_REMOVE(&link->calls, call, next);
        call->status = DWC_LINK_GONE;
        answered_locked(link, call);
    }
    qemu_mutex_unlock(&link->lock);
    while (link->in_nfds) {
        close(take_fd(link));
    }
    link->in_len = 0;
    link->ops->closed(link->opaque);
}

static void accept_peer(DwcLink *link)
{
    int fd = qemu_accept(link->listen_fd, NULL, NULL);

    if (fd < 0) {
        return;
    }
    if (link->fd >= 0) {
        DwcLinkHeader header = {
            .type = cpu_to_le16(DWC_LINK_HELLO),
            .length = cpu_to_le32(sizeof(DwcLinkHello)),
        };
        DwcLinkHello hello = {
            .magic = cpu_to_le32(DWC_LINK_MAGIC),
            .version = cpu_to_le32(DWC_LINK_VERSION),
            .state = cpu_to_le32(DWC_LINK_BUSY),
        };
        struct iovec iov[] = {
            { &header, sizeof(header) }, { &hello, sizeof(hello) },
        };
        struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };

        if (sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
            trace_dwc_link_refuse_failed(errno);
        }
        close(fd);
        return;
    }
    qemu_socket_set_nonblock(fd);
    qemu_mutex_lock(&link->lock);
    link->fd = fd;
    qemu_mutex_unlock(&link->lock);
    link->ops->connected(link->opaque);
}

static void *link_thread(void *opaque)
{
    DwcLink *link = opaque;
    bool connected = false;

    rcu_register_thread();
    if (link->fd >= 0) {
        link->ops->connected(link->opaque);
    }
    for (;;) {
        struct pollfd p[3] = {
            { .fd = event_notifier_get_fd(&link->wake), .events = POLLIN },
            { .fd = link->listen_fd, .events = POLLIN },
            { .fd = -1, .events = POLLIN },
        };
        bool hang_up;

        qemu_mutex_lock(&link->lock);
        p[2].fd = link->fd;
        if (!QSIMPLEQ_EMPTY(&link->out)) {
            p[2].events |= POLLOUT;
        }
        qemu_mutex_unlock(&link->lock);
        connected = p[2].fd >= 0;
        if (!connected && link->listen_fd < 0) {
            p[2].fd = -1;
        }

        if (poll(p, ARRAY_SIZE(p), -1) < 0 && errno != EINTR) {
            break;
        }
        if (p[0].revents) {
            event_notifier_test_and_clear(&link->wake);
            if (qatomic_read(&link->quit)) {
                break;
            }
        }
        if (connected && p[2].revents) {
            bool alive = true;

            if (p[2].revents & POLLOUT) {
                qemu_mutex_lock(&link->lock);
                flush_locked(link);
                qemu_mutex_unlock(&link->lock);
            }
            if (p[2].revents & (POLLIN | POLLHUP | POLLERR)) {
                alive = receive(link, p[2].fd);
            }
            if (!alive) {
                dwc_link_disconnect(link);
            }
        }
        qemu_mutex_lock(&link->lock);
        hang_up = link->hang_up;
        qemu_mutex_unlock(&link->lock);
        if (hang_up && connected) {
            close_connection(link);
        }
        if (p[1].revents) {
            accept_peer(link);
        }
    }
    if (link->fd >= 0) {
        close_connection(link);
    }
    rcu_unregister_thread();
    return NULL;
}

void dwc_link_start(DwcLink *link)
{
    link->started = true;
    qemu_thread_create(&link->thread, "dwc-link", link_thread, link,
                       QEMU_THREAD_JOINABLE);
}

void dwc_link_disconnect(DwcLink *link)
{
    qemu_mutex_lock(&link->lock);
    if (link->fd >= 0) {
        link->hang_up = true;
        qemu_cond_broadcast(&link->drained);
    }
    qemu_mutex_unlock(&link->lock);
    event_notifier_set(&link->wake);
}

void dwc_link_free(DwcLink *link)
{
    if (!link) {
        return;
    }
    qatomic_set(&link->quit, true);
    event_notifier_set(&link->wake);
    if (link->started) {
        qemu_thread_join(&link->thread);
    } else if (link->fd >= 0) {
        close(link->fd);
    }
    if (link->listen_fd >= 0) {
        close(link->listen_fd);
        unlink(link->path);
    }
    link_unref(link);
}
