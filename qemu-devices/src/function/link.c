/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The function's end of the link.
 *
 * Messages that need the big lock wait in a queue for a bottom half, which
 * takes them in order of arrival.
 */
#include "qemu/osdep.h"
#include "block/aio.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/lockable.h"
#include "qemu/main-loop.h"
#include "hw/pci/pci.h"
#include "function/function.h"
#include "memory/change.h"
#include "time/sync.h"
#include "trace-ntb_edma.h"

/* The endpoint's link thread needs microseconds for its answer. */
#define HANDSHAKE_MS 5000
/* Messages that wait for the big lock, or to be made a change of the map. */
#define MAX_WAITING  16384
/* Messages that are handled before the main loop does something else. */
#define MAX_AT_ONCE  256

DwcLinkCall *dwc_function_ask(DwcPcieFunction *fn, DwcLinkType type,
                              const void *fixed, size_t fixed_len)
{
    return dwc_link_ask(fn->first->link, DWC_LINK_OF(fn->number, type), fixed,
                        fixed_len);
}

bool dwc_function_tell(DwcPcieFunction *fn, DwcLinkType type,
                       const void *fixed, size_t fixed_len, bool wait)
{
    return dwc_link_send(fn->first->link, DWC_LINK_OF(fn->number, type), 0,
                         fixed, fixed_len, NULL, 0, wait);
}

static void fn_connected(void *opaque)
{
    DwcPcieFunction *fn = opaque;
    DwcLinkHello hello = {
        .magic = cpu_to_le32(DWC_LINK_MAGIC),
        .version = cpu_to_le32(DWC_LINK_VERSION),
    };

    dwc_link_send(fn->link, DWC_LINK_HELLO, 0, &hello, sizeof(hello), NULL, 0,
                  false);
}

/* False: more is waiting than the protocol allows. */
static bool fn_defer(DwcPcieFunction *fn, const DwcLinkMessage *msg)
{
    DwcWork *work = g_malloc(sizeof(*work) + msg->length);
    bool full;

    work->type = msg->type;
    work->function = msg->function;
    work->seq = msg->seq;
    switch (msg->type) {
    case DWC_LINK_MEM_WRITE:
        work->mem = *(const DwcLinkMem *)msg->payload;
        memcpy(work->data, (const uint8_t *)msg->payload + sizeof(work->mem),
               msg->length - sizeof(work->mem));
        break;
    default:
        memcpy(&work->window, msg->payload, msg->length);
        break;
    }
    WITH_QEMU_LOCK_GUARD(&fn->lock) {
        QSIMPLEQ_INSERT_TAIL(&fn->work, work, next);
        full = ++fn->work_waiting > MAX_WAITING;
    }
    qemu_bh_schedule(fn->bh);
    return !full;
}

static bool fn_receive_hello(DwcPcieFunction *fn,
                                   const DwcLinkHello *hello)
{
    if (fn->got_hello || le32_to_cpu(hello->magic) != DWC_LINK_MAGIC) {
        return false;
    }
    fn->got_hello = true;
    fn->hello = le32_to_cpu(hello->version) == DWC_LINK_VERSION ?
                le32_to_cpu(hello->state) : DWC_LINK_BAD_VERSION;
    if (fn->hello != DWC_LINK_TRAINED) {
        return true;
    }
    fn->functions = le32_to_cpu(hello->functions);
    return fn->functions && fn->functions <= DWC_LINK_FUNCTIONS;
}

static bool fn_receive_config(DwcPcieFunction *fn,
                                    const DwcLinkMessage *msg)
{
    DwcAnnounced *a = &fn->announced[msg->function];

    if (msg->function != fn->got_configs) {
        return false;
    }
    fn->got_configs++;
    memcpy(a, msg->payload, sizeof(*a));
    return true;
}

static bool fn_receive_ready(DwcPcieFunction *fn)
{
    if (fn->got_configs < fn->functions || fn->is_ready || !dwc_peer_memory_seal(fn->peer)) {
        return false;
    }
    WITH_QEMU_LOCK_GUARD(&fn->lock) {
        fn->is_ready = true;
        qemu_cond_broadcast(&fn->ready);
    }
    return true;
}

static bool fn_receive(void *opaque, DwcLinkMessage *msg)
{
    DwcPcieFunction *fn = opaque;

    if (msg->type != DWC_LINK_HELLO &&
        (!fn->got_hello || msg->function >= fn->functions)) {
        return false;
    }
    switch (msg->type) {
    case DWC_LINK_HELLO:
        return fn_receive_hello(fn, msg->payload);
    case DWC_LINK_CONFIG:
        return fn_receive_config(fn, msg);
    case DWC_LINK_RAM:
        return dwc_peer_memory_add(fn->peer, msg);
    case DWC_LINK_SHARED:
        return dwc_function_share(fn, msg);
    case DWC_LINK_READY:
        return fn_receive_ready(fn);
    case DWC_LINK_PAGE:
        dwc_function_take_page(fn, msg->function, msg->payload);
        return true;
    case DWC_LINK_NO_PAGES:
        dwc_function_drop_pages(fn, msg->seq);
        return true;
    case DWC_LINK_MAP:
    case DWC_LINK_UNMAP:
    case DWC_LINK_BAR_STATE:
    case DWC_LINK_CFG_UPDATE:
    case DWC_LINK_MEM_READ:
    case DWC_LINK_MEM_WRITE:
    case DWC_LINK_INTX:
    case DWC_LINK_MSIX:
    case DWC_LINK_TRANSLATE:
    case DWC_LINK_FLUSH:
    case DWC_LINK_ERROR:
        return fn_defer(fn, msg);
    default:
        return false;
    }
}

static void fn_closed(void *opaque)
{
    DwcPcieFunction *fn = opaque;

    dwc_time_part(fn);
    WITH_QEMU_LOCK_GUARD(&fn->lock) {
        fn->gone = true;
        qemu_cond_broadcast(&fn->ready);
    }
    qemu_bh_schedule(fn->bh);
}

const DwcLinkOps dwc_function_link_ops = {
    .connected = fn_connected,
    .receive = fn_receive,
    .closed = fn_closed,
};

/* FIRST, with the link, has got it for another one perhaps. */
static void fn_make_change(DwcPcieFunction *first, const DwcWork *work)
{
    DwcPcieFunction *fn = first->numbered[work->function];

    switch (work->type) {
    case DWC_LINK_MAP:
        dwc_function_map(fn, &work->window);
        break;
    case DWC_LINK_UNMAP:
        dwc_function_unmap(fn, &work->window);
        break;
    case DWC_LINK_BAR_STATE:
        dwc_function_take_bars(fn, &work->bars);
        break;
    case DWC_LINK_CFG_UPDATE:
        dwc_function_update_config(fn, &work->cfg);
        break;
    }
}

/* Whether WORK may change the memory map. */
static bool fn_is_change(const DwcWork *work)
{
    switch (work->type) {
    case DWC_LINK_MAP:
    case DWC_LINK_UNMAP:
    case DWC_LINK_BAR_STATE:
        return true;
    case DWC_LINK_CFG_UPDATE:
        return (le16_to_cpu(work->cfg.offset) & ~3u) == PCI_COMMAND;
    default:
        return false;
    }
}

/* Makes every change that has come, as one change of the map. */
static void fn_make_changes(void *opaque)
{
    DwcPcieFunction *fn = opaque;
    unsigned count = 0;
    QSIMPLEQ_HEAD(, DwcWork) done = QSIMPLEQ_HEAD_INITIALIZER(done);
    DwcWork *work;

    fn->changing = false;
    QSIMPLEQ_CONCAT(&done, &fn->changes);
    memory_region_transaction_begin();
    QSIMPLEQ_FOREACH(work, &done, next) {
        if (!fn->vanished) {
            fn_make_change(fn, work);
        }
    }
    memory_region_transaction_commit();
    while ((work = QSIMPLEQ_FIRST(&done))) {
        QSIMPLEQ_REMOVE_HEAD(&done, next);
        if (work->seq && fn->link) {
            dwc_link_reply(fn->link, work->seq, DWC_LINK_OK, NULL, 0);
        }
        g_free(work);
        count++;
    }
    WITH_QEMU_LOCK_GUARD(&fn->lock) {
        fn->work_waiting -= count;
    }
    object_unref(OBJECT(fn));
}

/* Handles WORK and frees it, or puts it with the changes to be made. */
static void fn_do_work(DwcPcieFunction *first, DwcWork *work)
{
    DwcPcieFunction *fn = first->numbered[work->function];

    if (fn_is_change(work)) {
        QSIMPLEQ_INSERT_TAIL(&first->changes, work, next);
        return;
    }
    switch (work->type) {
    case DWC_LINK_CFG_UPDATE:
        dwc_function_update_config(fn, &work->cfg);
        if (work->seq && first->link) {
            dwc_link_reply(first->link, work->seq, DWC_LINK_OK, NULL, 0);
        }
        break;
    case DWC_LINK_MEM_WRITE:
        dwc_function_mem_write(fn, &work->mem, work->data);
        break;
    case DWC_LINK_MEM_READ:
        dwc_function_mem_read(fn, work->seq, &work->mem);
        break;
    case DWC_LINK_TRANSLATE:
        dwc_function_translate(fn, work->seq, &work->translate);
        break;
    case DWC_LINK_FLUSH:
        dwc_function_take_posts(first);
        if (first->link) {
            dwc_link_reply(first->link, work->seq, DWC_LINK_OK, NULL, 0);
        }
        break;
    case DWC_LINK_ERROR:
        dwc_function_take_error(fn, le32_to_cpu(work->error.message));
        break;
    case DWC_LINK_INTX:
        dwc_function_intx(fn, &work->intx);
        break;
    case DWC_LINK_MSIX:
        dwc_function_msix(fn, le32_to_cpu(work->msix.vector));
        break;
    }
    g_free(work);
    WITH_QEMU_LOCK_GUARD(&first->lock) {
        first->work_waiting--;
    }
}

/* The next write among the messages, or NULL. */
static DwcWork *fn_next_write(DwcPcieFunction *fn)
{
    DwcWork *work;

    QEMU_LOCK_GUARD(&fn->lock);
    QSIMPLEQ_FOREACH(work, &fn->work, next) {
        if (work->type == DWC_LINK_MEM_WRITE || work->type == DWC_LINK_MSIX) {
            QSIMPLEQ_REMOVE(&fn->work, work, DwcWork, next);
            return work;
        }
    }
    return NULL;
}

void dwc_function_take_writes(DwcPcieFunction *fn)
{
    DwcWork *work;
    unsigned left;

    object_ref(OBJECT(fn));
    dwc_function_take_posts(fn);
    WITH_QEMU_LOCK_GUARD(&fn->lock) {
        left = fn->work_waiting;
    }
    /* Any of them may unplug the function; a peer may write without end. */
    while (fn->link && left-- && (work = fn_next_write(fn))) {
        fn_do_work(fn, work);
    }
    dwc_function_let_go(fn);
}

/* The next message or NULL; ENDED: there will be none any more. */
static DwcWork *fn_next_work(DwcPcieFunction *fn, bool *ended)
{
    DwcWork *work;

    QEMU_LOCK_GUARD(&fn->lock);
    work = QSIMPLEQ_FIRST(&fn->work);
    if (work) {
        QSIMPLEQ_REMOVE_HEAD(&fn->work, next);
    }
    *ended = !work && fn->gone;
    return work;
}

static void fn_unref(void *opaque)
{
    object_unref(OBJECT(opaque));
}

void dwc_function_let_go(DwcPcieFunction *fn)
{
    if (fn->link) {
        object_unref(OBJECT(fn));
    } else {
        /* Unplugged meanwhile: this may be the last reference. */
        aio_bh_schedule_oneshot(qemu_get_aio_context(), fn_unref, fn);
    }
}

void dwc_function_work(void *opaque)
{
    DwcPcieFunction *fn = opaque;
    bool ended = false;
    unsigned i;

    object_ref(OBJECT(fn));
    /* First what was posted before any of the messages. */
    dwc_function_take_posts(fn);
    for (i = 0; i < MAX_AT_ONCE; i++) {
        DwcWork *work = fn_next_work(fn, &ended);

        if (!work) {
            break;
        }
        fn_do_work(fn, work);
    }
    if (i == MAX_AT_ONCE && fn->bh) {
        qemu_bh_schedule(fn->bh);
    }
    if (!QSIMPLEQ_EMPTY(&fn->changes) && !fn->changing) {
        fn->changing = true;
        object_ref(OBJECT(fn));
        dwc_memory_change(fn_make_changes, fn);
    }
    if (ended) {
        dwc_function_vanish(fn);
    }
    dwc_function_let_go(fn);
}

void dwc_function_drop_work(DwcPcieFunction *fn)
{
    DwcWork *work;

    QSIMPLEQ_CONCAT(&fn->work, &fn->changes);
    while ((work = QSIMPLEQ_FIRST(&fn->work))) {
        QSIMPLEQ_REMOVE_HEAD(&fn->work, next);
        g_free(work);
    }
}

bool dwc_function_wait_ready(DwcPcieFunction *fn, Error **errp)
{
    QEMU_LOCK_GUARD(&fn->lock);

    while (!fn->is_ready && !fn->gone) {
        if (!qemu_cond_timedwait(&fn->ready, &fn->lock, HANDSHAKE_MS)) {
            error_setg(errp, "dwc-pcie-function: the endpoint at %s did not "
                       "answer within %d ms", fn->link_path, HANDSHAKE_MS);
            return false;
        }
    }
    if (!fn->gone) {
        return true;
    }
    if (fn->got_hello && fn->hello == DWC_LINK_NOT_TRAINED) {
        error_setg(errp, "dwc-pcie-function: the link at %s is not trained; "
                   "set link-up on the endpoint first", fn->link_path);
    } else if (fn->got_hello && fn->hello == DWC_LINK_BUSY) {
        error_setg(errp, "dwc-pcie-function: another function is connected to "
                   "the endpoint at %s", fn->link_path);
    } else if (fn->got_hello && fn->hello == DWC_LINK_BAD_VERSION) {
        error_setg(errp, "dwc-pcie-function: the endpoint at %s speaks another "
                   "version of the link, not %d", fn->link_path,
                   DWC_LINK_VERSION);
    } else {
        error_setg(errp, "dwc-pcie-function: the endpoint at %s hung up during "
                   "the handshake", fn->link_path);
    }
    return false;
}
