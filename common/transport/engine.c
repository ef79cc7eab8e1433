/*
 * libcurl's multi-socket interface over poll(2): only the sockets that have something to say cost anything. Handles are
 * pooled; each carries a slot with its exchange. Local requests and failures to start wait in a list for the next step.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "common/line/when.h"
#include "common/transport/child.h"
#include "common/transport/engine.h"
#include "common/transport/handle.h"
#include "common/xalloc.h"

#include "common/banned.h"

struct engine {
	CURLM *multi;
	struct handle *idle;            /* pooled */
	struct child *children;
	struct exchange **ready;        /* ended without the network */
	size_t ready_count, ready_cap;
	struct pollfd *fds;             /* curl's sockets first; room for more behind them */
	size_t socket_count, fd_cap;
	int64_t timer_ms;               /* when curl wants to be called; -1: not at all */
	unsigned busy;
};

static void need_fds(struct engine *g, size_t count)
{
	if (count <= g->fd_cap)
		return;
	g->fd_cap = count * 2;
	g->fds = xrealloc(g->fds, g->fd_cap * sizeof(*g->fds));
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *socket_ctx)
{
	struct engine *g = ctx;
	size_t i = 0;

	(void)easy;
	(void)socket_ctx;
	while (i < g->socket_count && g->fds[i].fd != fd)
		i++;
	if (what == CURL_POLL_REMOVE) {
		if (i < g->socket_count)
			g->fds[i] = g->fds[--g->socket_count];
		return 0;
	}
	if (i == g->socket_count) {
		need_fds(g, ++g->socket_count);
		g->fds[i].fd = fd;
	}
	g->fds[i].events = (short)((what & CURL_POLL_IN ? POLLIN : 0) | (what & CURL_POLL_OUT ? POLLOUT : 0));
	g->fds[i].revents = 0;
	return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *ctx)
{
	struct engine *g = ctx;

	(void)multi;
	g->timer_ms = timeout_ms < 0 ? -1 : when_now_ms() + timeout_ms;
	return 0;
}

int engine_new(unsigned connections, struct engine **ret_engine, struct err *e)
{
	struct engine *g;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(e, EX_SOFTWARE, "cannot set libcurl up");
	g = xcalloc(1, sizeof(*g));
	g->multi = curl_multi_init();
	g->timer_ms = -1;
	need_fds(g, 64);
	curl_multi_setopt(g->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(g->multi, CURLMOPT_SOCKETDATA, g);
	curl_multi_setopt(g->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(g->multi, CURLMOPT_TIMERDATA, g);
	curl_multi_setopt(g->multi, CURLMOPT_MAXCONNECTS, (long)connections + 8);
	curl_multi_setopt(g->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)connections);
	curl_multi_setopt(g->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
	*ret_engine = g;
	return 0;
}

void engine_free(struct engine *g)
{
	if (!g)
		return;
	while (g->children) {
		struct child *next = g->children->next;

		child_free(g->children);
		g->children = next;
	}
	while (g->idle)
		handle_free(handle_take(&g->idle));
	curl_multi_cleanup(g->multi);
	curl_global_cleanup();
	free(g->fds);
	free(g->ready);
	free(g);
}

unsigned engine_busy(const struct engine *g)
{
	return g->busy;
}

static void end_later(struct engine *g, struct exchange *x)
{
	if (g->ready_count == g->ready_cap) {
		g->ready_cap = g->ready_cap * 2 + 64;
		g->ready = xrealloc(g->ready, g->ready_cap * sizeof(struct exchange *));
	}
	g->ready[g->ready_count++] = x;
}

static void start_network(struct engine *g, struct exchange *x)
{
	struct handle *h = g->idle ? handle_take(&g->idle) : handle_new();

	if (handle_prepare(h, x) < 0 || curl_multi_add_handle(g->multi, h->easy) != CURLM_OK) {
		if (x->reply.error == REPLY_OK)
			x->reply.error = REPLY_NO_CONNECTION;
		handle_give(&g->idle, h);
		end_later(g, x);
		return;
	}
	x->carrier = h;
}

void engine_start(struct engine *g, struct exchange *x)
{
	reply_init(&x->reply);
	x->carrier = NULL;
	g->busy++;
	if (x->request.timeout_ms == 0)
		x->request.timeout_ms = 30 * WHEN_SECOND;
	if (x->request.kind == REQUEST_EXEC) {
		struct child *c = child_start(x, when_now_ms());

		if (c) {
			c->next = g->children;
			g->children = c;
		} else {
			end_later(g, x);
		}
	} else if (x->request.kind == REQUEST_LOCAL) {
		end_later(g, x);
	} else {
		start_network(g, x);
	}
}

static void finish(struct engine *g, struct exchange *x)
{
	g->busy--;
	x->done(x);
}

static void finish_ready(struct engine *g)
{
	/* `done` may start new exchanges that end at once: those wait for the next step. */
	struct exchange **list = g->ready;
	size_t count = g->ready_count;

	g->ready = NULL;
	g->ready_count = g->ready_cap = 0;
	for (size_t i = 0; i < count; i++)
		finish(g, list[i]);
	if (!g->ready) {
		g->ready = list;
		g->ready_cap = count;
	} else {
		free(list);
	}
}

static void finish_network(struct engine *g)
{
	CURLMsg *news;
	int left;

	while ((news = curl_multi_info_read(g->multi, &left))) {
		struct handle *h;
		struct exchange *x;
		CURLcode code = news->data.result;

		if (news->msg != CURLMSG_DONE)
			continue;
		h = handle_of(news->easy_handle);
		x = h->x;
		curl_multi_remove_handle(g->multi, h->easy);
		handle_finish(h, code);
		handle_give(&g->idle, h);
		finish(g, x);
	}
}

static void step_children(struct engine *g)
{
	struct child **at = &g->children;
	int64_t now = g->children ? when_now_ms() : 0;

	while (*at) {
		struct child *c = *at;

		if (!child_step(c, now)) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		end_later(g, c->x);
		child_free(c);
	}
}

/* How long poll may sleep. A child that has closed its output is looked at again soon: its end makes no event. */
static int patience(const struct engine *g, int64_t timeout_ms)
{
	int64_t wait = timeout_ms < 0 ? 3600000 : timeout_ms, now = when_now_ms();

	if (g->ready_count)
		return 0;
	if (g->timer_ms >= 0 && g->timer_ms - now < wait)
		wait = g->timer_ms - now;
	for (const struct child *c = g->children; c; c = c->next) {
		int64_t limit = c->out < 0 || c->killed ? 5 : c->deadline_ms - now;

		wait = limit < wait ? limit : wait;
	}
	return wait < 0 ? 0 : (int)wait;
}

static size_t collect_fds(struct engine *g, int watch_fd)
{
	size_t count = g->socket_count;

	for (const struct child *c = g->children; c; c = c->next) {
		need_fds(g, count + 3);
		count += child_poll(c, g->fds + count);
	}
	need_fds(g, count + 1);
	if (watch_fd >= 0)
		g->fds[count++] = (struct pollfd){.fd = watch_fd, .events = POLLIN};
	return count;
}

static int what_happened(short revents)
{
	return (revents & (POLLIN | POLLHUP) ? CURL_CSELECT_IN : 0) | (revents & POLLOUT ? CURL_CSELECT_OUT : 0) |
	    (revents & (POLLERR | POLLNVAL) ? CURL_CSELECT_ERR : 0);
}

static void serve_sockets(struct engine *g, size_t count)
{
	int running;
	struct pollfd *seen = NULL;
	size_t seen_count = 0;

	/* The calls below change g->fds: work from a copy of what is ready. */
	for (size_t i = 0; i < count; i++)
		seen_count += g->fds[i].revents != 0;
	if (seen_count == 0)
		return;
	seen = xcalloc(seen_count, sizeof(*seen));
	for (size_t i = 0, at = 0; i < count; i++)
		if (g->fds[i].revents)
			seen[at++] = g->fds[i];
	for (size_t i = 0; i < seen_count; i++)
		curl_multi_socket_action(g->multi, seen[i].fd, what_happened(seen[i].revents), &running);
	free(seen);
}

int engine_step(struct engine *g, int64_t timeout_ms, int watch_fd, bool *ret_readable, struct err *e)
{
	size_t sockets = g->socket_count, count = collect_fds(g, watch_fd);
	int got = poll(g->fds, (nfds_t)count, patience(g, timeout_ms)), running;

	if (got < 0 && errno != EINTR)
		return err_set(e, EX_OSERR, "cannot wait for the network: %s", strerror(errno));
	*ret_readable = got > 0 && watch_fd >= 0 && g->fds[count - 1].revents;
	if (got > 0)
		serve_sockets(g, sockets);
	if (g->timer_ms >= 0 && when_now_ms() >= g->timer_ms) {
		g->timer_ms = -1;
		curl_multi_socket_action(g->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	}
	finish_network(g);
	step_children(g);
	finish_ready(g);
	return 0;
}
