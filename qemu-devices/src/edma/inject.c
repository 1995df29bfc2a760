/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Faults on demand. */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/lockable.h"
#include "edma/inject.h"
#include "trace-ntb_edma.h"

void dwc_edma_inject_init(DwcEdmaInject *inject)
{
    qemu_mutex_init(&inject->lock);
}

void dwc_edma_inject_plan(DwcEdmaInject *inject, DwcEdmaDir dir,
                          unsigned channel, DwcEdmaFault fault, uint32_t count,
                          uint32_t skip)
{
    QEMU_LOCK_GUARD(&inject->lock);
    inject->plan[dir][channel].fault = fault;
    inject->plan[dir][channel].left = count;
    inject->plan[dir][channel].skip = skip;
    inject->plan[dir][channel].passed = 0;
    qatomic_set(&inject->armed, true);
}

/* With the lock. */
static bool edma_inject_any_left(const DwcEdmaInject *inject)
{
    DwcEdmaDir dir;
    unsigned i;

    for (dir = 0; dir < DWC_EDMA_DIRS; dir++) {
        for (i = 0; i <= DWC_EDMA_ANY_CHANNEL; i++) {
            if (inject->plan[dir][i].left) {
                return true;
            }
        }
    }
    return false;
}

/* With the lock. */
static DwcEdmaFault edma_inject_hit(DwcEdmaInject *inject, DwcEdmaDir dir,
                                    unsigned i)
{
    if (!inject->plan[dir][i].left) {
        return DWC_EDMA_FAULT_NONE;
    }
    if (inject->plan[dir][i].passed < inject->plan[dir][i].skip) {
        inject->plan[dir][i].passed++;
        return DWC_EDMA_FAULT_NONE;
    }
    inject->plan[dir][i].passed = 0;
    inject->plan[dir][i].left--;
    return inject->plan[dir][i].fault;
}

DwcEdmaFault dwc_edma_inject_next(DwcEdmaInject *inject, DwcEdmaDir dir,
                                  unsigned ch)
{
    DwcEdmaFault fault;

    /* Without the lock: a request may take effect one element later. */
    if (!qatomic_read(&inject->armed)) {
        return DWC_EDMA_FAULT_NONE;
    }
    WITH_QEMU_LOCK_GUARD(&inject->lock) {
        fault = edma_inject_hit(inject, dir, ch);
        if (fault == DWC_EDMA_FAULT_NONE) {
            fault = edma_inject_hit(inject, dir, DWC_EDMA_ANY_CHANNEL);
        }
        qatomic_set(&inject->armed, edma_inject_any_left(inject));
    }
    if (fault != DWC_EDMA_FAULT_NONE) {
        trace_dwc_edma_inject(dwc_edma_dir_name(dir), ch, fault);
    }
    return fault;
}

uint64_t dwc_edma_inject_left(DwcEdmaInject *inject, DwcEdmaDir dir)
{
    uint64_t left = 0;
    unsigned i;

    QEMU_LOCK_GUARD(&inject->lock);
    for (i = 0; i <= DWC_EDMA_ANY_CHANNEL; i++) {
        left += inject->plan[dir][i].left;
    }
    return left;
}
