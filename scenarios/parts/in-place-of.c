// SPDX-License-Identifier: MIT
// in-place-of FILE OTHER COMMAND...: runs COMMAND, for which OTHER is where FILE is. It alone sees that.
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

static int failed(const char *what)
{
	perror(what);
	return 125;
}

int main(int argc, char **argv)
{
	if (argc < 4) {
		fprintf(stderr, "usage: in-place-of FILE OTHER COMMAND...\n");
		return 125;
	}
	if (unshare(CLONE_NEWNS))
		return failed("unshare");
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return failed("making mounts private");
	if (mount(argv[2], argv[1], NULL, MS_BIND, NULL))
		return failed(argv[2]);
	execvp(argv[3], argv + 3);
	return failed(argv[3]);
}
