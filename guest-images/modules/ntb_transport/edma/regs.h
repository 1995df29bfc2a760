/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Remote-eDMA backend: registers and linked lists of the engine that dw-edma
 * does not drive for it. Unrolled map, see dw-edma-v0-regs.h in the kernel.
 */
#ifndef NTB_TRANSPORT_EDMA_REGS_H
#define NTB_TRANSPORT_EDMA_REGS_H

#include <linux/bits.h>

#define EDMA_REG_CTRL			0x008
#define EDMA_CTRL_WR_CHANNELS			GENMASK(3, 0)
#define EDMA_CTRL_RD_CHANNELS			GENMASK(19, 16)
#define EDMA_REG_WR_ENGINE_EN		0x00c
#define EDMA_REG_WR_DOORBELL		0x010
#define EDMA_DOORBELL_STOP			BIT(31)
#define EDMA_REG_RD_ENGINE_EN		0x02c
#define EDMA_REG_RD_DOORBELL		0x030
#define EDMA_REG_RD_INT_MASK		0x0a8
#define EDMA_INT_DONE(ch)			BIT(ch)
#define EDMA_INT_ABORT(ch)			BIT(16 + (ch))
#define EDMA_INT_ALL				0x00ff00ff
#define EDMA_REG_RD_DONE_IMWR_LOW	0x0cc
#define EDMA_REG_RD_DONE_IMWR_HIGH	0x0d0
#define EDMA_REG_RD_ABORT_IMWR_LOW	0x0d4
#define EDMA_REG_RD_ABORT_IMWR_HIGH	0x0d8
#define EDMA_REG_RD_IMWR_DATA(ch)	(0x0dc + (ch) / 2 * 4)
#define EDMA_REG_WR_CONTROL1(ch)	(0x200 + (ch) * 0x200)
#define EDMA_REG_RD_CONTROL1(ch)	(0x300 + (ch) * 0x200)
#define EDMA_CONTROL1_CS			GENMASK(6, 5)
#define EDMA_CS_RUNNING				1
#define EDMA_CONTROL1_CCS			BIT(8)
#define EDMA_CONTROL1_LLE			BIT(9)
#define EDMA_REG_RD_LLP_LOW(ch)		(0x31c + (ch) * 0x200)
#define EDMA_REG_RD_LLP_HIGH(ch)	(0x320 + (ch) * 0x200)
#define EDMA_REGS_SIZE(chans)		(0x200 + (chans) * 0x200)

#define EDMA_LL_CB			BIT(0)
#define EDMA_LL_TCB			BIT(1)
#define EDMA_LL_LLP			BIT(2)
#define EDMA_LL_LIE			BIT(3)

#endif
