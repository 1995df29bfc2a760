/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU 10.1 has moved it. */
#include "system/memory.h"
