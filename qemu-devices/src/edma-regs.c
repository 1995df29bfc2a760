/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The eDMA register file.  Offsets after Linux's dw-edma-v0-regs.h; the rules
 * are in the register reference of the README, with their sources.
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/atomic.h"
#include "qemu/log.h"
#include "hw/registerfields.h"
#include "edma-regs.h"
#include "trace-ntb_edma.h"

REG32(CTRL_DATA_ARB_PRIOR, 0x000)
REG32(CTRL, 0x008)
    FIELD(CTRL, WRITE_CHANNELS, 0, 4)
    FIELD(CTRL, READ_CHANNELS, 16, 4)
REG32(DOORBELL, 0x010)
    FIELD(DOORBELL, CHANNEL, 0, 3)
    FIELD(DOORBELL, STOP, 31, 1)
REG32(CONTEXT, 0x200)
#define CONTEXT_STRIDE  0x200
#define CONTEXT_READ    0x100
#define CONTEXT_END     (DWC_EDMA_LLP_HIGH * 4)
#define POWER_WRITE     0x128
#define POWER_READ      0x168

/* The registers each direction has, and where. */
typedef enum Reg {
    ENGINE_EN, RING, ARB_LOW, ARB_HIGH, INT_STATUS, INT_MASK, INT_CLEAR,
    ERR_LOW, ERR_HIGH, DONE_LOW, DONE_HIGH, ABORT_LOW, ABORT_HIGH,
    DATA01, DATA23, DATA45, DATA67, LIST_ERR_EN, CHANNEL_GROUP,
    HANDSHAKE_LOW, HANDSHAKE_HIGH, REGS
} Reg;

#define NOT_THERE 0xffff

static const struct {
    uint16_t offset[DWC_EDMA_DIRS];
    uint32_t writable;          /* bits a write stores; effects are apart */
} reg_table[REGS] = {
    [ENGINE_EN]      = { { 0x00c, 0x02c }, 0 },
    [RING]           = { { 0x010, 0x030 }, 0 },
    [ARB_LOW]        = { { 0x018, 0x038 }, 0x000fffff },
    [ARB_HIGH]       = { { 0x01c, 0x03c }, 0x000fffff },
    [INT_STATUS]     = { { 0x04c, 0x0a0 }, 0 },
    [INT_MASK]       = { { 0x054, 0x0a8 }, 0x00ff00ff },
    [INT_CLEAR]      = { { 0x058, 0x0ac }, 0 },
    [ERR_LOW]        = { { 0x05c, 0x0b4 }, 0 },
    [ERR_HIGH]       = { { NOT_THERE, 0x0b8 }, 0 },
    [DONE_LOW]       = { { 0x060, 0x0cc }, 0xfffffffc },
    [DONE_HIGH]      = { { 0x064, 0x0d0 }, 0xffffffff },
    [ABORT_LOW]      = { { 0x068, 0x0d4 }, 0xfffffffc },
    [ABORT_HIGH]     = { { 0x06c, 0x0d8 }, 0xffffffff },
    [DATA01]         = { { 0x070, 0x0dc }, 0xffffffff },
    [DATA23]         = { { 0x074, 0x0e0 }, 0xffffffff },
    [DATA45]         = { { 0x078, 0x0e4 }, 0xffffffff },
    [DATA67]         = { { 0x07c, 0x0e8 }, 0xffffffff },
    [LIST_ERR_EN]    = { { 0x090, 0x0c4 }, 0x00ff00ff },
    [CHANNEL_GROUP]  = { { 0x100, 0x104 }, 0xffffffff },
    [HANDSHAKE_LOW]  = { { 0x108, 0x118 }, 0 },
    [HANDSHAKE_HIGH] = { { 0x10c, 0x11c }, 0 },
};

/* Status bits: done in 7:0, abort in 23:16. */
#define ABORT_SHIFT 16

static uint32_t *reg(DwcEdma *edma, DwcEdmaDir dir, Reg r)
{
    return &edma->regs[reg_table[r].offset[dir] / 4];
}

/* Which register of which direction ADDR is; REGS for none of them. */
static Reg find(hwaddr addr, DwcEdmaDir *dir)
{
    int d, r;

    for (d = 0; d < DWC_EDMA_DIRS; d++) {
        for (r = 0; r < REGS; r++) {
            if (reg_table[r].offset[d] == addr) {
                *dir = d;
                return r;
            }
        }
    }
    return REGS;
}

/* A doorbell that no thread has taken yet is withdrawn. */
static void stop_channel(DwcEdma *edma, DwcEdmaDir dir, unsigned ch)
{
    DwcEdmaChannel *c = &edma->channel[dir][ch];

    if (c->doorbell && !c->busy) {
        dwc_edma_set_state(edma, dir, ch, DWC_EDMA_STOPPED);
    }
    c->doorbell = false;
    qatomic_set(&c->stop, c->busy);
}

void dwc_edma_init(DwcEdma *edma, unsigned write, unsigned read, uint32_t *regs)
{
    qemu_mutex_init(&edma->lock);
    edma->regs = regs;
    edma->channels[DWC_EDMA_WRITE] = write;
    edma->channels[DWC_EDMA_READ] = read;
    dwc_edma_reset(edma);
}

void dwc_edma_reset(DwcEdma *edma)
{
    DwcEdmaDir dir;
    unsigned ch;

    dwc_edma_lock(edma);
    for (dir = 0; dir < DWC_EDMA_DIRS; dir++) {
        for (ch = 0; ch < DWC_EDMA_MAX_CHANNELS; ch++) {
            stop_channel(edma, dir, ch);
        }
    }
    memset(edma->regs, 0, DWC_EDMA_SIZE);
    edma->regs[R_CTRL] =
        FIELD_DP32(0, CTRL, WRITE_CHANNELS, edma->channels[DWC_EDMA_WRITE]);
    edma->regs[R_CTRL] =
        FIELD_DP32(edma->regs[R_CTRL], CTRL, READ_CHANNELS,
                   edma->channels[DWC_EDMA_READ]);
    for (dir = 0; dir < DWC_EDMA_DIRS; dir++) {
        edma->emulated[dir] = false;
        edma->disabling[dir] = false;
    }
    dwc_edma_unlock(edma);
}

uint32_t dwc_edma_read(DwcEdma *edma, hwaddr addr)
{
    uint32_t val;

    dwc_edma_lock(edma);
    val = addr < DWC_EDMA_SIZE ? edma->regs[addr / 4] : 0;
    dwc_edma_unlock(edma);
    return val;
}

static bool any_busy(DwcEdma *edma, DwcEdmaDir dir)
{
    unsigned ch;

    for (ch = 0; ch < edma->channels[dir]; ch++) {
        if (edma->channel[dir][ch].busy) {
            return true;
        }
    }
    return false;
}

static void write_enable(DwcEdma *edma, DwcEdmaDir dir, uint32_t val)
{
    uint32_t *enable = reg(edma, dir, ENGINE_EN);
    unsigned ch;

    if (val & 1) {
        *enable = 1;
        edma->disabling[dir] = false;
        return;
    }
    /* The bit reads 1 until the channels have come to rest. */
    for (ch = 0; ch < edma->channels[dir]; ch++) {
        stop_channel(edma, dir, ch);
    }
    edma->disabling[dir] = *enable && any_busy(edma, dir);
    *enable = edma->disabling[dir];
}

bool dwc_edma_enabled(DwcEdma *edma, DwcEdmaDir dir)
{
    return *reg(edma, dir, ENGINE_EN) && !edma->disabling[dir];
}

/* Returns the channel rung, or -1. */
static int write_doorbell(DwcEdma *edma, DwcEdmaDir dir, uint32_t val,
                          DwcEdmaOrigin origin)
{
    unsigned ch = FIELD_EX32(val, DOORBELL, CHANNEL);
    DwcEdmaChannel *c = &edma->channel[dir][ch];

    if (ch >= edma->channels[dir]) {
        qemu_log_mask(LOG_GUEST_ERROR, "dwc-edma: doorbell of channel %u; "
                      "this direction has %u\n", ch, edma->channels[dir]);
        return -1;
    }
    if (FIELD_EX32(val, DOORBELL, STOP)) {
        stop_channel(edma, dir, ch);
        trace_dwc_edma_stop(dir, ch);
        return -1;
    }
    if (!dwc_edma_enabled(edma, dir)) {
        qemu_log_mask(LOG_GUEST_ERROR, "dwc-edma: doorbell of %s channel %u "
                      "while the engine is disabled\n",
                      dir == DWC_EDMA_WRITE ? "write" : "read", ch);
        return -1;
    }
    c->doorbell = true;
    c->from_link = origin == DWC_EDMA_FROM_LINK;
    /* Seen as running from here on, not from when the thread wakes. */
    dwc_edma_set_state(edma, dir, ch, DWC_EDMA_RUNNING);
    trace_dwc_edma_doorbell(dir, ch, origin == DWC_EDMA_FROM_LINK);
    return dir * DWC_EDMA_MAX_CHANNELS + ch;
}

/* Clearing an abort clears what the error registers say of the channel. */
static void clear_errors(DwcEdma *edma, DwcEdmaDir dir, uint32_t channels)
{
    *reg(edma, dir, ERR_LOW) &= ~(channels | channels << 16);
    if (dir == DWC_EDMA_READ) {
        *reg(edma, dir, ERR_HIGH) &= ~(channels * 0x01010101u);
    }
}

static bool write_context(DwcEdma *edma, hwaddr addr, uint32_t val)
{
    hwaddr at = addr - A_CONTEXT;
    unsigned ch = at / CONTEXT_STRIDE;
    DwcEdmaDir dir = at & CONTEXT_READ ? DWC_EDMA_READ : DWC_EDMA_WRITE;
    uint32_t *p = &edma->regs[addr / 4];

    at &= CONTEXT_READ - 1;
    if (at > CONTEXT_END || ch >= edma->channels[dir]) {
        return false;
    }
    if (edma->channel[dir][ch].busy) {
        qemu_log_mask(LOG_GUEST_ERROR, "dwc-edma: write of 0x%08x to 0x%04x "
                      "while %s channel %u runs\n", val, (unsigned)addr,
                      dir == DWC_EDMA_WRITE ? "write" : "read", ch);
    }
    if (at == DWC_EDMA_CONTROL1 * 4) {
        val = (val & ~DWC_EDMA_CS_MASK) | (*p & DWC_EDMA_CS_MASK);
    }
    *p = val;
    return true;
}

/* As dwc_edma_write(), with the lock. */
static int write_locked(DwcEdma *edma, hwaddr addr, uint32_t val,
                        DwcEdmaOrigin origin)
{
    DwcEdmaDir dir = 0;
    int rung = -1;
    Reg r;

    if (addr >= A_CONTEXT && addr < DWC_EDMA_SIZE &&
        write_context(edma, addr, val)) {
        return rung;
    }
    r = find(addr, &dir);
    switch (r) {
    case ENGINE_EN:
        write_enable(edma, dir, val);
        break;
    case RING:
        rung = write_doorbell(edma, dir, val, origin);
        break;
    case INT_STATUS:
        /* Interrupt emulation: the line, without a status bit. */
        edma->emulated[dir] = true;
        if (origin == DWC_EDMA_FROM_LINK) {
            stat64_add(&edma->link_doorbells, 1);
        }
        qatomic_set(&edma->lines_changed, true);
        break;
    case INT_CLEAR:
        if (val) {
            *reg(edma, dir, INT_STATUS) &= ~val;
            clear_errors(edma, dir, extract32(val, ABORT_SHIFT, 8));
        } else {
            edma->emulated[dir] = false;
        }
        qatomic_set(&edma->lines_changed, true);
        break;
    case INT_MASK:
        *reg(edma, dir, r) = val & reg_table[r].writable;
        qatomic_set(&edma->lines_changed, true);
        break;
    case REGS:
        if (addr == A_CTRL_DATA_ARB_PRIOR ||
            (addr >= POWER_WRITE && addr < POWER_WRITE + 32) ||
            (addr >= POWER_READ && addr < POWER_READ + 32)) {
            edma->regs[addr / 4] = val;
        } else {
            qemu_log_mask(LOG_GUEST_ERROR, "dwc-edma: write of 0x%08x to "
                          "0x%04x, which is no register to write\n",
                          val, (unsigned)addr);
        }
        break;
    default:
        if (reg_table[r].writable) {
            *reg(edma, dir, r) = val & reg_table[r].writable;
        } else {
            qemu_log_mask(LOG_GUEST_ERROR, "dwc-edma: write of 0x%08x to "
                          "read-only 0x%04x\n", val, (unsigned)addr);
        }
    }
    return rung;
}

/* Whoever posts a doorbell wakes the channel's thread itself. */
static void apply_posts(DwcEdma *edma)
{
    DwcPost post;

    while (edma->posts_on &&
           dwc_post_next(edma->posts, edma->posts_tail, &post)) {
        stat64_add(&edma->link_writes, 1);
        trace_dwc_edma_write(post.addr, 4, post.value, true);
        if (post.addr < DWC_EDMA_SIZE && !(post.addr & 3)) {
            write_locked(edma, post.addr, post.value, DWC_EDMA_FROM_LINK);
        }
        dwc_post_done(edma->posts, &edma->posts_tail);
    }
}

void dwc_edma_lock(DwcEdma *edma)
{
    qemu_mutex_lock(&edma->lock);
    apply_posts(edma);
}

void dwc_edma_unlock(DwcEdma *edma)
{
    qemu_mutex_unlock(&edma->lock);
}

void dwc_edma_poll(DwcEdma *edma)
{
    if (qatomic_read(&edma->posts_on) &&
        dwc_post_pending(edma->posts, qatomic_read(&edma->posts_tail))) {
        dwc_edma_lock(edma);
        dwc_edma_unlock(edma);
    }
}

void dwc_edma_set_posts(DwcEdma *edma, DwcPostRing *posts)
{
    dwc_edma_lock(edma);
    if (posts) {
        edma->posts = posts;
        edma->posts_tail = 0;
        memset(posts, 0, sizeof(*posts));
    }
    qatomic_set(&edma->posts_on, posts);
    dwc_edma_unlock(edma);
}

int dwc_edma_write(DwcEdma *edma, hwaddr addr, uint32_t val,
                   DwcEdmaOrigin origin)
{
    int rung;

    dwc_edma_lock(edma);
    if (origin == DWC_EDMA_FROM_LINK) {
        stat64_add(&edma->link_writes, 1);
    }
    rung = write_locked(edma, addr, val, origin);
    dwc_edma_unlock(edma);
    return rung;
}

bool dwc_edma_fold(hwaddr addr, uint32_t *val, hwaddr write_addr,
                   uint32_t write_val)
{
    DwcEdmaDir dir = 0, write_dir = 0;
    bool context = addr >= A_CONTEXT;
    Reg r, w;

    if (write_addr >= A_CONTEXT) {
        if (addr == write_addr) {
            bool control = !(addr & (CONTEXT_READ - 1));

            *val = control ? (write_val & ~DWC_EDMA_CS_MASK) |
                             (*val & DWC_EDMA_CS_MASK) : write_val;
        }
        return true;
    }
    r = context ? REGS : find(addr, &dir);
    w = find(write_addr, &write_dir);
    switch (w) {
    case RING:
        return !context;
    case ENGINE_EN:
        if (addr == write_addr) {
            *val = 1;
        }
        return (write_val & 1) || (addr != write_addr && !context);
    case INT_CLEAR:
        if (dir == write_dir && r == INT_STATUS) {
            *val &= ~write_val;
        }
        return dir != write_dir || (r != ERR_LOW && r != ERR_HIGH);
    case INT_STATUS:
        return true;
    default:
        if (w == REGS) {
            return addr != write_addr;
        }
        if (addr == write_addr && reg_table[w].writable) {
            *val = write_val & reg_table[w].writable;
        }
        return true;
    }
}

int dwc_edma_write_wakes(const uint32_t *regs, hwaddr addr, uint32_t val)
{
    DwcEdmaDir dir = 0;
    uint32_t status, mask;

    switch (find(addr, &dir)) {
    case RING:
        return dir * DWC_EDMA_MAX_CHANNELS + FIELD_EX32(val, DOORBELL, CHANNEL);
    case ENGINE_EN:
        return val & 1 ? -1 : dir * DWC_EDMA_MAX_CHANNELS;
    case INT_STATUS:
        return dir * DWC_EDMA_MAX_CHANNELS;
    case INT_CLEAR:
    case INT_MASK:
        /* Only with a status is there a line that this could change. */
        status = qatomic_read(&regs[reg_table[INT_STATUS].offset[dir] / 4]);
        mask = qatomic_read(&regs[reg_table[INT_MASK].offset[dir] / 4]);
        if (find(addr, &dir) == INT_CLEAR && val && !(status & ~mask)) {
            return -1;
        }
        return status || !val ? dir * DWC_EDMA_MAX_CHANNELS : -1;
    default:
        return -1;
    }
}

bool dwc_edma_line(DwcEdma *edma, DwcEdmaDir dir, unsigned ch)
{
    uint32_t status;
    bool level;

    dwc_edma_lock(edma);
    status = *reg(edma, dir, INT_STATUS) & ~*reg(edma, dir, INT_MASK);
    level = (status & (0x00010001u << ch)) || (!ch && edma->emulated[dir]);
    dwc_edma_unlock(edma);
    return level;
}

uint32_t *dwc_edma_context(DwcEdma *edma, DwcEdmaDir dir, unsigned ch,
                           DwcEdmaContext r)
{
    return &edma->regs[(A_CONTEXT + ch * CONTEXT_STRIDE +
                        (dir == DWC_EDMA_READ ? CONTEXT_READ : 0)) / 4 + r];
}

uint64_t dwc_edma_context64(DwcEdma *edma, DwcEdmaDir dir, unsigned ch,
                            DwcEdmaContext low)
{
    uint32_t *p = dwc_edma_context(edma, dir, ch, low);

    return p[0] | (uint64_t)p[1] << 32;
}

void dwc_edma_set_context64(DwcEdma *edma, DwcEdmaDir dir, unsigned ch,
                            DwcEdmaContext low, uint64_t val)
{
    uint32_t *p = dwc_edma_context(edma, dir, ch, low);

    p[0] = val;
    p[1] = val >> 32;
}

void dwc_edma_set_state(DwcEdma *edma, DwcEdmaDir dir, unsigned ch,
                        DwcEdmaState state)
{
    uint32_t *p = dwc_edma_context(edma, dir, ch, DWC_EDMA_CONTROL1);

    *p = (*p & ~DWC_EDMA_CS_MASK) | (state << DWC_EDMA_CS_SHIFT);
}

void dwc_edma_went_idle(DwcEdma *edma, DwcEdmaDir dir, unsigned ch)
{
    edma->channel[dir][ch].busy = false;
    edma->channel[dir][ch].stop = false;
    if (edma->disabling[dir] && !any_busy(edma, dir)) {
        edma->disabling[dir] = false;
        *reg(edma, dir, ENGINE_EN) = 0;
    }
}

bool dwc_edma_raise_done(DwcEdma *edma, DwcEdmaDir dir, unsigned ch)
{
    *reg(edma, dir, INT_STATUS) |= 1u << ch;
    if (!(*reg(edma, dir, INT_MASK) & (1u << ch))) {
        qatomic_set(&edma->lines_changed, true);
    }
    return !(*reg(edma, dir, INT_MASK) & (1u << ch));
}

void dwc_edma_raise_abort(DwcEdma *edma, DwcEdmaDir dir, unsigned ch,
                          DwcEdmaFault fault, bool local)
{
    uint32_t bit = 1u << ch;

    switch (fault) {
    case DWC_EDMA_FAULT_LOCAL:
        *reg(edma, dir, ERR_LOW) |= bit;
        break;
    case DWC_EDMA_FAULT_LIST:
        *reg(edma, dir, ERR_LOW) |= bit << 16;
        break;
    case DWC_EDMA_FAULT_PCIE:
        /* A posted write has no completion that could report an error. */
        if (dir == DWC_EDMA_READ) {
            *reg(edma, dir, ERR_HIGH) |= bit;
        } else {
            *reg(edma, dir, ERR_LOW) |= bit;
        }
        break;
    default:
        break;
    }
    if (local) {
        *reg(edma, dir, INT_STATUS) |= bit << ABORT_SHIFT;
        qatomic_set(&edma->lines_changed, true);
    }
}

uint64_t dwc_edma_imwr(DwcEdma *edma, DwcEdmaDir dir, unsigned ch, bool abort,
                       uint32_t *data)
{
    uint32_t *low = reg(edma, dir, abort ? ABORT_LOW : DONE_LOW);

    /* Two channels share a data register, the even one has the low half. */
    *data = extract32(*reg(edma, dir, DATA01 + ch / 2), (ch & 1) * 16, 16);
    return low[0] | (uint64_t)low[1] << 32;
}

bool dwc_edma_list_abort_local(DwcEdma *edma, DwcEdmaDir dir, unsigned ch)
{
    return *reg(edma, dir, LIST_ERR_EN) & (1u << ch);
}

bool dwc_edma_list_abort_remote(DwcEdma *edma, DwcEdmaDir dir, unsigned ch)
{
    return *reg(edma, dir, LIST_ERR_EN) & (0x10000u << ch);
}
