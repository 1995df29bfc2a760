/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The port by which a guest gets commands from outside, without any time of
 * the outside's: at each multiple of the grid the machine is held, and only then
 * is it told.
 *
 * On its character device, from here: "held NS\n" at each multiple, "ready\n"
 * when the guest asks for the first time, "part N\n" and N bytes of an answer,
 * "end\n". To here, while held: "command N\n" and N bytes, then "go NS\n" with the
 * NS of the latest hold; another one is not heard. Without anybody at the other
 * end nothing is held. Who is there has to read: QEMU waits for it.
 *
 * The guest's registers, of four bytes: how long a command waits, 0: none, and,
 * written, that it was taken; bytes in the window that are a part of an answer;
 * written, its end; the grid's milliseconds. The window begins at
 * DWC_PORT_WINDOW, for accesses of up to eight bytes.
 */
#ifndef NTB_EDMA_TIME_PORT_H
#define NTB_EDMA_TIME_PORT_H

#include "qemu-versions.h"
#include "chardev/char-fe.h"
#include "exec/memory.h"
#include "qemu/timer.h"

#define DWC_PORT_SIZE       0x10000
#define DWC_PORT_WINDOW     0x1000
#define DWC_PORT_ROOM       (DWC_PORT_SIZE - DWC_PORT_WINDOW)

typedef struct DwcTimePort {
    DwcCharEnd chr;
    uint64_t base;
    uint32_t grid_ms;
    MemoryRegion mr;
    QEMUTimer *next;
    bool open, asked, held;
    uint64_t held_at;
    GByteArray *told;           /* what has come and is not whole yet */
    uint32_t waits;             /* bytes of a command */
    uint8_t window[DWC_PORT_ROOM];
} DwcTimePort;

/* With CHR, BASE and GRID_MS set; nothing where CHR is not connected to any. */
void dwc_port_realize(DwcTimePort *port, Object *owner, Error **errp);

#endif
