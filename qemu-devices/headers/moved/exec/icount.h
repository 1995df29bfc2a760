/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Before QEMU 10.1 it was a part of this one. */
#include "system/cpu-timers.h"
