/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PCIe function in the host VM.
 *
 * Its configuration space is the endpoint's, taken over when it is plugged;
 * what the host writes goes to the endpoint, too, and is acknowledged before
 * the access ends, for the endpoint's driver looks there for BAR addresses, MSI
 * and bus mastering.  It raises no interrupt by itself: the endpoint writes MSI
 * messages to the host's memory, and the MSI-X table is in the endpoint's RAM.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/lockable.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/units.h"
#include "exec/address-spaces.h"
#include "hw/hotplug.h"
#include "hw/pci/msi.h"
#include "hw/pci/pci.h"
#include "hw/pci/pcie.h"
#include "hw/qdev-properties.h"
#include "trace/control.h"
#include "function.h"
#include "trace-ntb_edma.h"

/* The endpoint's link thread answers at once or not at all. */
#define HANDSHAKE_MS 5000

static void fn_connected(void *opaque)
{
    DwcPcieFunction *fn = opaque;
    DwcLinkHello hello = {
        .magic = cpu_to_le32(DWC_LINK_MAGIC),
        .version = cpu_to_le32(DWC_LINK_VERSION),
    };

    dwc_link_send(fn->link, DWC_LINK_HELLO, 0, &hello, sizeof(hello), NULL, 0,
                  false);
}

static void defer(DwcPcieFunction *fn, const DwcLinkMessage *msg)
{
    DwcWork *work = g_malloc(sizeof(*work) + msg->length);

    work->type = msg->type;
    work->seq = msg->seq;
    switch (msg->type) {
    case DWC_LINK_MEM_WRITE:
        work->mem = *(const DwcLinkMem *)msg->payload;
        memcpy(work->data, (const uint8_t *)msg->payload + sizeof(work->mem),
               msg->length - sizeof(work->mem));
        break;
    default:
        memcpy(&work->window, msg->payload, msg->length);
        break;
    }
    WITH_QEMU_LOCK_GUARD(&fn->lock) {
        QSIMPLEQ_INSERT_TAIL(&fn->work, work, next);
    }
    qemu_bh_schedule(fn->bh);
}

static bool window_valid(const DwcLinkWindow *w)
{
    return le32_to_cpu(w->id) < DWC_LINK_MAX_WINDOWS &&
           le32_to_cpu(w->bar) < DWC_LINK_BARS;
}

static bool mem_valid(const DwcLinkMessage *msg)
{
    const DwcLinkMem *mem = msg->payload;
    uint32_t size = le32_to_cpu(mem->size);

    return size && size <= DWC_LINK_MAX_DATA &&
           (msg->type != DWC_LINK_MEM_WRITE ||
            size == msg->length - sizeof(*mem));
}

static bool cfg_valid(const DwcLinkCfg *cfg)
{
    unsigned offset = le16_to_cpu(cfg->offset), size = le16_to_cpu(cfg->size);

    return size && size <= 4 && offset < DWC_LINK_CONFIG_SIZE &&
           (offset & 3) + size <= 4;
}

static bool receive_hello(DwcPcieFunction *fn, const DwcLinkHello *hello)
{
    if (fn->got_hello || le32_to_cpu(hello->magic) != DWC_LINK_MAGIC) {
        return false;
    }
    fn->got_hello = true;
    fn->hello = le32_to_cpu(hello->version) == DWC_LINK_VERSION ?
                le32_to_cpu(hello->state) : DWC_LINK_BAD_VERSION;
    return true;
}

static bool receive_config(DwcPcieFunction *fn, const DwcLinkMessage *msg)
{
    if (fn->got_config) {
        return false;
    }
    fn->got_config = true;
    memcpy(&fn->config, msg->payload, sizeof(fn->config));
    memcpy(fn->space, (const uint8_t *)msg->payload + sizeof(fn->config),
           sizeof(fn->space));
    return true;
}

static bool receive_ready(DwcPcieFunction *fn)
{
    if (!fn->got_config || fn->is_ready || !dwc_peer_memory_seal(fn->peer)) {
        return false;
    }
    WITH_QEMU_LOCK_GUARD(&fn->lock) {
        fn->is_ready = true;
        qemu_cond_broadcast(&fn->ready);
    }
    return true;
}

static bool fn_receive(void *opaque, DwcLinkMessage *msg)
{
    DwcPcieFunction *fn = opaque;

    if (msg->type != DWC_LINK_HELLO && !fn->got_hello) {
        return false;
    }
    switch (msg->type) {
    case DWC_LINK_HELLO:
        return receive_hello(fn, msg->payload);
    case DWC_LINK_CONFIG:
        return receive_config(fn, msg);
    case DWC_LINK_RAM:
        return dwc_peer_memory_add(fn->peer, msg);
    case DWC_LINK_SHARED:
        return dwc_function_share(fn, msg);
    case DWC_LINK_READY:
        return receive_ready(fn);
    case DWC_LINK_MAP:
    case DWC_LINK_UNMAP:
        if (!window_valid(msg->payload)) {
            return false;
        }
        break;
    case DWC_LINK_CFG_UPDATE:
        if (!cfg_valid(msg->payload)) {
            return false;
        }
        break;
    case DWC_LINK_MEM_READ:
    case DWC_LINK_MEM_WRITE:
        if (!mem_valid(msg)) {
            return false;
        }
        break;
    case DWC_LINK_INTX:
    case DWC_LINK_FLUSH:
        break;
    default:
        return false;
    }
    defer(fn, msg);
    return true;
}

static void fn_closed(void *opaque)
{
    DwcPcieFunction *fn = opaque;

    WITH_QEMU_LOCK_GUARD(&fn->lock) {
        fn->gone = true;
        qemu_cond_broadcast(&fn->ready);
    }
    qemu_bh_schedule(fn->bh);
}

static const DwcLinkOps fn_link_ops = {
    .connected = fn_connected,
    .receive = fn_receive,
    .closed = fn_closed,
};

/* The endpoint's driver changed something that the host only reads. */
static void update_config(DwcPcieFunction *fn, const DwcLinkCfg *cfg)
{
    PCIDevice *pdev = PCI_DEVICE(fn);
    unsigned offset = le16_to_cpu(cfg->offset), size = le16_to_cpu(cfg->size);
    uint8_t *p = pdev->config + offset;
    uint32_t keep = ldn_le_p(pdev->wmask + offset, size);
    unsigned dword = offset & ~3u;

    /* BARs, and what QEMU's PCI core walks through or takes as given. */
    if ((dword >= PCI_BASE_ADDRESS_0 && dword < PCI_CARDBUS_CIS) ||
        dword == PCI_CACHE_LINE_SIZE || dword == PCI_CAPABILITY_LIST ||
        dword == le16_to_cpu(fn->config.pm_cap) ||
        dword == le16_to_cpu(fn->config.exp_cap) ||
        dword >= PCI_CONFIG_SPACE_SIZE) {
        return;
    }
    /* Of the MSI capabilities' first word the upper half is control. */
    if (dword == le16_to_cpu(fn->config.msi_cap) ||
        (fn->config.msix_cap && dword == le16_to_cpu(fn->config.msix_cap))) {
        keep |= 0xffffu >> MIN(8 * (offset & 3), 16);
    }
    stn_le_p(p, size, (ldn_le_p(p, size) & keep) |
                      (le32_to_cpu(cfg->value) & ~keep));
}

static void do_work(DwcPcieFunction *fn, DwcWork *work)
{
    switch (work->type) {
    case DWC_LINK_MAP:
        dwc_function_map(fn, &work->window);
        break;
    case DWC_LINK_UNMAP:
        dwc_function_unmap(fn, &work->window);
        if (work->seq) {
            dwc_link_reply(fn->link, work->seq, DWC_LINK_OK, NULL, 0);
        }
        break;
    case DWC_LINK_CFG_UPDATE:
        update_config(fn, &work->cfg);
        break;
    case DWC_LINK_MEM_WRITE:
        dwc_function_mem_write(fn, &work->mem, work->data);
        break;
    case DWC_LINK_MEM_READ:
        dwc_function_mem_read(fn, work->seq, &work->mem);
        break;
    case DWC_LINK_FLUSH:
        dwc_function_take_posts(fn);
        dwc_link_reply(fn->link, work->seq, DWC_LINK_OK, NULL, 0);
        break;
    case DWC_LINK_INTX:
        if (le32_to_cpu(work->intx.pin) == 0) {
            pci_set_irq(PCI_DEVICE(fn), le32_to_cpu(work->intx.asserted));
        }
        break;
    }
}

static void fn_bh(void *opaque)
{
    DwcPcieFunction *fn = opaque;
    bool gone;

    /* These may be older than what follows, and may not be newer. */
    dwc_function_take_posts(fn);
    for (;;) {
        DwcWork *work;

        WITH_QEMU_LOCK_GUARD(&fn->lock) {
            work = QSIMPLEQ_FIRST(&fn->work);
            if (work) {
                QSIMPLEQ_REMOVE_HEAD(&fn->work, next);
            }
            gone = fn->gone;
        }
        if (!work) {
            break;
        }
        do_work(fn, work);
        g_free(work);
    }
    if (gone) {
        dwc_function_unmap_all(fn);
        pci_set_irq(PCI_DEVICE(fn), 0);
    }
}

/* The link is down: nobody answers, so the host reads all ones. */
static uint32_t fn_config_read(PCIDevice *pdev, uint32_t addr, int len)
{
    DwcPcieFunction *fn = DWC_PCIE_FUNCTION(pdev);

    if (qatomic_read(&fn->gone)) {
        return UINT32_MAX >> (32 - 8 * len);
    }
    return pci_default_read_config(pdev, addr, len);
}

static void fn_config_write(PCIDevice *pdev, uint32_t addr, uint32_t val,
                            int len)
{
    DwcPcieFunction *fn = DWC_PCIE_FUNCTION(pdev);
    DwcLinkCfg cfg = {
        .offset = cpu_to_le16(addr),
        .size = cpu_to_le16(len),
        .value = cpu_to_le32(val),
    };

    pci_default_write_config(pdev, addr, val, len);
    if (!fn->link) {
        return;
    }
    /* With the big lock: the endpoint answers without asking back. */
    dwc_link_await(dwc_link_ask(fn->link, DWC_LINK_CFG_WRITE, &cfg,
                                sizeof(cfg)), NULL, 0);
}

static bool wait_ready(DwcPcieFunction *fn, Error **errp)
{
    QEMU_LOCK_GUARD(&fn->lock);

    while (!fn->is_ready && !fn->gone) {
        if (!qemu_cond_timedwait(&fn->ready, &fn->lock, HANDSHAKE_MS)) {
            error_setg(errp, "dwc-pcie-function: the endpoint at %s did not "
                       "answer within %d ms", fn->link_path, HANDSHAKE_MS);
            return false;
        }
    }
    if (!fn->gone) {
        return true;
    }
    if (fn->got_hello && fn->hello == DWC_LINK_NOT_TRAINED) {
        error_setg(errp, "dwc-pcie-function: the link at %s is not trained; "
                   "set link-up on the endpoint first", fn->link_path);
    } else if (fn->got_hello && fn->hello == DWC_LINK_BUSY) {
        error_setg(errp, "dwc-pcie-function: another function is connected to "
                   "the endpoint at %s", fn->link_path);
    } else if (fn->got_hello && fn->hello == DWC_LINK_BAD_VERSION) {
        error_setg(errp, "dwc-pcie-function: the endpoint at %s speaks another "
                   "version of the link, not %d", fn->link_path,
                   DWC_LINK_VERSION);
    } else {
        error_setg(errp, "dwc-pcie-function: the endpoint at %s hung up during "
                   "the handshake", fn->link_path);
    }
    return false;
}

/* What the host may write, where QEMU's PCI core does not know already. */
static void set_wmask(PCIDevice *pdev, const DwcLinkConfig *config)
{
    uint8_t *w = pdev->wmask;
    unsigned pm = le16_to_cpu(config->pm_cap);
    unsigned msi = le16_to_cpu(config->msi_cap);
    unsigned msix = le16_to_cpu(config->msix_cap);

    stw_le_p(w + pm + PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK |
                                   PCI_PM_CTRL_PME_ENABLE);
    stw_le_p(w + msi + PCI_MSI_FLAGS, PCI_MSI_FLAGS_ENABLE |
                                      PCI_MSI_FLAGS_QSIZE);
    stl_le_p(w + msi + PCI_MSI_ADDRESS_LO, 0xfffffffc);
    stl_le_p(w + msi + PCI_MSI_ADDRESS_HI, 0xffffffff);
    stw_le_p(w + msi + PCI_MSI_DATA_64, 0xffff);
    stl_le_p(w + msi + PCI_MSI_MASK_64, 0xffffffff);
    if (msix) {
        stw_le_p(w + msix + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE |
                                            PCI_MSIX_FLAGS_MASKALL);
    }
}

static bool caps_valid(const DwcLinkConfig *config)
{
    unsigned pm = le16_to_cpu(config->pm_cap);
    unsigned msi = le16_to_cpu(config->msi_cap);
    unsigned exp = le16_to_cpu(config->exp_cap);
    unsigned msix = le16_to_cpu(config->msix_cap);

    return pm >= 0x40 && pm <= 0xf8 && msi >= 0x40 && msi <= 0xe8 &&
           exp >= 0x40 && exp <= 0xc4 && (!msix || (msix >= 0x40 &&
                                                    msix <= 0xf4));
}

/* QEMU's PCI core walks the list and does not expect it to be broken. */
static bool cap_list_valid(const PCIDevice *pdev, unsigned exp)
{
    unsigned at = pdev->config[PCI_CAPABILITY_LIST], left = 48;
    bool has_exp = false;

    for (; at; at = pdev->config[at + PCI_CAP_LIST_NEXT]) {
        if (at < PCI_STD_HEADER_SIZEOF || at % 4 || !left--) {
            return false;
        }
        has_exp |= at == exp && pdev->config[at] == PCI_CAP_ID_EXP;
    }
    return has_exp;
}

static bool take_config(DwcPcieFunction *fn, Error **errp)
{
    PCIDevice *pdev = PCI_DEVICE(fn);
    unsigned exp = le16_to_cpu(fn->config.exp_cap);
    uint16_t exp_flags;
    unsigned n;

    if (!caps_valid(&fn->config)) {
        error_setg(errp, "dwc-pcie-function: the endpoint at %s announced "
                   "capabilities outside configuration space", fn->link_path);
        return false;
    }
    /* The PCI core wants to know the capability; its content is ours. */
    if (pcie_endpoint_cap_init(pdev, exp) < 0) {
        error_setg(errp, "dwc-pcie-function: no room for the PCIe capability");
        return false;
    }
    memcpy(pdev->config, fn->space, PCI_BASE_ADDRESS_0);
    exp_flags = pci_get_word(pdev->config + exp + PCI_EXP_FLAGS);
    /* There are no extended capabilities, and port logic is not ours. */
    memcpy(pdev->config + PCI_CARDBUS_CIS, fn->space + PCI_CARDBUS_CIS,
           PCI_CONFIG_SPACE_SIZE - PCI_CARDBUS_CIS);
    pci_set_word(pdev->config + exp + PCI_EXP_FLAGS, exp_flags);
    pdev->config[PCI_HEADER_TYPE] = PCI_HEADER_TYPE_NORMAL;
    if (!cap_list_valid(pdev, exp)) {
        error_setg(errp, "dwc-pcie-function: the capability list of the "
                   "endpoint at %s is broken", fn->link_path);
        return false;
    }
    set_wmask(pdev, &fn->config);

    for (n = 0; n < DWC_LINK_BARS; n++) {
        uint64_t size = le64_to_cpu(fn->config.bar[n].size);
        uint32_t flags = le32_to_cpu(fn->config.bar[n].flags);

        if (!size) {
            continue;
        }
        if (!is_power_of_2(size) || size < 16 ||
            (flags & PCI_BASE_ADDRESS_SPACE_IO) ||
            (!(flags & PCI_BASE_ADDRESS_MEM_TYPE_64) && size > 2 * GiB) ||
            ((flags & PCI_BASE_ADDRESS_MEM_TYPE_64) && n == 5)) {
            error_setg(errp, "dwc-pcie-function: BAR %u of the endpoint cannot "
                       "be: flags 0x%x, size 0x%"PRIx64, n, flags, size);
            return false;
        }
        dwc_function_init_bar(fn, n, size);
        pci_register_bar(pdev, n, flags & 0xf, &fn->bar[n].container);
        if (flags & PCI_BASE_ADDRESS_MEM_TYPE_64) {
            n++;
        }
    }
    return true;
}

static void memory_event(void *opaque)
{
    DwcPcieFunction *fn = opaque;
    uint64_t count;

    if (read(fn->regs.memory_event, &count, sizeof(count)) > 0) {
        dwc_function_take_posts(fn);
    }
}

static void fn_close_link(DwcPcieFunction *fn)
{
    DwcWork *work;

    if (fn->regs.memory_event >= 0) {
        qemu_set_fd_handler(fn->regs.memory_event, NULL, NULL, NULL);
    }

    /* The thread does not need the big lock, so it may be joined with it. */
    dwc_link_free(fn->link);
    fn->link = NULL;
    qemu_bh_delete(fn->bh);
    fn->bh = NULL;
    while ((work = QSIMPLEQ_FIRST(&fn->work))) {
        QSIMPLEQ_REMOVE_HEAD(&fn->work, next);
        g_free(work);
    }
}

static void fn_exit(PCIDevice *pdev)
{
    DwcPcieFunction *fn = DWC_PCIE_FUNCTION(pdev);

    dwc_local_memory_cleanup(&fn->local);
    if (fn->link) {
        fn_close_link(fn);
    }
    dwc_function_unmap_all(fn);
    dwc_function_registers_cleanup(fn);
    if (fn->peer) {
        object_unref(OBJECT(fn->peer));
        fn->peer = NULL;
    }
}

static void fn_realize(PCIDevice *pdev, Error **errp)
{
    DwcPcieFunction *fn = DWC_PCIE_FUNCTION(pdev);

    if (!fn->link_path) {
        error_setg(errp, "dwc-pcie-function: link=PATH is missing, the Unix "
                   "socket at which the endpoint VM listens");
        return;
    }
    if (fn->trace) {
        trace_enable_events(fn->trace);
    }
    fn->link = dwc_link_connect(fn->link_path, &fn_link_ops, fn, errp);
    if (!fn->link) {
        return;
    }
    fn->bh = qemu_bh_new_guarded(fn_bh, fn, &DEVICE(fn)->mem_reentrancy_guard);
    fn->peer = dwc_peer_memory_new();
    dwc_link_start(fn->link);
    if (!wait_ready(fn, errp) || !take_config(fn, errp)) {
        fn_exit(pdev);
        return;
    }
    dwc_peer_memory_register(fn->peer);
    if (fn->regs.memory_event >= 0) {
        qemu_set_fd_handler(fn->regs.memory_event, memory_event, NULL, fn);
    }

    /* Behind an IOMMU an address on the bus says nothing about RAM. */
    fn->share_ram = pci_device_iommu_address_space(pdev) ==
                    &address_space_memory;
    if (fn->share_ram) {
        dwc_local_memory_init(&fn->local, &address_space_memory);
        dwc_local_memory_announce(&fn->local, fn->link);
    }
    dwc_link_send(fn->link, DWC_LINK_READY, 0, NULL, 0, NULL, 0, false);
    trace_dwc_function_ready(pci_get_word(pdev->config + PCI_VENDOR_ID),
                             pci_get_word(pdev->config + PCI_DEVICE_ID));
}

static void fn_reset(DeviceState *dev)
{
    DwcPcieFunction *fn = DWC_PCIE_FUNCTION(dev);

    /* Device reset clears config bits that the PCI core has masks for. */
    if (fn->link && fn->is_ready) {
        dwc_link_send(fn->link, DWC_LINK_RESET, 0, NULL, 0, NULL, 0, false);
    }
}

static const Property fn_properties[] = {
    DEFINE_PROP_STRING("link", DwcPcieFunction, link_path),
    DEFINE_PROP_STRING("trace", DwcPcieFunction, trace),
};

static void fn_init(Object *obj)
{
    DwcPcieFunction *fn = DWC_PCIE_FUNCTION(obj);

    qemu_mutex_init(&fn->lock);
    qemu_cond_init(&fn->ready);
    QSIMPLEQ_INIT(&fn->work);
    dwc_function_registers_init(fn);
}

static void fn_finalize(Object *obj)
{
    DwcPcieFunction *fn = DWC_PCIE_FUNCTION(obj);

    qemu_cond_destroy(&fn->ready);
    qemu_mutex_destroy(&fn->lock);
}

static void fn_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(oc);

    k->realize = fn_realize;
    k->exit = fn_exit;
    k->config_read = fn_config_read;
    k->config_write = fn_config_write;
    /* The endpoint says what it really is. */
    k->vendor_id = 0x16c3;
    k->device_id = 0xabcd;
    k->class_id = PCI_CLASS_OTHERS;
    dc->desc = "PCIe function presented by a DesignWare endpoint controller";
    device_class_set_legacy_reset(dc, fn_reset);
    device_class_set_props(dc, fn_properties);
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
}

static const TypeInfo fn_info = {
    .name = TYPE_DWC_PCIE_FUNCTION,
    .parent = TYPE_PCI_DEVICE,
    .instance_size = sizeof(DwcPcieFunction),
    .instance_init = fn_init,
    .instance_finalize = fn_finalize,
    .class_init = fn_class_init,
    .interfaces = (InterfaceInfo[]) {
        { INTERFACE_PCIE_DEVICE },
        { }
    },
};
module_obj(TYPE_DWC_PCIE_FUNCTION);

static void fn_types(void)
{
    type_register_static(&fn_info);
}

type_init(fn_types)
