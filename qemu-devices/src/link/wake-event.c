/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events that are shared with the peer. */
#include "qemu/osdep.h"
#include <poll.h>
#include "link/wake-event.h"

/* Whether a read or a write would not wait. */
static bool wake_event_ready(int fd, short events)
{
    struct pollfd p = { .fd = fd, .events = events };

    return RETRY_ON_EINTR(poll(&p, 1, 0)) > 0 && (p.revents & events);
}

bool dwc_wake_event_valid(int fd)
{
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
    g_autofree char *file = g_file_read_link(path, NULL);

    return g_strcmp0(file, "anon_inode:[eventfd]") == 0;
}

void dwc_wake_event_set(int fd)
{
    uint64_t one = 1;

    while (wake_event_ready(fd, POLLOUT) &&
           write(fd, &one, sizeof(one)) < 0 && errno == EINTR) {
        /* Interrupted by a signal: once more. */
    }
}

bool dwc_wake_event_take(int fd)
{
    uint64_t count;

    return wake_event_ready(fd, POLLIN) &&
           RETRY_ON_EINTR(read(fd, &count, sizeof(count))) > 0;
}
