/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's writes that are on their way to this machine's memory. */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/lockable.h"
#include "qemu/rcu.h"
#include "qemu/timer.h"
#include "windows/posted.h"
#include "trace-ntb_edma.h"

/*
 * How long all are on their way behind the last one: as long as an emulated CPU may
 * need from that to the doorbell.
 */
#define ON_THE_WAY_NS   (1 * SCALE_MS)
/* ... and behind the first: a stream of them arrives, too. */
#define LONGEST_NS      (16 * SCALE_MS)
/* So many are on their way at once; this clock may stand still. */
#define MOST            65536

typedef struct PostedWrite {
    uint64_t addr, val;         /* the value little-endian, as on the bus */
    unsigned size;
} PostedWrite;

struct DwcPosted {
    QEMUTimer *arrival;
    int64_t end;                /* when the first has arrived in any case */
    QemuMutex lock;             /* a leaf */
    GArray *writes;             /* PostedWrite */
};

static void posted_make(DwcPcieEp *ep, const PostedWrite *w)
{
    uint64_t len = w->size;
    uint8_t *p = dwc_ram_map_lookup(qatomic_rcu_read(&ep->local.map), w->addr,
                                    &len);

    if (p && len == w->size) {
        /* Not through the address space: that may take the big lock. */
        stn_le_p(p, w->size, le64_to_cpu(w->val));
    }
}

/* With the lock. */
static void posted_make_all(DwcPcieEp *ep)
{
    GArray *writes = ep->posted->writes;
    unsigned i;

    if (!writes->len) {
        return;
    }
    WITH_RCU_READ_LOCK_GUARD() {
        for (i = 0; i < writes->len; i++) {
            posted_make(ep, &g_array_index(writes, PostedWrite, i));
        }
    }
    trace_dwc_posted_arrived(writes->len);
    g_array_set_size(writes, 0);
}

void dwc_posted_arrive(DwcPcieEp *ep)
{
    if (ep->posted) {
        QEMU_LOCK_GUARD(&ep->posted->lock);
        posted_make_all(ep);
    }
}

static void posted_have_arrived(void *opaque)
{
    dwc_posted_arrive(opaque);
}

void dwc_posted_write(DwcPcieEp *ep, uint64_t addr, uint64_t val, unsigned size)
{
    DwcPosted *posted = ep->posted;
    PostedWrite w = { addr, val, size };
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);

    QEMU_LOCK_GUARD(&posted->lock);
    trace_dwc_posted(addr, size, le64_to_cpu(val));
    g_array_append_val(posted->writes, w);
    if (posted->writes->len == MOST) {
        posted_make_all(ep);
        return;
    }
    if (posted->writes->len == 1) {
        posted->end = now + LONGEST_NS;
    }
    timer_mod(posted->arrival, MIN(now + ON_THE_WAY_NS, posted->end));
}

void dwc_posted_init(DwcPcieEp *ep)
{
    if (!ep->forgive_posted_order) {
        ep->posted = g_new0(DwcPosted, 1);
        qemu_mutex_init(&ep->posted->lock);
        ep->posted->writes = g_array_new(false, false, sizeof(PostedWrite));
        ep->posted->arrival = timer_new_ns(QEMU_CLOCK_VIRTUAL,
                                           posted_have_arrived, ep);
    }
}

void dwc_posted_exit(DwcPcieEp *ep)
{
    DwcPosted *posted = ep->posted;

    if (posted) {
        timer_free(posted->arrival);
        g_array_free(posted->writes, true);
        qemu_mutex_destroy(&posted->lock);
        g_free(posted);
        ep->posted = NULL;
    }
}
