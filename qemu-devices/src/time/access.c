/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Posted writes, reads and their answers as letters. */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include "qapi/error.h"
#include "qemu/memfd.h"
#include "time/access.h"
#include "time/clock.h"
#include "time/costs.h"
#include "time/sync.h"

#define ACCESS_ANSWER       DWC_TIME_TYPES
#define ACCESS_ERROR        (DWC_TIME_TYPES + 1)
/* Bytes that the largest answer has. */
#define ACCESS_MAX          8
#define ACCESS_GRAIN_NS     1024

static DwcTimeRequest *access_request;
static void *access_opaque;
/* The one read under way: there is one CPU, which waits for it. */
static struct {
    bool waiting, done, ok;
    size_t len;
    uint8_t data[ACCESS_MAX];
} access_read;

void *dwc_time_pages_new(int *fd, Error **errp)
{
    return qemu_memfd_alloc("dwc-time", ROUND_UP(sizeof(DwcMailPages),
                                                 qemu_real_host_page_size()),
                            F_SEAL_GROW | F_SEAL_SHRINK, fd, errp);
}

void *dwc_time_pages_map(int fd)
{
    size_t size = ROUND_UP(sizeof(DwcMailPages), qemu_real_host_page_size());
    int seals = fcntl(fd, F_GET_SEALS);
    struct stat st;
    void *p;

    if (seals < 0 || !(seals & F_SEAL_SHRINK) || fstat(fd, &st) < 0 ||
        st.st_size < size) {
        return NULL;
    }
    p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return p == MAP_FAILED ? NULL : p;
}

void dwc_time_pages_unmap(void *pages)
{
    munmap(pages, ROUND_UP(sizeof(DwcMailPages), qemu_real_host_page_size()));
}

static void access_take_answer(bool ok, const void *data, size_t size)
{
    if (!access_read.waiting || size > ACCESS_MAX) {
        return;
    }
    access_read.ok = ok;
    access_read.len = size;
    memcpy(access_read.data, data, size);
    access_read.done = true;
}

static void access_deliver(void *opaque, unsigned type, const void *data,
                           size_t size)
{
    if (type == ACCESS_ANSWER || type == ACCESS_ERROR) {
        access_take_answer(type == ACCESS_ANSWER, data, size);
    } else {
        access_request(access_opaque, type, data, size);
    }
}

void dwc_time_meet(void *pages, unsigned side, DwcTimeRequest *request,
                   void *opaque)
{
    access_request = request;
    access_opaque = opaque;
    dwc_time_join(pages, side, access_deliver, opaque);
}

bool dwc_time_post(unsigned type, const void *data, size_t size,
                   size_t payload, bool memory)
{
    CPUState *cpu = dwc_clock_executing();
    int64_t delay = dwc_cost_transfer(DWC_COST_OUT, payload);

    if (!dwc_time_send(type, data, size, delay, memory ? ACCESS_GRAIN_NS : 1)) {
        return false;
    }
    if (cpu) {
        dwc_clock_spend(cpu, dwc_cost_store(delay));
    }
    return true;
}

bool dwc_time_reads(void)
{
    return dwc_time_joined() && dwc_clock_executing();
}

bool dwc_time_ask(unsigned type, const void *data, size_t size, void *answer,
                  size_t len)
{
    bool ok;

    memset(answer, 0xff, len);
    access_read.waiting = true;
    access_read.done = false;
    ok = dwc_time_send(type, data, size, dwc_cost_transfer(DWC_COST_OUT, 0),
                       1) &&
         dwc_time_await(&access_read.done) && access_read.ok;
    access_read.waiting = false;
    if (ok) {
        memcpy(answer, access_read.data, MIN(len, access_read.len));
    }
    return ok;
}

void dwc_time_answer(bool ok, const void *data, size_t len)
{
    dwc_time_send(ok ? ACCESS_ANSWER : ACCESS_ERROR, data, ok ? len : 0,
                  dwc_cost_transfer(DWC_COST_OUT, len), 1);
}
