/*
 * measure [-n RUNS] [-i FILE] [-o FILE] COMMAND [ARG ...]
 *
 * Runs a command several times and prints the medians of its wall time in milliseconds, its peak memory in KiB and the
 * processor time it took in milliseconds: "12.345 3456 10.987". A status other than 0, 1 (undelivered) and 75 (queued) ends it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/banned.h"

#define MAX_RUNS 1001

static double walls[MAX_RUNS], works[MAX_RUNS];
static long peaks[MAX_RUNS];

static void open_as(int fd, const char *path, int flags)
{
	int got = open(path, flags, 0600);

	if (got < 0 || dup2(got, fd) < 0) {
		fprintf(stderr, "measure: cannot open '%s': %s\n", path, strerror(errno));
		_exit(126);
	}
	close(got);
}

/* wait4 tells what this child took, not the largest of all. */
pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage);

static double in_ms(const struct timeval *t)
{
	return (double)t->tv_sec * 1e3 + (double)t->tv_usec / 1e3;
}

static int run(char **argv, const char *in, const char *out, double *ret_wall, double *ret_work, long *ret_peak)
{
	struct timespec start, end;
	struct rusage usage;
	int status;
	pid_t pid;

	clock_gettime(CLOCK_MONOTONIC, &start);
	pid = fork();
	if (pid == 0) {
		open_as(STDIN_FILENO, in, O_RDONLY);
		open_as(STDOUT_FILENO, out, O_WRONLY | O_CREAT | O_TRUNC);
		execvp(argv[0], argv);
		fprintf(stderr, "measure: cannot run '%s': %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) < 0)
		return 126;
	clock_gettime(CLOCK_MONOTONIC, &end);
	*ret_wall = (double)(end.tv_sec - start.tv_sec) * 1e3 + (double)(end.tv_nsec - start.tv_nsec) / 1e6;
	*ret_work = in_ms(&usage.ru_utime) + in_ms(&usage.ru_stime);
	*ret_peak = usage.ru_maxrss;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static int by_time(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int by_peak(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	const char *in = "/dev/null", *out = "/dev/null";
	size_t runs = 1;
	int c;

	while ((c = getopt(argc, argv, "+n:i:o:")) != -1) {
		if (c == 'n')
			runs = strtoul(optarg, NULL, 10);
		else if (c == 'i')
			in = optarg;
		else if (c == 'o')
			out = optarg;
		else
			return 64;
	}
	if (optind >= argc || runs < 1 || runs > MAX_RUNS)
		return 64;
	for (size_t i = 0; i < runs; i++) {
		int status = run(argv + optind, in, out, &walls[i], &works[i], &peaks[i]);

		if (status > 1 && status != 75) {
			fprintf(stderr, "measure: '%s' ended with status %d\n", argv[optind], status);
			return status;
		}
	}
	qsort(walls, runs, sizeof(walls[0]), by_time);
	qsort(works, runs, sizeof(works[0]), by_time);
	qsort(peaks, runs, sizeof(peaks[0]), by_peak);
	printf("%.3f %ld %.3f\n", walls[runs / 2], peaks[runs / 2], works[runs / 2]);
	return 0;
}
