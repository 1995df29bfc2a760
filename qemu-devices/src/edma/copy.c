/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory to memory. */
#include "qemu/osdep.h"
#include "qemu/rcu.h"
#include "qemu/units.h"
#include "edma/walker.h"

/* Copied between two looks at the stop flag. */
#define PIECE       (64 * KiB)

/* Through requests on the bus, for memory that this process does not see. */
static DwcEdmaFault copy_by_requests(DwcEdmaWalker *w, uint64_t local,
                                     uint64_t bus, uint64_t *len)
{
    uint8_t bounce[DWC_EDMA_BUS_MAX];
    uint8_t *here;

    *len = MIN(*len, sizeof(bounce));
    if (w->c->dir == DWC_EDMA_READ &&
        !w->port->bus_read(w->opaque, bus, bounce, *len)) {
        return DWC_EDMA_FAULT_PCIE;
    }
    WITH_RCU_READ_LOCK_GUARD() {
        uint64_t wanted = *len;

        here = w->port->local(w->opaque, local, len);
        if (!here || *len < wanted) {
            return DWC_EDMA_FAULT_LOCAL;
        }
        if (w->c->dir == DWC_EDMA_WRITE) {
            memcpy(bounce, here, *len);
        } else {
            w->port->local_write(w->opaque, local, bounce, *len);
        }
    }
    if (w->c->dir == DWC_EDMA_WRITE &&
        !w->port->bus_write(w->opaque, bus, bounce, *len)) {
        return DWC_EDMA_FAULT_PCIE;
    }
    return DWC_EDMA_FAULT_NONE;
}

/* Copies at most LEN bytes.  Sets LEN to how many. */
static DwcEdmaFault copy_piece(DwcEdmaWalker *w, uint64_t source,
                               uint64_t destination, uint64_t *len)
{
    bool write = w->c->dir == DWC_EDMA_WRITE;
    uint64_t local = write ? source : destination;
    uint64_t remote = write ? destination : source;
    uint8_t *here, *there;
    uint64_t bus;

    WITH_RCU_READ_LOCK_GUARD() {
        *len = MIN(*len, PIECE);
        here = w->port->local(w->opaque, local, len);
        if (!here) {
            return DWC_EDMA_FAULT_LOCAL;
        }
        if (!w->port->bus(w->opaque, remote, &bus, &there, len)) {
            return DWC_EDMA_FAULT_PCIE;
        }
        if (there && write) {
            memcpy(there, here, *len);
        } else if (there) {
            w->port->local_write(w->opaque, local, there, *len);
        }
    }
    return there ? DWC_EDMA_FAULT_NONE :
                   copy_by_requests(w, local, bus, len);
}

DwcEdmaFault dwc_edma_copy(DwcEdmaWalker *w, const DwcEdmaElement *e,
                           bool *whole)
{
    uint64_t done = 0;

    *whole = true;
    if (dwc_edma_inject_next(&w->edma->inject, w->c->dir, w->c->index)) {
        return DWC_EDMA_FAULT_PCIE;
    }
    while (done < e->size) {
        uint64_t len = e->size - done;
        DwcEdmaFault fault;

        if (done && dwc_edma_stopping(w)) {
            *whole = false;
            break;
        }
        fault = copy_piece(w, e->source + done, e->destination + done, &len);
        if (fault != DWC_EDMA_FAULT_NONE) {
            return fault;
        }
        done += len;
        dwc_edma_count(&w->stats->bytes, len);
    }
    return DWC_EDMA_FAULT_NONE;
}
