/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What two machines on one virtual time share: a file with a part for each side.
 *
 * A side writes its own part alone, but for the bell that the other rings, and
 * trusts nothing that the other may write.
 */
#ifndef NTB_EDMA_TIME_MAIL_H
#define NTB_EDMA_TIME_MAIL_H

#include "qemu/osdep.h"
#include "qemu/units.h"

/* Bytes of letters under way in one direction. */
#define DWC_MAIL_RING       (1 * MiB)
/* Largest letter. */
#define DWC_MAIL_MAX        4224

typedef struct DwcMailHeader {
    int64_t sent;               /* ns of the common time */
    uint32_t size;              /* of what follows, padded to 8 bytes */
    uint32_t type;
} DwcMailHeader;

typedef struct DwcMailSide {
    uint32_t bell;              /* a futex; the other side rings */
    uint32_t asleep;            /* the owner wants to hear the bell */
    int64_t wanted;             /* ... when the other has promised this */
    uint64_t pad1[6];
    uint32_t version;           /* odd while the next three change */
    uint32_t started;
    /* No letter will be sent before, but in answer to one not yet taken. */
    int64_t promise;
    uint64_t taken;             /* bytes of the other's letters */
    uint64_t pad2[5];
    uint64_t head;              /* bytes of letters written */
    uint64_t pad3[7];
    uint8_t ring[DWC_MAIL_RING];
} DwcMailSide;

typedef struct DwcMailPages {
    DwcMailSide side[2];
} DwcMailPages;

/* What a side says of itself at one moment. */
typedef struct DwcMailWord {
    bool started;
    int64_t promise;
    uint64_t taken;
} DwcMailWord;

/* One side's view. */
typedef struct DwcMail {
    DwcMailSide *mine, *theirs;
    uint64_t head;              /* of mine->ring */
    uint64_t tail;              /* of theirs->ring */
} DwcMail;

/* False: the ring is full. */
bool dwc_mail_put(DwcMail *mail, const DwcMailHeader *header, const void *data);
/*
 * The next letter of the other side, if any; DATA has room for DWC_MAIL_MAX.
 * BROKEN: the other side has written what is no letter.
 */
bool dwc_mail_take(DwcMail *mail, DwcMailHeader *header, void *data,
                   bool *broken);
void dwc_mail_say(DwcMail *mail, const DwcMailWord *word);
DwcMailWord dwc_mail_hear(const DwcMail *mail);
/* Wakes the other side if it waits for what has been said or put. */
void dwc_mail_ring(DwcMail *mail, int64_t promise, bool letter);
/* Wakes the owner of SIDE, from any thread. */
void dwc_mail_wake(DwcMailSide *side);
/* Ready to sleep until the other's promise is WANTED; what to sleep with. */
uint32_t dwc_mail_doze(DwcMail *mail, int64_t wanted);
/* Sleeps until the bell is rung; at most NS, or for good with -1. */
void dwc_mail_sleep(DwcMail *mail, uint32_t bell, int64_t ns);
void dwc_mail_up(DwcMail *mail);

#endif
