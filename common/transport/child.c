#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/transport/child.h"
#include "common/xalloc.h"

#include "common/banned.h"

extern char **environ;

static void fail(struct reply *r, enum reply_error error, const char *what, int why)
{
	r->error = error;
	snprintf(r->error_text, sizeof(r->error_text), "%s: %s", what, strerror(why));
}

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int make_pipes(int to[2], int from[2])
{
	if (pipe(to) < 0)
		return -1;
	if (pipe(from) < 0) {
		close(to[0]);
		close(to[1]);
		return -1;
	}
	for (int i = 0; i < 2; i++) {
		fcntl(to[i], F_SETFD, FD_CLOEXEC);
		fcntl(from[i], F_SETFD, FD_CLOEXEC);
	}
	fcntl(to[1], F_SETFL, O_NONBLOCK);
	fcntl(from[0], F_SETFL, O_NONBLOCK);
	return 0;
}

static int spawn(const char *command, int in, int out, pid_t *ret_pid)
{
	static char shell[] = "/bin/sh", name[] = "sh", option[] = "-c";
	char *copy = xstrdup(command);
	char *argv[] = {name, option, copy, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t defaults, none;
	int failed;

	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	sigemptyset(&none);     /* our thread has all blocked */
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setsigmask(&attributes, &none);
	failed = posix_spawn(ret_pid, shell, &actions, &attributes, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	free(copy);
	return failed;
}

struct child *child_start(struct exchange *x, int64_t now_ms)
{
	int to[2], from[2], failed;
	struct child *c;
	pid_t pid;

	if (make_pipes(to, from) < 0) {
		fail(&x->reply, REPLY_NO_CONNECTION, "cannot make a pipe", errno);
		return NULL;
	}
	failed = spawn(x->request.command, to[0], from[1], &pid);
	close(to[0]);
	close(from[1]);
	if (failed) {
		fail(&x->reply, REPLY_REFUSED, "cannot run command", failed);
		close(to[1]);
		close(from[0]);
		return NULL;
	}
	c = xcalloc(1, sizeof(*c));
	*c = (struct child){.x = x, .pid = pid, .in = to[1], .out = from[0], .deadline_ms = now_ms + x->request.timeout_ms};
	return c;
}

unsigned child_poll(const struct child *c, struct pollfd *ret_fds)
{
	unsigned count = 0;

	if (c->in >= 0)
		ret_fds[count++] = (struct pollfd){.fd = c->in, .events = POLLOUT};
	if (c->out >= 0)
		ret_fds[count++] = (struct pollfd){.fd = c->out, .events = POLLIN};
	return count;
}

static void feed(struct child *c)
{
	const struct buf *body = &c->x->request.body;

	while (c->in >= 0 && c->sent < body->len) {
		ssize_t put = write(c->in, body->data + c->sent, body->len - c->sent);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0 && errno == EAGAIN)
			return;
		if (put < 0)    /* it does not want to read: its exit status will tell */
			break;
		c->sent += (size_t)put;
	}
	close_end(&c->in);
}

static void collect(struct child *c)
{
	char piece[4096];

	while (c->out >= 0 && !buf_over(&c->x->reply.body)) {
		ssize_t got = read(c->out, piece, sizeof(piece));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return;
		if (got <= 0)
			close_end(&c->out);
		else
			buf_add(&c->x->reply.body, piece, (size_t)got);
	}
}

bool child_step(struct child *c, int64_t now_ms)
{
	struct reply *r = &c->x->reply;
	int how;
	pid_t got;

	feed(c);
	collect(c);
	if ((now_ms >= c->deadline_ms || buf_over(&r->body)) && !c->killed) {
		kill(-c->pid, SIGKILL);
		c->killed = true;
	}
	if (c->out >= 0 && !c->killed)
		return false;
	got = waitpid(c->pid, &how, WNOHANG);
	if (got == 0 || (got < 0 && errno == EINTR))
		return false;
	c->pid = -1;
	if (buf_over(&r->body)) {
		r->error = REPLY_TOO_LARGE;
	} else if (c->killed) {
		r->error = REPLY_TIMEOUT;
		snprintf(r->error_text, sizeof(r->error_text), "command took longer than its time limit");
	} else if (got > 0 && WIFEXITED(how)) {
		r->status = WEXITSTATUS(how);
	} else {
		r->error = REPLY_BROKEN;
		snprintf(r->error_text, sizeof(r->error_text), "command ended by signal %d", got > 0 && WIFSIGNALED(how) ? WTERMSIG(how) : 0);
	}
	return true;
}

void child_free(struct child *c)
{
	close_end(&c->in);
	close_end(&c->out);
	if (c->pid > 0) {
		kill(-c->pid, SIGKILL);
		while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	free(c);
}
