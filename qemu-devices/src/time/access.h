/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Accesses over a link that has a time: posted writes, reads and their answers.
 *
 * With the big lock.
 */
#ifndef NTB_EDMA_TIME_ACCESS_H
#define NTB_EDMA_TIME_ACCESS_H

#include "qemu/osdep.h"

/* What a letter of this type brings is for who joined; above are answers. */
#define DWC_TIME_TYPES      0x100

/* A request that comes from the other side; one that it does not know, and
 * DWC_TIME_BROKEN of no size, end the connection. */
typedef void DwcTimeRequest(void *opaque, unsigned type, const void *data,
                            size_t size);

/* The fd of new pages for two sides; NULL with ERRP set. */
void *dwc_time_pages_new(int *fd, Error **errp);
/* Those of the other side; NULL: they are none. */
void *dwc_time_pages_map(int fd);
/* Those that are not met. */
void dwc_time_pages_unmap(void *pages);
/* As dwc_time_join(), for requests. */
void dwc_time_meet(void *pages, unsigned side, DwcTimeRequest *request,
                   void *opaque);
/*
 * Posts DATA of SIZE bytes, of which PAYLOAD are the TLP's.  What goes to MEMORY
 * is delivered in steps of a microsecond: the other CPU would be stopped for
 * each store of a copy otherwise.
 */
bool dwc_time_post(unsigned type, const void *data, size_t size,
                   size_t payload, bool memory);
/* Whether a read of the CPU that executes has to be made by dwc_time_ask(). */
bool dwc_time_reads(void);
/*
 * Asks, and waits for LEN bytes of answer.  False, and all ones: it is an error
 * or the link went down.
 */
bool dwc_time_ask(unsigned type, const void *data, size_t size, void *answer,
                  size_t len);
/* Answers the request that is being handled. */
void dwc_time_answer(bool ok, const void *data, size_t len);

#endif
