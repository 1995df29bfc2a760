/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Letters: sent, taken, and delivered when they are due. */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "system/cpus.h"
#include "time/clock.h"
#include "time/costs.h"
#include "time/internal.h"
#include "trace-ntb_edma.h"

static TimeLetter *time_remove_first(void)
{
    TimeLetter *l = QSIMPLEQ_FIRST(&dwc_time.inbox);

    if (l) {
        QSIMPLEQ_REMOVE_HEAD(&dwc_time.inbox, next);
        dwc_time.inbox_size -= sizeof(*l) + l->size;
    }
    return l;
}

static void time_arm_delivery(void)
{
    TimeLetter *l = QSIMPLEQ_FIRST(&dwc_time.inbox);

    if (l) {
        timer_mod(dwc_time.delivery, dwc_time.base + l->due);
    }
}

void dwc_time_deliver(void *opaque)
{
    TimeLetter *l;

    /* Who has parted may be deleted before the CPU has done its share of it. */
    while (dwc_time_joined() && (l = QSIMPLEQ_FIRST(&dwc_time.inbox)) &&
           l->due <= dwc_time_now()) {
        time_remove_first();
        trace_dwc_time_letter("due", l->type, l->due, l->size);
        dwc_time.deliver(dwc_time.opaque, l->type, l->data, l->size);
        g_free(l);
    }
    if (dwc_time_joined()) {
        time_arm_delivery();
    }
}

/* The other side has broken the rules: whoever joined ends the connection. */
static void time_break(void)
{
    if (dwc_time_joined()) {
        dwc_time_part(dwc_time.opaque);
        dwc_time.deliver(dwc_time.opaque, DWC_TIME_BROKEN, NULL, 0);
    }
}

void dwc_time_take_letters(void)
{
    bool broken, first = QSIMPLEQ_EMPTY(&dwc_time.inbox);
    uint8_t data[DWC_MAIL_MAX];
    DwcMailHeader header;

    while (dwc_mail_take(&dwc_time.mail, &header, data, &broken)) {
        TimeLetter *l;

        if (dwc_time.inbox_size > TIME_INBOX_MAX || header.sent < 0 ||
            header.sent > TIME_LAST) {
            broken = true;
            break;
        }
        l = g_malloc(sizeof(*l) + header.size);
        *l = (TimeLetter) { .due = header.sent + dwc_time.latency,
                            .type = header.type, .size = header.size };
        memcpy(l->data, data, header.size);
        QSIMPLEQ_INSERT_TAIL(&dwc_time.inbox, l, next);
        dwc_time.inbox_size += sizeof(*l) + l->size;
        /* What was promised was but for what this letter brings. */
        dwc_time.promised = MIN(dwc_time.promised, l->due);
    }
    if (broken) {
        time_break();
    }
    if (first) {
        time_arm_delivery();
    }
}

bool dwc_time_send(unsigned type, const void *data, size_t size,
                   int64_t delay, int64_t grain)
{
    DwcMailHeader header = { .size = size, .type = type };
    TimeSent *sent;

    if (!dwc_time_joined()) {
        return false;
    }
    delay += dwc_cost_chance(dwc_cost_profile()->latency_spread_ns);
    header.sent = ROUND_UP(dwc_time_now() + delay, grain);
    /* The main loop may send while the CPU's thread has promised more. */
    header.sent = MAX(header.sent, MAX(dwc_time.last_sent, dwc_time.promised));
    if (!dwc_mail_put(&dwc_time.mail, &header, data)) {
        time_break();
        return false;
    }
    trace_dwc_time_letter("sent", type, header.sent, size);
    dwc_time.last_sent = header.sent;
    sent = g_new(TimeSent, 1);
    *sent = (TimeSent) { .end = dwc_time.mail.head, .sent = header.sent };
    g_queue_push_tail(&dwc_time.sent, sent);
    if (qemu_in_vcpu_thread()) {
        /* It is due after all that is promised yet: the next promise tells. */
        dwc_time.unrung = true;
    } else {
        dwc_mail_ring(&dwc_time.mail, dwc_time.promised, true);
    }
    /* Its answer may be back after twice the latency. */
    if (header.sent + 2 * dwc_time.latency < dwc_time.horizon) {
        dwc_time.horizon = header.sent + 2 * dwc_time.latency;
        if (timer_pending(dwc_time.stop)) {
            timer_mod(dwc_time.stop, dwc_time.base + dwc_time.horizon);
        }
    }
    return true;
}

uint64_t dwc_time_sent_before(int64_t time)
{
    uint64_t end = 0;
    GList *l;

    for (l = dwc_time.sent.head; l; l = l->next) {
        TimeSent *sent = l->data;

        if (sent->sent >= time) {
            break;
        }
        end = sent->end;
    }
    return end;
}

void dwc_time_forget_sent(uint64_t taken)
{
    TimeSent *sent;

    while ((sent = g_queue_peek_head(&dwc_time.sent)) && sent->end <= taken) {
        g_free(g_queue_pop_head(&dwc_time.sent));
    }
}

void dwc_time_drop_letters(void)
{
    TimeLetter *l;

    timer_del(dwc_time.delivery);
    while ((l = time_remove_first())) {
        g_free(l);
    }
    dwc_time_forget_sent(UINT64_MAX);
}
