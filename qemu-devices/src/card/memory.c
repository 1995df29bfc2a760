/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The card's memory as the host reaches it.
 *
 * As RAM, or, with forgive-posted-order off, over a bus of its own: what the host
 * writes is on its way there while a doorbell, which goes to the engine's
 * registers by another one, has arrived.  A read pushes the writes before it.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/timer.h"
#include "card/card.h"
#include "trace-ntb_edma.h"

/*
 * How long a write is on its way at most: as long as an emulated CPU may need
 * from the last one of a list to the doorbell.
 */
#define ON_THE_WAY_NS   (1 * SCALE_MS)

typedef struct PostedWrite {
    hwaddr addr;
    uint64_t val;
    unsigned size;
} PostedWrite;

static void card_memory_arrive(DwcEdmaPcie *card)
{
    unsigned i;

    timer_del(card->arrival);
    for (i = 0; i < card->posted->len; i++) {
        PostedWrite *w = &g_array_index(card->posted, PostedWrite, i);

        stn_le_p(card->memory_bytes + w->addr, w->size, w->val);
        memory_region_set_dirty(&card->memory, w->addr, w->size);
    }
    trace_dwc_card_arrived(card->posted->len);
    g_array_set_size(card->posted, 0);
}

static void card_memory_has_arrived(void *opaque)
{
    card_memory_arrive(opaque);
}

static uint64_t card_memory_read(void *opaque, hwaddr addr, unsigned size)
{
    DwcEdmaPcie *card = opaque;

    if (card->gone) {
        return UINT64_MAX;
    }
    card_memory_arrive(card);
    return ldn_le_p(card->memory_bytes + addr, size);
}

static void card_memory_write(void *opaque, hwaddr addr, uint64_t val,
                              unsigned size)
{
    DwcEdmaPcie *card = opaque;
    PostedWrite w = { addr, val, size };

    if (card->gone) {
        return;
    }
    g_array_append_val(card->posted, w);
    if (!timer_pending(card->arrival)) {
        timer_mod(card->arrival,
                  qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + ON_THE_WAY_NS);
    }
}

static const MemoryRegionOps posted_ops = {
    .read = card_memory_read,
    .write = card_memory_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8 },
    .impl = { .min_access_size = 1, .max_access_size = 8 },
};

bool dwc_card_memory_init(DwcEdmaPcie *card, Error **errp)
{
    if (!memory_region_init_ram(&card->memory, OBJECT(card), "dwc-card-memory",
                                card->kind->memory_size, errp)) {
        return false;
    }
    card->memory_bytes = memory_region_get_ram_ptr(&card->memory);
    if (!card->forgive_posted_order) {
        memory_region_init_io(&card->memory_trap, OBJECT(card), &posted_ops,
                              card, "dwc-card-memory-trap",
                              card->kind->memory_size);
        card->posted = g_array_new(false, false, sizeof(PostedWrite));
        card->arrival = timer_new_ns(QEMU_CLOCK_VIRTUAL,
                                     card_memory_has_arrived, card);
    }
    return true;
}

MemoryRegion *dwc_card_memory_bar(DwcEdmaPcie *card)
{
    return card->forgive_posted_order ? &card->memory : &card->memory_trap;
}

void dwc_card_memory_exit(DwcEdmaPcie *card)
{
    if (card->posted) {
        timer_free(card->arrival);
        g_array_free(card->posted, true);
        card->posted = NULL;
    }
}
