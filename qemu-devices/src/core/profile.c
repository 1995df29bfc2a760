/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of profiles, which add themselves when the module is loaded. */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "core/profile.h"

/* By name. */
static GSList *profiles;

static gint profile_compare(gconstpointer a, gconstpointer b)
{
    return strcmp(((const DwcProfile *)a)->name, ((const DwcProfile *)b)->name);
}

void dwc_profile_add(const DwcProfile *profile)
{
    profiles = g_slist_insert_sorted(profiles, (gpointer)profile,
                                     profile_compare);
}

const DwcProfile *dwc_profile_find(const char *name, Error **errp)
{
    g_autoptr(GString) known = g_string_new(NULL);
    GSList *p;

    for (p = profiles; p; p = p->next) {
        const DwcProfile *profile = p->data;

        if (!strcmp(profile->name, name ? name : DWC_PROFILE_DEFAULT)) {
            return profile;
        }
        g_string_append_printf(known, "%s%s", known->len ? ", " : "",
                               profile->name);
    }
    error_setg(errp, "dwc-pcie-ep: there is no profile '%s', only %s", name,
               known->str);
    return NULL;
}
