/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Idle machines do not run ahead of the wall clock: whoever talks to them from
 * outside, as by SSH, would find their time-outs long over.
 */
#ifndef NTB_EDMA_TIME_PACE_H
#define NTB_EDMA_TIME_PACE_H

#include "qemu/osdep.h"

/*
 * An idle clock is to go on by NS: 0, it may now; else for how long to wait and
 * then ask again.
 */
int64_t dwc_pace_step(int64_t ns);

#endif
