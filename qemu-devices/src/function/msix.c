/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MSI-X vectors that the core sends by itself, through its doorbell.
 *
 * Table and pending bits are in the endpoint's memory, behind a BAR.  While the
 * host has MSI-X enabled the table traps, so that lifting a mask is seen.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "hw/pci/pci.h"
#include "function/function.h"
#include "memory/change.h"
#include "trace-ntb_edma.h"

/* Pages of the guest's are this or larger. */
#define TABLE_PAGE  4096

/* A place that one of the capability's registers names. */
typedef struct Place {
    unsigned bar;
    uint64_t offset;
} Place;

static uint8_t *fn_msix_register(DwcPcieFunction *fn, unsigned reg)
{
    return PCI_DEVICE(fn)->config + le16_to_cpu(fn->config.msix_cap) + reg;
}

static Place fn_msix_place(DwcPcieFunction *fn, unsigned reg)
{
    uint32_t val = pci_get_long(fn_msix_register(fn, reg));

    return (Place) {
        .bar = val & PCI_MSIX_TABLE_BIR,
        .offset = val & PCI_MSIX_TABLE_OFFSET,
    };
}

static unsigned fn_msix_vectors(DwcPcieFunction *fn)
{
    return (pci_get_word(fn_msix_register(fn, PCI_MSIX_FLAGS)) &
            PCI_MSIX_FLAGS_QSIZE) + 1;
}

static bool fn_msix_enabled(DwcPcieFunction *fn)
{
    return fn->config.msix_cap &&
           (pci_get_word(fn_msix_register(fn, PCI_MSIX_FLAGS)) &
            PCI_MSIX_FLAGS_ENABLE);
}

/* Memory of the endpoint behind a BAR, NULL when there is none. */
static uint8_t *fn_msix_memory(DwcPcieFunction *fn, unsigned bar,
                                     uint64_t offset, uint64_t size)
{
    uint64_t target, len = size;
    uint8_t *p;

    if (!dwc_function_target(fn, bar, offset, size, &target)) {
        return NULL;
    }
    p = dwc_ram_map_lookup(fn->first->peer->map, target, &len);
    return len == size ? p : NULL;
}

static uint8_t *fn_msix_entry(DwcPcieFunction *fn, unsigned vector)
{
    Place table = fn_msix_place(fn, PCI_MSIX_TABLE);

    return fn_msix_memory(fn, table.bar,
                          table.offset + (uint64_t)vector * PCI_MSIX_ENTRY_SIZE,
                                PCI_MSIX_ENTRY_SIZE);
}

static uint8_t *fn_msix_pending_byte(DwcPcieFunction *fn, unsigned vector)
{
    Place pba = fn_msix_place(fn, PCI_MSIX_PBA);

    return fn_msix_memory(fn, pba.bar, pba.offset + vector / 8, 1);
}

static bool fn_msix_masked(DwcPcieFunction *fn, const uint8_t *e)
{
    return (pci_get_word(fn_msix_register(fn, PCI_MSIX_FLAGS)) &
            PCI_MSIX_FLAGS_MASKALL) ||
           (ldl_le_p(e + PCI_MSIX_ENTRY_VECTOR_CTRL) &
            PCI_MSIX_ENTRY_CTRL_MASKBIT);
}

static void fn_msix_send(DwcPcieFunction *fn, const uint8_t *e)
{
    dwc_function_send_msi(fn, ldq_le_p(e + PCI_MSIX_ENTRY_LOWER_ADDR),
                          ldl_le_p(e + PCI_MSIX_ENTRY_DATA));
}

void dwc_function_msix(DwcPcieFunction *fn, unsigned vector)
{
    uint8_t *e, *pba;

    if (!fn_msix_enabled(fn) || vector >= fn_msix_vectors(fn)) {
        qemu_log_mask(LOG_GUEST_ERROR, "dwc-pcie-function: MSI-X %u is not "
                      "sent: the host has enabled %u vectors\n", vector,
                      fn_msix_enabled(fn) ? fn_msix_vectors(fn) : 0);
        return;
    }
    e = fn_msix_entry(fn, vector);
    pba = fn_msix_pending_byte(fn, vector);
    if (!e || !pba) {
        qemu_log_mask(LOG_GUEST_ERROR, "dwc-pcie-function: MSI-X %u is not "
                      "sent: no memory of the endpoint is behind its table or "
                      "its pending bits\n", vector);
        return;
    }
    if (fn_msix_masked(fn, e)) {
        trace_dwc_function_msix_pending(vector);
        *pba |= 1 << (vector % 8);
    } else {
        fn_msix_send(fn, e);
    }
}

/* Sends those of COUNT vectors from FIRST that are pending and not masked. */
static void fn_msix_send_pending(DwcPcieFunction *fn, unsigned first,
                                       unsigned count)
{
    unsigned i;

    /*
     * An MSI-X message written to the table or the capability itself would come
     * here again without end.
     */
    if (dwc_function_for_endpoint(fn)) {
        return;
    }
    /* A message may unplug the function. */
    for (i = first;
         i < first + count && i < fn_msix_vectors(fn) && fn->first->link;
         i++) {
        uint8_t *e = fn_msix_entry(fn, i), *pba = fn_msix_pending_byte(fn, i);

        if (e && pba && (*pba & (1 << (i % 8))) && !fn_msix_masked(fn, e)) {
            *pba &= ~(1 << (i % 8));
            fn_msix_send(fn, e);
        }
    }
}

/*
 * The region that traps: whole pages, for QEMU's CPUs find a register by its
 * page.  What is beside the table in them is made as any access to the BAR.
 */
static uint64_t fn_msix_table_read(void *opaque, hwaddr addr,
                                         unsigned size)
{
    DwcPcieFunction *fn = opaque;
    uint64_t offset = fn->msix_offset + addr;
    uint8_t *p = fn_msix_memory(fn, fn->msix_bar->n, offset, size);

    return p ? ldn_le_p(p, size) :
               dwc_function_bar_read(fn->msix_bar, offset, size);
}

static void fn_msix_table_write(void *opaque, hwaddr addr, uint64_t val,
                                      unsigned size)
{
    DwcPcieFunction *fn = opaque;
    uint64_t offset = fn->msix_offset + addr;
    Place table = fn_msix_place(fn, PCI_MSIX_TABLE);
    uint8_t *p = fn_msix_memory(fn, fn->msix_bar->n, offset, size);

    if (!p) {
        dwc_function_bar_write(fn->msix_bar, offset, val, size);
        return;
    }
    stn_le_p(p, size, val);
    if (table.bar == fn->msix_bar->n && offset >= table.offset) {
        fn_msix_send_pending(fn, (offset - table.offset) / PCI_MSIX_ENTRY_SIZE,
                             1);
    }
}

static const MemoryRegionOps table_ops = {
    .read = fn_msix_table_read,
    .write = fn_msix_table_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

void dwc_function_msix_init(DwcPcieFunction *fn)
{
    memory_region_init_io(&fn->msix_table, OBJECT(fn), &table_ops, fn,
                          "dwc-msix-table", TABLE_PAGE);
    /* An access beside the table may let others in while it waits. */
    fn->msix_table.disable_reentrancy_guard = true;
}

static void fn_msix_trap(DwcPcieFunction *fn)
{
    Place table = fn_msix_place(fn, PCI_MSIX_TABLE);
    uint64_t first = ROUND_DOWN(table.offset, TABLE_PAGE), end, all;

    if (fn->msix_bar || table.bar >= DWC_LINK_BARS ||
        !fn->bar[table.bar].size) {
        return;
    }
    all = memory_region_size(&fn->bar[table.bar].container);
    end = ROUND_UP(table.offset + fn_msix_vectors(fn) * PCI_MSIX_ENTRY_SIZE,
                   TABLE_PAGE);
    if (first >= all) {
        return;
    }
    fn->msix_bar = &fn->bar[table.bar];
    fn->msix_offset = first;
    memory_region_set_size(&fn->msix_table, MIN(end, all) - first);
    memory_region_add_subregion_overlap(&fn->msix_bar->container, first,
                                        &fn->msix_table,
                                        DWC_LINK_MAX_WINDOWS + 1);
}

void dwc_function_msix_untrap(DwcPcieFunction *fn)
{
    if (fn->msix_bar) {
        memory_region_del_subregion(&fn->msix_bar->container, &fn->msix_table);
        fn->msix_bar = NULL;
    }
}

static void fn_msix_follow_enable(void *opaque)
{
    DwcPcieFunction *fn = opaque;

    if (fn_msix_enabled(fn) && fn->first->link && !fn->first->vanished) {
        fn_msix_trap(fn);
    } else {
        dwc_function_msix_untrap(fn);
    }
    object_unref(OBJECT(fn->first));
    object_unref(OBJECT(fn));
}

void dwc_function_msix_follow(DwcPcieFunction *fn)
{
    if (fn_msix_enabled(fn) != !!fn->msix_bar) {
        /* Both may be unplugged before that. */
        object_ref(OBJECT(fn));
        object_ref(OBJECT(fn->first));
        dwc_memory_change(fn_msix_follow_enable, fn);
    }
}

void dwc_function_msix_written(DwcPcieFunction *fn, uint32_t addr, int len)
{
    uint32_t at = le16_to_cpu(fn->config.msix_cap);

    if (!at || !ranges_overlap(addr, len, at,
                               PCI_CAP_MSIX_SIZEOF)) {
        return;
    }
    dwc_function_msix_follow(fn);
    if (fn_msix_enabled(fn)) {
        fn_msix_send_pending(fn, 0, fn_msix_vectors(fn));
    }
}
