/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events by which the two processes wake each other.
 *
 * The peer has the same open file: it can make it block, fill or empty it.  So
 * nobody reads or writes one without asking first whether that would wait.
 */
#ifndef NTB_EDMA_LINK_WAKE_EVENT_H
#define NTB_EDMA_LINK_WAKE_EVENT_H

/* Whether what the peer sent is an eventfd, and not a pipe or a file. */
bool dwc_wake_event_valid(int fd);
/* An event that is full is pending, which is all that is wanted. */
void dwc_wake_event_set(int fd);
/* Whether it was pending; it is not any more. */
bool dwc_wake_event_take(int fd);

#endif
