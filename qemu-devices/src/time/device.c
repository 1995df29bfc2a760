/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The device virtual-time: this machine's clock goes with that of its peer. */
#include "qemu/osdep.h"
#include "qemu-versions.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "hw/qdev-core.h"
#include "hw/qdev-properties.h"
#include "hw/qdev-properties-system.h"
#include "qom/object.h"
#include "exec/icount.h"
#include "time/clock.h"
#include "time/costs.h"
#include "time/port.h"
#include "time/sleep.h"
#include "time/sync.h"

#define TYPE_VIRTUAL_TIME "virtual-time"
OBJECT_DECLARE_SIMPLE_TYPE(DwcVirtualTime, VIRTUAL_TIME)

struct DwcVirtualTime {
    DeviceState parent_obj;
    char *profile;
    uint32_t seed;
    bool cpuidle;
    DwcTimePort port;
};

static void virtual_time_get_now(Object *obj, Visitor *v, const char *name,
                                 void *opaque, Error **errp)
{
    int64_t now = dwc_clock_now();

    visit_type_int64(v, name, &now, errp);
}

static void virtual_time_get_joined_at(Object *obj, Visitor *v,
                                       const char *name, void *opaque,
                                       Error **errp)
{
    int64_t at = dwc_time_joined_at();

    visit_type_int64(v, name, &at, errp);
}

static void virtual_time_realize(DeviceState *dev, Error **errp)
{
    DwcVirtualTime *vt = VIRTUAL_TIME(dev);
    const char *name = vt->profile ? vt->profile : "r-car-s4";
    const DwcTimeProfile *profile = dwc_time_profile(name);

    if (dwc_time_enabled()) {
        error_setg(errp, TYPE_VIRTUAL_TIME ": one device is enough");
        return;
    }
    if (dwc_time_too_late()) {
        error_setg(errp, TYPE_VIRTUAL_TIME ": a DMA engine goes by real time "
                   "already: put this -device before dwc-pcie-ep and "
                   "dwc-edma-pcie");
        return;
    }
    if (!profile) {
        error_setg(errp, TYPE_VIRTUAL_TIME ": no timing profile has the name "
                   "\"%s\"", name);
        return;
    }
    if (icount_enabled() && icount_to_ns(1) != profile->instruction_ns) {
        error_setg(errp, TYPE_VIRTUAL_TIME ": the profile \"%s\" has "
                   "instructions of %u ns, -icount says %"PRId64, name,
                   profile->instruction_ns, icount_to_ns(1));
        return;
    }
    dwc_cost_use(profile);
    dwc_time_use_seed(vt->seed);
    if (vt->cpuidle) {
        dwc_sleep_allow();
    }
    if (dwc_time_begin(profile->latency_ns,
                       (int64_t)vt->port.grid_ms * SCALE_MS, errp)) {
        dwc_port_realize(&vt->port, OBJECT(dev), errp);
    }
}

static const Property virtual_time_properties[] = {
    DEFINE_PROP_STRING("profile", DwcVirtualTime, profile),
    DEFINE_PROP_UINT32("grid-ms", DwcVirtualTime, port.grid_ms, 0),
    DEFINE_PROP_UINT64("port-base", DwcVirtualTime, port.base, 0),
    DEFINE_PROP_CHR("commands", DwcVirtualTime, port.chr),
    DEFINE_PROP_UINT32("seed", DwcVirtualTime, seed, 0),
    DEFINE_PROP_BOOL("cpuidle", DwcVirtualTime, cpuidle, false),
};

static void virtual_time_class_init(ObjectClass *oc, QemuClassData *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);

    dc->desc = "Virtual time that two machines share over a PCIe link";
    dc->realize = virtual_time_realize;
    dc->user_creatable = true;
    dc->hotpluggable = false;
    device_class_set_props(dc, virtual_time_properties);
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    object_class_property_add(oc, "now", "int64", virtual_time_get_now, NULL,
                              NULL, NULL);
    object_class_property_set_description(oc, "now",
        "nanoseconds of this machine's virtual clock");
    object_class_property_add(oc, "joined-at", "int64",
                              virtual_time_get_joined_at, NULL, NULL, NULL);
    object_class_property_set_description(oc, "joined-at",
        "what the clock was when it joined that of the peer; -1: it has not");
}

static const TypeInfo virtual_time_info = {
    .name = TYPE_VIRTUAL_TIME,
    .parent = TYPE_DEVICE,
    .instance_size = sizeof(DwcVirtualTime),
    .class_init = virtual_time_class_init,
};
module_obj(TYPE_VIRTUAL_TIME);

static void virtual_time_types(void)
{
    type_register_static(&virtual_time_info);
}

type_init(virtual_time_types)
