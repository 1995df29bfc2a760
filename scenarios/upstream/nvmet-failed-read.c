// SPDX-License-Identifier: MIT
// nvmet-failed-read DISK: reads behind the disk's end, which no file system would let by, and says how the drive answers.
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/nvme_ioctl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#define NVME_CMD_READ 2
#define LENGTH 4096

int main(int argc, char **argv)
{
	int fd = argc == 2 ? open(argv[1], O_RDONLY) : -1;
	void *buffer = aligned_alloc(LENGTH, LENGTH);
	uint64_t bytes = 0;
	int block = 0, status;

	if (fd < 0 || !buffer || ioctl(fd, BLKGETSIZE64, &bytes) || ioctl(fd, BLKSSZGET, &block)) {
		perror("nvmet-failed-read DISK");
		return 1;
	}
	struct nvme_passthru_cmd command = {
		.opcode = NVME_CMD_READ,
		.nsid = ioctl(fd, NVME_IOCTL_ID),
		.addr = (uintptr_t)buffer,
		.data_len = LENGTH,
		.cdw10 = (uint32_t)(bytes / block),
		.cdw11 = (uint32_t)(bytes / block >> 32),
		.cdw12 = LENGTH / block - 1,
		.timeout_ms = 5000,
	};
	status = ioctl(fd, NVME_IOCTL_IO_CMD, &command);
	if (status < 0) {
		perror("the read was not answered");
		return 1;
	}
	printf("the read was answered with status 0x%x\n", status);
	return status == 0;
}
