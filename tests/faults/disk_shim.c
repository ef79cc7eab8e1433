/*
 * Loaded before the C library (LD_PRELOAD): fails, or ends the process at, one of the calls with which files are written.
 *
 *   DISK_FAULT=N:enospc   the Nth call and all later ones: no space left
 *   DISK_FAULT=N:eio      the Nth call alone: an error of the disk
 *   DISK_FAULT=N:short    the Nth call alone writes half of what it should, when it writes at all; then there is no space
 *   DISK_FAULT=N:kill     SIGKILL just before the Nth call: the machine stops here
 *   DISK_COUNT=FILE       nothing fails; how many calls there were is written to FILE at the end
 *
 * Calls: write, pwrite, ftruncate, fsync and fdatasync of files below a directory that DISK_DIR names.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/banned.h"

static long calls;

static int is_ours(int fd)
{
	const char *directory = getenv("DISK_DIR");
	char link[64], path[4096];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path) - 1);
	if (len < 0 || !directory)
		return 0;
	path[len] = '\0';
	return strncmp(path, directory, strlen(directory)) == 0;
}

/* 0: go on; 1: write half; -1: fail with errno. */
static int judge(int fd)
{
	const char *fault = getenv("DISK_FAULT");
	const char *kind = fault ? strchr(fault, ':') : NULL;
	long at = fault ? strtol(fault, NULL, 10) : 0;

	if (!is_ours(fd))
		return 0;
	calls++;
	if (!kind)
		return 0;
	kind++;
	if (strcmp(kind, "kill") == 0 && calls == at)
		kill(getpid(), SIGKILL);
	if (strcmp(kind, "enospc") == 0 && calls >= at) {
		errno = ENOSPC;
		return -1;
	}
	if (strcmp(kind, "eio") == 0 && calls == at) {
		errno = EIO;
		return -1;
	}
	if (strcmp(kind, "short") == 0 && calls == at)
		return 1;
	if (strcmp(kind, "short") == 0 && calls > at) {
		errno = ENOSPC;
		return -1;
	}
	return 0;
}

static void *next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

#define REAL(name, type) ((type)(size_t)next(name))

ssize_t write(int fd, const void *data, size_t len)
{
	int fate = judge(fd);

	return fate < 0 ? -1 : REAL("write", ssize_t(*)(int, const void *, size_t))(fd, data, fate ? len / 2 : len);
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
	int fate = judge(fd);

	return fate < 0 ? -1 : REAL("pwrite", ssize_t(*)(int, const void *, size_t, off_t))(fd, data, fate ? len / 2 : len, at);
}

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
	int fate = judge(fd);

	return fate < 0 ? -1 : REAL("pwrite64", ssize_t(*)(int, const void *, size_t, off64_t))(fd, data, fate ? len / 2 : len, at);
}

int ftruncate(int fd, off_t len)
{
	return judge(fd) != 0 ? -1 : REAL("ftruncate", int (*)(int, off_t))(fd, len);
}

int ftruncate64(int fd, off64_t len)
{
	return judge(fd) != 0 ? -1 : REAL("ftruncate64", int (*)(int, off64_t))(fd, len);
}

int fsync(int fd)
{
	return judge(fd) != 0 ? -1 : REAL("fsync", int (*)(int))(fd);
}

int fdatasync(int fd)
{
	return judge(fd) != 0 ? -1 : REAL("fdatasync", int (*)(int))(fd);
}

__attribute__((destructor)) static void report(void)
{
	const char *path = getenv("DISK_COUNT");
	FILE *file = path ? fopen(path, "w") : NULL;

	if (!file)
		return;
	fprintf(file, "%ld\n", calls);
	fclose(file);
}
