/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes on their way to the outbound window, in their order. */
#include "qemu/osdep.h"
#include "qemu/timer.h"
#include "edma/forgive.h"
#include "windows/in-flight.h"
#include "windows/outbound.h"
#include "trace-ntb_edma.h"

/*
 * How long one is on its way at most.  On a board it is not a microsecond; an
 * emulated CPU may need this long from the write to its next register.
 */
#define ON_THE_WAY_NS   (1 * SCALE_MS)

typedef struct PostedWrite {
    hwaddr addr;
    uint64_t val;
    unsigned size;
} PostedWrite;

struct DwcInFlight {
    GArray *writes;             /* PostedWrite */
    QEMUTimer *arrival;
};

void dwc_in_flight_arrive(DwcPcieEp *ep)
{
    DwcInFlight *way = ep->in_flight;

    timer_del(way->arrival);
    while (way->writes->len) {
        PostedWrite w = g_array_index(way->writes, PostedWrite, 0);

        /* Before it is made: that may let another CPU in. */
        g_array_remove_index(way->writes, 0);
        dwc_outbound_write(ep, w.addr, w.val, w.size);
    }
}

static void in_flight_have_arrived(void *opaque)
{
    dwc_in_flight_arrive(opaque);
}

bool dwc_in_flight_take(DwcPcieEp *ep, hwaddr addr, uint64_t val, unsigned size)
{
    DwcInFlight *way = ep->in_flight;
    PostedWrite w = { addr, val, size };

    /* None passes another. */
    if (!way->writes->len &&
        dwc_edma_forgives(&ep->edma.forgive, ep->forgive_region_change)) {
        return false;
    }
    trace_dwc_outbound_posted(addr, size, val);
    g_array_append_val(way->writes, w);
    if (!timer_pending(way->arrival)) {
        timer_mod(way->arrival,
                  qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + ON_THE_WAY_NS);
    }
    return true;
}

void dwc_in_flight_drop(DwcPcieEp *ep)
{
    timer_del(ep->in_flight->arrival);
    g_array_set_size(ep->in_flight->writes, 0);
}

void dwc_in_flight_init(DwcPcieEp *ep)
{
    DwcInFlight *way = g_new0(DwcInFlight, 1);

    way->writes = g_array_new(false, false, sizeof(PostedWrite));
    way->arrival = timer_new_ns(QEMU_CLOCK_VIRTUAL, in_flight_have_arrived, ep);
    ep->in_flight = way;
}

void dwc_in_flight_exit(DwcPcieEp *ep)
{
    timer_free(ep->in_flight->arrival);
    g_array_free(ep->in_flight->writes, true);
    g_free(ep->in_flight);
    ep->in_flight = NULL;
}
