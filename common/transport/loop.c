/*
 * libcurl's multi-socket interface over poll(2): only the sockets that have something to say cost anything. Handles are
 * pooled; commands are children in a list of their own, and so are conversations with mail servers once curl has connected.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "common/line/when.h"
#include "common/transport/child.h"
#include "common/transport/handle.h"
#include "common/transport/loop.h"
#include "common/transport/session.h"
#include "common/transport/wary.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define LONG_MS 3600000
#define LEAST_MS 20             /* what would have less time is not started */

struct loop {
	CURLM *multi;
	struct handle *idle, *busy;
	struct child *children;
	struct session *sessions;
	struct exchange *ended;
	struct exchange *waiting, **waiting_last;       /* for one of the `most` places */
	unsigned active, most;
	struct pollfd *fds;             /* curl's sockets first; room for more behind them */
	size_t socket_count, fd_cap;
	size_t session_at;              /* where the sessions' are */
	struct wary wary;
	int64_t timer_ms;               /* when curl wants to be called; -1: not at all */
};

static void need_fds(struct loop *g, size_t count)
{
	if (count <= g->fd_cap)
		return;
	g->fd_cap = count * 2;
	g->fds = xrealloc(g->fds, g->fd_cap * sizeof(*g->fds));
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *socket_ctx)
{
	struct loop *g = ctx;
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
	struct loop *g = ctx;

	(void)multi;
	g->timer_ms = timeout_ms < 0 ? -1 : when_clock_ms() + timeout_ms;
	return 0;
}

struct loop *loop_new(unsigned connections)
{
	struct loop *g = xcalloc(1, sizeof(*g));

	g->multi = curl_multi_init();
	if (!g->multi)
		abort();
	g->timer_ms = -1;
	g->most = connections;
	g->waiting_last = &g->waiting;
	need_fds(g, 64);
	curl_multi_setopt(g->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(g->multi, CURLMOPT_SOCKETDATA, g);
	curl_multi_setopt(g->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(g->multi, CURLMOPT_TIMERDATA, g);
	curl_multi_setopt(g->multi, CURLMOPT_MAXCONNECTS, (long)connections + 8);
	curl_multi_setopt(g->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)connections);
	curl_multi_setopt(g->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
	return g;
}

static void put_handle(struct loop *g, struct handle *h)
{
	handle_drop(&g->busy, h);
	handle_rest(h);
	handle_keep(&g->idle, h);
}

static void drop_session(struct loop *g, struct session **at)
{
	struct session *s = *at;
	struct handle *h;

	*at = *session_next(s);
	h = session_free(s);
	curl_multi_remove_handle(g->multi, h->easy);
	put_handle(g, h);
}

void loop_free(struct loop *g)
{
	if (!g)
		return;
	while (g->sessions)
		drop_session(g, &g->sessions);
	while (g->children) {
		struct child *c = g->children;

		g->children = c->next;
		child_free(c);
	}
	while (g->busy) {
		struct handle *h = g->busy;

		handle_drop(&g->busy, h);
		curl_multi_remove_handle(g->multi, h->easy);
		handle_free(h);
	}
	while (g->idle) {
		struct handle *h = g->idle;

		handle_drop(&g->idle, h);
		handle_free(h);
	}
	curl_multi_cleanup(g->multi);
	wary_clear(&g->wary);
	free(g->fds);
	free(g);
}

static void end(struct loop *g, struct exchange *x)
{
	g->active--;
	x->next = g->ended;
	g->ended = x;
}

static struct handle *get_handle(struct loop *g)
{
	struct handle *h = g->idle;

	if (h)
		handle_drop(&g->idle, h);
	else
		h = handle_new();
	handle_keep(&g->busy, h);
	return h;
}

static void start_network(struct loop *g, struct exchange *x)
{
	struct handle *h = get_handle(g);

	h->fresh = x->request.url && wary_has(&g->wary, x->request.url, when_clock_ms());
	if (handle_prepare(h, x) == 0 && curl_multi_add_handle(g->multi, h->easy) == CURLM_OK)
		return;
	if (x->reply.error == REPLY_OK)
		x->reply.error = REPLY_NO_CONNECTION;
	put_handle(g, h);
	end(g, x);
}

static void start_mail(struct loop *g, struct exchange *x);

/* Gives a session the time it wants; true when it is no longer in the list. */
static bool serve_session(struct loop *g, struct session **at)
{
	struct exchange *x = session_exchange(*at);
	enum session_end what = session_step(*at, when_clock_ms());

	if (what == SESSION_GOES_ON)
		return false;
	if (what != SESSION_DONE)
		drop_session(g, at);
	if (what == SESSION_STALE)
		start_mail(g, x);
	else if (x)
		end(g, x);
	return what != SESSION_DONE;
}

/* Idle ones stand in the way of new connections, of which there are so many. */
static void make_room(struct loop *g)
{
	unsigned idle = 0;

	for (struct session *s = g->sessions; s; s = *session_next(s))
		idle += !session_exchange(s);
	for (struct session **at = &g->sessions; *at && idle + g->active > g->most;) {
		if (session_exchange(*at)) {
			at = session_next(*at);
			continue;
		}
		drop_session(g, at);
		idle--;
	}
}

static void start_mail(struct loop *g, struct exchange *x)
{
	struct session **at = &g->sessions;

	while (*at && (session_exchange(*at) || !session_serves(*at, &x->request)))
		at = session_next(*at);
	if (*at) {
		session_start(*at, x, when_clock_ms() + x->request.timeout_ms);
		serve_session(g, at);
		return;
	}
	make_room(g);
	start_network(g, x);
}

static void begin_session(struct loop *g, struct handle *h)
{
	struct session *s = session_new(h, &h->x->request);

	*session_next(s) = g->sessions;
	g->sessions = s;
	session_start(s, h->x, h->deadline_ms);
	serve_session(g, &g->sessions);
}

static void start_command(struct loop *g, struct exchange *x)
{
	struct child *c = child_start(x, when_clock_ms());

	if (!c) {
		end(g, x);
		return;
	}
	c->next = g->children;
	g->children = c;
}

void loop_start(struct loop *g, struct exchange *x)
{
	x->next = NULL;
	*g->waiting_last = x;
	g->waiting_last = &x->next;
}

static struct exchange *take_waiting(struct loop *g)
{
	struct exchange *x = g->waiting;

	g->waiting = x->next;
	if (!g->waiting)
		g->waiting_last = &g->waiting;
	return x;
}

/* How long it may take is how long is left when it starts: it may have waited for its place. */
static bool is_too_late(struct exchange *x)
{
	int64_t left = x->request.until_ms - when_clock_ms();

	if (!x->request.until_ms)
		return false;
	if (left < x->request.timeout_ms)
		x->request.timeout_ms = left;
	return left < LEAST_MS;
}

static void start_waiting(struct loop *g)
{
	while (g->waiting && g->active < g->most) {
		struct exchange *x = take_waiting(g);

		g->active++;
		if (is_too_late(x)) {
			x->reply.error = REPLY_NOT_STARTED;
			end(g, x);
		} else if (x->request.kind == REQUEST_EXEC)
			start_command(g, x);
		else if (x->request.kind == REQUEST_SMTP)
			start_mail(g, x);
		else
			start_network(g, x);
	}
}

void loop_recall(struct loop *g)
{
	while (g->waiting) {
		struct exchange *x = take_waiting(g);

		x->reply.error = REPLY_NOT_STARTED;
		g->active++;
		end(g, x);
	}
}

static void finish_network(struct loop *g)
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
		if (x->request.kind == REQUEST_SMTP && code == CURLE_OK) {
			begin_session(g, h);
			continue;
		}
		curl_multi_remove_handle(g->multi, h->easy);
		handle_finish(h, code);
		if (handle_lost_kept(h))
			wary_add(&g->wary, x->request.url, when_clock_ms());
		put_handle(g, h);
		end(g, x);
	}
}

/* What poll said of each; curl's sockets may take their places in the list from here on. */
static void note_sessions(struct loop *g)
{
	size_t i = g->session_at;

	for (struct session *s = g->sessions; s; s = *session_next(s))
		session_note(s, g->fds[i++].revents);
}

static void step_sessions(struct loop *g)
{
	struct session **at = &g->sessions;
	int64_t now = g->sessions ? when_clock_ms() : 0;

	while (*at)
		if (!session_is_due(*at, now) || !serve_session(g, at))
			at = session_next(*at);
}

static void step_children(struct loop *g)
{
	struct child **at = &g->children;
	int64_t now = g->children ? when_clock_ms() : 0;

	while (*at) {
		struct child *c = *at;

		if (!child_step(c, now)) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		end(g, c->x);
		child_free(c);
	}
}

/* How long poll may sleep. A child that has closed its output is looked at again soon: its end makes no event. */
static int patience(const struct loop *g, int64_t timeout_ms)
{
	int64_t wait = timeout_ms < 0 ? LONG_MS : timeout_ms, now = when_clock_ms();

	if (g->ended)
		return 0;
	if (g->timer_ms >= 0 && g->timer_ms - now < wait)
		wait = g->timer_ms - now;
	for (struct session *s = g->sessions; s; s = *session_next(s))
		if (session_deadline_ms(s) - now < wait)
			wait = session_deadline_ms(s) - now;
	for (const struct child *c = g->children; c; c = c->next) {
		int64_t limit = c->out < 0 || c->killed ? 5 : c->deadline_ms - now;

		wait = limit < wait ? limit : wait;
	}
	return wait < 0 ? 0 : (int)wait;
}

static size_t collect_fds(struct loop *g, int wake_fd)
{
	size_t count = g->socket_count;

	for (const struct child *c = g->children; c; c = c->next) {
		need_fds(g, count + 3);
		count += child_poll(c, g->fds + count);
	}
	g->session_at = count;
	for (struct session *s = g->sessions; s; s = *session_next(s)) {
		need_fds(g, count + 1);
		g->fds[count++] = session_poll(s);
	}
	need_fds(g, count + 1);
	g->fds[count++] = (struct pollfd){.fd = wake_fd, .events = POLLIN};
	return count;
}

static int what_happened(short revents)
{
	return (revents & (POLLIN | POLLHUP) ? CURL_CSELECT_IN : 0) | (revents & POLLOUT ? CURL_CSELECT_OUT : 0) |
	    (revents & (POLLERR | POLLNVAL) ? CURL_CSELECT_ERR : 0);
}

static void serve_sockets(struct loop *g, size_t count)
{
	int running;

	/* A call may take its socket out of the list, or others: one that moves up is served at the next step. */
	for (size_t i = 0; i < count && i < g->socket_count; i++) {
		short revents = g->fds[i].revents;

		if (!revents)
			continue;
		g->fds[i].revents = 0;
		curl_multi_socket_action(g->multi, g->fds[i].fd, what_happened(revents), &running);
	}
}

struct exchange *loop_step(struct loop *g, int64_t timeout_ms, int wake_fd)
{
	struct exchange *ended;
	size_t sockets, count;
	int running;

	start_waiting(g);
	sockets = g->socket_count;
	count = collect_fds(g, wake_fd);
	if (poll(g->fds, (nfds_t)count, patience(g, timeout_ms)) > 0) {
		note_sessions(g);
		serve_sockets(g, sockets);
	}
	if (g->timer_ms >= 0 && when_clock_ms() >= g->timer_ms) {
		g->timer_ms = -1;
		curl_multi_socket_action(g->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	}
	finish_network(g);
	step_sessions(g);
	step_children(g);
	start_waiting(g);
	ended = g->ended;
	g->ended = NULL;
	return ended;
}
