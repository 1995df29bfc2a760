/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The thread of the one CPU: what runs there before the CPU executes, and
 * instead while it has nothing to execute.
 */
#ifndef NTB_EDMA_TIME_VCPU_H
#define NTB_EDMA_TIME_VCPU_H

#include "hw/core/cpu.h"
#include "time/mail.h"

/* With the big lock; again and again until it returns true. */
typedef bool DwcVcpuSettle(CPUState *cpu);

/* SETTLE runs from now on.  False with ERRP set: this machine has no such CPU. */
bool dwc_vcpu_take(DwcVcpuSettle *settle, Error **errp);
/* SETTLE is to run before the next instruction; any thread. */
void dwc_vcpu_settle(void);
/* Whether the CPU has nothing to execute. */
bool dwc_vcpu_idle(CPUState *cpu);
/* Whether something else waits for the CPU's thread; any thread. */
bool dwc_vcpu_wanted(void);
/*
 * In the middle of an instruction: if the machine is to stop it does so here, and
 * this returns when it goes on.
 */
void dwc_vcpu_rest(CPUState *cpu);
/* Who wants something of the CPU's thread wakes the owner of SIDE, too; RCU. */
void dwc_vcpu_hear(DwcMailSide *side);

#endif
