/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The eDMA registers, seen through a window, without a round trip.
 *
 * A write is put into shared memory; the endpoint applies it before anybody
 * there looks at the registers, and is woken only by those writes that make
 * something happen.  A read takes the register from the endpoint's page and puts
 * the host's own writes over it that have not been applied yet, so a read never
 * passes a write, as on PCIe.
 */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include "qemu/atomic.h"
#include "qemu/bswap.h"
#include "edma/maps/maps.h"
#include "function/function.h"
#include "link/wake-event.h"
#include "trace-ntb_edma.h"

void dwc_function_registers_init(DwcPcieFunction *fn)
{
    unsigned i;

    for (i = 0; i < ARRAY_SIZE(fn->regs.kick); i++) {
        fn->regs.kick[i] = -1;
    }
    fn->regs.memory_event = -1;
}

static void fn_close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

void dwc_function_registers_cleanup(DwcPcieFunction *fn)
{
    DwcFunctionRegisters *r = &fn->regs;
    uint64_t page = qemu_real_host_page_size();
    unsigned i;

    if (r->page) {
        munmap((void *)r->page, ROUND_UP(DWC_EDMA_SIZE, page));
        r->page = NULL;
    }
    if (r->posts) {
        munmap(r->posts, ROUND_UP(sizeof(*r->posts), page));
        r->posts = NULL;
    }
    for (i = 0; i < ARRAY_SIZE(r->kick); i++) {
        fn_close_fd(&r->kick[i]);
    }
    fn_close_fd(&r->memory_event);
}

/* Keeps the message's descriptor in FD; false if it is no event. */
static bool fn_keep_event(DwcLinkMessage *msg, int *fd)
{
    if (*fd >= 0 || !dwc_wake_event_valid(msg->fd)) {
        return false;
    }
    *fd = msg->fd;
    msg->fd = -1;
    return true;
}

bool dwc_function_share(DwcPcieFunction *fn, DwcLinkMessage *msg)
{
    const DwcLinkShared *shared = msg->payload;
    DwcFunctionRegisters *r = &fn->regs;
    uint32_t index = le32_to_cpu(shared->index);

    if (msg->fd < 0 || fn->is_ready) {
        return false;
    }
    switch (le32_to_cpu(shared->kind)) {
    case DWC_SHARED_REGISTERS:
        r->map = dwc_edma_map_numbered(index);
        if (r->page || !r->map) {
            return false;
        }
        r->base = le64_to_cpu(shared->base);
        r->page = dwc_shared_pages_map(msg->fd, DWC_EDMA_SIZE, false);
        return r->page;
    case DWC_SHARED_POSTS:
        if (r->posts) {
            return false;
        }
        r->posts = dwc_shared_pages_map(msg->fd, sizeof(*r->posts), true);
        return r->posts;
    case DWC_SHARED_KICK:
        return index < ARRAY_SIZE(r->kick) && fn_keep_event(msg,
                                  &r->kick[index]);
    case DWC_SHARED_MEMORY:
        return fn_keep_event(msg, &r->memory_event);
    case DWC_SHARED_TIME:
        return dwc_function_take_time(fn, msg->fd);
    default:
        return false;
    }
}

bool dwc_function_is_register(DwcPcieFunction *fn, uint64_t target,
                              unsigned size)
{
    const DwcFunctionRegisters *r = &fn->first->regs;

    return r->page && r->posts && (size == 4 || size == 8) &&
           !(target & 3) && target >= r->base &&
           target - r->base <= DWC_EDMA_SIZE - size;
}

bool dwc_function_registers_slow(DwcPcieFunction *fn)
{
    const DwcPostPages *posts = fn->first->regs.posts;

    return fn->first->latency_us || (posts && qatomic_read(&posts->slow));
}

/*
 * Whether accesses go by messages: those have a latency, or writes that had
 * one may be on their way still, which must not be passed.
 */
static bool fn_registers_travel(DwcPcieFunction *fn)
{
    return fn->first->regs.delayed > fn->first->arrived ||
           dwc_function_registers_slow(fn);
}

/* One register, with what is still on its way. */
static bool fn_read_register(DwcFunctionRegisters *r, uint64_t at,
                                   uint32_t *val)
{
    DwcPostRing *ring = &r->posts->registers;
    /* Read before the register: its value has all that was applied by then. */
    uint32_t i = qatomic_load_acquire(&ring->tail);

    *val = qatomic_read(&r->page[at / 4]);
    if (r->head - i > DWC_POST_SLOTS) {
        return false;
    }
    for (; i != r->head; i++) {
        DwcPost *post = &ring->slot[i % DWC_POST_SLOTS];

        if (!r->map->fold(at, val, post->addr, post->value)) {
            return false;
        }
    }
    return true;
}

bool dwc_function_register_read(DwcPcieFunction *fn, uint64_t target,
                                unsigned size, uint64_t *val)
{
    DwcFunctionRegisters *r = &fn->first->regs;
    uint32_t low, high = 0;
    uint64_t at = target - r->base;

    if (!dwc_function_is_register(fn, target, size) ||
        fn_registers_travel(fn) ||
        !fn_read_register(r, at, &low) ||
        (size == 8 && !fn_read_register(r, at + 4, &high))) {
        return false;
    }
    *val = low | (uint64_t)high << 32;
    qatomic_set(&r->posts->register_reads, r->posts->register_reads + 1);
    trace_dwc_edma_read(at, size, *val, true);
    return true;
}

static bool fn_write_register(DwcFunctionRegisters *r, uint64_t at,
                                    uint32_t val)
{
    DwcPost post = { .addr = at, .value = val, .size = 4 };
    int wakes;

    if (!dwc_post(&r->posts->registers, &r->head, post)) {
        return false;
    }
    /* The post before the look at the status: see the map's wakes(). */
    smp_mb();
    wakes = r->map->wakes(r->page, at, val);
    if (wakes >= 0 && r->kick[wakes] >= 0) {
        dwc_wake_event_set(r->kick[wakes]);
    }
    return true;
}

bool dwc_function_register_write(DwcPcieFunction *fn, uint64_t target,
                                 unsigned size, uint64_t val)
{
    DwcFunctionRegisters *r = &fn->first->regs;
    uint64_t at = target - r->base;

    if (!dwc_function_is_register(fn, target, size) ||
        fn_registers_travel(fn)) {
        return false;
    }
    trace_dwc_edma_write(at, size, val, true);
    /* Both halves or none, so that the message does not repeat one. */
    if (r->head - qatomic_load_acquire(&r->posts->registers.tail) >=
        DWC_POST_SLOTS - 1) {
        return false;
    }
    return fn_write_register(r, at, val) &&
           (size == 4 || fn_write_register(r, at + 4, val >> 32));
}
