/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When the link trains: when the two ends are plugged together and the LTSSM
 * is enabled.
 *
 * Where the glue does not gate the LTSSM it is always enabled, and the ends
 * start unplugged, because nothing in the controller tells when its software is
 * ready.  Where the glue does they start plugged, as on a board.
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "qemu/lockable.h"
#include "endpoint/endpoint.h"
#include "endpoint/perst.h"
#include "trace-ntb_edma.h"

static void ep_set_trained(DwcPcieEp *ep, bool trained)
{
    WITH_QEMU_LOCK_GUARD(&ep->lock) {
        ep->trained = trained;
    }
    trace_dwc_link_state(trained ? "trained" : "down");
    if (!trained && ep->link) {
        dwc_link_disconnect(ep->link);
    }
}

static void ep_train(DwcPcieEp *ep)
{
    bool trained = ep->plugged && ep->ltssm;
    bool before = dwc_ep_link_state(ep) != DWC_STATE_DOWN;

    assert(bql_locked());
    if (trained != before) {
        ep_set_trained(ep, trained);
    }
}

void dwc_ep_set_plugged(DwcPcieEp *ep, bool plugged)
{
    const DwcGlue *glue = ep->profile->glue;

    ep->plugged = plugged;
    if (glue && glue->has_perst) {
        /* A host that is not there, or off, holds the pin low. */
        if (!plugged) {
            glue->perst(ep->glue);
        }
        dwc_perst_set(ep, plugged);
    }
    ep_train(ep);
}

void dwc_ep_set_ltssm(DwcPcieEp *ep, bool enabled)
{
    ep->ltssm = enabled;
    ep_train(ep);
}

/* What the host has written to the function's configuration. */
static void ep_tell_glue_of_function(DwcPcieEp *ep)
{
    const DwcGlue *glue = ep->profile->glue;

    if (qatomic_xchg(&ep->master_came, false) && glue->bus_master) {
        glue->bus_master(ep->glue);
    }
    if (qatomic_xchg(&ep->power_moved, false) && glue->power_state) {
        glue->power_state(ep->glue);
    }
}

void dwc_ep_tell_glue(DwcPcieEp *ep)
{
    const DwcGlue *glue = ep->profile->glue;
    DwcLinkEpoch epoch;
    bool up;

    if (!glue || !glue->link_changed) {
        return;
    }
    WITH_QEMU_LOCK_GUARD(&ep->lock) {
        epoch = ep->epoch;
        up = ep->up;
    }
    if (ep->seen_up && (!up || epoch != ep->seen)) {
        ep->seen_up = false;
        glue->link_changed(ep->glue, false);
    }
    if (up && !ep->seen_up) {
        ep->seen_up = true;
        ep->seen = epoch;
        glue->link_changed(ep->glue, true);
    }
    if (qatomic_xchg(&ep->hot_reset, false) && ep->seen_up && glue->hot_reset) {
        glue->hot_reset(ep->glue);
    }
    if (ep->seen_up) {
        ep_tell_glue_of_function(ep);
    }
}

DwcLinkState dwc_ep_link_state(DwcPcieEp *ep)
{
    QEMU_LOCK_GUARD(&ep->lock);
    return !ep->trained ? DWC_STATE_DOWN :
           ep->up ? DWC_STATE_UP : DWC_STATE_WAITING;
}
