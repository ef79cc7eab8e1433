#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/line/when.h"
#include "common/policy/past.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define YEAR_MS (366 * WHEN_DAY)

static void drop_rows(struct past *p)
{
	for (size_t i = 0; i < p->count; i++) {
		struct sent *row = &p->rows[i];

		xfree_text(&row->message);
		xfree_text(&row->channel);
		xfree_text(&row->topic);
		xfree_text(&row->from);
		xfree_text(&row->currency);
	}
	p->count = 0;
}

void past_forget(struct past *p)
{
	drop_rows(p);
	p->person[0] = '\0';
}

void past_clear(struct past *p)
{
	drop_rows(p);
	free(p->rows);
	*p = (struct past){.rows = NULL};
}

static int keep(void *ctx, const struct sent *row)
{
	struct past *p = ctx;
	struct sent *kept;

	if (p->count == p->room) {
		p->room = p->room ? 2 * p->room : 16;
		p->rows = xrealloc(p->rows, p->room * sizeof(*p->rows));
	}
	kept = &p->rows[p->count++];
	*kept = *row;
	kept->person = NULL;
	kept->message = xstrdup(row->message);
	kept->channel = xstrdup(row->channel);
	kept->topic = xstrdup(row->topic);
	kept->from = xstrdup(row->from);
	kept->currency = xstrdup(row->currency);
	return 0;
}

static int later_first(const void *a, const void *b)
{
	const struct sent *one = a, *other = b;

	return (one->time_ms < other->time_ms) - (one->time_ms > other->time_ms);
}

int past_look(struct past *p, struct store *s, const char *person, int64_t now_ms, struct err *e)
{
	uint64_t transaction = s ? store_transaction(s) : 0;

	if (p->person[0] && transaction && transaction == p->transaction && strcmp(p->person, person) == 0)
		return 0;
	drop_rows(p);
	p->person[0] = '\0';
	if (s && sent_each(s, person, now_ms - YEAR_MS, keep, p, e) < 0)
		return -1;
	if (p->count > 1)
		qsort(p->rows, p->count, sizeof(*p->rows), later_first);
	p->transaction = transaction;
	if (strlen(person) < sizeof(p->person))
		memcpy(p->person, person, strlen(person) + 1);
	return 0;
}
