/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a channel at work needs of the world: memory on both sides, interrupt
 * lines, and to be told to stop.
 *
 * This is all that the walk of a list touches besides the register file, so that
 * it runs without a machine around it.
 */
#ifndef NTB_EDMA_EDMA_PORT_H
#define NTB_EDMA_EDMA_PORT_H

#include "edma/types.h"

/* Bytes that one bus_read() or bus_write() moves at most. */
#define DWC_EDMA_BUS_MAX        4096

/* What takes a channel time. */
typedef enum DwcEdmaStep {
    DWC_EDMA_STEP_FETCH,        /* a list element */
    DWC_EDMA_STEP_REQUEST,      /* the first of an element's data comes */
    DWC_EDMA_STEP_DATA,
} DwcEdmaStep;

typedef struct DwcEdmaPort {
    /*
     * Local memory at ADDR, where this process sees it; NULL: none is there, or
     * none that may be read, or written.  LEN is cut to what lies in one piece.
     * Between hold() and release().
     */
    uint8_t *(*local)(void *opaque, uint64_t addr, uint64_t *len, bool write);
    /* Copies into local memory that local() has shown to be there. */
    void (*local_write)(void *opaque, uint64_t addr, const void *buf,
                        uint64_t len);
    /*
     * The PCIe side of an element's address: the address on the bus, and where
     * this process sees it (NULL: bus_read() and bus_write() reach it).  LEN as
     * above.  False: no request can be made.  Between hold() and release().
     */
    bool (*bus)(void *opaque, uint64_t addr, uint64_t *bus, uint8_t **host,
                uint64_t *len);
    /* Requests on the bus; not between these two.  False: refused. */
    bool (*bus_write)(void *opaque, uint64_t bus, const void *buf, size_t len);
    bool (*bus_read)(void *opaque, uint64_t bus, void *buf, size_t len);
    /* A write whose data is poisoned; NULL: there is no such thing. */
    bool (*bus_poison)(void *opaque, uint64_t bus, size_t len);
    /*
     * Whether the first request of a write at ADDR is longer than the other end
     * of the link takes, with LEN cut to that request if any may be, and such a
     * write; NULL: none is.
     */
    bool (*too_long)(void *opaque, uint64_t addr, uint64_t *len);
    bool (*bus_malformed)(void *opaque, uint64_t bus, size_t len);
    /* A read of the channel's is made to end so; NULL: nobody wants to know. */
    void (*incomplete)(void *opaque, DwcEdmaFault fault);
    /*
     * What local() and bus() show stays there between these two, beside what
     * the RCU read lock sees to.  NULL: nothing else is needed.
     */
    void (*hold)(void *opaque);
    void (*release)(void *opaque);
    /*
     * Called between any two pieces of work, without a lock: apply what the
     * host posted, bring the interrupt lines up to date.
     */
    void (*settle)(void *opaque);
    /*
     * With virtual time: returns when the step of this CHANNEL (direction * 8 +
     * channel) is over, which moves SIZE bytes.  NULL: steps take no time.
     */
    void (*elapse)(void *opaque, unsigned channel, DwcEdmaStep step,
                   uint64_t size);
    /* ... and its clock, ns; NULL: it is the host's monotonic one. */
    int64_t (*now)(void);
} DwcEdmaPort;

#endif
