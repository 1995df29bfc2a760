/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The eDMA register file, version 0, unrolled map.
 *
 * Plain data with a lock of its own, so that three parties can use it without
 * QEMU's big lock: the endpoint's CPUs, the link's thread (accesses through an
 * inbound window) and the engine's threads.
 */
#ifndef NTB_EDMA_EDMA_REGS_H
#define NTB_EDMA_EDMA_REGS_H

#include "qemu/osdep.h"
#include "exec/hwaddr.h"
#include "qemu/stats64.h"
#include "qemu/thread.h"
#include "post-ring.h"

#define DWC_EDMA_MAX_CHANNELS   8       /* in each direction */
#define DWC_EDMA_SIZE           0x1200

typedef enum DwcEdmaDir {
    DWC_EDMA_WRITE,                     /* local memory to the PCIe side */
    DWC_EDMA_READ,
    DWC_EDMA_DIRS
} DwcEdmaDir;

typedef enum DwcEdmaOrigin {
    DWC_EDMA_FROM_CPU,
    DWC_EDMA_FROM_LINK,
} DwcEdmaOrigin;

/* Control bits, in CONTROL1 and in the elements of a list. */
#define DWC_EDMA_CB             (1u << 0)
#define DWC_EDMA_TCB            (1u << 1)
#define DWC_EDMA_LLP            (1u << 2)
#define DWC_EDMA_LIE            (1u << 3)
#define DWC_EDMA_RIE            (1u << 4)
#define DWC_EDMA_CS_SHIFT       5
#define DWC_EDMA_CS_MASK        (3u << DWC_EDMA_CS_SHIFT)
#define DWC_EDMA_CCS            (1u << 8)
#define DWC_EDMA_LLE            (1u << 9)

typedef enum DwcEdmaState {
    DWC_EDMA_IDLE = 0,                  /* never started */
    DWC_EDMA_RUNNING = 1,
    DWC_EDMA_HALTED = 2,                /* by an error */
    DWC_EDMA_STOPPED = 3,               /* done, list empty, or told to stop */
} DwcEdmaState;

/* Why a channel aborted; which error register says so depends on it. */
typedef enum DwcEdmaFault {
    DWC_EDMA_FAULT_NONE,
    DWC_EDMA_FAULT_LOCAL,               /* application side, data */
    DWC_EDMA_FAULT_LIST,                /* link element fetch */
    DWC_EDMA_FAULT_PCIE,                /* unsupported request */
} DwcEdmaFault;

/* The channel context registers, by their order. */
typedef enum DwcEdmaContext {
    DWC_EDMA_CONTROL1,
    DWC_EDMA_CONTROL2,
    DWC_EDMA_SIZE_REG,
    DWC_EDMA_SAR_LOW,
    DWC_EDMA_SAR_HIGH,
    DWC_EDMA_DAR_LOW,
    DWC_EDMA_DAR_HIGH,
    DWC_EDMA_LLP_LOW,
    DWC_EDMA_LLP_HIGH,
} DwcEdmaContext;

typedef struct DwcEdmaChannel {
    bool busy;                  /* its thread is at work */
    bool doorbell;              /* rung and not yet taken */
    bool stop;                  /* asked to stop */
    bool from_link;             /* who rang last */
} DwcEdmaChannel;

typedef struct DwcEdma {
    unsigned channels[DWC_EDMA_DIRS];
    QemuMutex lock;
    uint32_t *regs;             /* in shared pages: the host reads there */
    /*
     * Writes that the host posted.  Whoever takes the lock applies them first,
     * so they have arrived when they were posted, as far as anybody can see.
     */
    DwcPostRing *posts;
    uint32_t posts_tail;
    bool posts_on;
    bool lines_changed;         /* atomic: interrupt lines are to be updated */
    Stat64 link_writes, link_doorbells;
    DwcEdmaChannel channel[DWC_EDMA_DIRS][DWC_EDMA_MAX_CHANNELS];
    bool emulated[DWC_EDMA_DIRS];       /* an emulated interrupt is asserted */
    bool disabling[DWC_EDMA_DIRS];      /* waiting for channels to come to rest */
} DwcEdma;

/* REGS are DWC_EDMA_SIZE bytes. */
void dwc_edma_init(DwcEdma *edma, unsigned write, unsigned read,
                   uint32_t *regs);
void dwc_edma_reset(DwcEdma *edma);
/* A host has come, with an empty ring, or (NULL) has gone. */
void dwc_edma_set_posts(DwcEdma *edma, DwcPostRing *posts);

/* The lock, with what the host posted applied. */
void dwc_edma_lock(DwcEdma *edma);
void dwc_edma_unlock(DwcEdma *edma);
/* Apply what the host posted, if there is anything. */
void dwc_edma_poll(DwcEdma *edma);

uint32_t dwc_edma_read(DwcEdma *edma, hwaddr addr);
/* Returns the channel whose doorbell was rung, direction * 8 + channel, or
 * -1.  Afterwards lines_changed is to be looked at. */
int dwc_edma_write(DwcEdma *edma, hwaddr addr, uint32_t val,
                   DwcEdmaOrigin origin);

/*
 * For the host: what a read of ADDR, VAL so far, gives after a write that is
 * still on its way.  False: that cannot be told from here.
 */
bool dwc_edma_fold(hwaddr addr, uint32_t *val, hwaddr write_addr,
                   uint32_t write_val);
/* For the host: which channel's thread has to wake for a write, or -1. */
int dwc_edma_write_wakes(const uint32_t *regs, hwaddr addr, uint32_t val);

/* The level of a channel's interrupt line. */
bool dwc_edma_line(DwcEdma *edma, DwcEdmaDir dir, unsigned ch);

/* What follows is for the engine, which holds the lock. */
uint32_t *dwc_edma_context(DwcEdma *edma, DwcEdmaDir dir, unsigned ch,
                           DwcEdmaContext reg);
uint64_t dwc_edma_context64(DwcEdma *edma, DwcEdmaDir dir, unsigned ch,
                            DwcEdmaContext low);
void dwc_edma_set_context64(DwcEdma *edma, DwcEdmaDir dir, unsigned ch,
                            DwcEdmaContext low, uint64_t val);
void dwc_edma_set_state(DwcEdma *edma, DwcEdmaDir dir, unsigned ch,
                        DwcEdmaState state);
bool dwc_edma_enabled(DwcEdma *edma, DwcEdmaDir dir);
/* The thread of a channel went idle: a pending disable may be complete. */
void dwc_edma_went_idle(DwcEdma *edma, DwcEdmaDir dir, unsigned ch);
/* Raise the done status; whether the line is not masked. */
bool dwc_edma_raise_done(DwcEdma *edma, DwcEdmaDir dir, unsigned ch);
void dwc_edma_raise_abort(DwcEdma *edma, DwcEdmaDir dir, unsigned ch,
                          DwcEdmaFault fault, bool local);
/* Where the message of a done or abort interrupt goes, and its data. */
uint64_t dwc_edma_imwr(DwcEdma *edma, DwcEdmaDir dir, unsigned ch, bool abort,
                       uint32_t *data);
/* Abort notification of a linked list: local and remote enables. */
bool dwc_edma_list_abort_local(DwcEdma *edma, DwcEdmaDir dir, unsigned ch);
bool dwc_edma_list_abort_remote(DwcEdma *edma, DwcEdmaDir dir, unsigned ch);

#endif
