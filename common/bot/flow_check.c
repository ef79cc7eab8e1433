/* The flow as a graph: can every state be reached, does every circle wait for somebody, is there a way out of each. */
#include <stdlib.h>

#include "common/bot/flow.h"
#include "common/xalloc.h"

#include "common/banned.h"

void flow_edges(const struct flow_state *s, bool auto_only, flow_edge_fn *edge, void *ctx)
{
	bool waits = s->kind == FLOW_ASK || s->kind == FLOW_HANDOFF;

	if (auto_only && waits)
		return;
	for (size_t i = 0; i < s->rule_count; i++)
		if (s->rules[i].jump.to != FLOW_STAY)
			edge(ctx, s->rules[i].jump.to);
	if (s->otherwise.to != FLOW_STAY)
		edge(ctx, s->otherwise.to);
	if (s->timeout.to != FLOW_STAY)
		edge(ctx, s->timeout.to);
	if (s->to != FLOW_STAY)
		edge(ctx, s->to);
}

/* ---- reach ---- */

struct walk {
	size_t *list;           /* states found, in order */
	size_t count;
	bool *found;
};

static void find_state(void *ctx, size_t to)
{
	struct walk *w = ctx;

	if (w->found[to])
		return;
	w->found[to] = true;
	w->list[w->count++] = to;
}

static int check_reach(const struct flow *f, struct walk *w, struct err *e)
{
	find_state(w, f->start);
	for (size_t i = 0; i < w->count; i++)
		flow_edges(&f->states[w->list[i]], false, find_state, w);
	for (size_t i = 0; i < f->count; i++)
		if (!w->found[i])
			return yaml_fail(f->yaml, f->states[i].value, e, "nothing leads to this state");
	return 0;
}

/* ---- ways out ---- */

struct exits {
	const bool *out;
	bool any;
};

static void look_out(void *ctx, size_t to)
{
	struct exits *x = ctx;

	x->any = x->any || x->out[to];
}

/* From the ends backwards, until nothing changes. */
static int check_exits(const struct flow *f, bool *out, struct err *e)
{
	bool changed = true;

	for (size_t i = 0; i < f->count; i++)
		out[i] = f->states[i].kind == FLOW_END || f->states[i].kind == FLOW_HANDOFF;
	while (changed) {
		changed = false;
		for (size_t i = 0; i < f->count; i++) {
			struct exits x = {out, false};

			if (out[i])
				continue;
			flow_edges(&f->states[i], false, look_out, &x);
			changed = changed || x.any;
			out[i] = x.any;
		}
	}
	for (size_t i = 0; i < f->count; i++)
		if (!out[i])
			return yaml_fail(f->yaml, f->states[i].value, e, "no way from here to an 'end' or a 'handoff'");
	return 0;
}

/* ---- circles ---- */

static int check_circles(const struct flow *f, struct walk *w, struct err *e)
{
	for (size_t i = 0; i < f->count; i++) {
		for (size_t k = 0; k < w->count; k++)
			w->found[w->list[k]] = false;
		w->count = 0;
		flow_edges(&f->states[i], true, find_state, w);
		for (size_t k = 0; k < w->count && !w->found[i]; k++)
			flow_edges(&f->states[w->list[k]], true, find_state, w);
		if (w->found[i])
			return yaml_fail(f->yaml, f->states[i].value, e, "comes back to itself without asking anything");
	}
	return 0;
}

int flow_check(const struct flow *f, struct err *e)
{
	struct walk w = {xcalloc(f->count, sizeof(size_t)), 0, xcalloc(f->count, sizeof(bool))};
	bool *out = xcalloc(f->count, sizeof(bool));
	int result = check_reach(f, &w, e);

	if (result == 0)
		result = check_circles(f, &w, e);
	if (result == 0)
		result = check_exits(f, out, e);
	free(w.list);
	free(w.found);
	free(out);
	return result;
}
