/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * This machine's virtual clock under -icount: how it is read, and how it is
 * made to go on by something else than instructions.
 *
 * All with the big lock.
 */
#ifndef NTB_EDMA_TIME_CLOCK_H
#define NTB_EDMA_TIME_CLOCK_H

#include "hw/core/cpu.h"

/* Nanoseconds since the machine's start. */
int64_t dwc_clock_now(void);
/* The clock goes on by NS while no instruction is executed. */
void dwc_clock_jump(int64_t ns);
/*
 * The instruction that this CPU executes takes NS longer.  What is due meanwhile
 * happens after it.
 */
void dwc_clock_spend(CPUState *cpu, int64_t ns);
/* When the next timer is due; INT64_MAX: there is none. */
int64_t dwc_clock_next(void);
/* Runs what is due. */
void dwc_clock_run(void);
/* The CPU that executes an instruction on this thread, or NULL. */
CPUState *dwc_clock_executing(void);

#endif
