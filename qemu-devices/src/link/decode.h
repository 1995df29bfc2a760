/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From bytes to messages: a pure function, without socket, state or memory of
 * its own, so that it can be tested and fuzzed by itself.
 */
#ifndef NTB_EDMA_LINK_DECODE_H
#define NTB_EDMA_LINK_DECODE_H

#include "link/protocol.h"

typedef struct DwcLinkMessage {
    uint16_t type;
    unsigned function;      /* below DWC_LINK_FUNCTIONS */
    uint32_t seq;
    uint32_t length;        /* of the payload */
    const void *payload;    /* little-endian, of any alignment */
    int fd;                 /* -1 for none; the receiver sets it to -1 to keep */
} DwcLinkMessage;

typedef enum DwcLinkDecoded {
    DWC_LINK_INCOMPLETE,    /* right so far; more bytes are needed */
    DWC_LINK_MESSAGE,
    DWC_LINK_BROKEN,        /* no message of the protocol */
} DwcLinkDecoded;

/*
 * The message at the start of BYTES.  MSG gets what is known of it: all of it
 * for DWC_LINK_MESSAGE, then *USED bytes belong to it and every field of the
 * payload has a value that its type allows; the type and the announced length
 * for DWC_LINK_BROKEN.  What a message means at this moment (whether somebody
 * asked, whether the handshake is over) is the receiver's to know.
 */
DwcLinkDecoded dwc_link_decode(const uint8_t *bytes, size_t len,
                               DwcLinkMessage *msg, size_t *used);

/* As in DwcLinkType, without its prefix. */
const char *dwc_link_type_name(unsigned type);

/* Whether BAR N can be one that QEMU's PCI core decodes. */
bool dwc_link_bar_valid(unsigned n, const DwcLinkBar *bar);

/*
 * Why the function that CONFIG and the DWC_LINK_CONFIG_SIZE bytes of SPACE
 * announce cannot be presented, or NULL when it can.
 */
const char *dwc_link_config_problem(const DwcLinkConfig *config,
                                    const uint8_t *space);

#endif
