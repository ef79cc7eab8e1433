/*
 * Two queues between two threads. Each side wakes the other through a pipe, and only when the other may be asleep.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>

#include "common/transport/engine.h"
#include "common/transport/loop.h"
#include "common/xalloc.h"

#include "common/banned.h"

struct queue {
	struct exchange *first, **last;
};

struct side {
	int wake[2];            /* read end, write end */
	bool asleep;            /* under the lock: about to wait, or waiting */
};

struct engine {
	unsigned connections, busy;
	struct queue starting;          /* the caller's: handed over in one piece */
	struct queue local;             /* nothing to do for these */
	bool running;
	pthread_t thread;
	struct loop *loop;

	pthread_mutex_t lock;           /* of all below */
	struct queue inbox, outbox;     /* to the network, from the network */
	struct side caller, network;
	bool quit, recall;
};

static void queue_init(struct queue *q)
{
	*q = (struct queue){.last = &q->first};
}

static void queue_push(struct queue *q, struct exchange *x)
{
	x->next = NULL;
	*q->last = x;
	q->last = &x->next;
}

static struct exchange *queue_take(struct queue *q)
{
	struct exchange *first = q->first;

	queue_init(q);
	return first;
}

static void queue_append(struct queue *to, struct queue *from)
{
	if (!from->first)
		return;
	*to->last = from->first;
	to->last = from->last;
	queue_init(from);
}

static int side_init(struct side *s, struct err *e)
{
	s->wake[0] = s->wake[1] = -1;
	if (pipe(s->wake) < 0)
		return err_set(e, EX_OSERR, "cannot make a pipe: %s", strerror(errno));
	for (int i = 0; i < 2; i++) {
		fcntl(s->wake[i], F_SETFD, FD_CLOEXEC);
		fcntl(s->wake[i], F_SETFL, O_NONBLOCK);
	}
	return 0;
}

static void side_clear(struct side *s)
{
	for (int i = 0; i < 2; i++)
		if (s->wake[i] >= 0)
			close(s->wake[i]);
}

/* With the lock held. */
static void side_wake(struct side *s)
{
	if (!s->asleep)
		return;
	s->asleep = false;
	if (write(s->wake[1], "", 1) < 0)
		return;         /* full: it is awake as can be */
}

static void side_drain(const struct side *s)
{
	char piece[64];

	while (read(s->wake[0], piece, sizeof(piece)) > 0)
		;
}

static void *network(void *engine)
{
	struct engine *g = engine;

	for (;;) {
		struct exchange *x, *next;
		bool recall, idle;

		pthread_mutex_lock(&g->lock);
		x = queue_take(&g->inbox);
		g->network.asleep = idle = !x;
		recall = g->recall;
		g->recall = false;
		if (g->quit) {
			pthread_mutex_unlock(&g->lock);
			return NULL;
		}
		pthread_mutex_unlock(&g->lock);
		for (; x; x = next) {
			next = x->next;
			loop_start(g->loop, x);
		}
		if (recall)
			loop_recall(g->loop);
		x = loop_step(g->loop, idle ? -1 : 0, g->network.wake[0]);
		side_drain(&g->network);
		if (!x)
			continue;
		pthread_mutex_lock(&g->lock);
		for (; x; x = next) {
			next = x->next;
			queue_push(&g->outbox, x);
		}
		side_wake(&g->caller);
		pthread_mutex_unlock(&g->lock);
	}
}

int engine_new(unsigned connections, struct engine **ret_engine, struct err *e)
{
	struct engine *g = xcalloc(1, sizeof(*g));

	g->connections = connections;
	queue_init(&g->starting);
	queue_init(&g->local);
	queue_init(&g->inbox);
	queue_init(&g->outbox);
	pthread_mutex_init(&g->lock, NULL);
	g->network.wake[0] = g->network.wake[1] = -1;
	if (side_init(&g->caller, e) < 0 || side_init(&g->network, e) < 0) {
		engine_free(g);
		return -1;
	}
	*ret_engine = g;
	return 0;
}

void engine_free(struct engine *g)
{
	if (!g)
		return;
	if (g->running) {
		pthread_mutex_lock(&g->lock);
		g->quit = true;
		side_wake(&g->network);
		pthread_mutex_unlock(&g->lock);
		pthread_join(g->thread, NULL);
		loop_free(g->loop);
		curl_global_cleanup();
	}
	side_clear(&g->caller);
	side_clear(&g->network);
	pthread_mutex_destroy(&g->lock);
	free(g);
}

unsigned engine_busy(const struct engine *g)
{
	return g->busy;
}

/* Signals are the caller's. */
static int run_thread(struct engine *g, struct err *e)
{
	sigset_t all, before;
	int failed;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(e, EX_SOFTWARE, "cannot set libcurl up");
	g->loop = loop_new(g->connections);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&g->thread, NULL, network, g);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed)
		return err_set(e, EX_OSERR, "cannot start a thread: %s", strerror(failed));
	g->running = true;
	return 0;
}

void engine_start(struct engine *g, struct exchange *x)
{
	reply_init(&x->reply);
	g->busy++;
	if (x->request.timeout_ms == 0)
		x->request.timeout_ms = REQUEST_TIMEOUT_MS;
	queue_push(x->request.kind == REQUEST_LOCAL ? &g->local : &g->starting, x);
}

void engine_recall(struct engine *g)
{
	pthread_mutex_lock(&g->lock);
	g->recall = true;
	side_wake(&g->network);
	pthread_mutex_unlock(&g->lock);
}

static int hand_over(struct engine *g, struct err *e)
{
	if (!g->starting.first)
		return 0;
	if (!g->running && run_thread(g, e) < 0)
		return -1;
	pthread_mutex_lock(&g->lock);
	queue_append(&g->inbox, &g->starting);
	side_wake(&g->network);
	pthread_mutex_unlock(&g->lock);
	return 0;
}

/* What has ended; when there is nothing, the network will wake us. */
static struct exchange *collect(struct engine *g)
{
	struct exchange *x;

	pthread_mutex_lock(&g->lock);
	x = queue_take(&g->outbox);
	g->caller.asleep = !x;
	pthread_mutex_unlock(&g->lock);
	return x;
}

static void finish(struct engine *g, struct exchange *x)
{
	struct exchange *next;

	for (; x; x = next) {
		next = x->next;
		g->busy--;
		x->done(x);
	}
}

int engine_step(struct engine *g, int64_t timeout_ms, int watch_fd, bool *ret_readable, struct err *e)
{
	struct exchange *local = queue_take(&g->local), *ended;
	struct pollfd fds[2] = {{.fd = g->caller.wake[0], .events = POLLIN}, {.fd = watch_fd, .events = POLLIN}};
	int got;

	*ret_readable = false;
	if (hand_over(g, e) < 0)
		return -1;
	ended = collect(g);
	if (watch_fd >= 0 || (!ended && !local)) {
		got = poll(fds, watch_fd >= 0 ? 2 : 1, ended || local || timeout_ms == 0 ? 0 : timeout_ms < 0 ? -1 : (int)timeout_ms);
		if (got < 0 && errno != EINTR)
			return err_set(e, EX_OSERR, "cannot wait for the network: %s", strerror(errno));
		*ret_readable = got > 0 && watch_fd >= 0 && fds[1].revents;
		if (got > 0 && fds[0].revents)
			side_drain(&g->caller);
	}
	if (!ended)
		ended = collect(g);
	finish(g, local);
	finish(g, ended);
	return 0;
}
