/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Idle time, not faster than the wall clock. */
#include "qemu/osdep.h"
#include "qemu/timer.h"
#include "time/pace.h"

/* Shorter than this nobody sleeps: gaps between events of busy machines. */
#define PACE_SLACK_NS   (2 * SCALE_MS)

/* By how much idle steps are ahead; being behind is no credit. */
static int64_t pace_ahead;
static int64_t pace_wall;

int64_t dwc_pace_step(int64_t ns)
{
    int64_t wall = get_clock();

    pace_ahead = MAX(0, pace_ahead - (wall - pace_wall));
    pace_wall = wall;
    if (pace_ahead > PACE_SLACK_NS) {
        return pace_ahead - PACE_SLACK_NS / 2;
    }
    pace_ahead += ns;
    return 0;
}
