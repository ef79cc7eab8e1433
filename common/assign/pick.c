#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/assign/pick.h"
#include "common/line/envelope.h"
#include "common/line/lang.h"
#include "common/line/words.h"
#include "common/xalloc.h"

#include "common/banned.h"

/* One task that is to be given away. */
struct search {
	struct pick *pick;
	const json_t *json;
	const struct desk_step *step;
	const char *lang;
	char helper[ASSIGN_NAME];       /* who is asked for, or has helped before; "" */
	const struct pick_share *share; /* of its queue, or NULL: nobody's share is limited */
};

const char *pick_lang(const json_t *json)
{
	const json_t *context = json_object_get(json, "context");
	const char *lang = envelope_text(json, "lang", envelope_text(context, "lang", NULL));

	return lang ? lang : envelope_text(json_object_get(context, "contact"), "lang", NULL);
}

static bool speaks(const struct worker *w, const char *lang)
{
	const json_t *langs = json_object_get(w->json, "langs"), *own;
	size_t i;

	json_array_foreach(langs, i, own)
		if (lang && json_is_string(own) && lang_is_same(json_string_value(own), lang))
			return true;
	return false;
}

static bool meets_any(struct match_set *people, const struct desk_conditions *c)
{
	for (size_t i = 0; i < c->count; i++)
		if (match_test(people, c->any[i]))
			return true;
	return c->count == 0;
}

static bool meets(const struct search *s, const struct worker *w)
{
	const struct desk_conditions *of_queue = &s->step->queue->agents, *of_step = &s->step->agents;
	struct match_set *people = s->pick->desk->people;
	bool result;

	if (of_queue->count + of_step->count == 0)
		return true;
	json_object_set(w->json, "task", (json_t *)s->json);
	match_about(people, w->json, NULL);
	result = meets_any(people, of_queue) && meets_any(people, of_step);
	json_object_del(w->json, "task");
	return result;
}

bool pick_is_of_queue(const struct desk *d, const struct worker *w, const struct desk_queue *q)
{
	match_about(d->people, w->json, NULL);
	return worker_has_skills(w, q->skills) && meets_any(d->people, &q->agents);
}

/* What the task asks for: skills, and for some of them how good somebody must be. */
static bool has_what_is_asked(const struct search *s, const struct worker *w)
{
	return worker_has_skills(w, json_object_get(s->json, "skills")) && worker_has_skills(w, json_object_get(s->json, "levels"));
}

/* All but who has helped: that costs a look into the store. */
static bool fits(const struct search *s, const struct worker *w)
{
	const struct desk_step *step = s->step;

	if (!worker_is_there(w))
		return false;
	if ((step->need & DESK_SKILLS) && !has_what_is_asked(s, w))
		return false;
	if ((step->need & DESK_LANG) && s->lang && !speaks(w, s->lang))
		return false;
	return worker_has_skills(w, step->queue->skills) && worker_has_skills(w, step->skills) && meets(s, w);
}

static bool is_helper(const struct search *s, const struct worker *w)
{
	return *s->helper && strcmp(s->helper, w->row.id) == 0;
}

static int find_helper(struct search *s, const struct task *t, struct err *e)
{
	const char *asked = envelope_text(s->json, "agent", NULL);

	if (asked && strlen(asked) < sizeof(s->helper)) {
		snprintf(s->helper, sizeof(s->helper), "%s", asked);
		return 0;
	}
	if (s->pick->desk->sticky_ms == 0)
		return 0;
	return task_helper(s->pick->store, t->who, s->pick->now_ms - s->pick->desk->sticky_ms, s->helper, e);
}

/* What a queue has given within its share_ms, to all and to each of the crew, in its order. */
struct pick_share {
	const struct desk_queue *queue;
	const struct crew *crew;
	int64_t all, *each;
};

void pick_clear(struct pick *p)
{
	for (size_t i = 0; i < p->share_count; i++)
		free(p->shares[i].each);
	free(p->shares);
}

static int note_given(void *ctx, const char *agent, int64_t count)
{
	struct pick_share *share = ctx;
	const struct worker *w = crew_find(share->crew, agent);

	share->all += count;
	if (w)
		share->each[w - share->crew->workers] = count;
	return 0;
}

static struct pick_share *known_share(const struct pick *p, const struct desk_queue *q)
{
	for (size_t i = 0; i < p->share_count; i++)
		if (p->shares[i].queue == q)
			return &p->shares[i];
	return NULL;
}

/* Counted once, not for each task. */
static int find_share(struct pick *p, const struct desk_queue *q, const struct pick_share **ret_share, struct err *e)
{
	struct pick_share *share = known_share(p, q);

	if (!share) {
		p->shares = xrealloc(p->shares, (p->share_count + 1) * sizeof(*p->shares));
		share = &p->shares[p->share_count++];
		*share = (struct pick_share){q, p->crew, 0, xcalloc(p->crew->count, sizeof(*share->each))};
		if (offer_each_of_queue(p->store, q->name, p->now_ms - q->share_ms, note_given, share, e) < 0)
			return -1;
	}
	*ret_share = share;
	return 0;
}

void pick_note(struct pick *p, const struct desk_queue *q, const struct worker *w)
{
	struct pick_share *share = known_share(p, q);

	if (share) {
		share->all++;
		share->each[w - share->crew->workers]++;
	}
}

static int note_no(void *ctx, const char *agent, int64_t declined, int64_t lapsed)
{
	struct worker *w = crew_find(ctx, agent);

	if (w) {
		w->refused = declined;
		w->lapsed = lapsed;
	}
	return 0;
}

/* What the store knows about each of them and this task. */
static int look_back(struct search *s, const struct task *t, struct err *e)
{
	const struct crew *crew = s->pick->crew;

	for (size_t i = 0; i < crew->count; i++)
		crew->workers[i].refused = crew->workers[i].lapsed = 0;
	if (find_helper(s, t, e) < 0 || offer_each_no(s->pick->store, t->id, note_no, (void *)crew, e) < 0)
		return -1;
	return s->step->queue->share < 100 ? find_share(s->pick, s->step->queue, &s->share, e) : 0;
}

static bool is_over_share(const struct search *s, const struct worker *w)
{
	const struct pick_share *share = s->share;

	return share && (share->each[w - share->crew->workers] + 1) * 100 > (int64_t)share->queue->share * (share->all + 1);
}

/* How good they are at all that is asked for. */
static int64_t count_levels(const struct search *s, const struct worker *w)
{
	const json_t *asked[] = {json_object_get(s->json, "skills"), s->step->queue->skills, s->step->skills};
	int64_t sum = 0;
	json_t *value;
	const char *word;
	size_t at;

	for (size_t i = 0; i < COUNT_OF(asked); i++) {
		json_array_foreach(asked[i], at, value)
			sum += json_is_string(value) ? worker_level(w, json_string_value(value)) : 0;
		json_object_foreach((json_t *)asked[i], word, value)
			sum += worker_level(w, word);
	}
	return sum;
}

static double attribute_of(const struct worker *w, const char *name)
{
	return json_number_value(json_object_get(json_object_get(w->json, "attributes"), name));
}

/* Above zero when `a` comes before `b` by that. */
static double differ(const struct search *s, const struct desk_order *o, const struct worker *a, const struct worker *b)
{
	const json_t *skills = json_object_get(s->json, "skills");

	switch (o->by) {
	case DESK_BY_STICKY:
		return is_helper(s, a) - is_helper(s, b);
	case DESK_BY_LANG:
		return speaks(a, s->lang) - speaks(b, s->lang);
	case DESK_BY_SKILLS:
		return (double)worker_count_skills(a, skills) - (double)worker_count_skills(b, skills);
	case DESK_BY_LEVEL:
		return (double)(count_levels(s, a) - count_levels(s, b));
	case DESK_BY_LOAD:
		return (double)b->load - (double)a->load;
	case DESK_BY_IDLE:
		return (double)(b->row.offered_ms - a->row.offered_ms);
	case DESK_BY_ATTRIBUTE:
		return attribute_of(a, o->attribute) - attribute_of(b, o->attribute);
	}
	return 0;
}

/* Above zero when `a` suits the task better than `b`. Whoever is equal in all that was asked for takes turns. */
static int compare(const struct search *s, const struct worker *a, const struct worker *b)
{
	static const struct desk_order idle = {.by = DESK_BY_IDLE};
	const struct desk_step *step = s->step;

	if (a->lapsed != b->lapsed)
		return a->lapsed < b->lapsed ? 1 : -1;
	if (is_over_share(s, a) != is_over_share(s, b))
		return is_over_share(s, b) ? 1 : -1;
	for (size_t i = 0; i <= step->order_count; i++) {
		const struct desk_order *o = i < step->order_count ? &step->order[i] : &idle;
		double difference = o->reverse ? differ(s, o, b, a) : differ(s, o, a, b);

		if (difference != 0)
			return difference > 0 ? 1 : -1;
	}
	return strcmp(b->row.id, a->row.id);
}

int pick_worker(struct pick *p, const struct task *t, const json_t *json, const struct desk_step *step,
    struct worker **ret_worker, struct err *e)
{
	struct search s = {.pick = p, .json = json, .step = step, .lang = pick_lang(json)};
	struct worker *best = NULL;
	bool looked = false;

	for (size_t i = 0; i < p->crew->count; i++) {
		struct worker *w = &p->crew->workers[i];

		if (!worker_has_room(w, t->channel) || !fits(&s, w))
			continue;
		if (!looked && look_back(&s, t, e) < 0)
			return -1;
		looked = true;
		if (w->refused || ((step->need & DESK_STICKY) && !is_helper(&s, w)))
			continue;
		if (!best || compare(&s, w, best) > 0)
			best = w;
	}
	if (best)
		*ret_worker = best;
	return best != NULL;
}

int pick_is_staffed(struct pick *p, const struct task *t, const json_t *json, const struct desk_step *step, struct err *e)
{
	struct search s = {.pick = p, .json = json, .step = step, .lang = pick_lang(json)};

	if (find_helper(&s, t, e) < 0)
		return -1;
	for (size_t i = 0; i < p->crew->count; i++) {
		const struct worker *w = &p->crew->workers[i];

		if (fits(&s, w) && (!(step->need & DESK_STICKY) || is_helper(&s, w)))
			return 1;
	}
	return 0;
}
