/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words of the DMA engine that do not depend on a register map. */
#ifndef NTB_EDMA_EDMA_TYPES_H
#define NTB_EDMA_EDMA_TYPES_H

#include "qemu/osdep.h"

#define DWC_EDMA_MAX_CHANNELS   8       /* in each direction */

typedef struct DwcEdma DwcEdma;
typedef struct DwcEdmaChannel DwcEdmaChannel;

typedef enum DwcEdmaDir {
    DWC_EDMA_WRITE,                     /* local memory to the PCIe side */
    DWC_EDMA_READ,
    DWC_EDMA_DIRS
} DwcEdmaDir;

typedef enum DwcEdmaOrigin {
    DWC_EDMA_FROM_CPU,
    DWC_EDMA_FROM_LINK,
} DwcEdmaOrigin;

typedef enum DwcEdmaState {
    DWC_EDMA_IDLE = 0,                  /* never started */
    DWC_EDMA_RUNNING = 1,
    DWC_EDMA_HALTED = 2,                /* by an error */
    DWC_EDMA_STOPPED = 3,               /* done, list empty, or told to stop */
} DwcEdmaState;

/* Why a channel aborted; which error register says so is the map's. */
typedef enum DwcEdmaFault {
    DWC_EDMA_FAULT_NONE,
    DWC_EDMA_FAULT_LOCAL,               /* application side, data */
    DWC_EDMA_FAULT_LIST,                /* fetch of a list element */
    /* PCIe side, data; the last three are completions of reads. */
    DWC_EDMA_FAULT_PCIE,                /* unsupported request */
    DWC_EDMA_FAULT_ABORTED,             /* completer abort */
    DWC_EDMA_FAULT_TIMED_OUT,
    DWC_EDMA_FAULT_POISONED,
} DwcEdmaFault;

/* Control word of a list's element; eDMA and HDMA have the same. */
#define DWC_EDMA_CB             (1u << 0)   /* cycle bit */
#define DWC_EDMA_TCB            (1u << 1)   /* toggle cycle bit */
#define DWC_EDMA_LLP            (1u << 2)   /* link element */
#define DWC_EDMA_LIE            (1u << 3)   /* local interrupt enable */
#define DWC_EDMA_RIE            (1u << 4)   /* remote interrupt enable */

typedef struct DwcEdmaElement {
    uint32_t control, size;
    uint64_t source, destination;   /* of a link element: source is the link */
} DwcEdmaElement;

/* Bytes from one element of a list to the next. */
#define DWC_EDMA_ELEMENT_SIZE   24

/* What a channel does when an element is done. */
typedef enum DwcEdmaNext {
    DWC_EDMA_GOES_ON,
    DWC_EDMA_ENDS,                      /* the list or transfer is through */
    DWC_EDMA_TOLD_TO_STOP,
} DwcEdmaNext;

/* What a channel is to do, or how far it is. */
typedef struct DwcEdmaProgram {
    bool list;                      /* a linked list, not one transfer */
    bool cycle;                     /* consumer cycle state */
    uint64_t llp;                   /* where the next element is */
    DwcEdmaElement element;
} DwcEdmaProgram;

/* "write" or "read", for messages. */
const char *dwc_edma_dir_name(DwcEdmaDir dir);

#endif
