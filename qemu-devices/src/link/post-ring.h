/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Posted writes in memory that both processes map.
 *
 * A producer puts writes in, a consumer takes them out, in order and without a
 * system call.  Each side keeps its own index to itself and only publishes
 * it, and trusts nothing that the other may write.
 */
#ifndef NTB_EDMA_LINK_POST_RING_H
#define NTB_EDMA_LINK_POST_RING_H

#include "qemu/osdep.h"

#define DWC_POST_SLOTS 1024

typedef struct DwcPost {
    uint64_t addr, value;
    uint32_t size, function;    /* whose write it is */
} DwcPost;

typedef struct DwcPostRing {
    uint32_t head;              /* the producer's: how many went in */
    uint32_t pad1[15];
    uint32_t tail;              /* the consumer's: how many are done with */
    uint32_t pad2[15];
    DwcPost slot[DWC_POST_SLOTS];
} DwcPostRing;

/* False: full.  HEAD is the producer's own index. */
bool dwc_post(DwcPostRing *ring, uint32_t *head, DwcPost post);
/* The next write, if any.  It stays in the ring until dwc_post_done(). */
bool dwc_post_next(DwcPostRing *ring, uint32_t tail, DwcPost *post);
void dwc_post_done(DwcPostRing *ring, uint32_t *tail);
static inline bool dwc_post_pending(DwcPostRing *ring, uint32_t tail)
{
    return qatomic_read(&ring->head) != tail;
}

/* What the endpoint shares with the function, one file each. */
typedef struct DwcPostPages {
    DwcPostRing registers;      /* host to eDMA registers */
    DwcPostRing memory;         /* endpoint to the host's bus, up to 8 bytes */
    uint64_t register_reads;    /* that the host served by itself */
    uint32_t slow;              /* the endpoint's answers have a latency */
} DwcPostPages;

/* An anonymous file of SIZE bytes and its mapping; NULL with ERRP set. */
void *dwc_shared_pages_new(const char *name, size_t size, int *fd,
                           Error **errp);
/* Nobody who gets the file from now on can write to it. */
bool dwc_shared_pages_seal(int fd);
/* Maps a file that the peer sent, if it has SIZE bytes and keeps them. */
void *dwc_shared_pages_map(int fd, size_t size, bool writable);

#endif
