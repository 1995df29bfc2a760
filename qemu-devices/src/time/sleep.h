/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A CPU that has been idle for long takes time to wake.  With the big lock. */
#ifndef NTB_EDMA_TIME_SLEEP_H
#define NTB_EDMA_TIME_SLEEP_H

/* From now on; otherwise it always executes at once. */
void dwc_sleep_allow(void);
/*
 * Whether the CPU does not execute now: it is IDLE, or wakes.  Asked before each
 * stretch of instructions.
 */
bool dwc_sleep_goes_on(bool idle);

#endif
