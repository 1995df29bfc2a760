/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The library that a QEMU is started with (LD_PRELOAD). It looks at which QEMU this is and loads the devices beside it
 * if they were built for it, before main(): to QEMU they are as those that it was linked with.
 *
 * Programs that are no QEMU, such as those that start one, are left alone. So nothing of QEMU may be needed here to load.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "plugin/plugin.h"

/* What QEMU's QMP schema has made of query-version since 2015. */
typedef struct VersionInfo {
    struct {
        int64_t major, minor, micro;
    } *qemu;
    char *package;
} VersionInfo;

#define DEVICES "$ORIGIN/ntb-edma-devices.so"

void plugin_refuse(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fprintf(stderr, "%s: ntb-edma: ", program_invocation_short_name);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "; build the devices for this QEMU: "
            "make -C qemu-devices QEMU=... (see its README.md)\n");
    /* Nothing more of a QEMU that may be another than it was taken for. */
    _exit(1);
}

/* As `--version` has it: "10.0.13 (Debian 1:10.0.13+ds-0+deb13u1)". */
static void plugin_describe_qemu(VersionInfo *info, char *text, size_t size)
{
    snprintf(text, size, "%d.%d.%d%s%s%s", (int)info->qemu->major,
             (int)info->qemu->minor, (int)info->qemu->micro,
             *info->package ? " (" : "", info->package, *info->package ? ")" : "");
}

static void __attribute__((constructor)) plugin_load(void)
{
    VersionInfo *(*query_version)(void **) = dlsym(RTLD_DEFAULT, "qmp_query_version");
    char found[256];

    if (!query_version) {
        if (strncmp(program_invocation_short_name, "qemu-system-", 12) != 0) {
            return;
        }
        plugin_refuse("expected a QEMU that lets libraries use its functions "
                      "(configured with --enable-modules, as distributions do), "
                      "found one that does not");
    }
    plugin_describe_qemu(query_version(NULL), found, sizeof(found));
    if (strcmp(found, NTB_EDMA_QEMU_VERSION) != 0) {
        plugin_refuse("expected QEMU %s, for which the devices were built, found QEMU %s",
                      NTB_EDMA_QEMU_VERSION, found);
    }
    if (!dlopen(DEVICES, RTLD_NOW | RTLD_LOCAL)) {
        plugin_refuse("expected QEMU %s to take the devices, but: %s",
                      found, dlerror());
    }
    plugin_check_types_later();
}
