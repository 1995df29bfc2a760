/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What QEMU's headers are told of how the distribution has built it. Each macro that a header asks for which the devices
 * include is decided here, one way or the other: `make` says when another QEMU asks for one more. That it was decided
 * right shows when the devices are loaded, where the sizes of QEMU's types are compared.
 *
 * A QEMU of one's own has this file in its build tree, and the Makefile takes that one.
 */
#ifndef NTB_EDMA_CONFIG_HOST_H
#define NTB_EDMA_CONFIG_HOST_H

#define CONFIG_POSIX
#define CONFIG_LINUX
#undef CONFIG_WIN32

#if defined(__x86_64__)
#define HOST_X86_64 1
#elif defined(__aarch64__)
#define HOST_AARCH64 1
#else
#error "expected a compiler for x86-64 or 64-bit Arm"
#endif

/* These add members to structures, or change their types. */
#define CONFIG_TCG 1
#define CONFIG_PLUGIN
#define CONFIG_INT128
#define CONFIG_INT128_TYPE
#define CONFIG_ATOMIC64
#undef CONFIG_DEBUG_MUTEX
#undef CONFIG_DEBUG_TCG
#undef CONFIG_TCG_INTERPRETER
#undef CONFIG_TSAN
/* Members of AioContext, into which no device reaches; the second wants a header of another library. */
#undef CONFIG_LINUX_AIO
#undef CONFIG_LINUX_IO_URING

/* What the compiler and the C library of any current Linux have. */
#define CONFIG_IOVEC
#define CONFIG_MEMFD
#define CONFIG_SYSMACROS
#define HAVE_STRCHRNUL
#define HAVE_SYSTEM_FUNCTION
#undef HAVE_BROKEN_SIZE_MAX
#undef HAVE_MADVISE_WITHOUT_PROTOTYPE
#undef HAVE_OPTRESET

/* Functions that no device calls. */
#undef CONFIG_CAPSTONE
#undef CONFIG_CFI
#undef CONFIG_FUZZ
#undef CONFIG_MEMBARRIER
#undef CONFIG_XEN_BACKEND

/* Whoever is compiled for one kind of guest alone, or for user-mode emulation, says so: not the devices. */
#undef CONFIG_KVM
#undef CONFIG_USER_ONLY

/* How trace events are printed. */
#define CONFIG_TRACE_LOG

#endif
