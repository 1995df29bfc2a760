/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Linked lists of any content at any place: the walker ends, keeps to memory
 * that is there, and leaves the channel at rest.
 */
#include "edma-world.h"
#include "qemu/bswap.h"

#define CONTEXT         0x200
#define CONTEXT_STRIDE  0x200
#define READ_CHANNEL    0x100

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
    hwaddr context = CONTEXT + ch * CONTEXT_STRIDE + dir * READ_CHANNEL;
    uint64_t list = LOCAL_BASE + take(in, 1) * DWC_EDMA_ELEMENT_SIZE;
    DwcEdmaState state;

    if (ch >= w->edma.channels[dir]) {
        return;
    }
    dwc_edma_write(&w->edma, dir ? 0x2c : 0x0c, 1, DWC_EDMA_FROM_CPU);
    if (which & 0x80) {
        /* A transfer without a list. */
        uint64_t source = take_address(in), destination = take_address(in);
        unsigned i;
        const uint32_t values[] = {
            DWC_EDMA_LIE | DWC_EDMA_RIE, 0, take(in, 3),
            source, source >> 32, destination, destination >> 32,
        };

        for (i = 0; i < ARRAY_SIZE(values); i++) {
            dwc_edma_write(&w->edma, context + 4 * i, values[i],
                           DWC_EDMA_FROM_CPU);
        }
    } else {
        dwc_edma_write(&w->edma, context, 0x300, DWC_EDMA_FROM_CPU);
        dwc_edma_write(&w->edma, context + 0x1c, list, DWC_EDMA_FROM_CPU);
        dwc_edma_write(&w->edma, context + 0x20, list >> 32,
                       DWC_EDMA_FROM_CPU);
    }
    dwc_edma_write(&w->edma, dir ? 0x30 : 0x10, ch,
                   which & 0x40 ? DWC_EDMA_FROM_LINK : DWC_EDMA_FROM_CPU);
    world_settle(w);
    state = (w->regs[context / 4] >> 5) & 3;
    MUST("a channel that has been walked to the end does not say it runs",
         state != DWC_EDMA_RUNNING || w->edma.channel[dir][ch].doorbell);
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
