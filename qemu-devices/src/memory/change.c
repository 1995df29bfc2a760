/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of the memory map while the guest runs. */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "hw/core/cpu.h"
#include "system/tcg.h"
#include "memory/change.h"

typedef struct Change {
    void (*func)(void *opaque);
    void *opaque;
} Change;

/* No CPU executes now.  Nobody who has the big lock waits for this. */
static void memory_change_make(CPUState *cpu, run_on_cpu_data data)
{
    g_autofree Change *c = data.host_ptr;

    bql_lock();
    c->func(c->opaque);
    bql_unlock();
}

void dwc_memory_change(void (*func)(void *opaque), void *opaque)
{
    Change *c;

    assert(bql_locked());
    if (!tcg_enabled() || !first_cpu) {
        func(opaque);
        return;
    }
    c = g_new(Change, 1);
    *c = (Change) { .func = func, .opaque = opaque };
    /* Always the same CPU's queue, so that changes are made in order. */
    async_safe_run_on_cpu(first_cpu, memory_change_make,
                          RUN_ON_CPU_HOST_PTR(c));
}
