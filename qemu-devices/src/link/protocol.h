/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages on the link between the endpoint controller and the function that
 * it presents in the other VM.
 *
 * A byte stream in each direction.  Every message is a header and a payload of
 * fixed layout, all little-endian; only the messages that say so carry data
 * behind their fixed part.  A message of unknown type or of a length that its
 * type does not allow ends the connection: there is one version, and both ends
 * are built from the same tree.
 */
#ifndef NTB_EDMA_LINK_PROTOCOL_H
#define NTB_EDMA_LINK_PROTOCOL_H

#include "qemu/osdep.h"

#define DWC_LINK_MAGIC          0x4c435744u /* "DWCL" */
#define DWC_LINK_VERSION        10

/* Largest piece of data one message carries behind its fixed part. */
#define DWC_LINK_MAX_DATA       4096
#define DWC_LINK_MAX_PAYLOAD    (DWC_LINK_MAX_DATA + 128)
#define DWC_LINK_MAX_FDS        1
/* RAM regions in a memory table, and live inbound windows. */
#define DWC_LINK_MAX_RAM        64
#define DWC_LINK_MAX_WINDOWS    512

/* Six BARs, then the expansion ROM. */
#define DWC_LINK_BARS           7
/* Bytes of configuration space, and those of them that QEMU's PCI core uses. */
#define DWC_LINK_SPACE          4096
#define DWC_LINK_CONFIG_SIZE    256

typedef enum DwcLinkType {
    DWC_LINK_HELLO = 1,     /* both: DwcLinkHello */
    DWC_LINK_CONFIG,        /* to host: DwcLinkConfig, for each function, in
                             * order */
    DWC_LINK_RAM,           /* both: DwcLinkRam and its descriptor */
    DWC_LINK_SHARED,        /* to host: DwcLinkShared and its descriptor */
    DWC_LINK_READY,         /* both: nothing; the tables are complete */
    DWC_LINK_REPLY,         /* both: DwcLinkReply and data */
    DWC_LINK_CFG_WRITE,     /* to endpoint: DwcLinkCfg, answered with
                             * DwcLinkCfgWritten */
    DWC_LINK_CFG_UPDATE,    /* to host: DwcLinkCfg, the register that the
                             * endpoint has changed, answered */
    DWC_LINK_MAP,           /* to host: DwcLinkWindow */
    DWC_LINK_UNMAP,         /* to host: DwcLinkWindow, answered */
    DWC_LINK_BAR_READ,      /* to endpoint: DwcLinkBarAccess, answered */
    DWC_LINK_BAR_WRITE,     /* to endpoint: DwcLinkBarAccess, posted */
    DWC_LINK_MEM_READ,      /* to host: DwcLinkMem, answered with data */
    DWC_LINK_MEM_WRITE,     /* to host: DwcLinkMem and data, posted */
    DWC_LINK_INTX,          /* to host: DwcLinkIntx, posted */
    DWC_LINK_MSIX,          /* to host: DwcLinkMsix, posted */
    DWC_LINK_PENDING,       /* to endpoint: DwcLinkPending, posted */
    DWC_LINK_IOMMU,         /* to endpoint: nothing; the host translates */
    DWC_LINK_TRANSLATE,     /* to host: DwcLinkTranslate, answered */
    DWC_LINK_TRANSLATION,   /* to endpoint: DwcLinkTranslation, handed out */
    DWC_LINK_INVALIDATE,    /* to endpoint: DwcLinkRange, answered */
    DWC_LINK_FLUSH,         /* both: nothing; answered when the accesses that
                             * came before have been made */
    DWC_LINK_RESET,         /* to endpoint: nothing; the function is reset.
                             * Answered with what CONFIG says thereafter */
    DWC_LINK_CFG_READ,      /* to endpoint: DwcLinkCfg, answered with the four
                             * bytes of the register */
    DWC_LINK_BAR_STATE,     /* to host: DwcLinkBars, answered */
    DWC_LINK_INTX_FELL,     /* to endpoint: DwcLinkIntxFell, posted */
    DWC_LINK_HOT_RESET,     /* to endpoint: nothing, posted; the RESET that
                             * follows is one of the link */
    DWC_LINK_PAGE,          /* to host: DwcLinkPage, handed out */
    DWC_LINK_NO_PAGES,      /* to host: nothing, answered; all are taken back */
    DWC_LINK_ERROR,         /* to host: DwcLinkError, posted */
    DWC_LINK_TYPES
} DwcLinkType;

/* A type with the number of the function that the message is about. */
#define DWC_LINK_OF(function, type)  ((uint16_t)((function) << 8 | (type)))
/* Functions at one end of a link. */
#define DWC_LINK_FUNCTIONS      8

typedef struct QEMU_PACKED DwcLinkHeader {
    uint8_t type;
    uint8_t function;       /* that the message is about, or 0 */
    uint16_t reserved;
    uint32_t length;        /* of the payload, in bytes */
    uint32_t seq;           /* ties an answer to its question; else 0 */
} DwcLinkHeader;

typedef enum DwcLinkHelloState {
    DWC_LINK_TRAINED = 0,
    DWC_LINK_NOT_TRAINED,
    DWC_LINK_BUSY,
    DWC_LINK_BAD_VERSION,
} DwcLinkHelloState;

typedef struct QEMU_PACKED DwcLinkHello {
    uint32_t magic;
    uint32_t version;
    uint32_t state;         /* DwcLinkHelloState, from the endpoint */
    uint32_t functions;     /* how many it has, from the endpoint */
} DwcLinkHello;

typedef struct QEMU_PACKED DwcLinkBar {
    uint64_t size;          /* 0: not implemented (or upper half) */
    uint64_t addr;          /* what the register, or two, have of it */
    uint32_t flags;         /* low four bits, or a ROM's enable bit */
    uint32_t reserved;
} DwcLinkBar;

/*
 * All BARs at one moment.  The same news may come by two ways, so that the
 * older of two states, by its serial number, is not taken after the newer.
 */
typedef struct QEMU_PACKED DwcLinkBars {
    uint32_t serial;
    uint32_t reserved;
    DwcLinkBar bar[DWC_LINK_BARS];
} DwcLinkBars;

/* Followed by the first DWC_LINK_CONFIG_SIZE bytes of configuration space. */
typedef struct QEMU_PACKED DwcLinkConfig {
    DwcLinkBars bars;
    uint16_t pm_cap, msi_cap, exp_cap, msix_cap;
} DwcLinkConfig;

typedef struct QEMU_PACKED DwcLinkRam {
    uint64_t base;          /* address at which the sender's CPUs see it */
    uint64_t size;
    uint64_t fd_offset;
} DwcLinkRam;

/* Things beside RAM that both processes use. */
typedef enum DwcLinkSharedKind {
    DWC_SHARED_REGISTERS,   /* the eDMA register file, to read */
    DWC_SHARED_POSTS,       /* DwcPostPages */
    DWC_SHARED_KICK,        /* event: wakes engine channel INDEX */
    DWC_SHARED_MEMORY,      /* event: something is in DwcPostPages.memory */
    DWC_SHARED_TIME,        /* DwcMailPages: both sides have one virtual time */
} DwcLinkSharedKind;

typedef struct QEMU_PACKED DwcLinkShared {
    uint32_t kind;          /* DwcLinkSharedKind */
    uint32_t index;         /* of a channel: direction * 8 + channel; of
                             * registers: their map's number */
    uint64_t base;          /* of the registers, in the endpoint */
} DwcLinkShared;

typedef enum DwcLinkStatus {
    DWC_LINK_OK = 0,
    DWC_LINK_UNSUPPORTED_REQUEST,
    DWC_LINK_GONE,          /* never sent: the connection ended */
} DwcLinkStatus;

typedef struct QEMU_PACKED DwcLinkReply {
    uint32_t status;        /* DwcLinkStatus */
    uint32_t reserved;
} DwcLinkReply;

typedef struct QEMU_PACKED DwcLinkCfg {
    uint16_t offset;
    uint16_t size;          /* 1, 2 or 4 */
    uint32_t value;         /* of a write */
} DwcLinkCfg;

/* What became of a write. */
typedef struct QEMU_PACKED DwcLinkCfgWritten {
    DwcLinkBars bars;
    uint32_t value;         /* of the whole register thereafter */
    uint32_t reserved;
} DwcLinkCfgWritten;

typedef struct QEMU_PACKED DwcLinkWindow {
    uint32_t id;
    uint32_t bar;
    uint64_t offset;        /* in the BAR */
    uint64_t size;
    uint64_t target;        /* address in the endpoint */
} DwcLinkWindow;

typedef struct QEMU_PACKED DwcLinkBarAccess {
    uint32_t bar;
    uint32_t size;          /* 1, 2, 4 or 8 */
    uint64_t offset;
    uint64_t value;
} DwcLinkBarAccess;

/* What the host's port finds wrong with a write that it drops. */
typedef enum DwcLinkFlaw {
    DWC_LINK_FLAWLESS = 0,
    DWC_LINK_POISONED,
    DWC_LINK_MALFORMED,     /* its payload is longer than the port takes */
} DwcLinkFlaw;

typedef struct QEMU_PACKED DwcLinkMem {
    uint64_t addr;          /* on the PCI bus */
    uint32_t size;          /* 1 .. DWC_LINK_MAX_DATA */
    uint32_t flaw;          /* of a write: DwcLinkFlaw */
} DwcLinkMem;

typedef struct QEMU_PACKED DwcLinkIntx {
    uint32_t pin;           /* 0 .. 3 */
    uint32_t asserted;
    uint32_t serial;        /* how often it has been asserted */
    uint32_t reserved;
} DwcLinkIntx;

/* The level has fallen at the host, after this many assertions. */
typedef struct QEMU_PACKED DwcLinkIntxFell {
    uint32_t serial;
    uint32_t reserved;
} DwcLinkIntxFell;

typedef struct QEMU_PACKED DwcLinkTranslate {
    uint64_t addr;          /* on the PCI bus */
    uint32_t write;         /* 1: to write there, 0: to read */
    uint32_t reserved;
} DwcLinkTranslate;

/* One page of 4 KiB. */
typedef struct QEMU_PACKED DwcLinkTranslation {
    uint64_t iova;          /* on the PCI bus */
    uint64_t target;        /* address at which the host's CPUs see it */
    uint32_t writable;
    uint32_t reserved;
} DwcLinkTranslation;

/* One page of 4 KiB, and where it leads. */
typedef struct QEMU_PACKED DwcLinkPage {
    uint32_t bar;
    uint32_t writable;
    uint64_t offset;        /* in the BAR */
    uint64_t target;        /* address at which the endpoint's CPUs see it */
} DwcLinkPage;

typedef struct QEMU_PACKED DwcLinkRange {
    uint64_t addr;          /* on the PCI bus */
    uint64_t size;          /* 0: everything */
} DwcLinkRange;

typedef struct QEMU_PACKED DwcLinkMsix {
    uint32_t vector;        /* below 2048 */
} DwcLinkMsix;

/* An error message. */
typedef struct QEMU_PACKED DwcLinkError {
    uint32_t message;       /* 1 correctable, 2 non-fatal, 4 fatal */
    uint32_t reserved;
} DwcLinkError;

typedef struct QEMU_PACKED DwcLinkPending {
    uint32_t bits;          /* of the MSI capability */
} DwcLinkPending;

#endif
