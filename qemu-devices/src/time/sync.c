/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Promises and horizons. */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/atomic.h"
#include "qemu/main-loop.h"
#include "qemu/processor.h"
#include "time/clock.h"
#include "time/internal.h"
#include "time/pace.h"
#include "time/vcpu.h"

/* Events from outside wait so long at most, that the other side may run on. */
#define TIME_CHUNK_NS   (1 * SCALE_MS)
/* Looks at the other side before it sleeps: what a wake-up would take. */
#define TIME_SPIN_NS    4000
/* Between two looks at what comes without a time. */
#define TIME_GLANCE_NS  (50 * SCALE_US)

DwcTime dwc_time;

bool dwc_time_enabled(void)
{
    return dwc_time.enabled;
}

void dwc_time_decide(void)
{
    dwc_time.decided = true;
}

bool dwc_time_too_late(void)
{
    return dwc_time.decided && !dwc_time.enabled;
}

bool dwc_time_joined(void)
{
    return dwc_time.joined && !qatomic_read(&dwc_time.parting);
}

int64_t dwc_time_joined_at(void)
{
    return dwc_time_joined() ? dwc_time.base : -1;
}

int64_t dwc_time_now(void)
{
    return dwc_clock_now() - dwc_time.base;
}

/* --- Promises. --- */

/* What the other side has said and sent by now. */
static void time_look(void)
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

static void time_promise(int64_t until)
{
    DwcMailWord word = { true, until, dwc_time.mail.tail };

    dwc_time.promised = until;
    dwc_mail_say(&dwc_time.mail, &word);
    dwc_mail_ring(&dwc_time.mail, until, false);
}

/* What is waited for: a promise, by a side that has taken so many bytes. */
typedef struct TimeWanted {
    int64_t promise;
    uint64_t taken;
} TimeWanted;

/* That nothing can arrive before HORIZON. */
static TimeWanted time_wanted(int64_t horizon)
{
    return (TimeWanted) {
        .promise = horizon - dwc_time.latency,
        .taken = dwc_time_sent_before(horizon - 2 * dwc_time.latency),
    };
}

static const TimeWanted nothing_wanted = { .promise = INT64_MAX };

static bool time_news(const TimeWanted *wanted)
{
    const DwcMailSide *theirs = dwc_time.mail.theirs;

    return (qatomic_read(&theirs->promise) >= wanted->promise &&
            qatomic_read(&theirs->taken) >= wanted->taken) ||
           qatomic_read(&dwc_time.mail.theirs->head) != dwc_time.mail.tail ||
           (dwc_time.joined && qatomic_read(&dwc_time.parting)) ||
           (dwc_clock_executing() ? qatomic_read(&first_cpu->stop) :
                                    dwc_vcpu_wanted());
}

/* Until the other side has said what is WANTED, or there are other news. */
static void time_wait(TimeWanted wanted, int64_t ns)
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

/* --- A CPU that does not execute. --- */

static void time_run_on(int64_t target)
{
    dwc_clock_jump(MAX(0, target - dwc_clock_now()));
    dwc_clock_run();
}

static void time_advance_alone(void)
{
    int64_t now = dwc_clock_now();
    int64_t target = MIN(dwc_clock_next(), now + TIME_CHUNK_NS);
    int64_t ns = dwc_pace_step(target - now);

    if (ns) {
        time_wait(nothing_wanted, ns);
    } else {
        time_run_on(target);
    }
}

/* On to the next event; or closer to it, if something has to come first. */
static void time_advance(void)
{
    int64_t now, target, ns;

    timer_del(dwc_time.stop);
    if (dwc_clock_next() <= dwc_clock_now()) {
        dwc_clock_run();
        return;
    }
    if (!dwc_time_joined()) {
        time_advance_alone();
        return;
    }
    time_look();
    now = dwc_time_now();
    target = dwc_time.promised > now ? dwc_time.promised : now + TIME_CHUNK_NS;
    target = MAX(now, MIN(target, dwc_clock_next() - dwc_time.base));
    time_promise(target);
    if (dwc_time.horizon < target) {
        time_wait(time_wanted(target), -1);
        return;
    }
    ns = QSIMPLEQ_EMPTY(&dwc_time.inbox) ? dwc_pace_step(target - now) : 0;
    if (ns) {
        time_wait(nothing_wanted, ns);
        return;
    }
    time_run_on(dwc_time.base + target);
}

bool dwc_time_await(const bool *done)
{
    CPUState *cpu = dwc_clock_executing();

    if (!cpu) {
        return false;
    }
    while (!*done && dwc_time_joined()) {
        time_advance();
        dwc_vcpu_rest(cpu);
    }
    /* Its budget is out of date. */
    dwc_vcpu_settle();
    cpu_exit(cpu);
    return *done;
}

bool dwc_time_pass(bool (*done)(void *opaque), void *opaque)
{
    CPUState *cpu = dwc_clock_executing();
    bool nested = dwc_time.passing, over;

    if (!cpu || !dwc_time_joined()) {
        return false;
    }
    dwc_time.passing = true;
    while (!(over = done(opaque)) && dwc_time_joined()) {
        time_advance();
        dwc_vcpu_rest(cpu);
    }
    dwc_time.passing = nested;
    dwc_vcpu_settle();
    cpu_exit(cpu);
    return over;
}

/* Before the CPU executes; false: once more. */
static bool time_settle(CPUState *cpu)
{
    int64_t now;

    if (dwc_vcpu_idle(cpu) || (dwc_time_joined() &&
                               dwc_time.promised > dwc_time_now())) {
        time_advance();
        return false;
    }
    if (!dwc_time_joined()) {
        return true;
    }
    time_look();
    now = dwc_time_now();
    time_promise(now);
    if (dwc_time.horizon > now) {
        timer_mod(dwc_time.stop, dwc_time.base + dwc_time.horizon);
        return true;
    }
    time_wait(time_wanted(now + 1), -1);
    return false;
}

void dwc_time_use_seed(uint64_t seed)
{
    dwc_time.seed = seed;
}

static void time_stop(void *opaque)
{
    dwc_vcpu_settle();
}

bool dwc_time_begin(int64_t latency, int64_t grid, Error **errp)
{
    if (!dwc_vcpu_take(time_settle, errp)) {
        return false;
    }
    QSIMPLEQ_INIT(&dwc_time.inbox);
    g_queue_init(&dwc_time.sent);
    dwc_time.delivery = timer_new_ns(QEMU_CLOCK_VIRTUAL, dwc_time_deliver, NULL);
    dwc_time.stop = timer_new_ns(QEMU_CLOCK_VIRTUAL, time_stop, NULL);
    dwc_time_be_alone();
    dwc_time.latency = latency;
    dwc_time.grid = grid;
    dwc_time.enabled = true;
    return true;
}
