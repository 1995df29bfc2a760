// SPDX-License-Identifier: MIT
// epf-ntb-handler-left LINK DONE: once a handler of pci-epf-ntb's stands still, removes LINK, takes the memory that is free then,
// and makes the file DONE.
//
// A CPU that reads over the link does nothing else, and nobody can have its translations invalidated meanwhile, as each program
// that begins or ends does. So this one does all of it itself, on each CPU once, and looks at the other CPU's workers.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

enum { cpus = 2, times = 20, page = 4096, pipe_size = 1 << 20, spared = 32 << 20 };

/* As struct epf_ntb_ctrl begins: COMMAND_CONFIGURE_DOORBELL, of one doorbell by MSI-X. */
static const uint32_t command[] = { 1, 0x10001 };

static int failed(const char *what)
{
	perror(what);
	return 125;
}

/* Workers have a + behind their name and that of the work's queue while they work. */
static int works(DIR *processes, int cpu)
{
	struct dirent *process;
	int found = 0;

	rewinddir(processes);
	while (!found && (process = readdir(processes))) {
		char path[300], name[80] = "", wanted[32];
		int file;

		if (*process->d_name < '1' || *process->d_name > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", process->d_name);
		file = open(path, O_RDONLY);
		if (file < 0)
			continue;
		if (read(file, name, sizeof(name) - 1) > 0) {
			snprintf(wanted, sizeof(wanted), "kworker/%d:", cpu);
			found = !strncmp(name, wanted, strlen(wanted)) && strstr(name, "+kpcintb");
		}
		close(file);
	}
	return found;
}

static int fill_pipe(const char *data)
{
	int ends[2];

	if (pipe2(ends, O_NONBLOCK) || fcntl(ends[1], F_SETPIPE_SZ, pipe_size) < 0)
		return -1;
	while (write(ends[1], data, page) == page)
		;
	return errno == EAGAIN ? 0 : -1;
}

/* Pipes, whose pages are of the kind that the driver's were, and which keep them as long as this process is there. */
static int take_free_memory(void)
{
	static char data[page];
	struct sysinfo now;

	for (int at = 0; at < page; at += sizeof(command))
		memcpy(data + at, command, sizeof(command));
	while (!sysinfo(&now) && (uint64_t)now.freeram * now.mem_unit > spared)
		if (fill_pipe(data))
			return failed("filling a pipe");
	return 0;
}

static int unlink_then(char **argv, int cpu)
{
	DIR *processes = opendir("/proc");
	cpu_set_t own;
	int seen = 0;
	int file;

	CPU_ZERO(&own);
	CPU_SET(cpu, &own);
	if (!processes || sched_setaffinity(0, sizeof(own), &own))
		return failed("being on one CPU");
	while (seen < times)
		seen = works(processes, (cpu + 1) % cpus) ? seen + 1 : 0;
	file = open("/run/once", O_CREAT | O_EXCL, 0600);
	if (file < 0)
		return wait(&seen) < 0 ? 0 : WIFEXITED(seen) ? WEXITSTATUS(seen) : 125;
	if (unlink(argv[1]))
		return failed(argv[1]);
	if (take_free_memory())
		return 125;
	file = open(argv[2], O_CREAT | O_WRONLY, 0600);
	if (file < 0)
		return failed(argv[2]);
	return pause();
}

int main(int argc, char **argv)
{
	pid_t other;

	if (argc != 3) {
		fprintf(stderr, "usage: epf-ntb-handler-left LINK DONE\n");
		return 125;
	}
	other = fork();
	if (other < 0)
		return failed("fork");
	return unlink_then(argv, other == 0);
}
