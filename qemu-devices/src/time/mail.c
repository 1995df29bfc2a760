/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Letters and promises in shared memory. */
#include "qemu/osdep.h"
#include <linux/futex.h>
#include <sys/syscall.h>
#include "qemu/atomic.h"
#include "qemu/processor.h"
#include "qemu/timer.h"
#include "time/mail.h"

/* Whether the owner sleeps: the word in the pages is what the other side reads. */
static bool mail_asleep;

static void mail_copy_in(uint8_t *ring, uint64_t at, const void *data,
                         size_t size)
{
    size_t offset = at % DWC_MAIL_RING;
    size_t first = MIN(size, DWC_MAIL_RING - offset);

    memcpy(ring + offset, data, first);
    memcpy(ring, (const uint8_t *)data + first, size - first);
}

static void mail_copy_out(const uint8_t *ring, uint64_t at, void *data,
                          size_t size)
{
    size_t offset = at % DWC_MAIL_RING;
    size_t first = MIN(size, DWC_MAIL_RING - offset);

    memcpy(data, ring + offset, first);
    memcpy((uint8_t *)data + first, ring, size - first);
}

bool dwc_mail_put(DwcMail *mail, const DwcMailHeader *header, const void *data)
{
    uint64_t size = sizeof(*header) + ROUND_UP(header->size, 8);

    assert(header->size <= DWC_MAIL_MAX);
    /* The other side's figure: one that is wrong harms nobody but itself. */
    if (mail->head + size - qatomic_load_acquire(&mail->theirs->taken) >
        DWC_MAIL_RING) {
        return false;
    }
    mail_copy_in(mail->mine->ring, mail->head, header, sizeof(*header));
    mail_copy_in(mail->mine->ring, mail->head + sizeof(*header), data,
                 header->size);
    mail->head += size;
    qatomic_store_release(&mail->mine->head, mail->head);
    return true;
}

bool dwc_mail_take(DwcMail *mail, DwcMailHeader *header, void *data,
                   bool *broken)
{
    uint64_t head = qatomic_load_acquire(&mail->theirs->head);
    uint64_t there = head - mail->tail;

    *broken = there > DWC_MAIL_RING ||
              (there && there < sizeof(DwcMailHeader));
    if (!there || *broken) {
        return false;
    }
    mail_copy_out(mail->theirs->ring, mail->tail, header, sizeof(*header));
    if (header->size > DWC_MAIL_MAX ||
        sizeof(*header) + ROUND_UP(header->size, 8) > there) {
        *broken = true;
        return false;
    }
    mail_copy_out(mail->theirs->ring, mail->tail + sizeof(*header), data,
                  header->size);
    mail->tail += sizeof(*header) + ROUND_UP(header->size, 8);
    return true;
}

void dwc_mail_say(DwcMail *mail, const DwcMailWord *word)
{
    DwcMailSide *s = mail->mine;
    uint32_t version = s->version;

    qatomic_set(&s->version, version + 1);
    smp_wmb();
    qatomic_set(&s->started, word->started);
    qatomic_set(&s->promise, word->promise);
    qatomic_set(&s->taken, word->taken);
    smp_wmb();
    qatomic_set(&s->version, version + 2);
}

DwcMailWord dwc_mail_hear(const DwcMail *mail)
{
    const DwcMailSide *s = mail->theirs;
    DwcMailWord word = {};
    unsigned tries;

    /* A side that is killed half way leaves a word that will never be whole. */
    for (tries = 0; tries < 1000000; tries++) {
        uint32_t version = qatomic_load_acquire(&s->version);

        word.started = qatomic_read(&s->started);
        word.promise = qatomic_read(&s->promise);
        word.taken = qatomic_read(&s->taken);
        smp_rmb();
        if (!(version & 1) && qatomic_read(&s->version) == version) {
            return word;
        }
        cpu_relax();
    }
    return (DwcMailWord) {};
}

static void mail_futex_wake(uint32_t *bell)
{
    qatomic_inc(bell);
    syscall(SYS_futex, bell, FUTEX_WAKE, 1, NULL, NULL, 0);
}

void dwc_mail_ring(DwcMail *mail, int64_t promise, bool letter)
{
    /* What was said comes before the look, as their look before their sleep. */
    smp_mb();
    if (qatomic_read(&mail->theirs->asleep) &&
        (letter || promise >= qatomic_read(&mail->theirs->wanted))) {
        mail_futex_wake(&mail->theirs->bell);
    }
}

void dwc_mail_wake(DwcMailSide *side)
{
    smp_mb();
    if (qatomic_read(&mail_asleep)) {
        mail_futex_wake(&side->bell);
    }
}

uint32_t dwc_mail_doze(DwcMail *mail, int64_t wanted)
{
    uint32_t bell = qatomic_read(&mail->mine->bell);

    qatomic_set(&mail->mine->wanted, wanted);
    qatomic_set(&mail->mine->asleep, 1);
    qatomic_set(&mail_asleep, true);
    smp_mb();
    return bell;
}

void dwc_mail_sleep(DwcMail *mail, uint32_t bell, int64_t ns)
{
    struct timespec wait = {
        .tv_sec = ns / NANOSECONDS_PER_SECOND,
        .tv_nsec = ns % NANOSECONDS_PER_SECOND,
    };

    syscall(SYS_futex, &mail->mine->bell, FUTEX_WAIT, bell,
            ns < 0 ? NULL : &wait, NULL, 0);
}

void dwc_mail_up(DwcMail *mail)
{
    qatomic_set(&mail_asleep, false);
    qatomic_set(&mail->mine->asleep, 0);
}
