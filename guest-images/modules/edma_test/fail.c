// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why a test fails.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "edma_test.h"

/**
 * edma_test_fail() - say why the present test fails, or add on what occasion
 * @run: the run
 * @err: kind of error
 * @format: as printf's
 *
 * Return: @err.
 */
int edma_test_fail(struct edma_test_run *run, int err, const char *format, ...)
{
	size_t length = strlen(run->why);
	va_list args;

	if (length)
		length += scnprintf(run->why + length, sizeof(run->why) - length, "; ");
	va_start(args, format);
	vscnprintf(run->why + length, sizeof(run->why) - length, format, args);
	va_end(args);
	return err;
}
