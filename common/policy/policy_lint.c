/* What a policy says and cannot mean. Each finding names its place; none of them keeps the policy from being used. */
#include <string.h>

#include "common/policy/policy_rules.h"
#include "common/policy/sender_id.h"
#include "common/policy/senders_set.h"

#include "common/banned.h"

struct lint {
	const struct policy *policy;
	policy_finding_fn *found;
	void *ctx;
};

static void find(const struct lint *l, const struct err *e)
{
	l->found(l->ctx, e);
}

static void lint_reach(const struct lint *l, size_t place)
{
	const struct policy *p = l->policy;
	const struct rule *rule = &p->rules[place];
	struct err e;

	for (size_t i = 0; i < place; i++) {
		if (p->rules[i].goes_on ||
		    !match_covers(json_object_get(p->rules[i].json, "match"), json_object_get(rule->json, "match")))
			continue;
		yaml_fail(p->yaml, rule->json, &e, "never reached: rule '%s' takes whatever it matches", err_quote(p->rules[i].name));
		find(l, &e);
		return;
	}
}

static void lint_way(const struct lint *l, const json_t *item, const struct waterfall_leg *leg)
{
	const struct policy_ways *ways = &l->policy->ways;
	struct err e;

	if (!ways->reachable || !leg->channel[0] || ways->reachable(ways->ctx, leg->channel))
		return;
	yaml_fail(l->policy->yaml, item, &e, "no account serves %s", leg->channel);
	find(l, &e);
}

/* What a wait waits for must be heard of some day, or the next channel is always sent too. */
static void lint_wait(const struct lint *l, const json_t *item, const struct waterfall_leg *leg)
{
	const struct policy_ways *ways = &l->policy->ways;
	enum status heard;
	struct err e;

	if (!leg->wait_ms || !ways->reports || !leg->channel[0] || (ways->reachable && !ways->reachable(ways->ctx, leg->channel)))
		return;
	heard = ways->reports(ways->ctx, leg->channel, leg->via);
	if (leg->until > STATUS_READ || leg->until <= heard)
		return;
	yaml_fail(l->policy->yaml, item, &e,
	    "sends twice: nobody is told that %s was %s, so the next channel is used after %s in any case (parallel: true says so)",
	    leg->channel, status_name(leg->until), leg->wait);
	find(l, &e);
}

/* Nothing comes behind it, or behind those that are used with it. */
static bool is_last(const struct waterfall *w, size_t at)
{
	const json_t *group = w->legs[at++].group;

	while (group && at < w->count && w->legs[at].group == group)
		at++;
	return at == w->count;
}

/* The same address with the same text, although the first may only be late. */
static void lint_again(const struct lint *l, const json_t *item, const struct waterfall *w, size_t at)
{
	struct err e;

	if (at == 0 || is_last(w, at - 1) || (w->legs[at].group && w->legs[at].group == w->legs[at - 1].group) || !w->legs[at - 1].wait_ms || strcmp(w->legs[at - 1].channel, w->legs[at].channel) != 0)
		return;
	yaml_fail(l->policy->yaml, item, &e, "sends twice: %s stands before it, and may only be late", w->legs[at].channel);
	find(l, &e);
}

static void lint_waterfall(const struct lint *l, const json_t *object, const char *key, const struct waterfall *w, bool twice,
    bool parallel)
{
	bool waits = false;
	struct err e;

	if (!json_object_get(object, key) || !w)
		return;
	for (size_t i = 0; i < w->count; i++) {
		const json_t *item = w->legs[i].item;

		waits = waits || w->legs[i].wait_ms > 0;
		lint_way(l, item, &w->legs[i]);
		if (!twice && !is_last(w, i))
			lint_wait(l, item, &w->legs[i]);
		if (!twice)
			lint_again(l, item, w, i);
	}
	if (parallel && waits) {
		yaml_fail_member(l->policy->yaml, object, key, &e, "has waits, which count for nothing with parallel");
		find(l, &e);
	}
}

/* In an emergency, and where all go at once, twice is what is wanted. */
static void lint_settings(const struct lint *l, const json_t *object, const struct settings *s, bool emergency)
{
	bool twice = emergency || s->parallel == 1;

	lint_waterfall(l, object, "channels", s->waterfall, twice, s->parallel == 1);
	lint_waterfall(l, object, "fallback", s->fallback, twice, s->parallel == 1);
}

static bool is_emergency(const json_t *rule)
{
	const char *purpose = json_string_value(json_object_get(json_object_get(rule, "match"), "purpose"));

	return purpose && strcmp(purpose, "emergency") == 0;
}

/* A name for a country that lets none through is never used. */
static void lint_sender(const struct lint *l, const struct senders_entry *entry, const json_t *object)
{
	struct err e;

	for (size_t i = 0; i < entry->to_count; i++)
		for (size_t k = 0; strcmp(entry->channel, "sms") == 0 && k < entry->from_count; k++) {
			if (!entry->from[k].name || sender_id_names(entry->to[i]) != SENDER_ID_NO)
				continue;
			yaml_fail_member(l->policy->yaml, object, "from", &e, "never used in %s: it lets no names through: '%s'",
			    entry->to[i], err_quote(entry->from[k].text));
			find(l, &e);
		}
}

static void lint_senders(const struct lint *l, const json_t *root)
{
	const struct senders *s = l->policy->senders;
	const json_t *channels = json_object_get(root, "senders");
	const char *channel;
	json_t *list;
	size_t entry = 0;

	json_object_foreach((json_t *)channels, channel, list)
		for (size_t i = 0; i < json_array_size(list) && entry < s->count; i++, entry++)
			lint_sender(l, &s->entries[entry], json_array_get(list, i));
}

void policy_lint(const struct policy *p, policy_finding_fn *found, void *ctx)
{
	const struct lint l = {p, found, ctx};
	const json_t *root = p->yaml ? yaml_root(p->yaml) : NULL, *purposes = json_object_get(root, "purposes");

	lint_waterfall(&l, root, "fallback", p->fallback, false, false);
	lint_senders(&l, root);
	for (int purpose = 0; purpose < PURPOSES; purpose++) {
		const json_t *object = json_object_get(purposes, purpose_name((enum purpose)purpose));

		lint_settings(&l, object, &p->purposes[purpose], purpose == PURPOSE_EMERGENCY);
	}
	for (size_t i = 0; i < p->rule_count; i++) {
		lint_reach(&l, i);
		lint_settings(&l, p->rules[i].json, &p->rules[i].settings, is_emergency(p->rules[i].json));
	}
}
