/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the DMA engine needs of the world, done by the endpoint controller.
 *
 * Nobody who holds the big lock waits for an engine's thread, so a thread may
 * take it.
 */
#include "qemu/osdep.h"
#include "qemu/lockable.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "qemu/units.h"
#include "exec/memory.h"
#include "hw/pci/pci_regs.h"
#include "core/smmu.h"
#include "endpoint/endpoint.h"
#include "time/clock.h"
#include "time/costs.h"
#include "time/sync.h"
#include "windows/bus.h"
#include "windows/errors.h"
#include "trace-ntb_edma.h"

/* QEMU's ports offer no more in their capability, so that the host cannot have
 * them take more either (hw/pci/pcie.c). */
#define PORT_MAX_PAYLOAD        128

QEMU_BUILD_BUG_ON(DWC_EDMA_BUS_MAX > DWC_LINK_MAX_DATA);

/* Local memory is RAM or nothing: DMA to the controller's own registers or
 * another device would need the big lock, and no driver does it. */
static uint8_t *ep_dma_local(void *opaque, uint64_t addr, uint64_t *len,
                             bool write)
{
    DwcPcieEp *ep = opaque;
    uint64_t cpu = dwc_ep_cpu_address(ep, addr);

    if (ep->iommu && !dwc_ep_smmu_translate(ep, addr, write, &cpu, len)) {
        return NULL;
    }
    return dwc_ram_map_lookup(qatomic_rcu_read(&ep->local.map), cpu, len);
}

/* Through the address space, so that QEMU drops code translated from there. */
static void ep_dma_local_write(void *opaque, uint64_t addr, const void *buf,
                               uint64_t len)
{
    DwcPcieEp *ep = opaque;

    address_space_write(ep->dma_as, dwc_ep_cpu_address(ep, addr),
                        MEMTXATTRS_UNSPECIFIED, buf, len);
}

/*
 * The guest takes a mapping away by a command to the SMMU, which a CPU of its
 * gives with the big lock: what was translated under it is used under it.
 */
static void ep_dma_hold(void *opaque)
{
    bql_lock();
}

static void ep_dma_release(void *opaque)
{
    bql_unlock();
}

/*
 * The engine's requests are the first function's, as drivers leave the
 * channels' function number: the others are not masters by them.
 *
 * From what the element says to an address on the PCI bus: an address in an
 * outbound window goes through the iATU, any other goes out as it is.
 */
static bool ep_dma_bus(void *opaque, uint64_t addr, uint64_t *bus_addr,
                       uint8_t **host, uint64_t *len)
{
    DwcPcieEp *ep = opaque;

    WITH_QEMU_LOCK_GUARD(&ep->lock) {
        const DwcIatuRegion *r;

        if (!ep->up || !dwc_dbi_bus_master(&ep->fn[0].dbi)) {
            return false;
        }
        r = dwc_iatu_outbound(&ep->iatu, addr, len);
        if (r && dwc_iatu_type(r) != DWC_TLP_MEM) {
            return false;
        }
        *bus_addr = r ? addr - r->base + r->target : addr;
    }
    *host = dwc_bus_ram(ep, *bus_addr, len);
    trace_dwc_edma_bus(addr, *bus_addr, *len, *host);
    return true;
}

static bool ep_dma_bus_write(void *opaque, uint64_t addr, const void *buf,
                             size_t len)
{
    return dwc_bus_write(opaque, 0, addr, buf, len, true);
}

static bool ep_dma_bus_read(void *opaque, uint64_t addr, void *buf, size_t len)
{
    return dwc_bus_read(opaque, 0, addr, buf, len);
}

static bool ep_dma_bus_poison(void *opaque, uint64_t addr, size_t len)
{
    return dwc_bus_write_flawed(opaque, 0, DWC_LINK_POISONED, addr, len);
}

static bool ep_dma_bus_malformed(void *opaque, uint64_t addr, size_t len)
{
    return dwc_bus_write_flawed(opaque, 0, DWC_LINK_MALFORMED, addr, len);
}

/* A payload is counted in whole double words, and ends with the page of 4 KiB
 * (PCI Express base specification, 2.2.2, 2.2.7). */
static bool ep_dma_too_long(void *opaque, uint64_t addr, uint64_t *len)
{
    DwcPcieEp *ep = opaque;
    unsigned first = addr & 3, payload;

    if (ep->forgive_payload) {
        return false;
    }
    WITH_QEMU_LOCK_GUARD(&ep->lock) {
        payload = dwc_dbi_max_payload(&ep->fn[0].dbi);
    }
    if (payload <= PORT_MAX_PAYLOAD) {
        return false;
    }
    *len = MIN(*len, MIN(payload - first, 4 * KiB - addr % (4 * KiB)));
    return first + *len > PORT_MAX_PAYLOAD;
}

/* Of completions the model has no headers. */
static void ep_dma_incomplete(void *opaque, DwcEdmaFault fault)
{
    static const DwcAerError errors[] = {
        [DWC_EDMA_FAULT_PCIE] = { .pci_status = PCI_STATUS_REC_MASTER_ABORT },
        [DWC_EDMA_FAULT_ABORTED] = {
            .pci_status = PCI_STATUS_REC_TARGET_ABORT,
        },
        [DWC_EDMA_FAULT_TIMED_OUT] = { .status = PCI_ERR_UNC_COMP_TIME },
        [DWC_EDMA_FAULT_POISONED] = {
            .status = PCI_ERR_UNC_POISON_TLP,
            .pci_status = PCI_STATUS_DETECTED_PARITY,
        },
    };

    dwc_error_found(opaque, 0, &errors[fault]);
}

static void ep_dma_settle(void *opaque)
{
    DwcPcieEp *ep = opaque;

    dwc_edma_poll(&ep->edma);
    if (qatomic_read(&ep->edma.lines_changed)) {
        if (dwc_time_enabled()) {
            /* Channels work with the big lock then. */
            dwc_ep_update_lines(ep);
            return;
        }
        bql_lock();
        dwc_ep_update_lines(ep);
        bql_unlock();
    }
}

static int64_t ep_dma_cost(unsigned channel, DwcEdmaStep step, uint64_t size)
{
    const DwcTimeProfile *p = dwc_cost_profile();
    bool write = channel < DWC_EDMA_MAX_CHANNELS;

    switch (step) {
    case DWC_EDMA_STEP_FETCH:
        return p->dma_fetch_ns;
    case DWC_EDMA_STEP_REQUEST:
        return write ? 0 : 2 * p->latency_ns;
    case DWC_EDMA_STEP_DATA:
        break;
    }
    return dwc_cost_transfer(write ? DWC_COST_OUT : DWC_COST_IN, size);
}

static void ep_dma_elapse(void *opaque, unsigned channel, DwcEdmaStep step,
                          uint64_t size)
{
    DwcPcieEp *ep = opaque;

    dwc_engine_elapse(&ep->engine, channel, ep_dma_cost(channel, step, size));
}

#define EP_DMA \
    .local = ep_dma_local, \
    .local_write = ep_dma_local_write, \
    .bus = ep_dma_bus, \
    .bus_write = ep_dma_bus_write, \
    .bus_read = ep_dma_bus_read, \
    .bus_poison = ep_dma_bus_poison, \
    .bus_malformed = ep_dma_bus_malformed, \
    .incomplete = ep_dma_incomplete, \
    .too_long = ep_dma_too_long, \
    .settle = ep_dma_settle

const DwcEdmaPort dwc_ep_edma_port = { EP_DMA };
const DwcEdmaPort dwc_ep_translated_edma_port = {
    EP_DMA,
    .hold = ep_dma_hold,
    .release = ep_dma_release,
};
const DwcEdmaPort dwc_ep_timed_edma_port = {
    EP_DMA,
    .elapse = ep_dma_elapse,
    .now = dwc_clock_now,
};
