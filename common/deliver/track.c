#include <stdlib.h>
#include <string.h>

#include "common/deliver/job.h"
#include "common/deliver/links.h"
#include "common/deliver/track.h"
#include "common/line/envelope.h"
#include "common/store/link.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define TEXT_MAX (4u << 20)

struct tracking {
	struct job *j;
	const char *host;               /* "https://go.example.org/", with the slash */
	const json_t *link;             /* of the message, or NULL */
	struct tracked *t;
};

static bool wanted(const struct job *j, const json_t *message)
{
	enum purpose purpose = job_purpose(j);
	const json_t *own = json_object_get(message, "track");

	if (!j->d->o.config->track || j->template || purpose == PURPOSE_OTP || purpose == PURPOSE_EMERGENCY)
		return false;
	return !json_is_false(own) && !(provider_limits(account_provider(j->account), j->address.channel).caps & PROVIDER_SPOKEN);
}

/* Where the message's link leads when it is a web page that is asked for. */
static const char *page_of(const json_t *link)
{
	return envelope_text(link, "url", envelope_text(link, "fallback", NULL));
}

static int make_code(const struct tracking *t, const char *url, char ret_code[LINK_CODE + 1], struct err *e)
{
	const char *page = page_of(t->link);
	bool own = page && strcmp(page, url) == 0;
	const struct link_row row = {
	    .message = t->j->row.message,
	    .channel = t->j->address.channel,
	    .address = t->j->address.text,
	    .leg = t->j->row.leg,
	    .url = url,
	    .app = own ? envelope_text(t->link, "app", NULL) : NULL,
	    .fallback = own ? envelope_text(t->link, "fallback", NULL) : NULL,
	};

	if (t->j->row.seq == 0) {
		link_code(ret_code);
		return 0;
	}
	return link_put(t->j->d->o.store, &row, when_now_ms(), ret_code, e);
}

static int shorten(void *ctx, const char *url, const char **ret_instead, struct err *e)
{
	struct tracking *t = ctx;
	char code[LINK_CODE + 1], *whole;

	if (strncmp(url, t->host, strlen(t->host)) == 0)
		return 0;
	if (!t->t->links)
		t->t->links = json_object();
	if (!json_object_get(t->t->links, url)) {
		if (make_code(t, url, code, e) < 0)
			return -1;
		whole = xformat("%s%s", t->host, code);
		json_object_set_new(t->t->links, url, json_string(whole));
		free(whole);
	}
	*ret_instead = envelope_text(t->t->links, url, NULL);
	return 1;
}

static json_t *changed_message(struct tracking *t, const json_t *message)
{
	if (!t->t->message)
		t->t->message = json_copy((json_t *)message);
	return t->t->message;
}

/* A member of an object, which is copied before it is changed. */
static int shorten_member(struct tracking *t, json_t *object, const char *key, const char *url, struct err *e)
{
	const char *instead;
	int got = url ? shorten(t, url, &instead, e) : 0;

	if (got == 1)
		json_object_set_new(object, key, json_string(instead));
	return got < 0 ? -1 : 0;
}

static int shorten_link(struct tracking *t, const json_t *message, struct err *e)
{
	json_t *copy;

	if (!page_of(t->link))
		return 0;
	copy = json_copy((json_t *)t->link);
	json_object_set_new(changed_message(t, message), "link", copy);
	return shorten_member(t, copy, "url", page_of(t->link), e);
}

static int shorten_buttons(struct tracking *t, const json_t *message, struct err *e)
{
	const json_t *buttons = json_object_get(message, "buttons");
	json_t *list;
	int result = 0;

	if (json_array_size(buttons) == 0)
		return 0;
	list = json_array();
	for (size_t i = 0; i < json_array_size(buttons) && result == 0; i++) {
		json_t *copy = json_copy(json_array_get(buttons, i));

		json_array_append_new(list, copy);
		result = shorten_member(t, copy, "url", envelope_text(copy, "url", NULL), e);
	}
	json_object_set_new(changed_message(t, message), "buttons", list);
	return result;
}

typedef int replace_fn(const char *, links_fn *, void *, struct buf *, struct err *);

static int shorten_words(struct tracking *t, const char *words, replace_fn *replace, char **ret_words, struct err *e)
{
	struct buf b;
	int got;

	if (!words)
		return 0;
	buf_init(&b, TEXT_MAX);
	got = replace(words, shorten, t, &b, e);
	if (got > 0)
		*ret_words = buf_steal(&b);
	buf_clear(&b);
	return got < 0 ? -1 : 0;
}

int track_links(struct job *j, struct tracked *ret_tracked, struct err *e)
{
	const json_t *message = j->words.message ? j->words.message : j->message;
	struct tracked tracked = {.text = NULL};
	struct tracking t = {j, j->d->o.config->track, json_object_get(message, "link"), &tracked};

	/* The link first: it is what knows of an app. */
	if (wanted(j, message) &&
	    (shorten_link(&t, message, e) < 0 || shorten_buttons(&t, message, e) < 0 ||
	        shorten_words(&t, j->words.text, links_replace_text, &tracked.text, e) < 0 ||
	        shorten_words(&t, j->words.html, links_replace_html, &tracked.html, e) < 0)) {
		tracked_clear(&tracked);
		return -1;
	}
	*ret_tracked = tracked;
	return 0;
}

void tracked_clear(struct tracked *t)
{
	free(t->text);
	free(t->html);
	json_decref(t->message);
	json_decref(t->links);
	*t = (struct tracked){.text = NULL};
}
