/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NTB_EDMA_PLUGIN_H
#define NTB_EDMA_PLUGIN_H

/*
 * Says why this QEMU cannot have the devices, and ends it. Text without a full stop.
 */
void plugin_refuse(const char *format, ...)
    __attribute__((format(printf, 1, 2), noreturn));

/*
 * Has the sizes of QEMU's types compared when all of them are registered, before any is used.
 */
void plugin_check_types_later(void);

#endif
