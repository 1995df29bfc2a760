/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is not the same in all versions of QEMU that the devices are compiled for, beside the places of headers
 * (headers/moved).
 */
#ifndef NTB_EDMA_QEMU_VERSIONS_H
#define NTB_EDMA_QEMU_VERSIONS_H

/* What class_init() is handed: constant since QEMU 10.1, which has moved this header, too. */
#if __has_include("system/memory.h")
typedef const void QemuClassData;
#else
typedef void QemuClassData;
#endif

/* What a device has of a character device: of another name since QEMU 10.2. The Makefile says which this is. */
#if NTB_EDMA_QEMU >= 1002
#define DwcCharEnd CharFrontend
#else
#define DwcCharEnd CharBackend
#endif

#endif
