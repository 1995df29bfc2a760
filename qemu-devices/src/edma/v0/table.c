/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the registers are that each direction has. */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "hw/registerfields.h"
#include "edma/v0/v0.h"

REG32(CTRL_DATA_ARB_PRIOR, 0x000)
REG32(CTRL, 0x008)
    FIELD(CTRL, WRITE_CHANNELS, 0, 4)
    FIELD(CTRL, READ_CHANNELS, 16, 4)
/* Power enables, one a channel. */
REG32(WRITE_POWER, 0x128)
REG32(READ_POWER, 0x168)

#define NOT_THERE 0xffff

static const struct {
    uint16_t offset[DWC_EDMA_DIRS];
    uint32_t writable;
} table[DWC_V0_REGS] = {
    [DWC_V0_ENGINE_EN]      = { { 0x00c, 0x02c }, 0 },
    [DWC_V0_DOORBELL]       = { { 0x010, 0x030 }, 0 },
    [DWC_V0_ARB_LOW]        = { { 0x018, 0x038 }, 0x000fffff },
    [DWC_V0_ARB_HIGH]       = { { 0x01c, 0x03c }, 0x000fffff },
    [DWC_V0_INT_STATUS]     = { { 0x04c, 0x0a0 }, 0 },
    [DWC_V0_INT_MASK]       = { { 0x054, 0x0a8 }, 0x00ff00ff },
    [DWC_V0_INT_CLEAR]      = { { 0x058, 0x0ac }, 0 },
    [DWC_V0_ERR_LOW]        = { { 0x05c, 0x0b4 }, 0 },
    [DWC_V0_ERR_HIGH]       = { { NOT_THERE, 0x0b8 }, 0 },
    [DWC_V0_DONE_LOW]       = { { 0x060, 0x0cc }, 0xfffffffc },
    [DWC_V0_DONE_HIGH]      = { { 0x064, 0x0d0 }, 0xffffffff },
    [DWC_V0_ABORT_LOW]      = { { 0x068, 0x0d4 }, 0xfffffffc },
    [DWC_V0_ABORT_HIGH]     = { { 0x06c, 0x0d8 }, 0xffffffff },
    [DWC_V0_DATA01]         = { { 0x070, 0x0dc }, 0xffffffff },
    [DWC_V0_DATA23]         = { { 0x074, 0x0e0 }, 0xffffffff },
    [DWC_V0_DATA45]         = { { 0x078, 0x0e4 }, 0xffffffff },
    [DWC_V0_DATA67]         = { { 0x07c, 0x0e8 }, 0xffffffff },
    [DWC_V0_LIST_ERR_EN]    = { { 0x090, 0x0c4 }, 0x00ff00ff },
    [DWC_V0_CHANNEL_GROUP]  = { { 0x100, 0x104 }, 0xffffffff },
    [DWC_V0_HANDSHAKE_LOW]  = { { 0x108, 0x118 }, 0 },
    [DWC_V0_HANDSHAKE_HIGH] = { { 0x10c, 0x11c }, 0 },
};

hwaddr dwc_v0_offset(DwcEdmaDir dir, DwcV0Reg r)
{
    return table[r].offset[dir];
}

uint32_t dwc_v0_writable(DwcV0Reg r)
{
    return table[r].writable;
}

uint32_t *dwc_v0_reg(DwcEdma *edma, DwcEdmaDir dir, DwcV0Reg r)
{
    return &edma->regs[table[r].offset[dir] / 4];
}

DwcV0Reg dwc_v0_find(hwaddr addr, DwcEdmaDir *dir)
{
    int d, r;

    for (d = 0; d < DWC_EDMA_DIRS; d++) {
        for (r = 0; r < DWC_V0_REGS; r++) {
            if (table[r].offset[d] == addr) {
                *dir = d;
                return r;
            }
        }
    }
    return DWC_V0_REGS;
}

bool dwc_v0_is_storage(hwaddr addr)
{
    hwaddr power = DWC_EDMA_MAX_CHANNELS * 4;

    return addr == A_CTRL_DATA_ARB_PRIOR ||
           (addr >= A_WRITE_POWER && addr < A_WRITE_POWER + power) ||
           (addr >= A_READ_POWER && addr < A_READ_POWER + power);
}

void dwc_v0_set_counts(DwcEdma *edma)
{
    uint32_t val = 0;

    val = FIELD_DP32(val, CTRL, WRITE_CHANNELS, edma->channels[DWC_EDMA_WRITE]);
    val = FIELD_DP32(val, CTRL, READ_CHANNELS, edma->channels[DWC_EDMA_READ]);
    edma->regs[R_CTRL] = val;
}

unsigned dwc_v0_count(const uint32_t *regs, DwcEdmaDir dir)
{
    uint32_t val = qatomic_read(&regs[R_CTRL]);

    return dir == DWC_EDMA_WRITE ? FIELD_EX32(val, CTRL, WRITE_CHANNELS) :
                                   FIELD_EX32(val, CTRL, READ_CHANNELS);
}
