/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of two machines' one time share; nobody else includes this. */
#ifndef NTB_EDMA_TIME_INTERNAL_H
#define NTB_EDMA_TIME_INTERNAL_H

#include "qemu/queue.h"
#include "qemu/timer.h"
#include "time/sync.h"

typedef struct TimeLetter {
    QSIMPLEQ_ENTRY(TimeLetter) next;
    int64_t due;
    unsigned type;
    size_t size;
    uint8_t data[];
} TimeLetter;

/*
 * More is not under way in any promise: a side that runs ahead by a millisecond
 * and stores all the time has sent a sixth of it.
 */
#define TIME_INBOX_MAX  (4 * DWC_MAIL_RING)

/* No time of the other side's is later: 146 years, to which one can be added. */
#define TIME_LAST       (INT64_MAX / 2)

/* A letter that the other side may not have taken yet. */
typedef struct TimeSent {
    uint64_t end;
    int64_t sent;
} TimeSent;

typedef struct DwcTime {
    bool enabled, decided;
    int64_t latency, grid;
    uint64_t seed;
    bool joined;
    const void *owner;          /* the latest to join; atomic */
    unsigned parting;           /* partings that the CPU has yet to do; atomic */
    int64_t base;               /* the clock when they joined */
    DwcMail mail;
    DwcMailPages *pages;
    int64_t promised, horizon;  /* common time */
    int64_t last_sent;
    bool passing;               /* in dwc_time_pass() */
    bool held;                  /* atomic */
    GQueue sent;
    bool unrung;                /* letters of which the other side was not told */
    QSIMPLEQ_HEAD(, TimeLetter) inbox;
    size_t inbox_size;          /* bytes of memory */
    QEMUTimer *delivery, *stop;
    DwcTimeDeliver *deliver;
    void *opaque;
} DwcTime;


/* This machine's.  With the big lock, but for what is atomic. */
extern DwcTime dwc_time;

/* What is waited for: a promise, by a side that has taken so many bytes. */
typedef struct TimeWanted {
    int64_t promise;
    uint64_t taken;
    bool release;               /* from being held, too */
} TimeWanted;

/* promise.c */
/* What the other side has said and sent by now. */
void dwc_time_look(void);
void dwc_time_promise(int64_t until);
/* That nothing can arrive before HORIZON. */
TimeWanted dwc_time_wanted(int64_t horizon);
extern const TimeWanted dwc_time_nothing;
/*
 * Until the other side has said what is WANTED, or there are other news; for NS
 * at most if that is not negative.
 */
void dwc_time_wait(TimeWanted wanted, int64_t ns);
/* Whether this machine was held, for some time. */
bool dwc_time_is_held(void);
/* A glance at what comes without a time; the other side may come as far as this. */
void dwc_time_stand_still(void);

/* letters.c */
/* What the other side has sent by now; it will be delivered when it is due. */
void dwc_time_take_letters(void);
/* The other side has taken so many bytes of letters. */
void dwc_time_forget_sent(uint64_t taken);
/* How many bytes those letters are that were sent before TIME. */
uint64_t dwc_time_sent_before(int64_t time);
void dwc_time_drop_letters(void);
/* The timer at which the next letter is due. */
void dwc_time_deliver(void *opaque);

/* meeting.c */
/* With pages of its own a machine that is alone waits as one that is not. */
void dwc_time_be_alone(void);

#endif
