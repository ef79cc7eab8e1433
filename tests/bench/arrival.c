/*
 * arrival -p PORT [-n RUNS] COMMAND [ARG ...]
 *
 * Runs a command that makes one HTTP request to 127.0.0.1:PORT, and prints the median of the milliseconds from its start to
 * the first byte of the request. Answers 201 to whatever is asked; a command that fails ends it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/banned.h"

#define MAX_RUNS 1001
#define PATIENCE_MS 60000

static const char answer[] = "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 34\r\n"
			     "Connection: close\r\n\r\n{\"sid\":\"SM1\",\"status\":\"delivered\"}";

static int listen_on(unsigned port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0 ||
	    bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 8) < 0)
		return -1;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

static pid_t start(char **argv)
{
	pid_t pid = fork();
	int nothing;

	if (pid != 0)
		return pid;
	nothing = open("/dev/null", O_RDWR);
	if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(nothing, STDOUT_FILENO) < 0)
		_exit(126);
	execvp(argv[0], argv);
	fprintf(stderr, "arrival: cannot run '%s': %s\n", argv[0], strerror(errno));
	_exit(127);
}

/* The whole request is read before it is answered: closing on unread bytes would reset the connection. */
static int serve(int fd)
{
	char asked[65536];
	size_t len = 0, want = sizeof(asked) - 1;

	while (len < want) {
		ssize_t got = read(fd, asked + len, want - len);
		char *end, *length;

		if (got <= 0)
			return -1;
		len += (size_t)got;
		asked[len] = '\0';
		end = strstr(asked, "\r\n\r\n");
		length = strstr(asked, "Content-Length: ");
		if (end)
			want = (size_t)(end + 4 - asked) + (length ? strtoul(length + 16, NULL, 10) : 0);
	}
	return write(fd, answer, sizeof(answer) - 1) == (ssize_t)sizeof(answer) - 1 ? 0 : -1;
}

static int wait_for(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, PATIENCE_MS) == 1 ? 0 : -1;
}

static int run(int listener, char **argv, double *ret_ms)
{
	struct timespec begin, came;
	int fd, status, served = -1;
	pid_t pid;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	pid = start(argv);
	if (pid < 0 || wait_for(listener) < 0 || (fd = accept(listener, NULL, NULL)) < 0)
		return -1;
	if (wait_for(fd) == 0) {
		clock_gettime(CLOCK_MONOTONIC, &came);
		served = serve(fd);
	}
	close(fd);
	if (served < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return -1;
	*ret_ms = (double)(came.tv_sec - begin.tv_sec) * 1e3 + (double)(came.tv_nsec - begin.tv_nsec) / 1e6;
	return 0;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	static double took[MAX_RUNS];
	unsigned long runs = 1, port = 0;
	int c, listener;

	while ((c = getopt(argc, argv, "+n:p:")) != -1) {
		if (c == 'n')
			runs = strtoul(optarg, NULL, 10);
		else if (c == 'p')
			port = strtoul(optarg, NULL, 10);
		else
			return 64;
	}
	if (optind >= argc || runs < 1 || runs > MAX_RUNS || port < 1 || port > 65535)
		return 64;
	listener = listen_on((unsigned)port);
	for (unsigned long i = 0; i < runs; i++)
		if (listener < 0 || run(listener, argv + optind, &took[i]) < 0) {
			fprintf(stderr, "arrival: no request of '%s' came to port %lu, or it failed\n", argv[optind], port);
			return 2;
		}
	qsort(took, runs, sizeof(took[0]), by_size);
	printf("%.3f\n", took[runs / 2]);
	return 0;
}
