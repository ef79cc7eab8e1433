#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/deliver/fetch.h"
#include "common/deliver/job.h"
#include "common/line/envelope.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define HOPS 5
#define KEEP_MS WHEN_MINUTE             /* how long what was fetched is good for others */
#define KEEP_FAILED_MS (5 * WHEN_SECOND)
#define KEEP_BYTES (64u << 20)
#define HELD_BYTES (128u << 20)         /* under way and in use, at the most that it may become */
#define SHOWN 90                        /* bytes of a URL in an error */

enum state { UNDER_WAY, READY, FAILED };

struct fetched {
	struct exchange x;
	struct fetches *all;
	char *url;                      /* as the message has it; the request's changes with redirections */
	enum state state;
	struct verdict why;             /* FAILED */
	unsigned hops, users;
	int64_t ended_ms;
	struct fetched *next;
};

struct fetches {
	struct deliver *d;
	struct request_guard guard;
	struct fetched *first;
};

struct fetches *fetches_new(struct deliver *d)
{
	struct fetches *f = xcalloc(1, sizeof(*f));

	f->d = d;
	f->guard = (struct request_guard){d->o.config->media_allow, d->o.config->media_allow_count, d->o.config->media_bytes};
	return f;
}

static void free_fetched(struct fetched *f)
{
	request_clear(&f->x.request);
	reply_clear(&f->x.reply);
	free(f->url);
	free(f);
}

void fetches_free(struct fetches *f)
{
	while (f && f->first) {
		struct fetched *next = f->first->next;

		free_fetched(f->first);
		f->first = next;
	}
	free(f);
}

/* ---- what came of it ---- */

/* Neither query, which may hold a signature, nor user and password. */
static void show_url(const char *url, char ret_text[SHOWN])
{
	const char *host = strstr(url, "//") + 2, *at = host + strcspn(host, "/?#@");

	if (*at == '@')
		host = at + 1;
	snprintf(ret_text, SHOWN, "%.*s%.*s", (int)(strstr(url, "//") + 2 - url), url, (int)strcspn(host, "?#"), host);
}

static void fail(struct fetched *f, bool retry, const char *what)
{
	char url[SHOWN], text[200];

	show_url(f->x.request.url, url);
	snprintf(text, sizeof(text), "media: cannot fetch '%s': %s", err_quote(url), what);
	verdict_init(&f->why, STATUS_FAILED);
	verdict_fail(&f->why, FAILURE_CONTENT, retry, "media", text);
	f->why.retry_after_ms = f->x.reply.retry_after_ms;
	f->state = FAILED;
}

static void judge(struct fetched *f)
{
	const struct reply *r = &f->x.reply;
	long status = r->status;
	char what[96];

	if (r->error == REPLY_TOO_LARGE) {
		snprintf(what, sizeof(what), "larger than %zu bytes", f->all->guard.most);
		fail(f, false, what);
	} else if (r->error != REPLY_OK) {
		fail(f, r->error != REPLY_REFUSED && r->error != REPLY_LOGIN, r->error_text);
	} else if (status / 100 == 3) {
		fail(f, false, "too many redirections, or one to nowhere");
	} else if (status / 100 != 2) {
		snprintf(what, sizeof(what), "status %ld", status);
		fail(f, status >= 500 || status == 408 || status == 425 || status == 429, what);
	} else if (r->body.len == 0) {
		fail(f, false, "empty");
	} else {
		f->state = READY;
	}
}

static bool is_web(const char *url)
{
	return strncasecmp(url, "https://", 8) == 0 || strncasecmp(url, "http://", 7) == 0;
}

static void on_done(struct exchange *x);

static void start(struct fetched *f, const char *url)
{
	request_init(&f->x.request);
	f->x.request.kind = REQUEST_HTTP;
	f->x.request.method = "GET";
	f->x.request.url = xstrdup(url);
	f->x.request.guard = &f->all->guard;
	f->x.resend = true;
	f->x.done = on_done;
	f->x.owner = f;
	engine_start(f->all->d->engine, &f->x);
}

/* Redirections are followed here, one request each, so that each is judged as the first was. */
static bool follow(struct fetched *f)
{
	struct reply *r = &f->x.reply;
	char *to;

	if (r->error != REPLY_OK || r->status / 100 != 3 || !r->location || !is_web(r->location) || f->hops == HOPS)
		return false;
	f->hops++;
	to = xstrdup(r->location);
	request_clear(&f->x.request);
	reply_clear(r);
	start(f, to);
	free(to);
	return true;
}

/* How many more there is room for, should all that is under way become as large as it may. */
static size_t places(const struct fetches *all)
{
	size_t held = 0;

	for (const struct fetched *f = all->first; f; f = f->next)
		if (f->state == UNDER_WAY || f->users > 0)
			held += f->state == UNDER_WAY ? all->guard.most : f->x.reply.body.len;
	return held < HELD_BYTES ? (HELD_BYTES - held) / all->guard.most : 0;
}

static bool waits(const struct job *j)
{
	for (size_t i = 0; i < j->content_count; i++)
		if (j->fetched[i]->state == UNDER_WAY)
			return true;
	return false;
}

static void wake(struct deliver *d)
{
	size_t room = places(d->fetches);
	struct job_list still;
	struct job *j;

	job_list_init(&still);
	while ((j = job_pop(&d->fetching))) {
		/* One that has nothing yet waits for room. */
		bool stays = j->fetched ? waits(j) : room == 0;

		room -= !j->fetched && !stays;
		j->row.due_ms = stays ? j->row.due_ms : when_now_ms();
		job_push(stays ? &still : &d->incoming, j);
	}
	while ((j = job_pop(&still)))
		job_push(&d->fetching, j);
}

static void on_done(struct exchange *x)
{
	struct fetched *f = x->owner;

	if (follow(f))
		return;
	judge(f);
	f->ended_ms = when_clock_ms();
	/* Called back: the run ends, and whoever waits is queued again. */
	if (x->reply.error != REPLY_NOT_STARTED)
		wake(f->all->d);
}

/* ---- who wants it ---- */

static bool is_stale(const struct fetched *f, int64_t now)
{
	return f->state != UNDER_WAY && now - f->ended_ms > (f->state == FAILED ? KEEP_FAILED_MS : KEEP_MS);
}

static void tidy(struct fetches *all)
{
	int64_t now = when_clock_ms();
	struct fetched **at = &all->first;
	size_t bytes = 0;

	/* The newest come first: it is the old ones that there is no room for. */
	while (*at) {
		struct fetched *f = *at;

		if (f->state != UNDER_WAY && f->users == 0 && (is_stale(f, now) || bytes + f->x.reply.body.len > KEEP_BYTES)) {
			*at = f->next;
			free_fetched(f);
			continue;
		}
		bytes += f->state == READY ? f->x.reply.body.len : 0;
		at = &f->next;
	}
}

static struct fetched *find(const struct fetches *all, const char *url)
{
	int64_t now = when_clock_ms();
	struct fetched *f = all->first;

	while (f && (strcmp(f->url, url) != 0 || is_stale(f, now)))
		f = f->next;
	return f;
}

static struct fetched *get(struct fetches *all, const char *url)
{
	struct fetched *f = find(all, url);

	if (!f) {
		f = xcalloc(1, sizeof(*f));
		f->all = all;
		f->url = xstrdup(url);
		f->next = all->first;
		all->first = f;
		reply_init(&f->x.reply);
		start(f, url);
	}
	f->users++;
	return f;
}

static bool wants(const struct job *j, const json_t *medium)
{
	struct limits l = provider_limits(account_provider(j->account), j->address.channel);

	return (l.caps & PROVIDER_MEDIA_FILE) && !(l.caps & PROVIDER_MEDIA_URL) && envelope_text(medium, "url", NULL);
}

static const json_t *media_of(const struct job *j)
{
	const json_t *message = j->fit.message ? j->fit.message : j->words.message ? j->words.message : j->message;

	return json_object_get(message, "media");
}

static bool wants_any(const struct job *j)
{
	const json_t *media = media_of(j);

	for (size_t i = 0; i < json_array_size(media); i++)
		if (wants(j, json_array_get(media, i)))
			return true;
	return false;
}

void fetch_release(struct job *j)
{
	bool held = j->fetched;

	for (size_t i = 0; held && i < j->content_count; i++)
		j->fetched[i]->users--;
	free(j->fetched);
	free(j->contents);
	j->fetched = NULL;
	j->contents = NULL;
	j->content_count = 0;
	if (held && j->d->fetching.count > 0)
		wake(j->d);
}

static void acquire(struct job *j)
{
	const json_t *media = media_of(j);

	fetch_release(j);
	tidy(j->d->fetches);
	j->fetched = xcalloc(json_array_size(media) + 1, sizeof(struct fetched *));
	for (size_t i = 0; i < json_array_size(media); i++)
		if (wants(j, json_array_get(media, i)))
			j->fetched[j->content_count++] = get(j->d->fetches, envelope_text(json_array_get(media, i), "url", ""));
}

/* Everything that it wants is there, or will be, for others. */
static bool has_all(const struct job *j)
{
	const json_t *media = media_of(j);

	for (size_t i = 0; i < json_array_size(media); i++)
		if (wants(j, json_array_get(media, i)) && !find(j->d->fetches, envelope_text(json_array_get(media, i), "url", "")))
			return false;
	return true;
}

/* Held in memory, and queued in the outbox for later, should this process not live to see it. */
static int park(struct job *j, struct err *e)
{
	j->task = JOB_SEND;
	j->row.state = OUTBOX_QUEUED;
	j->row.due_ms = when_now_ms();
	j->row.owner = j->d->owner;
	j->row.lease_ms = OUTBOX_NEVER;
	if (outbox_update(j->d->o.store, &j->row, e) < 0)
		return -1;
	job_push(&j->d->fetching, j);
	return 0;
}

static int failed(struct job *j, const struct verdict *why, struct err *e)
{
	struct verdict v = *why;

	fetch_release(j);
	j->task = JOB_SEND;
	j->row.attempt++;
	if (v.retry)
		return outcome_retry(j, &v, e);
	return outcome_failure(j, STATUS_FAILED, v.failure, v.code, v.text, e);
}

static void fill_contents(struct job *j)
{
	free(j->contents);
	j->contents = xcalloc(j->content_count + 1, sizeof(*j->contents));
	for (size_t i = 0; i < j->content_count; i++) {
		const struct fetched *f = j->fetched[i];

		j->contents[i] = (struct content){f->url, f->x.reply.body.data, f->x.reply.body.len};
	}
}

int fetch_media(struct job *j, struct err *e)
{
	struct err ignored;

	/* What an earlier attempt has had; a job that was parked has nothing yet. */
	if (j->contents)
		fetch_release(j);
	/* What does not fit is said when the request is made. */
	if (!wants_any(j) || job_fit(j, &ignored) < 0 || !wants_any(j))
		return 1;
	if (!j->fetched && (places(j->d->fetches) > 0 || has_all(j)))
		acquire(j);
	if (!j->fetched || waits(j))
		return park(j, e);
	for (size_t i = 0; i < j->content_count; i++)
		if (j->fetched[i]->state == FAILED)
			return failed(j, &j->fetched[i]->why, e);
	fill_contents(j);
	return 1;
}

size_t fetch_pretend(struct job *j)
{
	const json_t *media = media_of(j);

	fetch_release(j);
	j->contents = xcalloc(json_array_size(media) + 1, sizeof(*j->contents));
	for (size_t i = 0; i < json_array_size(media); i++)
		if (wants(j, json_array_get(media, i)))
			j->contents[j->content_count++] = (struct content){envelope_text(json_array_get(media, i), "url", ""), "", 0};
	return j->content_count;
}

void fetch_give_up(struct deliver *d)
{
	struct job *j;

	while ((j = job_pop(&d->fetching))) {
		j->row.due_ms = when_now_ms();
		job_push(&d->incoming, j);
	}
}
