/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands for the guest, and their answers. */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "exec/address-spaces.h"
#include "time/clock.h"
#include "time/port.h"
#include "time/sync.h"

#define PORT_COMMAND    0x0
#define PORT_PART       0x4
#define PORT_END        0x8
#define PORT_GRID       0xc

/* The longest line: a word and a number. */
#define PORT_LINE_MAX   32

static void G_GNUC_PRINTF(2, 3) port_say(DwcTimePort *port,
                                         const char *format, ...)
{
    g_autofree char *line = NULL;
    va_list args;

    va_start(args, format);
    line = g_strdup_vprintf(format, args);
    va_end(args);
    qemu_chr_fe_write_all(&port->chr, (const uint8_t *)line, strlen(line));
}

static void port_break(DwcTimePort *port, const char *why)
{
    error_report("virtual-time: the port's other end sent %s: it is closed",
                 why);
    qemu_chr_fe_disconnect(&port->chr);
}

/* --- The guest's side. --- */

static uint64_t port_read(void *opaque, hwaddr addr, unsigned size)
{
    DwcTimePort *port = opaque;
    uint64_t value = 0;

    if (addr >= DWC_PORT_WINDOW) {
        memcpy(&value, port->window + addr - DWC_PORT_WINDOW, size);
        return le64_to_cpu(value);
    }
    switch (addr) {
    case PORT_COMMAND:
        if (!port->asked && port->open) {
            port->asked = true;
            port_say(port, "ready\n");
        }
        return port->waits;
    case PORT_GRID:
        return port->grid_ms;
    default:
        return 0;
    }
}

static void port_write(void *opaque, hwaddr addr, uint64_t value,
                       unsigned size)
{
    DwcTimePort *port = opaque;

    if (addr >= DWC_PORT_WINDOW) {
        value = cpu_to_le64(value);
        memcpy(port->window + addr - DWC_PORT_WINDOW, &value, size);
        return;
    }
    switch (addr) {
    case PORT_COMMAND:
        port->waits = 0;
        break;
    case PORT_PART:
        if (port->open && value <= DWC_PORT_ROOM) {
            port_say(port, "part %u\n", (unsigned)value);
            qemu_chr_fe_write_all(&port->chr, port->window, value);
        }
        break;
    case PORT_END:
        if (port->open) {
            port_say(port, "end\n");
        }
        break;
    default:
        break;
    }
}

static const MemoryRegionOps port_ops = {
    .read = port_read,
    .write = port_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8 },
    .impl = { .min_access_size = 1, .max_access_size = 8 },
};

/* --- The outside. --- */

static void port_grid(void *opaque)
{
    DwcTimePort *port = opaque;
    int64_t grid = port->grid_ms * (int64_t)SCALE_MS, now = dwc_clock_now();

    timer_mod(port->next, QEMU_ALIGN_DOWN(now, grid) + grid);
    if (port->open) {
        port->held = true;
        port->held_at = now;
        dwc_time_hold(true);
        port_say(port, "held %" PRId64 "\n", now);
    }
}

/* A line of WORD and a number. */
static bool port_says(const char *line, const char *word, uint64_t *number)
{
    return g_str_has_prefix(line, word) &&
           g_ascii_isdigit(line[strlen(word)]) &&
           !qemu_strtou64(line + strlen(word), NULL, 10, number);
}

/* The machine is told to go on from where it was held at NS. */
static void port_go(DwcTimePort *port, uint64_t ns)
{
    /* A word that has crossed with the news of a later hold is for another. */
    if (port->held && ns == port->held_at) {
        port->held = false;
        dwc_time_hold(false);
    }
}

/* Returns how much of what was told this was; 0: it is not whole. */
static size_t port_take(DwcTimePort *port, const char *told, size_t len)
{
    const char *end = memchr(told, '\n', MIN(len, PORT_LINE_MAX));
    g_autofree char *words = NULL;
    uint64_t number;
    size_t line;

    if (!end) {
        if (len >= PORT_LINE_MAX) {
            port_break(port, "a line that is too long");
        }
        return 0;
    }
    line = end + 1 - told;
    words = g_strndup(told, end - told);
    if (port_says(words, "go ", &number)) {
        port_go(port, number);
        return line;
    }
    if (!port_says(words, "command ", &number) || !number ||
        number > DWC_PORT_ROOM) {
        port_break(port, "what is neither \"go\" nor a command that fits");
        return 0;
    }
    if (!port->held || port->waits) {
        port_break(port, "a command that this machine does not wait for");
        return 0;
    }
    if (len < line + number) {
        return 0;
    }
    memcpy(port->window, told + line, number);
    port->waits = number;
    return line + number;
}

static int port_can_read(void *opaque)
{
    return DWC_PORT_SIZE;
}

static void port_told(void *opaque, const uint8_t *data, int len)
{
    DwcTimePort *port = opaque;
    size_t taken;

    g_byte_array_append(port->told, data, len);
    while (port->open && port->told->len &&
           (taken = port_take(port, (const char *)port->told->data,
                              port->told->len))) {
        g_byte_array_remove_range(port->told, 0, taken);
    }
}

static void port_event(void *opaque, QEMUChrEvent event)
{
    DwcTimePort *port = opaque;

    if (event == CHR_EVENT_OPENED) {
        /* Nothing of an earlier one at the other end is left. */
        g_byte_array_set_size(port->told, 0);
        port->asked = false;
        port->waits = 0;
        port->open = true;
    } else if (event == CHR_EVENT_CLOSED) {
        port->open = false;
        port->held = false;
        dwc_time_hold(false);
    }
}

void dwc_port_realize(DwcTimePort *port, Object *owner, Error **errp)
{
    if (!qemu_chr_fe_backend_connected(&port->chr)) {
        return;
    }
    if (!port->base || !port->grid_ms) {
        error_setg(errp, "virtual-time: commands=CHARDEV needs port-base=ADDRESS"
                   " and grid-ms=MILLISECONDS");
        return;
    }
    port->told = g_byte_array_new();
    memory_region_init_io(&port->mr, owner, &port_ops, port, "virtual-time-port",
                          DWC_PORT_SIZE);
    memory_region_add_subregion(get_system_memory(), port->base, &port->mr);
    port->next = timer_new_ns(QEMU_CLOCK_VIRTUAL, port_grid, port);
    timer_mod(port->next, port->grid_ms * (int64_t)SCALE_MS);
    qemu_chr_fe_set_handlers(&port->chr, port_can_read, port_told, port_event,
                             NULL, port, NULL, true);
}
