#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/line/line.h"
#include "common/line/when.h"
#include "common/policy/hours_set.h"
#include "common/policy/wishes.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define ROWS 32 /* that hold for one recipient */
#define FIRST_OFFSET (-12 * 3600)
#define LAST_OFFSET (14 * 3600)

struct hours *hours_new(void)
{
	struct hours *h = xcalloc(1, sizeof(*h));

	h->places = places_new();
	return h;
}

void hours_free(struct hours *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < h->text_count; i++)
		free(h->texts[i]);
	for (size_t i = 0; i < h->list_count; i++)
		free(h->lists[i]);
	free(h->texts);
	free(h->lists);
	free(h->own);
	free(h->law);
	holidays_free(h->holidays);
	free(h->version);
	places_free(h->places);
	free(h);
}

size_t hours_own_count(const struct hours *h)
{
	return h->own_count;
}

bool hours_digest(const struct hours *h, enum purpose purpose)
{
	return h->digest & 1u << purpose;
}

bool hours_concern(const struct hours *h, enum purpose purpose)
{
	/* The table is about advertising alone, as its test proves. */
	if (purpose == PURPOSE_MARKETING && !h->no_law)
		return true;
	for (size_t i = 0; i < h->own_count; i++)
		if (h->own[i].purposes & 1u << purpose)
			return true;
	return false;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct hours_row *)a)->name, ((const struct hours_row *)b)->name);
}

static void read_law(struct hours *h)
{
	size_t count = hours_text_count();

	if (h->law_read)
		return;
	h->law_read = true;
	h->law = xcalloc(count, sizeof(*h->law));
	for (size_t i = 0; i < count; i++)
		h->law_count += hours_row_of_text(hours_text_at(i), &h->law[h->law_count]);
	qsort(h->law, h->law_count, sizeof(*h->law), compare_names);
}

const struct hours_row *hours_law(struct hours *h, const char *code)
{
	const struct hours_row key = {.name = code};

	read_law(h);
	return bsearch(&key, h->law, h->law_count, sizeof(*h->law), compare_names);
}

bool hours_row_is_about(const struct hours_row *row, const char *channel)
{
	const char *list = row->channels;
	bool but = *list == '-', named = false;
	size_t len = strlen(channel);

	if (strcmp(list, "all") == 0)
		return true;
	for (list += but; *list; list += *list == ',') {
		size_t word = strcspn(list, ",");

		named = named || (word == len && strncmp(list, channel, len) == 0);
		list += word;
	}
	return named != but;
}

static bool lists_code(const char *const *list, const char *code)
{
	for (; *list; list++) {
		size_t len = strlen(*list);

		if (strncmp(*list, code, len) == 0 && (code[len] == '\0' || (len == 2 && code[2] == '-')))
			return true;
	}
	return false;
}

/* The jurisdiction by whose holidays a row of the policy goes, the most particular one; NULL: it does not hold there. */
static const char *own_holds(const struct hours_row *row, const struct place *place)
{
	const char *found = row->jurisdictions ? NULL : "";

	for (size_t i = 0; i < place->jurisdiction_count; i++) {
		const char *code = place->jurisdictions[i];

		if ((!row->jurisdictions || lists_code(row->jurisdictions, code)) && (!found || strlen(code) > strlen(found)))
			found = code;
	}
	return found;
}

struct binding {
	const struct hours_row *row;
	const char *jurisdiction;       /* of its holidays; "" when no place is known */
};

static bool overridden(const struct hours *h, const struct hours_row *law, const struct hours_question *q)
{
	for (size_t i = 0; i < h->own_count; i++) {
		const struct hours_row *own = &h->own[i];

		if (own->override && own->purposes & 1u << q->purpose && hours_row_is_about(own, q->channel) &&
		    (!own->jurisdictions || lists_code(own->jurisdictions, law->name)))
			return true;
	}
	return false;
}

static bool law_binds(const struct hours *h, const struct hours_row *row, const struct hours_question *q)
{
	return row->purposes & 1u << q->purpose && hours_row_is_about(row, q->channel) && (!row->advice || h->advice) &&
	    !overridden(h, row, q);
}

/* An answer to what they have just written does not disturb them. */
static bool has_wish(const struct hours_question *q, unsigned *ret_from, unsigned *ret_to)
{
	return q->purpose != PURPOSE_SERVICE && wishes_quiet(q->recipient, ret_from, ret_to);
}

/* Their own hours of rest, as a row: open at all others. */
static bool read_wish(const struct hours_question *q, struct hours_row *ret_row)
{
	struct hours_day day = {.spans = {{0, 0}}};
	unsigned from, to;
	size_t count = 0;

	if (!has_wish(q, &from, &to))
		return false;
	if (from > to) {
		day.spans[count++] = (struct hours_span){(uint16_t)to, (uint16_t)from};
	} else {
		if (from > 0)
			day.spans[count++] = (struct hours_span){0, (uint16_t)from};
		if (to < 24 * 60)
			day.spans[count++] = (struct hours_span){(uint16_t)to, 24 * 60};
	}
	*ret_row = (struct hours_row){.name = "the person", .channels = "all", .purposes = 1u << q->purpose, .caps = "", .here = true};
	for (size_t i = 0; i < COUNT_OF(ret_row->week.days); i++)
		ret_row->week.days[i] = day;
	return count > 0;
}

bool hours_concern_one(const struct hours *h, const struct hours_question *q)
{
	unsigned from, to;

	return hours_concern(h, q->purpose) || has_wish(q, &from, &to);
}

/* `wish` is their own row, or NULL. */
static size_t bind_rows(struct hours *h, const struct hours_question *q, const struct place *place, const struct hours_row *wish,
    struct binding *bound)
{
	size_t count = 0;

	if (wish)
		bound[count++] = (struct binding){wish, ""};
	for (size_t i = 0; i < h->own_count; i++) {
		const char *jurisdiction = own_holds(&h->own[i], place);

		if (jurisdiction && h->own[i].purposes & 1u << q->purpose && hours_row_is_about(&h->own[i], q->channel) && count < ROWS)
			bound[count++] = (struct binding){&h->own[i], jurisdiction};
	}
	if (h->no_law)
		return count;
	/* A state's row before its country's: where both are closed, it is the one to name. */
	for (size_t state = 2; state-- > 0;)
		for (size_t j = 0; j < place->jurisdiction_count; j++) {
			const char *code = place->jurisdictions[j];
			const struct hours_row *row = (code[2] != '\0') == state ? hours_law(h, code) : NULL;

			if (row && count < ROWS && law_binds(h, row, q))
				bound[count++] = (struct binding){row, code};
		}
	return count;
}

void hours_place(struct hours *h, const json_t *recipient, const struct address *address, struct place *ret_place)
{
	place_find(h->places, recipient, address, ret_place);
	if (ret_place->jurisdiction_count == 0 && h->home_country)
		snprintf(ret_place->jurisdictions[ret_place->jurisdiction_count++], PLACE_CODE, "%s", h->home_country);
	if (ret_place->zone_count == 0 && h->home_zone)
		ret_place->zones[ret_place->zone_count++] = h->home_zone;
}

const struct place *hours_locate(struct hours *h, const struct hours_question *q, struct place *room)
{
	if (q->place)
		return q->place;
	hours_place(h, q->recipient, q->address, room);
	return room;
}

/* The search for an instant at which all is open. */
struct search {
	struct hours *h;
	int64_t now, at;                /* seconds */
	const struct hours_row *row;    /* that was the last to move it on */
	const char *zone;
	enum place_by by;               /* what told it */
};

static void look(struct search *s, const struct binding *b, const struct hours_clock *clock, const char *zone, enum place_by by)
{
	int64_t next;

	if (s->at == HOURS_NEVER)
		return;
	next = hours_week_next(&b->row->week, clock, s->h->holidays, *b->jurisdiction ? b->jurisdiction : NULL, s->at);
	if (next <= s->at)
		return;
	s->at = next < s->now + HOURS_HORIZON_DAYS * WHEN_DAY / 1000 ? next : HOURS_NEVER;
	s->row = b->row;
	s->zone = zone;
	s->by = by;
}

/* By the clocks that may be theirs; nothing known: by all there are. */
static void look_by_all(struct search *s, const struct binding *b, const struct place *place)
{
	struct hours_clock clock = {.zone = NULL, .margin = s->h->margin};

	if (b->row->zone) {
		clock.zone = b->row->zone->zone;
		look(s, b, &clock, b->row->zone->name, PLACE_UNKNOWN);
		return;
	}
	for (size_t i = 0; i < place->zone_count; i++) {
		clock.zone = place->zones[i]->zone;
		look(s, b, &clock, place->zones[i]->name, place->by);
	}
	if (place->zone_count == 0 && b->row->here) {
		clock.zone = zone_here();
		look(s, b, &clock, "", PLACE_UNKNOWN);
		return;
	}
	clock.zone = NULL;
	for (clock.offset = FIRST_OFFSET; place->zone_count == 0 && clock.offset <= LAST_OFFSET; clock.offset += 3600)
		look(s, b, &clock, "", PLACE_UNKNOWN);
	if (b->row->has_also) {
		clock.offset = b->row->also;
		look(s, b, &clock, "", place->by);
	}
}

static void search(struct search *s, const struct binding *bound, size_t count, const struct place *place)
{
	int64_t before;

	do {
		before = s->at;
		for (size_t i = 0; i < count; i++)
			look_by_all(s, &bound[i], place);
	} while (s->at != before && s->at != HOURS_NEVER);
}

/* An offer is never urgent, whatever its sender says. */
static const char *bypass(const struct hours_question *q)
{
	if (q->purpose == PURPOSE_OTP || q->purpose == PURPOSE_EMERGENCY)
		return purpose_name(q->purpose);
	return q->urgency == URGENCY_CRITICAL && q->purpose != PURPOSE_MARKETING ? urgency_name(q->urgency) : NULL;
}

static const char *why_never(const struct place *place)
{
	if (place->zone_count > 0)
		return "";
	return place->jurisdiction_count > 0 ? " everywhere, and this machine has no time zones (tzdata)"
					     : " everywhere, and nobody knows where they are";
}

/* `why` no hour is open, or "". */
static void say(struct hours_answer *a, const char *why)
{
	char until[WHEN_SIZE + 8] = "";
	const char *zone = a->zone;

	if (a->opens_ms != HOURS_NEVER) {
		memcpy(until, " until ", 8);
		when_format(a->opens_ms, until + 7);
		memcpy(until + sizeof(" until 2026-11-28T13:00") - 1, "Z", 2);  /* hours begin with the minute */
	}
	snprintf(a->text, sizeof(a->text), "quiet hours of %s%s%s%s%s", a->row, *zone ? " (" : "", zone, *zone ? ")" : "", until);
	if (a->opens_ms == HOURS_NEVER)
		snprintf(a->text, sizeof(a->text), "quiet hours of %s: no hour is open%s", a->row, why);
}

/* By which tables was it decided? Those of this program, and those of the machine. */
static const char *hours_version(struct hours *h)
{
	const char *directory = getenv("TZDIR");
	char *path, line[64] = "";
	FILE *f;

	if (h->version)
		return h->version;
	path = xformat("%s/tzdata.zi", directory && *directory ? directory : "/usr/share/zoneinfo");
	f = fopen(path, "re");
	if (f && fgets(line, sizeof(line), f) && strncmp(line, "# version ", 10) == 0)
		line[10 + strcspn(line + 10, " \r\n\"\\")] = '\0';
	else
		line[0] = '\0';
	if (f)
		fclose(f);
	free(path);
	h->version = xformat("%s%s%s", hours_table_version(), *line ? ", tzdata " : "", *line ? line + 10 : "");
	return h->version;
}

void hours_ask(struct hours *h, const struct hours_question *q, struct hours_answer *ret_answer)
{
	struct binding bound[ROWS];
	struct hours_row wish;
	struct place room;
	const struct place *place;
	struct search s = {.h = h, .now = q->now_ms / 1000, .at = q->now_ms / 1000};
	struct hours_answer *a = ret_answer;
	size_t count;

	a->verdict = HOURS_OPEN;
	a->bypass = a->row = NULL;
	a->text[0] = '\0';
	if (!hours_concern_one(h, q))
		return;
	place = hours_locate(h, q, &room);
	count = bind_rows(h, q, place, read_wish(q, &wish) ? &wish : NULL, bound);
	if (count > 0 && !h->holidays)
		h->holidays = holidays_new();
	search(&s, bound, count, place);
	if (!s.row)
		return;
	a->bypass = bypass(q);
	a->verdict = a->bypass ? HOURS_OPEN : s.at == HOURS_NEVER ? HOURS_SHUT : HOURS_HELD;
	a->opens_ms = s.at == HOURS_NEVER ? HOURS_NEVER : s.at * 1000;
	a->row = s.row->name;
	a->source = s.row->source;
	a->by = s.by;
	a->digest = hours_digest(h, q->purpose);
	a->zone = s.zone;
	a->version = hours_version(h);
	if (!q->brief || a->verdict == HOURS_SHUT)
		say(a, why_never(place));
}

size_t hours_rows(struct hours *h, const struct hours_question *q, const char **ret_rows, size_t most)
{
	struct binding bound[ROWS];
	struct hours_row wish;
	struct place room;
	size_t count;

	if (!hours_concern_one(h, q))
		return 0;
	count = bind_rows(h, q, hours_locate(h, q, &room), read_wish(q, &wish) ? &wish : NULL, bound);
	for (size_t i = 0; i < count && i < most; i++)
		ret_rows[i] = bound[i].row->name;
	return count < most ? count : most;
}

/* A word that needs no escapes. */
static void note_member(struct buf *b, const char *key, const char *value)
{
	if (!value || !*value)
		return;
	buf_add_text(b, ",\"");
	buf_add_text(b, key);
	buf_add_text(b, "\":\"");
	buf_add_text(b, value);
	buf_add_char(b, '"');
}

void hours_note(const struct hours_answer *a, struct buf *b)
{
	char until[WHEN_SIZE] = "";

	if (a->opens_ms != HOURS_NEVER)
		when_format(a->opens_ms, until);
	buf_add_text(b, "{\"row\":");
	line_dump_text(b, a->row);
	note_member(b, "zone", a->zone);
	note_member(b, "by", place_by_word(a->by));
	note_member(b, "until", a->bypass ? NULL : until);
	note_member(b, "bypass", a->bypass);
	note_member(b, "version", a->version);
	buf_add_char(b, '}');
}
