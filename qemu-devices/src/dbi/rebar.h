/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Resizable BAR capability (PCIe base specification, 7.8.6), one entry for
 * each BAR register that can be a BAR.
 *
 * The endpoint's driver says which sizes there are by writing the entry's
 * capability register; that selects the smallest of them, as
 * dw_pcie_ep_set_bar_resizable() of Linux relies on.  The host selects another
 * one in the control register.  The selected size counts for a BAR whose DBI2
 * mask has the enable bit and nothing else; a mask with a size of its own
 * stands as it is, which is how drivers see it that do not know the BAR to be
 * resizable.
 */
#ifndef NTB_EDMA_DBI_REBAR_H
#define NTB_EDMA_DBI_REBAR_H

#include "dbi/dbi.h"

/* Whether any BAR has an entry. */
bool dwc_rebar_is_there(const DwcDbiOptions *options);
void dwc_rebar_init(DwcDbi *dbi);
/* Called by the layout's reset. */
void dwc_rebar_reset(DwcDbi *dbi);
/* The sizes the host selected are gone. */
void dwc_rebar_hot_reset(DwcDbi *dbi);

/* Whether ADDR is in a register of the capability. */
bool dwc_rebar_is_register(const DwcDbi *dbi, hwaddr addr);
/* Whether ADDR is in a control register, so that a write may resize a BAR. */
bool dwc_rebar_is_control(const DwcDbi *dbi, hwaddr addr);
/* REG: aligned.  UNLOCKED: by the endpoint, with DBI_RO_WR_EN. */
void dwc_rebar_write(DwcDbi *dbi, hwaddr reg, uint32_t val, bool unlocked);

/* The size selected for BAR N in bytes, or 0 when it has no entry. */
uint64_t dwc_rebar_size(const DwcDbi *dbi, unsigned n);

#endif
