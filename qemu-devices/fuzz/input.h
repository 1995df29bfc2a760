/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fuzzer's bytes, taken from the front.  At the end everything reads zero.
 */
#ifndef NTB_EDMA_FUZZ_INPUT_H
#define NTB_EDMA_FUZZ_INPUT_H

#include "qemu/osdep.h"

typedef struct Input {
    const uint8_t *at;
    size_t left;
} Input;

static inline uint64_t take(Input *in, unsigned bytes)
{
    uint64_t val = 0;
    unsigned i;

    for (i = 0; i < bytes && in->left; i++, in->at++, in->left--) {
        val |= (uint64_t)*in->at << (8 * i);
    }
    return val;
}

/*
 * What must hold.  Unlike assert() it says what does not in the words of the
 * rule that is broken.
 */
#define MUST(rule, condition)                                               \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__,      \
                    rule);                                                  \
            abort();                                                        \
        }                                                                   \
    } while (0)

/* Called for each message that is logged, if it is set: in stubs.c. */
extern void (*when_logged)(void);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
