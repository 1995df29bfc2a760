/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Promises, the wait for those of the other side, and a clock that stands still. */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/main-loop.h"
#include "qemu/processor.h"
#include "time/clock.h"
#include "time/internal.h"
#include "time/vcpu.h"

/* Looks at the other side before it sleeps: what a wake-up would take. */
#define TIME_SPIN_NS    4000
/* Between two looks at what comes without a time. */
#define TIME_GLANCE_NS  (50 * SCALE_US)

void dwc_time_look(void)
{
    DwcMailWord word = dwc_mail_hear(&dwc_time.mail);
    int64_t quiet = word.started ? MIN(word.promise, TIME_LAST) : 0;
    TimeSent *sent;

    /* What came before the promise is taken after it was heard. */
    dwc_time_take_letters();
    dwc_time_forget_sent(word.taken);
    sent = g_queue_peek_head(&dwc_time.sent);
    if (sent) {
        quiet = MIN(quiet, sent->sent + dwc_time.latency);
    }
    dwc_time.horizon = quiet + dwc_time.latency;
}

void dwc_time_promise(int64_t until)
{
    DwcMailWord word = { true, until, dwc_time.mail.tail };

    dwc_time.promised = until;
    dwc_mail_say(&dwc_time.mail, &word);
    dwc_mail_ring(&dwc_time.mail, until, dwc_time.unrung);
    dwc_time.unrung = false;
}

TimeWanted dwc_time_wanted(int64_t horizon)
{
    return (TimeWanted) {
        .promise = horizon - dwc_time.latency,
        .taken = dwc_time_sent_before(horizon - 2 * dwc_time.latency),
    };
}

const TimeWanted dwc_time_nothing = { .promise = INT64_MAX };
static const TimeWanted release_wanted = { .promise = INT64_MAX,
                                           .release = true };

static bool time_news(const TimeWanted *wanted)
{
    const DwcMailSide *theirs = dwc_time.mail.theirs;

    return (qatomic_read(&theirs->promise) >= wanted->promise &&
            qatomic_read(&theirs->taken) >= wanted->taken) ||
           qatomic_read(&dwc_time.mail.theirs->head) != dwc_time.mail.tail ||
           (dwc_time.joined && qatomic_read(&dwc_time.parting)) ||
           (wanted->release && !qatomic_read(&dwc_time.held)) ||
           (dwc_clock_executing() ? qatomic_read(&first_cpu->stop) :
                                    dwc_vcpu_wanted());
}

void dwc_time_wait(TimeWanted wanted, int64_t ns)
{
    int64_t until = get_clock() + TIME_SPIN_NS;
    uint32_t bell;

    bql_unlock();
    if (dwc_time.passing && (ns < 0 || ns > TIME_GLANCE_NS)) {
        ns = TIME_GLANCE_NS;
    }
    while (!time_news(&wanted)) {
        if (get_clock() < until) {
            cpu_relax();
            continue;
        }
        bell = dwc_mail_doze(&dwc_time.mail, wanted.promise);
        if (!time_news(&wanted)) {
            dwc_mail_sleep(&dwc_time.mail, bell, ns);
        }
        dwc_mail_up(&dwc_time.mail);
        if (ns >= 0) {
            break;
        }
    }
    bql_lock();
}

void dwc_time_hold(bool held)
{
    qatomic_set(&dwc_time.held, held);
    dwc_vcpu_settle();
    /* It may wait in an access, where it has no time for other work. */
    qemu_cpu_kick(first_cpu);
}

bool dwc_time_is_held(void)
{
    if (!dwc_time.held) {
        return false;
    }
    if (dwc_time_joined()) {
        dwc_time_look();
        /* The other side, too, is to come as far as this. */
        dwc_time_promise(MAX(dwc_time.promised, dwc_time_now()));
    }
    dwc_time_wait(release_wanted, -1);
    return true;
}

void dwc_time_stand_still(void)
{
    dwc_time_look();
    dwc_time_promise(MAX(dwc_time.promised, dwc_time_now()));
    dwc_time_wait(dwc_time_nothing, TIME_GLANCE_NS);
}
