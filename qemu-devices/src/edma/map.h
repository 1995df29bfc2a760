/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A register map: where the engine's registers are and what they do.
 *
 * The channels and the walk of a list know only this.  Every function but those
 * for the host's side is called with the register file's lock.
 */
#ifndef NTB_EDMA_EDMA_MAP_H
#define NTB_EDMA_EDMA_MAP_H

#include "exec/hwaddr.h"
#include "edma/types.h"

/* An interrupt message: a posted write of DATA. */
typedef struct DwcEdmaMessage {
    uint64_t addr;
    uint32_t data;
} DwcEdmaMessage;

/* What an event of a channel leads to outside the register file. */
typedef struct DwcEdmaNotice {
    bool local;                 /* the channel's interrupt is pending, unmasked */
    unsigned messages;          /* that go out, in this order */
    DwcEdmaMessage message[2];
} DwcEdmaNotice;

typedef struct DwcEdmaMap {
    const char *name;
    hwaddr size;                /* bytes of the register file */

    /* All registers, which are zero, to their reset values. */
    void (*reset)(DwcEdma *edma);
    /* An aligned write within SIZE.  Returns the channel rung, or NULL. */
    DwcEdmaChannel *(*write)(DwcEdma *edma, hwaddr addr, uint32_t val,
                             DwcEdmaOrigin origin);
    /* The level of a channel's interrupt line. */
    bool (*line)(DwcEdma *edma, const DwcEdmaChannel *c);

    /* What the channel's registers ask for, and how far it is. */
    void (*load)(DwcEdma *edma, const DwcEdmaChannel *c, DwcEdmaProgram *p);
    void (*show)(DwcEdma *edma, const DwcEdmaChannel *c,
                 const DwcEdmaProgram *p);
    void (*set_state)(DwcEdma *edma, const DwcEdmaChannel *c,
                      DwcEdmaState state);
    /* The channel has come to rest: a disable may be complete. */
    void (*rested)(DwcEdma *edma, const DwcEdmaChannel *c);
    /*
     * An element with CONTROL is done (0: none is), and the channel goes on or
     * comes to rest.
     */
    DwcEdmaNotice (*done)(DwcEdma *edma, const DwcEdmaChannel *c,
                          uint32_t control, DwcEdmaNext next);
    /* The channel aborts at what P says. */
    DwcEdmaNotice (*abort)(DwcEdma *edma, const DwcEdmaChannel *c,
                           DwcEdmaFault fault, const DwcEdmaProgram *p);

    /*
     * For the host, without the lock: what a read of ADDR, VAL so far, gives
     * after a write that is still on its way.  False: cannot be told there.
     */
    bool (*fold)(hwaddr addr, uint32_t *val, hwaddr write_addr,
                 uint32_t write_val);
    /*
     * For the host, without the lock: which channel's thread has to wake for
     * a write, direction * 8 + channel, or -1.
     */
    int (*wakes)(const uint32_t *regs, hwaddr addr, uint32_t val);
} DwcEdmaMap;

#endif
