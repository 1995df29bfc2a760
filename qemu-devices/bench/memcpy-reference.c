/* SPDX-License-Identifier: MIT */
/*
 * What one thread's memcpy() does between the two VMs' RAM: the engine's
 * yardstick, over the same pages.
 *
 * Arguments: the files of the endpoint's and the host's RAM, offset and size
 * of the range in both.  For every block size (in bytes) that comes as a line,
 * copies the range in such blocks and answers with the nanoseconds it took.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

static char *map(const char *path, off_t offset, size_t size)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    char *p;

    if (fd < 0) {
        err(1, "%s", path);
    }
    p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
    if (p == MAP_FAILED) {
        err(1, "mapping %zu bytes of %s", size, path);
    }
    return p;
}

static int64_t now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

int main(int argc, char **argv)
{
    size_t size, block, at;
    char *from, *to;
    int64_t began;

    if (argc != 5) {
        errx(2, "expected two files, an offset and a size");
    }
    size = strtoull(argv[4], NULL, 0);
    from = map(argv[1], strtoll(argv[3], NULL, 0), size);
    to = map(argv[2], strtoll(argv[3], NULL, 0), size);
    while (scanf("%zu", &block) == 1) {
        if (!block || size % block) {
            errx(2, "blocks of %zu bytes do not make %zu", block, size);
        }
        began = now();
        for (at = 0; at < size; at += block) {
            memcpy(to + at, from + at, block);
        }
        printf("%" PRId64 "\n", now() - began);
        fflush(stdout);
    }
    return 0;
}
