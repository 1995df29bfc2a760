/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Posted writes in shared memory. */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include "qapi/error.h"
#include "qemu/atomic.h"
#include "qemu/memfd.h"
#include "link/post-ring.h"

bool dwc_post(DwcPostRing *ring, uint32_t *head, DwcPost post)
{
    DwcPost *slot = &ring->slot[*head % DWC_POST_SLOTS];

    if (*head - qatomic_load_acquire(&ring->tail) >= DWC_POST_SLOTS) {
        return false;
    }
    *slot = post;
    qatomic_store_release(&ring->head, ++*head);
    return true;
}

bool dwc_post_next(DwcPostRing *ring, uint32_t tail, DwcPost *post)
{
    uint32_t count = qatomic_load_acquire(&ring->head) - tail;

    /* More than the ring holds: the producer is broken, so nothing is taken. */
    if (!count || count > DWC_POST_SLOTS) {
        return false;
    }
    *post = ring->slot[tail % DWC_POST_SLOTS];
    /* A copy, so that the producer cannot change it between check and use. */
    barrier();
    return true;
}

void dwc_post_done(DwcPostRing *ring, uint32_t *tail)
{
    qatomic_store_release(&ring->tail, ++*tail);
}

void *dwc_shared_pages_new(const char *name, size_t size, int *fd, Error **errp)
{
    size = ROUND_UP(size, qemu_real_host_page_size());
    return qemu_memfd_alloc(name, size, F_SEAL_GROW | F_SEAL_SHRINK, fd, errp);
}

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

bool dwc_shared_pages_seal(int fd)
{
    return fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) == 0;
}

void *dwc_shared_pages_map(int fd, size_t size, bool writable)
{
    struct stat st;
    int seals = fcntl(fd, F_GET_SEALS);
    void *p;

    size = ROUND_UP(size, qemu_real_host_page_size());
    if (seals < 0 || !(seals & F_SEAL_SHRINK) || fstat(fd, &st) < 0 ||
        st.st_size < size) {
        return NULL;
    }
    p = mmap(NULL, size, PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED,
             fd, 0);
    return p == MAP_FAILED ? NULL : p;
}
