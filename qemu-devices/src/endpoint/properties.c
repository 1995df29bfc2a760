/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The controller's properties and what they may be. */
#include "qemu/osdep.h"
#include "qemu/host-utils.h"
#include "qemu/units.h"
#include "qapi/error.h"
#include "hw/qdev-properties.h"
#include "edma/maps/maps.h"
#include "endpoint/endpoint.h"
#include "endpoint/perst.h"
#include "time/sync.h"

/* SPIs of the machine, as hw/arm/virt.c has them. */
#define MACHINE_SPIS 256

/* How many channels a direction has: UINT8_MAX is as the profile has it. */
static uint8_t ep_channels(const DwcPcieEp *ep, uint8_t said)
{
    return said != UINT8_MAX ? said :
           ep->profile->channels ? ep->profile->channels : 4;
}

bool dwc_ep_check_properties(DwcPcieEp *ep, Error **errp)
{
    unsigned lines;

    if (!ep->link_path) {
        error_setg(errp, "dwc-pcie-ep: link=PATH is missing, the Unix socket "
                   "at which the function in the host VM finds this endpoint");
        return false;
    }
    ep->profile = dwc_profile_find(ep->profile_name, errp);
    if (!ep->profile) {
        return false;
    }
    ep->edma_map = dwc_edma_map_find(ep->edma_map_name ? ep->edma_map_name :
                                     ep->profile->edma_map, errp);
    if (!ep->edma_map) {
        error_prepend(errp, "dwc-pcie-ep: ");
        return false;
    }
    ep->msix = ep->msix && !ep->profile->no_msix;
    ep->atu_align = MAX(ep->atu_align, ep->profile->atu_align);
    ep->write_channels = ep_channels(ep, ep->write_channels);
    ep->read_channels = ep_channels(ep, ep->read_channels);
    lines = dwc_perst_irq_number(ep) - ep->irq_base +
            dwc_ep_has_region(ep, DWC_REGION_GPIO);
    if (ep->write_channels > DWC_EDMA_MAX_CHANNELS ||
        ep->read_channels > DWC_EDMA_MAX_CHANNELS) {
        error_setg(errp, "dwc-pcie-ep: wr-channels and rd-channels must be "
                   "0 to %d, not %u and %u", DWC_EDMA_MAX_CHANNELS,
                   ep->write_channels, ep->read_channels);
        return false;
    }
    if (ep->profile->max_channels &&
        ep->write_channels + ep->read_channels > ep->profile->max_channels) {
        error_setg(errp, "dwc-pcie-ep: the profile %s lets the interrupts of "
                   "%u channels through, wr-channels and rd-channels are %u "
                   "and %u", ep->profile->name, ep->profile->max_channels,
                   ep->write_channels, ep->read_channels);
        return false;
    }
    if (!ep->ib_windows || ep->ib_windows > DWC_IATU_MAX_REGIONS ||
        !ep->ob_windows || ep->ob_windows > DWC_IATU_MAX_REGIONS) {
        error_setg(errp, "dwc-pcie-ep: ib-windows and ob-windows must be "
                   "1 to %d, not %u and %u", DWC_IATU_MAX_REGIONS,
                   ep->ib_windows, ep->ob_windows);
        return false;
    }
    if (!ep->functions || ep->functions > MAX(ep->profile->max_functions, 1)) {
        error_setg(errp, "dwc-pcie-ep: the profile %s has %u function%s at "
                   "most, not %u", ep->profile->name,
                   MAX(ep->profile->max_functions, 1),
                   ep->profile->max_functions > 1 ? "s" : "", ep->functions);
        return false;
    }
    if (ep->functions > 1 && dwc_time_enabled()) {
        error_setg(errp, "dwc-pcie-ep: functions=%u needs a VM without virtual "
                   "time, in which there is one function", ep->functions);
        return false;
    }
    if (!is_power_of_2(ep->atu_align) || ep->atu_align < 64 ||
        ep->atu_align > 64 * KiB) {
        error_setg(errp, "dwc-pcie-ep: atu-align must be a power of two from "
                   "64 to 65536, not %"PRIu64, ep->atu_align);
        return false;
    }
    if (ep->dma_offset % (64 * KiB)) {
        error_setg(errp, "dwc-pcie-ep: dma-offset must be a multiple of 64 KiB, "
                   "not 0x%"PRIx64, ep->dma_offset);
        return false;
    }
    if (ep->ram_base + ep->dma_offset < ep->ram_base ||
        ep->ram_base + ep->dma_offset + (ep->ram_size - 1) < ep->ram_base) {
        /* Devices are below RAM, and stay where they are. */
        error_setg(errp, "dwc-pcie-ep: dma-offset must leave the RAM above "
                   "where the CPUs see it, not 0x%"PRIx64, ep->dma_offset);
        return false;
    }
    if (ep->iommu && ep->dma_offset) {
        error_setg(errp, "dwc-pcie-ep: dma-offset must be 0 with iommu=on, for "
                   "the SMMU says where RAM is, not 0x%"PRIx64, ep->dma_offset);
        return false;
    }
    if (ep->iommu && dwc_time_enabled()) {
        error_setg(errp, "dwc-pcie-ep: iommu=on needs a VM without virtual "
                   "time, for what it translates takes none");
        return false;
    }
    if (!is_power_of_2(ep->msi_vectors) || ep->msi_vectors > 32) {
        error_setg(errp, "dwc-pcie-ep: msi-vectors must be 1, 2, 4, 8, 16 or "
                   "32, not %u", ep->msi_vectors);
        return false;
    }
    if (ep->irq_base > MACHINE_SPIS - lines) {
        error_setg(errp, "dwc-pcie-ep: irq-base %u and %u lines pass the "
                   "machine's last interrupt, %d", ep->irq_base, lines,
                   MACHINE_SPIS - 1);
        return false;
    }
    if (!ep->outbound_size || ep->outbound_size % ep->atu_align ||
        ep->outbound_base % ep->atu_align ||
        ep->outbound_base + ep->outbound_size < ep->outbound_base) {
        error_setg(errp, "dwc-pcie-ep: outbound-base and outbound-size must "
                   "be multiples of atu-align");
        return false;
    }
    return true;
}

bool dwc_ep_at_run_time(Object *obj, const char *name, Error **errp)
{
    if (!DEVICE(obj)->realized) {
        error_setg(errp, "dwc-pcie-ep: %s is there at run time only: use "
                   "qom-set or qom-get over QMP once the machine is made",
                   name);
        return false;
    }
    return true;
}

static bool ep_get_link_up(Object *obj, Error **errp)
{
    return dwc_ep_link_state(DWC_PCIE_EP(obj)) != DWC_STATE_DOWN;
}

static void ep_set_link_up(Object *obj, bool val, Error **errp)
{
    if (dwc_ep_at_run_time(obj, "link-up", errp)) {
        dwc_ep_set_plugged(DWC_PCIE_EP(obj), val);
    }
}

static char *ep_get_link_state(Object *obj, Error **errp)
{
    static const char *const names[] = { "down", "waiting", "up" };

    return g_strdup(names[dwc_ep_link_state(DWC_PCIE_EP(obj))]);
}

static void ep_get_stats(Object *obj, Visitor *v, const char *name,
                         void *opaque, Error **errp)
{
    DwcPcieEp *ep = DWC_PCIE_EP(obj);

    if (dwc_ep_at_run_time(obj, name, errp)) {
        dwc_stats_visit(&ep->stats, &ep->edma, dwc_ep_host_reads(ep), v, name,
                        errp);
    }
}

static const Property ep_properties[] = {
    DEFINE_PROP_STRING("link", DwcPcieEp, link_path),
    DEFINE_PROP_STRING("profile", DwcPcieEp, profile_name),
    DEFINE_PROP_STRING("trace", DwcPcieEp, trace),
    DEFINE_PROP_STRING("dma-map", DwcPcieEp, edma_map_name),
    DEFINE_PROP_UINT8("wr-channels", DwcPcieEp, write_channels, UINT8_MAX),
    DEFINE_PROP_UINT8("rd-channels", DwcPcieEp, read_channels, UINT8_MAX),
    DEFINE_PROP_UINT8("ib-windows", DwcPcieEp, ib_windows, 16),
    DEFINE_PROP_UINT8("ob-windows", DwcPcieEp, ob_windows, 16),
    DEFINE_PROP_SIZE("atu-align", DwcPcieEp, atu_align, 4 * KiB),
    DEFINE_PROP_UINT32("atu-upper-limit", DwcPcieEp, atu_upper_limit, 0xff),
    DEFINE_PROP_UINT8("msi-vectors", DwcPcieEp, msi_vectors, 32),
    DEFINE_PROP_UINT8("functions", DwcPcieEp, functions, 1),
    DEFINE_PROP_BOOL("msix", DwcPcieEp, msix, true),
    DEFINE_PROP_BOOL("msi-parent", DwcPcieEp, msi_parent, false),
    DEFINE_PROP_BOOL("dma-coherent", DwcPcieEp, dma_coherent, true),
    DEFINE_PROP_BOOL("iommu", DwcPcieEp, iommu, false),
    DEFINE_PROP_BOOL("resizable-bars", DwcPcieEp, resizable_bars, false),
    DEFINE_PROP_STRING("forgive-late-doorbell", DwcPcieEp,
                       forgive[DWC_KIND_LATE_DOORBELL]),
    DEFINE_PROP_STRING("forgive-stale-element", DwcPcieEp,
                       forgive[DWC_KIND_STALE_ELEMENT]),
    DEFINE_PROP_STRING("forgive-abort-enable", DwcPcieEp,
                       forgive[DWC_KIND_ABORT_ENABLE]),
    DEFINE_PROP_STRING("forgive-link-cycle", DwcPcieEp,
                       forgive[DWC_KIND_LINK_CYCLE]),
    DEFINE_PROP_STRING("forgive-bar-match", DwcPcieEp,
                       forgive[DWC_KIND_BAR_MATCH]),
    DEFINE_PROP_STRING("forgive-read-only", DwcPcieEp,
                       forgive[DWC_KIND_READ_ONLY]),
    DEFINE_PROP_STRING("forgive-outbound-read", DwcPcieEp,
                       forgive[DWC_KIND_OUTBOUND_READ]),
    DEFINE_PROP_STRING("forgive-joined-events", DwcPcieEp,
                       forgive[DWC_KIND_JOINED_EVENTS]),
    DEFINE_PROP_STRING("forgive-region-change", DwcPcieEp,
                       forgive[DWC_KIND_REGION_CHANGE]),
    DEFINE_PROP_STRING("forgive-payload", DwcPcieEp,
                       forgive[DWC_KIND_PAYLOAD]),
    DEFINE_PROP_STRING("forgive-posted-order", DwcPcieEp,
                       forgive[DWC_KIND_POSTED_ORDER]),
    DEFINE_PROP_UINT32("forgive-seed", DwcPcieEp, edma.forgive.seed, 1),
    DEFINE_PROP_UINT64("dma-offset", DwcPcieEp, dma_offset, 0),
    DEFINE_PROP_BOOL("memcpy-engine", DwcPcieEp, memcpy_engine, false),
    DEFINE_PROP_UINT64("registers-base", DwcPcieEp, registers_base,
                       0x0b000000),
    /* Between the machine's high ECAM and its high MMIO window. */
    DEFINE_PROP_UINT64("outbound-base", DwcPcieEp, outbound_base,
                       0x6000000000),
    DEFINE_PROP_SIZE("outbound-size", DwcPcieEp, outbound_size, 4 * GiB),
    /* Behind the lines of the machine's platform bus. */
    DEFINE_PROP_UINT32("irq-base", DwcPcieEp, irq_base, 176),
};

void dwc_ep_class_properties(ObjectClass *oc)
{
    device_class_set_props(DEVICE_CLASS(oc), ep_properties);
    object_class_property_add_bool(oc, "link-up", ep_get_link_up, ep_set_link_up);
    object_class_property_set_description(oc, "link-up",
        "whether the link is trained; a function can be plugged only then");
    object_class_property_add_str(oc, "link-state", ep_get_link_state, NULL);
    object_class_property_set_description(oc, "link-state",
        "down, waiting (trained, no function connected) or up");
    dwc_ep_class_faults(oc);
    object_class_property_add(oc, "stats", "DwcStats", ep_get_stats, NULL, NULL,
                              NULL);
}
