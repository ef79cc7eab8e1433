#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/assign/pick.h"
#include "common/line/envelope.h"
#include "common/line/lang.h"
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

static size_t count_skills(const struct worker *w, const json_t *skills)
{
	const json_t *own = json_object_get(w->json, "skills"), *skill, *has;
	size_t i, n, count = 0;

	json_array_foreach(skills, i, skill)
		json_array_foreach(own, n, has)
			if (json_equal(skill, has)) {
				count++;
				break;
			}
	return count;
}

static bool has_skills(const struct worker *w, const json_t *skills)
{
	return count_skills(w, skills) == json_array_size(skills);
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

static bool meets(const struct search *s, const struct worker *w)
{
	const struct match *conditions[] = {s->step->queue->agents, s->step->agents};
	struct match_set *people = s->pick->desk->people;
	bool result = true;

	if (!conditions[0] && !conditions[1])
		return true;
	json_object_set(w->json, "task", (json_t *)s->json);
	match_about(people, w->json, NULL);
	for (size_t i = 0; i < COUNT_OF(conditions); i++)
		result = result && (!conditions[i] || match_test(people, conditions[i]));
	json_object_del(w->json, "task");
	return result;
}

/* All but who has helped: that costs a look into the store. */
static bool fits(const struct search *s, const struct worker *w)
{
	const struct desk_step *step = s->step;

	if (w->status != AGENT_AVAILABLE)
		return false;
	if ((step->need & DESK_SKILLS) && !has_skills(w, json_object_get(s->json, "skills")))
		return false;
	if ((step->need & DESK_LANG) && s->lang && !speaks(w, s->lang))
		return false;
	return has_skills(w, step->queue->skills) && meets(s, w);
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

/* Above zero when `a` suits the task better than `b`. */
static int compare(const struct search *s, const struct worker *a, const struct worker *b)
{
	const json_t *skills = json_object_get(s->json, "skills");
	const int64_t differences[] = {
	    b->lapsed - a->lapsed,
	    is_over_share(s, b) - is_over_share(s, a),
	    is_helper(s, a) - is_helper(s, b),
	    speaks(a, s->lang) - speaks(b, s->lang),
	    (int64_t)count_skills(a, skills) - (int64_t)count_skills(b, skills),
	    b->row.offered_ms - a->row.offered_ms,
	};

	for (size_t i = 0; i < COUNT_OF(differences); i++)
		if (differences[i] != 0)
			return differences[i] > 0 ? 1 : -1;
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

		if (w->load >= w->capacity || !fits(&s, w))
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
