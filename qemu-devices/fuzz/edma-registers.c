/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any access to any register, from the endpoint's CPUs, from the host and
 * through the ring, also while channels are at work.
 */
#include "edma-world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input in = { data, size };
    World w;

    world_init(&w, &in);
    while (in.left) {
        world_access(&w);
        world_settle(&w);
        world_check(&w);
    }
    world_free(&w);
    return 0;
}
