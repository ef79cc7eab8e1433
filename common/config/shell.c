#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/config/shell.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define READ_BYTES 4096

extern char **environ;

int64_t shell_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* A pipe that no other child inherits and that keeps off the standard descriptors. */
static int make_pipe(int ends[2])
{
	int low[2];

	if (pipe(low) < 0)
		return -1;
	ends[0] = fcntl(low[0], F_DUPFD_CLOEXEC, 3);
	ends[1] = fcntl(low[1], F_DUPFD_CLOEXEC, 3);
	close(low[0]);
	close(low[1]);
	if (ends[0] >= 0 && ends[1] >= 0)
		return 0;
	close_end(&ends[0]);
	close_end(&ends[1]);
	return -1;
}

static int spawn(struct shell *s, const char *command, int in, int out)
{
	static char shell[] = "/bin/sh", name[] = "sh", option[] = "-c";
	char *copy = xstrdup(command);
	char *argv[] = {name, option, copy, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	int failed;

	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawn_file_actions_init(&actions);
	if (in >= 0)
		posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	else
		posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, (short)(POSIX_SPAWN_SETSIGDEF | (s->group ? POSIX_SPAWN_SETPGROUP : 0)));
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	failed = posix_spawn(&s->pid, shell, &actions, &attributes, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	free(copy);
	return failed;
}

int shell_start(struct shell *s, const char *command, bool talk, struct err *e)
{
	int to[2] = {-1, -1}, from[2] = {-1, -1}, failed;

	*s = (struct shell){.in = -1, .out = -1, .group = talk};
	if (make_pipe(from) < 0 || (talk && make_pipe(to) < 0))
		failed = errno;
	else
		failed = spawn(s, command, to[0], from[1]);
	close_end(&to[0]);
	close_end(&from[1]);
	s->in = to[1];
	s->out = from[0];
	if (!failed)
		return 0;
	close_end(&s->in);
	close_end(&s->out);
	s->pid = 0;
	return err_set(e, EX_OSERR, "cannot run a command: %s", strerror(failed));
}

/* As much as fits; past the ceiling it is read and dropped, so that the child does not block. */
static ssize_t read_some(int fd, struct buf *b)
{
	char dropped[512];
	size_t room = b->max - b->len < READ_BYTES ? b->max - b->len : READ_BYTES;
	ssize_t got;

	if (room == 0) {
		got = read(fd, dropped, sizeof(dropped));
		b->over = b->over || got > 0;
		return got;
	}
	if (!buf_room(b, room))
		return -1;
	got = read(fd, b->data + b->len, room);
	if (got > 0) {
		b->len += (size_t)got;
		b->data[b->len] = '\0';
	}
	return got;
}

int shell_read(struct shell *s, struct buf *b, int64_t deadline_ms)
{
	struct pollfd fd = {.fd = s->out, .events = POLLIN};

	for (;;) {
		int64_t left = deadline_ms - shell_clock();
		int ready = poll(&fd, 1, left > 0 ? (int)left : 0);
		ssize_t got;

		if (ready == 0 && left <= 0)
			return -1;
		if (ready <= 0)
			continue;
		got = read_some(s->out, b);
		if (got >= 0 || errno != EINTR)
			return got > 0 ? 1 : 0;
	}
}

/* Waits for the end of its output, which is the end of the process but for a daemon that it left behind. */
static void drain(struct shell *s, int64_t deadline_ms)
{
	struct buf b;

	buf_init(&b, 0);
	while (s->out >= 0 && shell_read(s, &b, deadline_ms) > 0)
		continue;
	buf_clear(&b);
}

int shell_end(struct shell *s, int64_t grace_ms)
{
	int64_t deadline_ms = shell_clock() + grace_ms;
	pid_t ended = 0;
	int how = 0;

	if (s->pid == 0)
		return 0;
	close_end(&s->in);
	drain(s, deadline_ms);
	close_end(&s->out);
	while (ended == 0 && (ended = waitpid(s->pid, &how, WNOHANG)) == 0 && shell_clock() < deadline_ms)
		poll(NULL, 0, 1);
	if (ended == 0) {
		kill(s->group ? -s->pid : s->pid, SIGKILL);
		while (waitpid(s->pid, &how, 0) < 0 && errno == EINTR)
			continue;
	}
	s->pid = 0;
	return WIFSIGNALED(how) ? 128 + WTERMSIG(how) : WEXITSTATUS(how);
}
