/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whatever a peer sends that the decoder lets pass: the endpoint's end of the link
 * answers each question once, touches RAM only where there is some, gives its locks
 * back, and takes the next peer when this one has gone.
 *
 * Around it are an endpoint whose CPU moves windows and BARs meanwhile, RAM in two
 * pieces with a hole between, and a bus that answers for some of what is not RAM.
 */
#include "input.h"
#include "qemu/bswap.h"
#include "qemu/main-loop.h"
#include "hw/pci/pci_regs.h"
#include "core/smmu.h"
#include "edma/v0/map.h"
#include "endpoint/endpoint.h"
#include "time/sync.h"
#include "windows/access.h"
#include "windows/inbound.h"
#include "windows/msix.h"
#include "windows/outbound.h"
#include "windows/pages.h"

#define RAM_BASE    0x40000000ull
#define RAM_SIZE    0x3000ull
#define RAM_STEP    0x10000ull
#define REGISTERS   0x0b000000ull

static const DwcBarKind bars[DWC_BARS] = { DWC_BAR_FREE };

/* What the peer has asked and not been answered yet. */
static GHashTable *asked;
static bool hung_up;
static DwcLinkEpoch epoch;
static DwcPeerMemory *coming;

bool dwc_link_send(DwcLink *link, uint16_t type, uint32_t seq,
                   const void *fixed, size_t fixed_len,
                   const void *data, size_t data_len, bool wait)
{
    g_autofree uint8_t *bytes = g_malloc(fixed_len + data_len + 1);

    MUST("the link's thread does not wait for room", !wait);
    MUST("a message fits", fixed_len + data_len <= DWC_LINK_MAX_PAYLOAD);
    /* So that what is sent is looked at. */
    memcpy(bytes, fixed ? fixed : bytes, fixed ? fixed_len : 0);
    memcpy(bytes + fixed_len, data ? data : bytes, data ? data_len : 0);
    return true;
}

bool dwc_link_send_fd(DwcLink *link, uint16_t type, const void *fixed,
                      size_t fixed_len, int fd)
{
    return true;
}

void dwc_link_reply(DwcLink *link, uint32_t seq, DwcLinkStatus status,
                    const void *data, size_t data_len)
{
    MUST("only what was asked is answered, and once",
         hung_up || g_hash_table_remove(asked, GUINT_TO_POINTER(seq)));
    dwc_link_send(link, DWC_LINK_REPLY, seq, NULL, 0, data, data_len, false);
}

DwcLinkEpoch dwc_link_epoch(DwcLink *link)
{
    return epoch;
}

void dwc_link_reply_in(DwcLink *link, DwcLinkEpoch in, uint32_t seq,
                       DwcLinkStatus status, const void *data, size_t data_len)
{
    if (in == epoch) {
        dwc_link_reply(link, seq, status, data, data_len);
    }
}

bool dwc_link_send_in(DwcLink *link, DwcLinkEpoch in, uint16_t type,
                      const void *fixed, size_t fixed_len,
                      const void *data, size_t data_len, bool wait)
{
    return in == epoch && dwc_link_send(link, type, 0, fixed, fixed_len, data,
                                        data_len, wait);
}

DwcLinkCall *dwc_link_ask(DwcLink *link, uint16_t type, const void *fixed,
                          size_t fixed_len)
{
    MUST("the link's thread asks nothing", false);
    return NULL;
}

void dwc_link_forget(DwcLinkCall *call)
{
    MUST("what was not asked is not forgotten", false);
}

void dwc_link_disconnect(DwcLink *link)
{
    hung_up = true;
}

void dwc_local_memory_announce(DwcLocalMemory *mem, DwcLink *link)
{
}

DwcPeerMemory *dwc_peer_memory_new(void)
{
    MUST("a peer's memory is let go of before the next one's comes", !coming);
    coming = g_new0(DwcPeerMemory, 1);
    return coming;
}

bool dwc_peer_memory_add(DwcPeerMemory *mem, DwcLinkMessage *msg)
{
    const DwcLinkRam *ram = msg->payload;
    DwcRamRange *r = &mem->range[mem->count];

    MUST("it is this peer's memory", mem == coming);
    if (mem->map || mem->count == DWC_LINK_MAX_RAM) {
        return false;
    }
    *r = (DwcRamRange) {
        .base = le64_to_cpu(ram->base),
        .size = le64_to_cpu(ram->size),
        .fd_offset = le64_to_cpu(ram->fd_offset),
        .fd = -1,
    };
    if (!dwc_ram_range_acceptable(r, 4096, mem->total)) {
        return false;
    }
    mem->total += r->size;
    mem->count++;
    return true;
}

bool dwc_peer_memory_seal(DwcPeerMemory *mem)
{
    if (!mem->map) {
        mem->map = dwc_ram_map_new(mem->range, mem->count);
    }
    return mem->map;
}

void dwc_peer_memory_unref_rcu(DwcPeerMemory *mem)
{
    MUST("it is this peer's memory", mem == coming);
    g_free(mem->map);
    g_free(mem);
    coming = NULL;
}

void qemu_bh_schedule(QEMUBH *bh)
{
}

bool bql_locked(void)
{
    return true;
}

/* A host that answers whatever it sees with one more posted write. */
static struct {
    DwcPostRing *ring;          /* NULL: it does not */
    uint32_t head;
    unsigned posts;
    bool lines;                 /* to the registers that move lines */
} flood;

static void post(uint64_t addr, uint32_t val)
{
    flood.posts++;
    dwc_post(flood.ring, &flood.head, (DwcPost) { addr, val, 4 });
}

static void post_again(void)
{
    if (flood.ring && !flood.lines) {
        post(DWC_EDMA_SIZE, 0);
    }
}

/* Emulated interrupts of the write channels come and go. */
void qemu_set_irq(qemu_irq irq, int level)
{
    if (flood.ring && flood.lines) {
        post(level ? 0x58 : 0x4c, 0);
    }
}

/* Nobody stays with such a host for longer than there is room in the ring. */
static void meet_flood(DwcPcieEp *ep, bool lines)
{
    unsigned all = dwc_ep_lines(ep);

    if (!ep->edma.posts) {
        return;
    }
    flood.ring = &ep->posts->registers;
    flood.head = flood.ring->head;
    flood.posts = 0;
    flood.lines = lines;
    if (lines) {
        post(0x4c, 0);
        dwc_edma_poll(&ep->edma);
        dwc_ep_update_lines(ep);
        MUST("the lines are looked at twice, and then later",
             flood.posts <= 1 + 2 * all);
    } else {
        post_again();
        dwc_edma_poll(&ep->edma);
        MUST("a ring full of posts is applied at a time",
             flood.posts <= 1 + DWC_POST_SLOTS);
    }
    flood.ring = NULL;
}

/* The endpoint that is under test, for what knows only its engine. */
static DwcPcieEp *endpoint;

void dwc_engine_kick(DwcEngine *engine, unsigned channel)
{
    MUST("only channels that exist are rung",
         channel % DWC_EDMA_MAX_CHANNELS <
         endpoint->edma.channels[channel / DWC_EDMA_MAX_CHANNELS]);
}

bool dwc_ep_share(DwcPcieEp *ep)
{
    dwc_edma_set_posts(&ep->edma, &ep->posts->registers);
    return true;
}

void dwc_ep_unshare(DwcPcieEp *ep)
{
    dwc_edma_set_posts(&ep->edma, NULL);
}

/* Devices: one page in two answers. */
static MemTxResult device(hwaddr addr)
{
    return addr & 0x1000 ? MEMTX_DECODE_ERROR : MEMTX_OK;
}

bool dwc_ep_smmu_translate(DwcPcieEp *ep, uint64_t addr, bool write,
                           uint64_t *cpu, uint64_t *len)
{
    MUST("there is no SMMU", false);
    return false;
}

void dwc_pages_tell(DwcPcieEp *ep, DwcLinkEpoch epoch_of, unsigned function,
                    unsigned bar, uint64_t offset, uint64_t iova, uint64_t cpu,
                    bool write)
{
    MUST("there is no SMMU", false);
}

void dwc_posted_write(DwcPcieEp *ep, uint64_t addr, uint64_t val, unsigned size)
{
    MUST("no order is lost", false);
}

void dwc_msix_changed(DwcPcieEp *ep, unsigned function, uint64_t offset,
                      unsigned size)
{
}

void dwc_msix_written(DwcPcieEp *ep, unsigned function, unsigned bar,
                      uint64_t offset, unsigned size)
{
    MUST("the host sees what is behind BARs", false);
}

bool dwc_msix_has_table(DwcPcieEp *ep, unsigned function, unsigned bar,
                        uint64_t offset, uint64_t size)
{
    MUST("no order is lost", false);
    return false;
}

bool dwc_time_enabled(void)
{
    return false;
}

void dwc_posted_arrive(DwcPcieEp *ep)
{
}

DwcLinkCall *dwc_pages_end(DwcPcieEp *ep, bool ask)
{
    MUST("there is no SMMU", false);
    return NULL;
}

MemTxResult address_space_read_full(AddressSpace *as, hwaddr addr,
                                    MemTxAttrs attrs, void *buf, hwaddr len)
{
    memset(buf, 0x5a, len);
    return device(addr);
}

MemTxResult address_space_write(AddressSpace *as, hwaddr addr,
                                MemTxAttrs attrs, const void *buf, hwaddr len)
{
    return device(addr);
}

/* The core with nothing around it. */
static const DwcProfile profile;

static DwcPcieEp *new_endpoint(uint8_t *ram[2])
{
    DwcPcieEp *ep = g_new0(DwcPcieEp, 1);
    const DwcDbiOptions options = {
        .bars = bars, .msi_vectors = 32, .msix = true, .resizable_bars = true,
    };
    DwcRamRange ranges[2];
    unsigned i;

    qemu_mutex_init(&ep->lock);
    qemu_mutex_init(&ep->memory_lock);
    dwc_iotlb_init(&ep->iotlb);
    ep->posts = g_new0(DwcPostPages, 1);
    ep->msix = true;
    ep->profile = &profile;
    ep->registers_base = REGISTERS;
    ep->functions = 1;
    ep->forgive_posted_order = true;
    dwc_dbi_init(&ep->fn[0].dbi, &options);
    ep->iatu.inbound_count = 4;
    ep->iatu.outbound_count = 1;
    ep->iatu.align = 128;
    ep->iatu.upper_limit_mask = 0xff;
    dwc_iatu_reset(&ep->iatu);
    for (i = 0; i < DWC_BARS; i++) {
        dwc_dbi2_write(&ep->fn[0].dbi, PCI_BASE_ADDRESS_0 + i * 4, 0xffff, 4);
    }
    ep->write_channels = 2;
    ep->read_channels = 3;
    dwc_edma_init(&ep->edma, &dwc_edma_v0_map, 2, 3,
                  g_malloc0(DWC_EDMA_SIZE));
    dwc_inbound_init(ep);
    dwc_access_init(ep);
    endpoint = ep;
    for (i = 0; i < 2; i++) {
        ram[i] = g_malloc0(RAM_SIZE);
        ranges[i] = (DwcRamRange) {
            .base = RAM_BASE + i * RAM_STEP, .size = RAM_SIZE,
            .host = ram[i], .fd = -1,
        };
    }
    ep->local.map = dwc_ram_map_new(ranges, 2);
    ep->trained = true;
    return ep;
}

static void free_endpoint(DwcPcieEp *ep, uint8_t *ram[2])
{
    g_rw_lock_clear(&ep->iotlb.lock);
    g_free(ram[0]);
    g_free(ram[1]);
    g_free(ep->local.map);
    g_free(ep->fn[0].inbound);
    g_free(ep->accesses);
    g_free(ep->edma.regs);
    g_free(ep->posts);
    g_free(ep);
}

static void closed(DwcPcieEp *ep)
{
    dwc_ep_link_ops.closed(ep);
    /* What it has asked is answered to nobody, whoever comes next. */
    epoch++;
    g_hash_table_remove_all(asked);
    MUST("nothing is left of a peer that has gone", !coming && !ep->up &&
         !ep->connected && !qatomic_read(&ep->translated));
    hung_up = false;
}

static bool is_question(uint16_t type)
{
    return type == DWC_LINK_CFG_READ || type == DWC_LINK_CFG_WRITE ||
           type == DWC_LINK_BAR_READ || type == DWC_LINK_FLUSH ||
           type == DWC_LINK_INVALIDATE || type == DWC_LINK_RESET;
}

/* Bytes of a message as the fuzzer has them. */
static size_t any_message(Input *in, uint8_t *payload, uint16_t *type)
{
    size_t len = take(in, 2) % DWC_LINK_MAX_PAYLOAD, i;

    *type = take(in, 1);
    for (i = 0; i < len; i++) {
        payload[i] = take(in, 1);
    }
    return len;
}

static size_t bar_access(Input *in, uint8_t *payload, uint16_t *type)
{
    uint8_t how = take(in, 1);
    DwcLinkBarAccess access = {
        .bar = cpu_to_le32((how >> 2) % DWC_BARS),
        .size = cpu_to_le32(1 << (how & 3)),
        /* Around the end of RAM is where mistakes are, or anywhere. */
        .offset = cpu_to_le64(how & 0x40 ? RAM_SIZE - take(in, 1) % 16 :
                                           take(in, 2)),
    };

    *type = how & 0x80 ? DWC_LINK_BAR_READ : DWC_LINK_BAR_WRITE;
    if (*type == DWC_LINK_BAR_WRITE) {
        access.value = cpu_to_le64(take(in, 4));
    }
    memcpy(payload, &access, sizeof(access));
    return sizeof(access);
}

static size_t config_write(Input *in, uint8_t *payload, uint16_t *type)
{
    uint8_t how = take(in, 1);
    DwcLinkCfg cfg = {
        .offset = cpu_to_le16(how & 4 ? take(in, 2) : how >> 3),
        .size = cpu_to_le16(1 << (how & 3)),
        .value = cpu_to_le32(take(in, 4)),
    };

    *type = DWC_LINK_CFG_WRITE;
    memcpy(payload, &cfg, sizeof(cfg));
    return sizeof(cfg);
}

/* The fixed part of those that have none of the fields above. */
static size_t other_message(Input *in, uint8_t *payload, uint16_t *type)
{
    static const struct {
        uint16_t type;
        size_t len;
    } others[] = {
        { DWC_LINK_READY, 0 }, { DWC_LINK_RESET, 0 }, { DWC_LINK_IOMMU, 0 },
        { DWC_LINK_HELLO, sizeof(DwcLinkHello) },
        { DWC_LINK_INVALIDATE, sizeof(DwcLinkRange) },
        { DWC_LINK_TRANSLATION, sizeof(DwcLinkTranslation) },
        { DWC_LINK_PENDING, sizeof(DwcLinkPending) },
        { DWC_LINK_FLUSH, 0 },
        { DWC_LINK_CFG_READ, sizeof(DwcLinkCfg) },
        { DWC_LINK_INTX_FELL, sizeof(DwcLinkIntxFell) },
        { DWC_LINK_HOT_RESET, 0 },
    };
    unsigned which = take(in, 1) % (ARRAY_SIZE(others) + 1);
    size_t i;

    if (which == ARRAY_SIZE(others)) {
        DwcLinkRam ram = {
            .base = cpu_to_le64(take(in, 2) << 10),
            .size = cpu_to_le64(take(in, 2) << 10),
            .fd_offset = cpu_to_le64(take(in, 1) << 10),
        };

        *type = DWC_LINK_RAM;
        memcpy(payload, &ram, sizeof(ram));
        return sizeof(ram);
    }
    *type = others[which].type;
    for (i = 0; i < others[which].len; i++) {
        payload[i] = take(in, 1);
    }
    return others[which].len;
}

static size_t take_message(Input *in, uint8_t *bytes, uint8_t what)
{
    uint8_t *payload = bytes + sizeof(DwcLinkHeader);
    uint16_t type;
    size_t len = what == 0 ? any_message(in, payload, &type) :
                 what == 1 ? bar_access(in, payload, &type) :
                 what == 2 ? config_write(in, payload, &type) :
                             other_message(in, payload, &type);
    DwcLinkHeader header = {
        .type = cpu_to_le16(type),
        .length = cpu_to_le32(len),
        .seq = cpu_to_le32(take(in, 1) + 1),
    };

    memcpy(bytes, &header, sizeof(header));
    return sizeof(header) + len;
}

static void hello(DwcPcieEp *ep)
{
    DwcLinkHello hello = {
        .magic = cpu_to_le32(DWC_LINK_MAGIC),
        .version = cpu_to_le32(DWC_LINK_VERSION),
    };
    DwcLinkMessage msg = {
        .type = DWC_LINK_HELLO, .length = sizeof(hello), .payload = &hello,
        .fd = -1,
    };

    if (!dwc_ep_link_ops.receive(ep, &msg) || hung_up) {
        closed(ep);
        return;
    }
    qemu_mutex_lock(&ep->lock);
    dwc_dbi_host_write(&ep->fn[0].dbi, PCI_COMMAND,
                       PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 2);
    dwc_inbound_update(ep, 0, false);
    qemu_mutex_unlock(&ep->lock);
}

static void message(DwcPcieEp *ep, Input *in, uint8_t what)
{
    uint8_t buf[sizeof(DwcLinkHeader) + DWC_LINK_MAX_PAYLOAD];
    size_t len = take_message(in, buf, what), used;
    /* Of its own size, so that a look behind it is seen. */
    g_autofree uint8_t *bytes = g_memdup2(buf, len);
    DwcLinkMessage msg = { .fd = -1 };

    if (dwc_link_decode(bytes, len, &msg, &used) != DWC_LINK_MESSAGE) {
        return;
    }
    if (is_question(msg.type) && coming &&
        !g_hash_table_add(asked, GUINT_TO_POINTER(msg.seq))) {
        /* Asked before and not answered: the peer's own confusion. */
        return;
    }
    if (!dwc_ep_link_ops.receive(ep, &msg) || hung_up) {
        closed(ep);
    }
}

/* The endpoint's own CPU: its windows and BARs. */
static void own_access(DwcPcieEp *ep, Input *in)
{
    uint8_t what = take(in, 1);
    uint32_t at = take(in, 2), val = take(in, 4);

    qemu_mutex_lock(&ep->lock);
    switch (what & 3) {
    case 0:
        dwc_iatu_write(&ep->iatu, at & 0x7fc, val);
        break;
    case 1:
        dwc_dbi_write(&ep->fn[0].dbi, at & 0xffc, val, 4);
        break;
    case 2:
        dwc_dbi2_write(&ep->fn[0].dbi,
                       PCI_BASE_ADDRESS_0 + (at % DWC_BARS) * 4, val, 4);
        break;
    default:
        /* All of a BAR onto RAM, its edge, a device or the eDMA. */
        dwc_iatu_write(&ep->iatu, 0x100 + (at & 3) * 0x200, 0);
        dwc_iatu_write(&ep->iatu, 0x114 + (at & 3) * 0x200,
                       (at & 0x10 ? REGISTERS + DWC_DMA_OFFSET :
                        RAM_BASE + (at & 0x20 ? 0 : val & 0x1ff80)));
        dwc_iatu_write(&ep->iatu, 0x104 + (at & 3) * 0x200,
                       0xc0000000 | (at >> 8) % DWC_BARS << 8);
        break;
    }
    dwc_inbound_update(ep, 0, false);
    qemu_mutex_unlock(&ep->lock);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input in = { data, size };
    uint8_t *ram[2];
    DwcPcieEp *ep = new_endpoint(ram);

    asked = g_hash_table_new(NULL, NULL);
    when_logged = post_again;
    hung_up = false;
    epoch = 1;
    hello(ep);
    while (in.left) {
        uint8_t what = take(&in, 1);

        switch (what & 7) {
        case 0:
            own_access(ep, &in);
            break;
        case 1:
            if (what & 0x80) {
                meet_flood(ep, what & 0x40);
            }
            dwc_access_run(ep);
            break;
        case 2:
            if (what & 0x80) {
                closed(ep);
            }
            if (!coming) {
                hello(ep);
            }
            break;
        default:
            message(ep, &in, what & 3);
            break;
        }
        MUST("locks are free", qemu_mutex_trylock(&ep->lock) == 0);
        qemu_mutex_unlock(&ep->lock);
    }
    if (coming) {
        dwc_access_run(ep);
        MUST("every question is answered", !g_hash_table_size(asked));
    }
    closed(ep);
    dwc_access_run(ep);
    g_hash_table_destroy(asked);
    free_endpoint(ep, ram);
    return 0;
}
