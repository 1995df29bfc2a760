/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine under fuzz has eDMA's register map. */
#include "edma-world.h"
#include "edma/v0/map.h"

#define COUNTS          0x008
#define CONTEXT         0x200
#define CONTEXT_STRIDE  0x200
#define READ_CHANNEL    0x100

const DwcEdmaMap *const world_map = &dwc_edma_v0_map;

static hwaddr context(DwcEdmaDir dir, unsigned ch)
{
    return CONTEXT + ch * CONTEXT_STRIDE + dir * READ_CHANNEL;
}

void world_map_start(World *w, DwcEdmaDir dir, unsigned ch,
                     const DwcEdmaProgram *p, DwcEdmaOrigin origin)
{
    const DwcEdmaElement *e = &p->element;
    const uint32_t values[] = {
        e->control | p->cycle << 8 | p->list << 9, 0, e->size,
        e->source, e->source >> 32, e->destination, e->destination >> 32,
        p->llp, p->llp >> 32,
    };
    unsigned i;

    dwc_edma_write(&w->edma, dir ? 0x2c : 0x0c, 1, DWC_EDMA_FROM_CPU);
    for (i = 0; i < ARRAY_SIZE(values); i++) {
        dwc_edma_write(&w->edma, context(dir, ch) + 4 * i, values[i],
                       DWC_EDMA_FROM_CPU);
    }
    dwc_edma_write(&w->edma, dir ? 0x30 : 0x10, ch, origin);
}

DwcEdmaState world_map_state(World *w, DwcEdmaDir dir, unsigned ch)
{
    return (w->regs[context(dir, ch) / 4] >> 5) & 3;
}

void world_map_check(World *w)
{
    MUST("the channel counts cannot be written",
         (dwc_edma_read(&w->edma, COUNTS) & 0x000f000f) ==
         (w->edma.channels[DWC_EDMA_WRITE] |
          w->edma.channels[DWC_EDMA_READ] << 16));
}
