#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/policy/sender_id.h"
#include "common/policy/senders.h"
#include "common/policy/senders_set.h"
#include "common/xalloc.h"

#include "common/banned.h"

void senders_free(struct senders *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++) {
		free(s->entries[i].from);
		free(s->entries[i].to);
	}
	free(s->entries);
	free(s);
}

bool senders_keep(const struct senders *s)
{
	for (size_t i = 0; s && i < s->count; i++)
		if (s->entries[i].from_count > 1)
			return true;
	return false;
}

/* How exactly an entry means this address: -1 not at all, 0 as everything, 1 its country, more a longer prefix. */
static int rank_of(const struct senders_entry *entry, const struct address *a)
{
	int rank = entry->to_count ? -1 : 0;

	for (size_t i = 0; i < entry->to_count; i++) {
		const char *to = entry->to[i];
		int own = -1;

		if (*to == '+')
			own = strncmp(a->value, to, strlen(to)) == 0 ? (int)strlen(to) : -1;
		else if (strcmp(to, a->region) == 0)
			own = 1;
		if (own > rank)
			rank = own;
	}
	return rank;
}

/* Does somebody say that the name is registered in this country? */
static bool registered(const struct senders *s, const char *from, const char *region)
{
	for (size_t i = 0; s && i < s->count; i++)
		for (size_t k = 0; k < s->entries[i].from_count; k++)
			if (strcmp(s->entries[i].from[k].text, from) == 0)
				for (size_t n = 0; n < json_array_size(s->entries[i].registered); n++)
					if (strcmp(json_string_value(json_array_get(s->entries[i].registered, n)), region) == 0)
						return true;
	return false;
}

/* NULL, or why this name cannot be used for this address. `given`: somebody wrote it down for this very message. */
static const char *objection(const struct senders *s, const char *from, const struct address *a, bool given)
{
	if (strcmp(a->channel, "sms") != 0 || !a->region[0])
		return NULL;
	switch (sender_id_names(a->region)) {
	case SENDER_ID_NO:
		return "lets no names through";
	case SENDER_ID_REGISTERED:
		return given || registered(s, from, a->region) ? NULL : "wants names registered";
	default:
		return NULL;
	}
}

/* How near a number is: 2 the same area code (of the plan that has them), 1 the same country, 0 elsewhere or a name. */
static int nearness(const struct phone *ours, const struct address *a)
{
	if (!a->region[0] || !*ours->number)
		return 0;
	if (strncmp(ours->number, "+1", 2) == 0 && strncmp(ours->number, a->value, 5) == 0)
		return 2;
	return strcmp(ours->region, a->region) == 0;
}

/* FNV-1a over both: whoever has the highest has the person, and keeps them when the pool grows but for a fair share. */
static uint32_t draw(const char *person, const char *from)
{
	uint32_t hash = 2166136261u;

	for (const char *p = person; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 16777619u;
	for (const char *p = from; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 16777619u;
	hash ^= hash >> 15;
	hash *= 2246822519u;
	return hash ^ hash >> 13;
}

/* The best so far among the senders of one rank. */
struct best {
	const char *from;
	int merit;
	uint32_t draw;
	unsigned count;         /* that may be used */
	const char *refused, *objection;        /* the first that may not, and why */
};

enum merit { MERIT_ANY, MERIT_COUNTRY, MERIT_AREA, MERIT_KNOWN };

static void consider(struct best *b, const struct senders *s, const struct senders_question *q, const struct senders_from *from,
    const char *known)
{
	const char *why = from->name ? objection(s, from->text, q->address, false) : NULL;
	int near = nearness(&from->phone, q->address), merit = near;
	uint32_t drawn;

	if (why) {
		if (!b->refused) {
			b->refused = from->text;
			b->objection = why;
		}
		return;
	}
	b->count++;
	/* Where numbers of the long kind are not let through, a name is the local sender. */
	if (near == MERIT_ANY && from->name && sender_id_no_numbers(q->address->region))
		merit = MERIT_COUNTRY;
	if (strcmp(from->text, known) == 0)
		merit = MERIT_KNOWN;
	drawn = draw(q->person, from->text);
	if (b->from && (merit < b->merit || (merit == b->merit && drawn <= b->draw)))
		return;
	b->from = from->text;
	b->merit = merit;
	b->draw = drawn;
}

static const char *reason_of(const struct best *b)
{
	static const char *const words[] = {[MERIT_ANY] = "one of the pool", [MERIT_COUNTRY] = "of the same country",
	    [MERIT_AREA] = "of the same area", [MERIT_KNOWN] = "as before"};

	return b->count == 1 && b->merit != MERIT_KNOWN ? "" : words[b->merit];
}

/* The highest rank below `below` that some entry has for the address, -1: none. */
static int next_rank(const struct senders *s, const struct address *a, int below)
{
	int highest = -1;

	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->entries[i].channel, a->channel) == 0) {
			int rank = rank_of(&s->entries[i], a);

			if (rank < below && rank > highest)
				highest = rank;
		}
	return highest;
}

static void choose_of_rank(struct best *b, const struct senders *s, const struct senders_question *q, int rank, const char *known)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct senders_entry *entry = &s->entries[i];

		if (strcmp(entry->channel, q->address->channel) == 0 && rank_of(entry, q->address) == rank)
			for (size_t k = 0; k < entry->from_count; k++)
				consider(b, s, q, &entry->from[k], known);
	}
}

/* Who they heard from last on this channel. */
static const char *known_of(const struct senders_question *q)
{
	for (size_t i = 0; q->past && i < q->past->count; i++)
		if (q->past->rows[i].from && strcmp(q->past->rows[i].channel, q->address->channel) == 0)
			return q->past->rows[i].from;
	return "";
}

static void choose(const struct senders *s, const struct senders_question *q, struct senders_answer *a)
{
	struct best best = {0};
	int rank = next_rank(s, q->address, INT32_MAX);
	const char *known = rank < 0 ? "" : known_of(q);

	if (rank < 0)
		return;
	choose_of_rank(&best, s, q, rank, known);
	while (!best.from && (rank = next_rank(s, q->address, rank)) >= 0)
		choose_of_rank(&best, s, q, rank, known);
	a->from = best.from;
	a->refused = !best.from;
	if (a->refused)
		snprintf(a->why, sizeof(a->why), "no sender for %s: '%s' is none, the country %s", q->address->region,
		    err_quote(best.refused), best.objection);
	else if (q->explain)
		snprintf(a->why, sizeof(a->why), "from %s%s%s", best.from, *reason_of(&best) ? ", " : "", reason_of(&best));
}

void senders_choose(const struct senders *s, const struct senders_question *q, struct senders_answer *ret_answer)
{
	const char *why = q->given && sender_id_is_name(q->given) ? objection(s, q->given, q->address, true) : NULL;

	ret_answer->from = q->given;
	ret_answer->refused = false;
	ret_answer->why[0] = '\0';
	if (q->given && !why)
		return;
	ret_answer->from = NULL;
	if (s)
		choose(s, q, ret_answer);
	if (why && !ret_answer->from && !ret_answer->refused)
		snprintf(ret_answer->why, sizeof(ret_answer->why), "not from '%s': %s %s", err_quote(q->given), q->address->region, why);
}
