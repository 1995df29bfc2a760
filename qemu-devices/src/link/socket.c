/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Unix stream socket under the link. */
#include "qemu/osdep.h"
#include <sys/un.h>
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qemu/sockets.h"
#include "link/internal.h"
#include "trace-ntb_edma.h"

static bool link_unix_address(struct sockaddr_un *un, const char *path,
                              Error **errp)
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

/* A socket and the address of PATH for it; -1 with ERRP set. */
static int link_unix_socket(struct sockaddr_un *un, const char *path,
                            Error **errp)
{
    int fd;

    if (!link_unix_address(un, path, errp)) {
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

    fd = link_unix_socket(&un, path, errp);
    if (fd < 0) {
        return NULL;
    }
    /* A QEMU that was killed leaves its socket behind. */
    unlink(path);
    if (bind(fd, (struct sockaddr *)&un, sizeof(un)) < 0 || listen(fd, 4) < 0) {
        error_setg_errno(errp, errno, "link: cannot listen at %s", path);
        close(fd);
        return NULL;
    }
    fcntl(fd, F_SETFL, O_NONBLOCK);
    link = dwc_link_new(path, ops, opaque);
    link->listen_fd = fd;
    return link;
}

DwcLink *dwc_link_connect(const char *path, const DwcLinkOps *ops,
                          void *opaque, Error **errp)
{
    struct sockaddr_un un;
    DwcLink *link;
    int fd;

    fd = link_unix_socket(&un, path, errp);
    if (fd < 0) {
        return NULL;
    }
    if (connect(fd, (struct sockaddr *)&un, sizeof(un)) < 0) {
        error_setg_errno(errp, errno, "link: no endpoint listens at %s", path);
        close(fd);
        return NULL;
    }
    fcntl(fd, F_SETFL, O_NONBLOCK);
    link = dwc_link_new(path, ops, opaque);
    link->fd = fd;
    return link;
}

void dwc_link_accept(DwcLink *link)
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
    fcntl(fd, F_SETFL, O_NONBLOCK);
    qemu_mutex_lock(&link->lock);
    link->fd = fd;
    if (!++link->epoch) {
        link->epoch = 1;
    }
    qemu_mutex_unlock(&link->lock);
    link->ops->connected(link->opaque);
}
