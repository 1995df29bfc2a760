/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the blocks under test need of QEMU, for one thread: the rest of QEMU
 * need not be built with sanitizers then, nor be there at all.
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "qemu/memfd.h"
#include "qemu/rcu.h"
#include "qemu/thread.h"
#include "qemu/timer.h"

/* The clock is the machine's; only durations are made of it. */
int use_rt_clock = 1;

/* Messages are written out, so that their arguments are looked at. */
int qemu_loglevel = LOG_GUEST_ERROR | LOG_UNIMP;

void (*when_logged)(void);

void qemu_log(const char *fmt, ...)
{
    char text[1024];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (when_logged) {
        when_logged();
    }
}

/* A lock taken twice, or released by who has not got it, is a bug here. */
void qemu_mutex_init(QemuMutex *mutex)
{
    pthread_mutexattr_t attr;

    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&mutex->lock, &attr);
    mutex->initialized = true;
}

void qemu_mutex_destroy(QemuMutex *mutex)
{
    if (pthread_mutex_destroy(&mutex->lock)) {
        abort();
    }
}

static void lock(QemuMutex *mutex, const char *file, int line)
{
    if (pthread_mutex_lock(&mutex->lock)) {
        fprintf(stderr, "%s:%d: takes a lock it has\n", file, line);
        abort();
    }
}

static int trylock(QemuMutex *mutex, const char *file, int line)
{
    return pthread_mutex_trylock(&mutex->lock);
}

void qemu_mutex_lock_impl(QemuMutex *mutex, const char *file, const int line)
{
    lock(mutex, file, line);
}

int qemu_mutex_trylock_impl(QemuMutex *mutex, const char *file, const int line)
{
    return trylock(mutex, file, line);
}

void qemu_mutex_unlock_impl(QemuMutex *mutex, const char *file, const int line)
{
    if (pthread_mutex_unlock(&mutex->lock)) {
        fprintf(stderr, "%s:%d: releases a lock it has not got\n", file, line);
        abort();
    }
}

QemuMutexLockFunc qemu_mutex_lock_func = lock;
QemuMutexTrylockFunc qemu_mutex_trylock_func = trylock;

/* Nothing is reclaimed: there is nobody who would replace anything. */
static struct rcu_reader_data reader;
unsigned long rcu_gp_ctr = 1;
QemuEvent rcu_gp_event;

struct rcu_reader_data *get_ptr_rcu_reader(void)
{
    return &reader;
}

void qemu_event_set(QemuEvent *event)
{
}

/* Only of functions that map memory, which no target calls. */
void *qemu_memfd_alloc(const char *name, size_t size, unsigned int seals,
                       int *fd, Error **errp)
{
    abort();
}
