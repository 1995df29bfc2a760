/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The endpoint's end of the link: handshake, requests of the host. */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/lockable.h"
#include "qemu/log.h"
#include "hw/pci/pci_regs.h"
#include "endpoint/endpoint.h"
#include "windows/access.h"
#include "windows/inbound.h"
#include "windows/msix.h"
#include "windows/posted.h"
#include "trace-ntb_edma.h"

static void ep_send_hello(DwcPcieEp *ep, DwcLinkHelloState state)
{
    DwcLinkHello hello = {
        .magic = cpu_to_le32(DWC_LINK_MAGIC),
        .version = cpu_to_le32(DWC_LINK_VERSION),
        .state = cpu_to_le32(state),
        .functions = cpu_to_le32(ep->functions),
    };

    dwc_link_send(ep->link, DWC_LINK_HELLO, 0, &hello, sizeof(hello),
                  NULL, 0, false);
}

/* What CONFIG says. */
typedef struct Announcement {
    DwcLinkConfig config;
    uint8_t space[DWC_LINK_CONFIG_SIZE];
} Announcement;

/* A function as it is now.  With the lock. */
static void ep_announcement(DwcPcieEp *ep, unsigned function, Announcement *a)
{
    dwc_inbound_bars(ep, function, &a->config.bars);
    a->config.pm_cap = cpu_to_le16(DWC_CAP_PM);
    a->config.msi_cap = cpu_to_le16(DWC_CAP_MSI);
    a->config.exp_cap = cpu_to_le16(DWC_CAP_EXP);
    a->config.msix_cap = cpu_to_le16(ep->msix ? DWC_CAP_MSIX : 0);
    memcpy(a->space, ep->fn[function].dbi.config, sizeof(a->space));
}

/* What a host that has just connected is to present.  With the lock. */
static void ep_announce(DwcPcieEp *ep)
{
    unsigned n;

    for (n = 0; n < ep->functions; n++) {
        Announcement a;

        ep_announcement(ep, n, &a);
        dwc_link_send(ep->link, DWC_LINK_OF(n, DWC_LINK_CONFIG), 0, &a,
                      sizeof(a), NULL, 0, false);
        dwc_inbound_announce(ep, n);
    }
}

static void ep_refuse(DwcPcieEp *ep, DwcLinkHelloState state)
{
    trace_dwc_link_refuse(state);
    ep_send_hello(ep, state);
    dwc_link_disconnect(ep->link);
}

static bool ep_receive_hello(DwcPcieEp *ep, const DwcLinkHello *hello)
{
    if (ep->peer_coming || le32_to_cpu(hello->magic) != DWC_LINK_MAGIC) {
        return false;
    }
    if (le32_to_cpu(hello->version) != DWC_LINK_VERSION) {
        ep_refuse(ep, DWC_LINK_BAD_VERSION);
        return true;
    }
    WITH_QEMU_LOCK_GUARD(&ep->lock) {
        if (!ep->trained) {
            ep_refuse(ep, DWC_LINK_NOT_TRAINED);
            return true;
        }
        ep_send_hello(ep, DWC_LINK_TRAINED);
        ep_announce(ep);
        /* From here on every change of a window is told. */
        ep->connected = true;
        ep->epoch = dwc_link_epoch(ep->link);
    }
    ep->peer_coming = dwc_peer_memory_new();
    dwc_local_memory_announce(&ep->local, ep->link);
    if (!dwc_ep_share(ep)) {
        return false;
    }
    dwc_link_send(ep->link, DWC_LINK_READY, 0, NULL, 0, NULL, 0, false);
    return true;
}

static bool ep_receive_ready(DwcPcieEp *ep)
{
    if (!ep->peer_coming || !dwc_peer_memory_seal(ep->peer_coming)) {
        return false;
    }
    WITH_QEMU_LOCK_GUARD(&ep->lock) {
        if (ep->up) {
            return false;
        }
        qatomic_rcu_set(&ep->peer, ep->peer_coming);
        /* Short writes keep their order in the ring only if all other writes
         * go to RAM that this process sees. */
        qatomic_set(&ep->posting, ep->peer_coming->count > 0);
        ep->up = true;
        dwc_dbi_link_is_up(&ep->fn[0].dbi);
    }
    trace_dwc_link_state("up");
    dwc_ep_schedule(ep);
    return true;
}

static void ep_receive_cfg_read(DwcPcieEp *ep, unsigned function, uint32_t seq,
                                const DwcLinkCfg *cfg)
{
    unsigned offset = le16_to_cpu(cfg->offset);
    uint32_t value;

    WITH_QEMU_LOCK_GUARD(&ep->lock) {
        value = dwc_dbi_host_read(&ep->fn[function].dbi, offset);
    }
    trace_dwc_config_read(offset & ~3u, value);
    value = cpu_to_le32(value);
    dwc_link_reply(ep->link, seq, DWC_LINK_OK, &value, sizeof(value));
}

/* A write of the host's, of which glue may be told.  With the lock. */
static void ep_host_write(DwcPcieEp *ep, unsigned function, unsigned offset,
                          uint32_t value, unsigned size)
{
    DwcDbi *dbi = &ep->fn[function].dbi;
    bool master = dwc_dbi_bus_master(dbi);
    unsigned state = dwc_dbi_power_state(dbi);

    dwc_dbi_host_write(dbi, offset, value, size);
    if (function) {
        return;
    }
    if (!master && dwc_dbi_bus_master(dbi)) {
        qatomic_set(&ep->master_came, true);
    }
    if (state != dwc_dbi_power_state(dbi)) {
        qatomic_set(&ep->power_moved, true);
    }
}

static void ep_receive_cfg_write(DwcPcieEp *ep, unsigned function, uint32_t seq,
                                 const DwcLinkCfg *cfg)
{
    DwcDbi *dbi = &ep->fn[function].dbi;
    unsigned offset = le16_to_cpu(cfg->offset);
    unsigned size = le16_to_cpu(cfg->size);
    uint32_t value = le32_to_cpu(cfg->value);
    DwcLinkCfgWritten written = {};

    trace_dwc_config_write(offset, size, value);
    WITH_QEMU_LOCK_GUARD(&ep->lock) {
        ep_host_write(ep, function, offset, value, size);
        if (dwc_dbi_changes_bars(dbi, offset)) {
            dwc_inbound_update(ep, function, false);
        }
        dwc_msix_changed(ep, function, offset, size);
        dwc_inbound_bars(ep, function, &written.bars);
        written.value = cpu_to_le32(dwc_dbi_host_read(dbi, offset));
    }
    /*
     * Bus mastering decides what the outbound window shows, masks which MSIs
     * are held back.  Glue may be told of it, and of a power state.
     */
    if ((offset < PCI_COMMAND + 2 && offset + size > PCI_COMMAND) ||
        (offset >= DWC_CAP_PM && offset < DWC_CAP_EXP)) {
        dwc_ep_schedule(ep);
    }
    dwc_link_reply(ep->link, seq, DWC_LINK_OK, &written, sizeof(written));
}

/* The level has fallen at the host, so its status bit does. */
static void ep_receive_intx_fell(DwcPcieEp *ep, DwcEpFunction *fn,
                                 const DwcLinkIntxFell *fell)
{
    uint8_t *status = fn->dbi.config + PCI_STATUS;

    QEMU_LOCK_GUARD(&ep->lock);
    trace_dwc_intx_fell(le32_to_cpu(fell->serial), fn->intx_asserted);
    if (le32_to_cpu(fell->serial) == fn->intx_asserted) {
        stw_le_p(status, lduw_le_p(status) & ~PCI_STATUS_INTERRUPT);
    }
}

/* The function holds masked MSIs back, and says which. */
static void ep_receive_pending(DwcPcieEp *ep, DwcEpFunction *fn,
                               const DwcLinkPending *pending)
{
    QEMU_LOCK_GUARD(&ep->lock);
    stl_le_p(fn->dbi.config + DWC_CAP_MSI + PCI_MSI_PENDING_64,
             le32_to_cpu(pending->bits));
}

/* What the host wrote is gone.  Called with the lock. */
static void ep_reset_function(DwcPcieEp *ep, unsigned function)
{
    DwcDbi *dbi = &ep->fn[function].dbi;
    uint8_t *c = dbi->config;

    dwc_dbi_hot_reset(dbi);
    if (!function) {
        qatomic_set(&ep->master_came, false);
        qatomic_set(&ep->power_moved, false);
    }
    stl_le_p(c + DWC_CAP_MSI + PCI_MSI_PENDING_64, 0);
    stw_le_p(c + PCI_STATUS, lduw_le_p(c + PCI_STATUS) & ~PCI_STATUS_INTERRUPT);
    dwc_inbound_update(ep, function, false);
}

static void ep_receive_reset(DwcPcieEp *ep, unsigned function, uint32_t seq)
{
    Announcement a;

    WITH_QEMU_LOCK_GUARD(&ep->lock) {
        ep_reset_function(ep, function);
        ep_announcement(ep, function, &a);
        dwc_link_reply(ep->link, seq, DWC_LINK_OK, &a, sizeof(a));
    }
    /* Not before: what the host wrote earlier would be taken for news. */
    if (ep->hot_reset_comes) {
        ep->hot_reset_comes = false;
        qatomic_set(&ep->hot_reset, true);
    }
    dwc_ep_schedule(ep);
}

static void ep_receive_invalidate(DwcPcieEp *ep, unsigned function,
                                  uint32_t seq, const DwcLinkRange *range)
{
    uint64_t addr = le64_to_cpu(range->addr), size = le64_to_cpu(range->size);

    trace_dwc_iotlb_invalidate(addr, size);
    dwc_iotlb_invalidate(&ep->iotlb, function, addr, size);
    dwc_link_reply(ep->link, seq, DWC_LINK_OK, NULL, 0);
}

static void ep_receive_translation(DwcPcieEp *ep, unsigned function,
                                   const DwcLinkTranslation *t)
{
    uint64_t iova = le64_to_cpu(t->iova), target = le64_to_cpu(t->target);
    bool writable = le32_to_cpu(t->writable);

    trace_dwc_iotlb_insert(iova, target, writable);
    dwc_iotlb_insert(&ep->iotlb, function, iova, target, writable);
}

static bool ep_receive(void *opaque, DwcLinkMessage *msg)
{
    DwcPcieEp *ep = opaque;

    if (msg->type == DWC_LINK_HELLO) {
        return ep_receive_hello(ep, msg->payload);
    }
    if (!ep->peer_coming || msg->function >= ep->functions) {
        return false;
    }
    switch (msg->type) {
    case DWC_LINK_RAM:
        return dwc_peer_memory_add(ep->peer_coming, msg);
    case DWC_LINK_READY:
        return ep_receive_ready(ep);
    case DWC_LINK_CFG_READ:
        ep_receive_cfg_read(ep, msg->function, msg->seq, msg->payload);
        return true;
    case DWC_LINK_CFG_WRITE:
        ep_receive_cfg_write(ep, msg->function, msg->seq, msg->payload);
        return true;
    case DWC_LINK_INTX_FELL:
        ep_receive_intx_fell(ep, &ep->fn[msg->function], msg->payload);
        return true;
    case DWC_LINK_BAR_READ:
        dwc_access_read(ep, msg->function, msg->seq, msg->payload);
        return true;
    case DWC_LINK_BAR_WRITE:
        dwc_access_write(ep, msg->function, msg->payload);
        return true;
    case DWC_LINK_FLUSH:
        dwc_access_flush(ep, msg->seq);
        return true;
    case DWC_LINK_IOMMU:
        if (ep->up) {
            return false;
        }
        qatomic_set(&ep->translated, true);
        return true;
    case DWC_LINK_TRANSLATION:
        ep_receive_translation(ep, msg->function, msg->payload);
        return true;
    case DWC_LINK_INVALIDATE:
        ep_receive_invalidate(ep, msg->function, msg->seq, msg->payload);
        return true;
    case DWC_LINK_PENDING:
        ep_receive_pending(ep, &ep->fn[msg->function], msg->payload);
        return true;
    case DWC_LINK_HOT_RESET:
        ep->hot_reset_comes = true;
        return true;
    case DWC_LINK_RESET:
        ep_receive_reset(ep, msg->function, msg->seq);
        return true;
    default:
        return false;
    }
}

static void ep_connected(void *opaque)
{
    /* The function says hello first. */
}

static void ep_closed(void *opaque)
{
    DwcPcieEp *ep = opaque;
    DwcPeerMemory *peer = ep->peer_coming;
    unsigned n;

    dwc_posted_arrive(ep);
    WITH_QEMU_LOCK_GUARD(&ep->lock) {
        ep->connected = false;
        ep->up = false;
        ep->pages_out = false;
        qatomic_set(&ep->posting, false);
        qatomic_rcu_set(&ep->peer, NULL);
        for (n = 0; n < ep->functions; n++) {
            ep_reset_function(ep, n);
        }
    }
    ep->peer_coming = NULL;
    ep->hot_reset_comes = false;
    qatomic_set(&ep->translated, false);
    dwc_iotlb_clear(&ep->iotlb);
    dwc_ep_unshare(ep);
    if (peer) {
        dwc_peer_memory_unref_rcu(peer);
    }
    dwc_ep_schedule(ep);
}

const DwcLinkOps dwc_ep_link_ops = {
    .connected = ep_connected,
    .receive = ep_receive,
    .closed = ep_closed,
};

void dwc_ep_announce_registers(DwcPcieEp *ep, unsigned function)
{
    unsigned reg;

    for (reg = 0; ep->connected && reg < DWC_LINK_CONFIG_SIZE; reg += 4) {
        DwcLinkCfg cfg = {
            .offset = cpu_to_le16(reg),
            .size = cpu_to_le16(4),
        };

        dwc_link_send(ep->link, DWC_LINK_OF(function, DWC_LINK_CFG_UPDATE), 0,
                      &cfg, sizeof(cfg), NULL, 0, false);
    }
}
