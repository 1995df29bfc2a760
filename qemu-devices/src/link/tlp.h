/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory requests as AER's header log has them, and how long they may be.  PCI
 * Express base specification, 2.2 and 7.5.3.4.
 */
#ifndef NTB_EDMA_LINK_TLP_H
#define NTB_EDMA_LINK_TLP_H

#include "qemu/osdep.h"
#include "hw/registerfields.h"

/* First double word of a header: format and type. */
#define DWC_TLP_MEM_READ    0x00000000
#define DWC_TLP_MEM_WRITE   0x40000000
#define DWC_TLP_64BIT       0x20000000
#define DWC_TLP_POISONED    0x00004000

/* Of the PCIe capability, PCI_EXP_DEVCTL. */
FIELD(DEVCTL, PAYLOAD, 5, 3)
FIELD(DEVCTL, READRQ, 12, 3)

/* Bytes, by the CODE of one of these; those above 4 KiB mean nothing. */
static inline unsigned dwc_tlp_limit(unsigned code)
{
    return 128u << MIN(code, 5);
}

/* The header of a request for SIZE bytes at ADDR, which are in one page. */
static inline void dwc_tlp_memory_request(uint32_t header[4], uint16_t requester,
                                          uint64_t addr, unsigned size,
                                          bool is_write)
{
    bool wide = addr >> 32;
    unsigned first = addr & 3, end = first + size;
    unsigned words = DIV_ROUND_UP(end, 4);
    /* Which bytes of the first and of the last double word are meant. */
    unsigned from = 0xf << first & 0xf, to = 0xf >> (words * 4 - end);

    header[0] = (is_write ? DWC_TLP_MEM_WRITE : DWC_TLP_MEM_READ) |
                (wide ? DWC_TLP_64BIT : 0) | (words & 0x3ff);
    header[1] = (uint32_t)requester << 16 |
                (words > 1 ? to << 4 | from : (from & to));
    header[2] = wide ? addr >> 32 : addr & ~3ull;
    header[3] = wide ? addr & ~3ull : 0;
}

#endif
