/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Linked lists of any content at any place: the walker ends, keeps to memory
 * that is there, and leaves the channel at rest.
 */
#include "edma-world.h"
#include "qemu/bswap.h"

/* An address that a driver would use, or one that nobody would. */
static uint64_t take_address(Input *in)
{
    uint8_t kind = take(in, 1);
    uint64_t offset = take(in, 2);

    switch (kind % 8) {
    case 0:
    case 1:
        return LOCAL_BASE + offset % (2 * LOCAL_SIZE + LOCAL_GAP);
    case 2:
        return LOCAL_BASE + offset / 64 * DWC_EDMA_ELEMENT_SIZE;
    case 3:
    case 4:
        return HOST_BASE + offset % HOST_SIZE;
    case 5:
        return FAR_BASE + offset % FAR_SIZE;
    case 6:
        return offset << 48 | take(in, 6);
    default:
        return -offset;
    }
}

static void put_element(World *w, Input *in)
{
    uint64_t len = DWC_EDMA_ELEMENT_SIZE;
    uint64_t at = LOCAL_BASE + take(in, 1) * DWC_EDMA_ELEMENT_SIZE;
    uint8_t *p = world_local(w, at, &len);

    if (len < DWC_EDMA_ELEMENT_SIZE) {
        return;
    }
    stl_le_p(p, take(in, 1));
    stl_le_p(p + 4, take(in, 1) & 1 ? take(in, 4) : take(in, 2));
    stq_le_p(p + 8, take_address(in));
    stq_le_p(p + 16, take_address(in));
}

static void start(World *w, Input *in)
{
    uint8_t which = take(in, 1);
    DwcEdmaDir dir = which & 1;
    unsigned ch = (which >> 1) % DWC_EDMA_MAX_CHANNELS;
    DwcEdmaProgram program = {
        .list = !(which & 0x80),
        .cycle = true,
        .llp = LOCAL_BASE + take(in, 1) * DWC_EDMA_ELEMENT_SIZE,
        .element.control = DWC_EDMA_LIE | DWC_EDMA_RIE,
    };

    if (ch >= w->edma.channels[dir]) {
        return;
    }
    if (!program.list) {
        program.element.source = take_address(in);
        program.element.destination = take_address(in);
        program.element.size = take(in, 3);
    }
    world_map_start(w, dir, ch, &program,
                    which & 0x40 ? DWC_EDMA_FROM_LINK : DWC_EDMA_FROM_CPU);
    world_settle(w);
    MUST("a channel that has been walked to the end does not say it runs",
         world_map_state(w, dir, ch) != DWC_EDMA_RUNNING ||
         w->edma.channel[dir][ch].doorbell);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input in = { data, size };
    World w;

    world_init(&w, &in);
    while (in.left) {
        uint8_t op = take(&in, 1);

        if (op % 4 == 3) {
            start(&w, &in);
            world_check(&w);
        } else {
            put_element(&w, &in);
        }
    }
    world_free(&w);
    return 0;
}
