/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of the memory map while the guest runs. */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "qemu/queue.h"
#include "hw/core/cpu.h"
#include "system/tcg.h"
#include "memory/change.h"

typedef struct Change {
    QSIMPLEQ_ENTRY(Change) next;
    void (*func)(void *opaque);
    void *opaque;
} Change;

/* In the order in which they were asked for, whoever makes them; big lock. */
static QSIMPLEQ_HEAD(, Change) changes = QSIMPLEQ_HEAD_INITIALIZER(changes);

/* No CPU executes now.  Nobody who has the big lock waits for this. */
static void memory_change_make_all(CPUState *cpu, run_on_cpu_data data)
{
    Change *c;

    bql_lock();
    while ((c = QSIMPLEQ_FIRST(&changes))) {
        QSIMPLEQ_REMOVE_HEAD(&changes, next);
        c->func(c->opaque);
        g_free(c);
    }
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
    QSIMPLEQ_INSERT_TAIL(&changes, c, next);
    /*
     * A CPU that asks for one is held up itself, or its next access might come
     * before another CPU's queue is looked at, and find the old map.
     */
    async_safe_run_on_cpu(current_cpu ?: first_cpu, memory_change_make_all,
                          RUN_ON_CPU_NULL);
}
