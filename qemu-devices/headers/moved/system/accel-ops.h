/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Before QEMU 10.1 it had this name. */
#include "accel/accel-cpu-ops.h"
