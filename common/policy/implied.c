#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "common/line/civil.h"
#include "common/line/when.h"
#include "common/policy/implied.h"

#include "common/banned.h"

static const struct implied_span spans[] = {
#include "gen/implied.inc"
};

const struct implied_span *implied_span_find(enum purpose purpose, const char *place, const char *basis)
{
	const struct implied_span *other = NULL;

	for (size_t i = 0; i < COUNT_OF(spans); i++) {
		const struct implied_span *s = &spans[i];

		if (s->purpose != purpose || strcmp(s->place, place) != 0)
			continue;
		if (basis && strcasecmp(s->basis, basis) == 0)
			return s;
		if (strcmp(s->basis, "*") == 0)
			other = s;
	}
	return other;
}

bool implied_basis_known(const char *basis)
{
	for (size_t i = 0; i < COUNT_OF(spans); i++)
		if (strcasecmp(spans[i].basis, basis) == 0)
			return true;
	return false;
}

/* Half a year from the last of August ends with February. */
static int64_t add_months(int64_t ms, int months)
{
	int64_t seconds = ms / WHEN_SECOND;
	struct civil c;
	int last;

	civil_of_seconds(seconds, &c);
	months += c.month - 1;
	c.year += months / 12;
	c.month = months % 12 + 1;
	last = civil_days_in_month(c.year, c.month);
	if (c.day > last)
		c.day = last;
	return civil_seconds(&c) * WHEN_SECOND + ms % WHEN_SECOND;
}

int64_t implied_span_end(const struct implied_span *span, int64_t since_ms)
{
	if (!span || (span->days == 0 && span->months == 0))
		return INT64_MAX;
	return add_months(since_ms, span->months) + span->days * WHEN_DAY;
}

struct looking {
	const struct implied_question *question;
	struct implied_yes *best;
};

static int look_at(void *ctx, const struct consent_event *event)
{
	const struct looking *l = ctx;
	char country[3] = "";
	const char *place = l->question->place;
	const struct implied_span *span;
	int64_t until_ms;

	if (!*place && event->jurisdiction && strlen(event->jurisdiction) >= 2) {
		memcpy(country, event->jurisdiction, 2);
		place = country;
	}
	span = implied_span_find(l->question->purpose, place, event->basis);
	until_ms = implied_span_end(span, event->time_ms);
	if (until_ms > l->best->until_ms)
		*l->best = (struct implied_yes){event->time_ms, until_ms, span};
	return until_ms == INT64_MAX;
}

int implied_look(struct store *s, const char *subject, const struct implied_question *q, struct implied_yes *best, struct err *e)
{
	struct looking l = {q, best};

	return consent_each_implied(s, subject, q->channel, q->topic, look_at, &l, e);
}
