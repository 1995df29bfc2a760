/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Advanced error reporting: what the function has found, for the host to read, and
 * whether the host is told by a message.  PCI Express base specification, 6.2 and
 * 7.8.4.
 */
#ifndef NTB_EDMA_DBI_AER_H
#define NTB_EDMA_DBI_AER_H

#include "dbi/dbi.h"

#define DWC_AER_SIZE    0x48

/* What goes to the root complex: bits as those of device control that enable them. */
typedef enum DwcAerMessage {
    DWC_AER_SILENT = 0,
    DWC_AER_CORRECTABLE = 1,
    DWC_AER_NON_FATAL = 2,
    DWC_AER_FATAL = 4,
} DwcAerMessage;

typedef struct DwcAerError {
    uint32_t status;            /* its bit among the uncorrectable ones, or 0 */
    uint16_t pci_status;        /* its bits of the function's PCI status */
    bool advisory;              /* the requester knows, and may do something */
    bool has_header;
    uint32_t header[4];         /* of the request or completion */
} DwcAerError;

void dwc_aer_init(DwcDbi *dbi);
void dwc_aer_reset(DwcDbi *dbi);
/* Whether the register at ADDR keeps what it has in a reset by the host. */
bool dwc_aer_is_sticky(hwaddr addr);
/* Which message the host is to get. */
DwcAerMessage dwc_aer_found(DwcDbi *dbi, const DwcAerError *error);

#endif
