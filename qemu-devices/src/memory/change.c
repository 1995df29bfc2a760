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

/* Exclusive, and so without the big lock; nobody who holds it waits for us. */
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
    /* Always the same CPU's queue, for the order. */
    async_safe_run_on_cpu(first_cpu, memory_change_make,
                          RUN_ON_CPU_HOST_PTR(c));
}
