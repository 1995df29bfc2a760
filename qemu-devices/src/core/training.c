/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When the link trains: when the two ends are plugged together and the LTSSM
 * is enabled.
 *
 * A controller whose glue does not gate the LTSSM has it enabled always, and
 * starts unplugged, for nothing in it tells when its software is ready.  One
 * whose glue does starts plugged, as on a board.
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "core/controller.h"

static void train(DwcPcieEp *ep)
{
    bool trained = ep->plugged && ep->ltssm;
    bool before = dwc_ep_link_state(ep) != DWC_STATE_DOWN;

    assert(bql_locked());
    if (trained != before) {
        dwc_ep_set_trained(ep, trained);
    }
}

void dwc_ep_set_plugged(DwcPcieEp *ep, bool plugged)
{
    ep->plugged = plugged;
    train(ep);
}

void dwc_ep_set_ltssm(DwcPcieEp *ep, bool enabled)
{
    ep->ltssm = enabled;
    train(ep);
}
