// SPDX-License-Identifier: MIT
/* Reads the first register behind a BAR's file in sysfs: all ones, and nobody answers. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>

int main(int argc, char **argv)
{
	int fd = open(argc > 1 ? argv[1] : "", O_RDWR | O_SYNC);
	volatile uint32_t *bar = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	uint32_t first;

	if (fd < 0 || bar == MAP_FAILED) {
		perror(argc > 1 ? argv[1] : "usage: ntb-epf-probe-leak FILE");
		return 2;
	}
	first = bar[0];
	printf("0x%08x is%s all ones\n", first, first == UINT32_MAX ? "" : " not");
	return first == UINT32_MAX;
}
