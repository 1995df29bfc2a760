// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remote-eDMA backend: having the engine stop, by its registers. dw-edma only
 * asks for it: it lets a channel go on until its next interrupt, and gives up
 * waiting for that after 5 s.
 */
#include <linux/bitfield.h>
#include <linux/iopoll.h>

#include "edma/regs.h"
#include "edma/stop.h"

#define EDMA_STOP_POLL_US	100
/* What is on the link arrives, or is given up, well before. */
#define EDMA_STOP_TIMEOUT_US	(200 * USEC_PER_MSEC)

static bool edma_stop_is_running(u32 control)
{
	return FIELD_GET(EDMA_CONTROL1_CS, control) == EDMA_CS_RUNNING;
}

/**
 * edma_stop_channel() - stop a channel
 * @regs:	registers for that
 * @index:	its number
 *
 * Sleeps. A device that is gone, whose registers are all ones, has stopped.
 *
 * Return: true if it does not run any more
 */
bool edma_stop_channel(const struct edma_stop_regs *regs, unsigned int index)
{
	u32 control;

	/* the bit is meant for a channel that runs */
	if (!edma_stop_is_running(readl(regs->control)))
		return true;

	writel(EDMA_DOORBELL_STOP | index, regs->doorbell);
	return !readl_poll_timeout(regs->control, control, !edma_stop_is_running(control),
				   EDMA_STOP_POLL_US, EDMA_STOP_TIMEOUT_US);
}

/**
 * edma_stop_engine() - stop all channels of a direction
 * @engine:	engine enable
 *
 * Sleeps. dw-edma enables it again with the next descriptor.
 *
 * Return: true if none runs any more
 */
bool edma_stop_engine(void __iomem *engine)
{
	u32 val;

	writel(0, engine);
	return !readl_poll_timeout(engine, val, !(val & 1), EDMA_STOP_POLL_US,
				   EDMA_STOP_TIMEOUT_US);
}
