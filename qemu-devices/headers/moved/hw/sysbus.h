/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU 11.0 has moved it. */
#include "hw/core/sysbus.h"
