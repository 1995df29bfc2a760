/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine under fuzz has HDMA's register map. */
#include "edma-world.h"
#include "edma/hdma/map.h"

#define STRIDE          0x200
#define READ_CHANNEL    0x100
#define LIST            0x10
#define CYCLE           0x18
#define ELEMENT         0x1c
#define CONTROL1        0x34
#define STATUS          0x80
#define INT_STATUS      0x84
#define INT_SETUP       0x88
#define DOORBELL        0x04

const DwcEdmaMap *const world_map = &dwc_edma_hdma_map;

static hwaddr block(DwcEdmaDir dir, unsigned ch)
{
    return ch * STRIDE + dir * READ_CHANNEL;
}

void world_map_start(World *w, DwcEdmaDir dir, unsigned ch,
                     const DwcEdmaProgram *p, DwcEdmaOrigin origin)
{
    const DwcEdmaElement *e = &p->element;
    const struct { hwaddr at; uint32_t value; } writes[] = {
        { 0, 1 },
        { LIST, p->llp }, { LIST + 4, p->llp >> 32 },
        { CYCLE, p->cycle << 1 | p->cycle },
        { ELEMENT, e->size },
        { ELEMENT + 4, e->source }, { ELEMENT + 8, e->source >> 32 },
        { ELEMENT + 12, e->destination },
        { ELEMENT + 16, e->destination >> 32 },
        { ELEMENT + 20, 3 },
        { CONTROL1, p->list },
        { INT_SETUP, 0x78 },
    };
    unsigned i;

    for (i = 0; i < ARRAY_SIZE(writes); i++) {
        dwc_edma_write(&w->edma, block(dir, ch) + writes[i].at, writes[i].value,
                       DWC_EDMA_FROM_CPU);
    }
    dwc_edma_write(&w->edma, block(dir, ch) + DOORBELL, 1, origin);
}

DwcEdmaState world_map_state(World *w, DwcEdmaDir dir, unsigned ch)
{
    return w->regs[(block(dir, ch) + STATUS) / 4] & 3;
}

void world_map_check(World *w)
{
    DwcEdmaDir dir;
    unsigned ch;
    hwaddr at;

    for (dir = 0; dir < DWC_EDMA_DIRS; dir++) {
        for (ch = 0; ch < DWC_EDMA_MAX_CHANNELS; ch++) {
            uint32_t status = w->regs[(block(dir, ch) + INT_STATUS) / 4];

            MUST("an error code comes with an abort",
                 !(status & 0x78) || (status & 4));
            for (at = 0; ch >= w->edma.channels[dir] && at < READ_CHANNEL;
                 at += 4) {
                MUST("a channel that does not exist has no registers",
                     !w->regs[(block(dir, ch) + at) / 4]);
            }
        }
    }
}
