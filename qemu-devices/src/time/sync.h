/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two machines on one virtual time.
 *
 * What one sends reaches the other a latency later.  So a machine may run until
 * the other's promise plus the latency: nothing can reach it before.  It waits
 * there, with its CPU's thread alone and without the big lock.  A machine whose
 * CPU is idle, or waits for an answer, goes on to its next event at once.
 *
 * Needs -icount and one CPU.  With the big lock, unless said otherwise.
 */
#ifndef NTB_EDMA_TIME_SYNC_H
#define NTB_EDMA_TIME_SYNC_H

#include "time/mail.h"

/* The type of a letter that says that there will be none any more. */
#define DWC_TIME_BROKEN     UINT32_MAX

/* A letter is due; it may end the connection. */
typedef void DwcTimeDeliver(void *opaque, unsigned type, const void *data,
                            size_t size);

/*
 * Takes this machine's clock over, for good; with LATENCY ns of the link.  The
 * common time begins at a multiple of GRID ns of the clock; 0: anywhere.
 */
bool dwc_time_begin(int64_t latency, int64_t grid, Error **errp);
/* From the next time on that they join, SEED varies what takes time; 0: nothing. */
void dwc_time_use_seed(uint64_t seed);
/* Something has begun that goes by the clock as it is: it stays so, for good. */
void dwc_time_decide(void);
/* Whether the clock can be taken over no more, though it has not been. */
bool dwc_time_too_late(void);
/* Whether the clock has been taken over; any thread. */
bool dwc_time_enabled(void);
/*
 * The link is up: from now on the clock goes with that of the other side of
 * PAGES, of which this is SIDE.  Takes the mapping PAGES over.  Any thread.
 */
void dwc_time_join(DwcMailPages *pages, unsigned side, DwcTimeDeliver *deliver,
                   void *opaque);
/* The link of whoever joined with OPAQUE is down; any thread. */
void dwc_time_part(const void *opaque);
/* Whether the clocks go together. */
bool dwc_time_joined(void);
/* What this clock was when they began to; -1: they do not. */
int64_t dwc_time_joined_at(void);
/*
 * This machine's clock stands still, and with it soon that of its peer: QMP,
 * consoles and the link go on. Or it does so no more.
 */
void dwc_time_hold(bool held);
/* Ns since they do. */
int64_t dwc_time_now(void);
/*
 * Sends a letter that leaves here after DELAY ns, at the next multiple of GRAIN
 * ns.  Letters do not pass each other.  False: nobody is there.
 */
bool dwc_time_send(unsigned type, const void *data, size_t size,
                   int64_t delay, int64_t grain);
/*
 * The CPU that executes waits until *DONE.  False: the link went down first, or
 * no CPU executes on this thread.
 */
bool dwc_time_await(const bool *done);
/*
 * The same for what comes without a time, some microseconds after it is there:
 * the clock goes on, for the other side may need it to.
 */
bool dwc_time_pass(bool (*done)(void *opaque), void *opaque);

#endif
