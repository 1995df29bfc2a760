/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many instructions the guest has executed, for those who compare what
 * its software costs: it does not depend on how busy the machine is.
 */
#include "qemu/osdep.h"
#include "qemu-versions.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/module.h"
#include "hw/core/cpu.h"
#include "hw/qdev-core.h"
#include "exec/icount.h"

#define TYPE_INSTRUCTION_COUNTER "instruction-counter"

static void instruction_counter_stop(CPUState *cpu, run_on_cpu_data data)
{
}

/*
 * A CPU adds what it has executed to the count when it leaves its loop, so it
 * is made to leave it.
 */
static void instruction_counter_get(Object *obj, Visitor *v, const char *name,
                                    void *opaque, Error **errp)
{
    uint64_t count;

    run_on_cpu(first_cpu, instruction_counter_stop, RUN_ON_CPU_NULL);
    count = icount_get_raw();
    visit_type_uint64(v, name, &count, errp);
}

static void instruction_counter_realize(DeviceState *dev, Error **errp)
{
    if (!icount_enabled()) {
        error_setg(errp, TYPE_INSTRUCTION_COUNTER
                   ": nothing counts instructions: QEMU needs -icount");
    }
}

static void instruction_counter_class_init(ObjectClass *oc, QemuClassData *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);

    dc->desc = "Instructions that all CPUs have executed";
    dc->realize = instruction_counter_realize;
    dc->user_creatable = true;
    dc->hotpluggable = false;
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    object_class_property_add(oc, "instructions", "uint64",
                              instruction_counter_get, NULL, NULL, NULL);
}

static const TypeInfo counter_info = {
    .name = TYPE_INSTRUCTION_COUNTER,
    .parent = TYPE_DEVICE,
    .class_init = instruction_counter_class_init,
};
module_obj(TYPE_INSTRUCTION_COUNTER);

static void instruction_counter_types(void)
{
    type_register_static(&counter_info);
}

type_init(instruction_counter_types)
