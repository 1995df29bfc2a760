/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU's exec/poison.h wants this file; what it would forbid is of other architectures. */
