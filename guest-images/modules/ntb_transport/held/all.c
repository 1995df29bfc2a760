// SPDX-License-Identifier: GPL-2.0-only
/*
 * The transport with its default backend, as one file, with what held.h puts
 * into it.
 */
#include "held/held.h"

#include "core/client_bus.c"
#include "core/core.c"
#include "core/debugfs.c"
#include "core/link.c"
#include "core/params.c"
#include "core/qp.c"
#include "core/qp_api.c"
#include "core/qp_entry.c"
#include "shm/backend.c"
#include "shm/copy.c"
#include "shm/dma.c"
#include "shm/link.c"
#include "shm/rings.c"
#include "shm/window.c"
#include "main.c"
