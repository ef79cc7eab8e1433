#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "common/xalloc.h"
#include "tests/carrier/later.h"

#include "common/banned.h"

struct call {
	struct timespec due;
	later_fn *fn;
	void *ctx;
	struct call *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_t thread;
static struct call *calls;      /* the soonest first */
static bool stopping;

static bool earlier(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

static void enqueue(struct call *c, int ms)
{
	struct call **at = &calls;

	clock_gettime(CLOCK_REALTIME, &c->due);
	c->due.tv_sec += ms / 1000;
	c->due.tv_nsec += ms % 1000 * 1000000L;
	if (c->due.tv_nsec >= 1000000000L) {
		c->due.tv_sec++;
		c->due.tv_nsec -= 1000000000L;
	}
	while (*at && !earlier(&c->due, &(*at)->due))
		at = &(*at)->next;
	c->next = *at;
	*at = c;
}

static void *run(void *unused)
{
	(void)unused;
	pthread_mutex_lock(&lock);
	while (!stopping) {
		struct call *first = calls;
		struct timespec now;
		int again;

		clock_gettime(CLOCK_REALTIME, &now);
		if (!first) {
			pthread_cond_wait(&changed, &lock);
			continue;
		}
		if (earlier(&now, &first->due)) {
			struct timespec due = first->due;

			pthread_cond_timedwait(&changed, &lock, &due);
			continue;
		}
		calls = first->next;
		pthread_mutex_unlock(&lock);
		again = first->fn(first->ctx);
		pthread_mutex_lock(&lock);
		if (again >= 0)
			enqueue(first, again);
		else
			free(first);
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

void later_start(void)
{
	if (pthread_create(&thread, NULL, run, NULL) != 0)
		abort();
}

void later_stop(void)
{
	pthread_mutex_lock(&lock);
	stopping = true;
	pthread_cond_signal(&changed);
	pthread_mutex_unlock(&lock);
	pthread_join(thread, NULL);
	while (calls) {
		struct call *c = calls;

		calls = c->next;
		free(c);
	}
}

void later_call(int ms, later_fn *fn, void *ctx)
{
	struct call *c = xcalloc(1, sizeof(*c));

	c->fn = fn;
	c->ctx = ctx;
	pthread_mutex_lock(&lock);
	enqueue(c, ms);
	pthread_cond_signal(&changed);
	pthread_mutex_unlock(&lock);
}
