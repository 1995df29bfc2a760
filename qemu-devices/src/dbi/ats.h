/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Address translation services (PCI Express base specification, 10.5.1): a
 * capability whose host's writes are kept, and no more.  No core here asks for a
 * translation by itself, nor answers when one is invalidated.
 *
 * Secondary PCI Express (7.7.3) stands before it, as it does in an RK3588: Linux 6.15
 * to 6.19 looked for the capability right behind that one.
 */
#ifndef NTB_EDMA_DBI_ATS_H
#define NTB_EDMA_DBI_ATS_H

#include "dbi/dbi.h"

/* Called by the layout's reset. */
void dwc_ats_reset(DwcDbi *dbi);

#endif
