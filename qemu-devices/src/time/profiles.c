/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The profiles; where their numbers are from is in docs/virtual-time.md. */
#include "qemu/osdep.h"
#include "time/profile.h"

static const DwcTimeProfile profiles[] = {
    {
        .name = "r-car-s4",
        .instruction_ns = 1,
        .sleep_after_ns = 4000000,
        .wake_ns = 500000,
        .latency_ns = 500,
        .link_mbps = 3938,
        .payload = 128,
        .overhead = 24,
        .buffered = 1024,
        .store_ns = 100,
        .dma_start_ns = 500,
        .dma_fetch_ns = 200,
        .latency_spread_ns = 500,
        .dma_spread_ns = 200,
    },
    {
        .name = "rk3588",
        .instruction_ns = 1,
        .sleep_after_ns = 1000000,
        .wake_ns = 120000,
        .latency_ns = 500,
        .link_mbps = 3938,
        .payload = 128,
        .overhead = 24,
        .buffered = 1024,
        .store_ns = 100,
        .dma_start_ns = 500,
        .dma_fetch_ns = 200,
        .latency_spread_ns = 500,
        .dma_spread_ns = 200,
    },
};

const DwcTimeProfile *dwc_time_profile(const char *name)
{
    unsigned i;

    for (i = 0; i < ARRAY_SIZE(profiles); i++) {
        if (!strcmp(profiles[i].name, name)) {
            return &profiles[i];
        }
    }
    return NULL;
}
