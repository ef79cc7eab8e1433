/* How often the law lets somebody be written to. */
#include <stdio.h>
#include <string.h>

#include "common/line/when.h"
#include "common/policy/hours_set.h"
#include "common/store/sent.h"

#include "common/banned.h"

#define CAPS 8

/* "3/24h topic, 1/24h voice": one of them. */
static bool parse_cap(const char **p, struct hours_cap *cap)
{
	char count[12], within[WHEN_SIZE], word[32] = "", end;
	size_t len = strcspn(*p, ",");
	char text[96];
	int64_t value = 0;

	snprintf(text, sizeof(text), "%.*s", (int)len, *p);
	*p += len + ((*p)[len] == ',');
	if (sscanf(text, " %11[0-9]/%31s %31s %c", count, within, word, &end) < 2 || when_parse_duration(within, &cap->within_ms) < 0)
		return false;
	for (const char *digit = count; *digit; digit++)
		value = value * 10 + (*digit - '0');
	cap->count = (unsigned)value;
	cap->by_topic = strcmp(word, "topic") == 0;
	snprintf(cap->channel, sizeof(cap->channel), "%s", cap->by_topic ? "" : word);
	return true;
}

size_t hours_caps(struct hours *h, const struct hours_question *q, struct hours_cap *ret_caps, size_t most)
{
	struct place room;
	const struct place *place;
	size_t count = 0;

	if (h->no_law || q->purpose != PURPOSE_MARKETING)
		return 0;
	place = hours_locate(h, q, &room);
	for (size_t i = 0; i < place->jurisdiction_count; i++) {
		const struct hours_row *row = hours_law(h, place->jurisdictions[i]);
		const char *caps = row ? row->caps : "";

		while (*caps && count < most) {
			struct hours_cap *cap = &ret_caps[count];

			cap->row = row->name;
			if (!parse_cap(&caps, cap))
				break;
			if (*cap->channel ? strcmp(cap->channel, q->channel) == 0 : hours_row_is_about(row, q->channel))
				count++;
		}
	}
	return count;
}

bool hours_count(const struct hours *h, enum purpose purpose)
{
	return purpose == PURPOSE_MARKETING && !h->no_law;
}

static int ask_one(struct store *s, const struct hours_cap *cap, const struct caps_question *c, struct caps_answer *a, struct err *e)
{
	struct sent_filter filter = {
	    .person = c->person,
	    .channel = *cap->channel ? cap->channel : NULL,
	    .topic = cap->by_topic ? c->topic : NULL,
	    .purposes = 1u << c->purpose,
	    .but = c->message,
	    .since_ms = c->now_ms - cap->within_ms,
	};
	char when[WHEN_SIZE], within[WHEN_SIZE];
	int64_t sent_ms;
	int got = sent_nth(s, &filter, cap->count, &sent_ms, e);

	if (got < 1 || (a->over && sent_ms + cap->within_ms <= a->free_ms))
		return got < 0 ? -1 : 0;
	*a = (struct caps_answer){.over = true, .hold = true, .free_ms = sent_ms + cap->within_ms};
	when_format(a->free_ms, when);
	when_format_duration(cap->within_ms, within);
	snprintf(a->text, sizeof(a->text), "%s lets %u in %s through, until %s", cap->row, cap->count, within, when);
	return 0;
}

int hours_ask_caps(struct hours *h, struct store *s, const struct hours_question *q, const struct caps_question *c,
    struct caps_answer *ret_answer, struct err *e)
{
	struct hours_cap caps[CAPS];
	size_t count;

	*ret_answer = (struct caps_answer){.over = false};
	if (!s || !hours_count(h, q->purpose))
		return 0;
	count = hours_caps(h, q, caps, CAPS);
	/* A store of an earlier version has counted nothing. */
	if (count > 0 && store_outdated(s))
		return 0;
	for (size_t i = 0; i < count; i++)
		if (ask_one(s, &caps[i], c, ret_answer, e) < 0)
			return -1;
	return 0;
}
