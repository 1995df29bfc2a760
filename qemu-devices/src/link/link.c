/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The link's thread; how a link is made and freed. */
#include "qemu/osdep.h"
#include <poll.h>
#include "qemu/lockable.h"
#include "qemu/rcu.h"
#include "qemu/timer.h"
#include "link/internal.h"
#include "trace-ntb_edma.h"

DwcLink *dwc_link_new(const char *path, const DwcLinkOps *ops, void *opaque)
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
    link->epoch = 1;
    link->refs = 1;
    link->in = g_malloc(DWC_LINK_RECEIVE_BUF);
    event_notifier_init(&link->wake, false);
    return link;
}

void dwc_link_unref(DwcLink *link)
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

static void link_close_connection(DwcLink *link)
{
    trace_dwc_link_state("closed");
    WITH_QEMU_LOCK_GUARD(&link->lock) {
        close(link->fd);
        link->fd = -1;
        link->hang_up = false;
        dwc_link_drop_queue(link);
        dwc_link_answer_all(link);
    }
    dwc_link_drop_received(link);
    link->ops->closed(link->opaque);
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
        struct timespec wait;
        int64_t wait_ns;
        bool hang_up;

        qemu_mutex_lock(&link->lock);
        p[2].fd = link->fd;
        wait_ns = dwc_link_wait_ns(link);
        qemu_mutex_unlock(&link->lock);
        if (wait_ns == 0) {
            /* The message is due: from now on room in the socket is awaited. */
            p[2].events |= POLLOUT;
        }
        wait = (struct timespec) {
            .tv_sec = wait_ns / NANOSECONDS_PER_SECOND,
            .tv_nsec = wait_ns % NANOSECONDS_PER_SECOND,
        };
        connected = p[2].fd >= 0;
        if (!connected && link->listen_fd < 0) {
            p[2].fd = -1;
        }

        if (ppoll(p, ARRAY_SIZE(p), wait_ns > 0 ? &wait : NULL, NULL) < 0 &&
            errno != EINTR) {
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
                dwc_link_flush(link);
                qemu_mutex_unlock(&link->lock);
            }
            if (p[2].revents & (POLLIN | POLLHUP | POLLERR)) {
                alive = dwc_link_receive(link, p[2].fd);
            }
            if (!alive) {
                dwc_link_disconnect(link);
            }
        }
        qemu_mutex_lock(&link->lock);
        hang_up = link->hang_up;
        qemu_mutex_unlock(&link->lock);
        if (hang_up && connected) {
            link_close_connection(link);
        }
        if (p[1].revents) {
            dwc_link_accept(link);
        }
    }
    if (link->fd >= 0) {
        link_close_connection(link);
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

DwcLinkEpoch dwc_link_epoch(DwcLink *link)
{
    QEMU_LOCK_GUARD(&link->lock);
    return link->epoch;
}

void dwc_link_disconnect_in(DwcLink *link, DwcLinkEpoch epoch)
{
    qemu_mutex_lock(&link->lock);
    if (link->fd >= 0 && link->epoch == epoch) {
        link->hang_up = true;
        qemu_cond_broadcast(&link->drained);
    }
    qemu_mutex_unlock(&link->lock);
    event_notifier_set(&link->wake);
}

void dwc_link_disconnect(DwcLink *link)
{
    dwc_link_disconnect_in(link, dwc_link_epoch(link));
}

void dwc_link_stop(DwcLink *link)
{
    qatomic_set(&link->quit, true);
    event_notifier_set(&link->wake);
    if (link->started) {
        qemu_thread_join(&link->thread);
        link->started = false;
    } else if (link->fd >= 0) {
        close(link->fd);
        link->fd = -1;
    }
    if (link->listen_fd >= 0) {
        close(link->listen_fd);
        link->listen_fd = -1;
        unlink(link->path);
    }
}

void dwc_link_free(DwcLink *link)
{
    if (link) {
        dwc_link_stop(link);
        dwc_link_unref(link);
    }
}
