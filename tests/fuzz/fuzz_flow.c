/*
 * Flows: a YAML file, a form feed, and what a person writes, a line each. A flow that is accepted must carry any
 * conversation to a state that waits. Commands are not run.
 */
#include <string.h>

#include "common/bot/step.h"
#include "common/diag.h"
#include "common/xalloc.h"
#include "tests/fuzz/fuzz.h"

#include "common/banned.h"

#define LINES 50

static bool runs_commands(const struct flow *f)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->states[i].kind == FLOW_RUN)
			return true;
	return false;
}

static void check_place(const struct step *s)
{
	const struct flow_state *state = step_state(s);

	MUST(state);
	switch (s->c->status) {
	case CONVERSATION_OPEN:
		MUST(state->kind == FLOW_ASK);
		break;
	case CONVERSATION_HANDED:
		MUST(state->kind == FLOW_HANDOFF && *s->c->task);
		break;
	case CONVERSATION_ENDED:
		MUST(state->kind == FLOW_END || state->kind == FLOW_HANDOFF);
		break;
	}
}

/* One text; false when the conversation is over or the step was refused. */
static bool hear(const struct flow *f, struct conversation *c, const char *text)
{
	json_t *inbound = json_pack("{s:s}", "text", text);
	bool handed = c->status == CONVERSATION_HANDED, fine;
	struct step s;
	struct err e;

	if (!inbound)
		return true;
	step_init(&s, f, c, "base", 1000);
	s.explain = true;
	step_hear(&s, inbound, NULL);
	if (handed)
		fine = step_return(&s, "completed", &e) == 0;
	else if (c->due_ms && *text == '\t')
		fine = step_timeout(&s, &e) == 0;
	else
		fine = (*c->state ? step_answer(&s, &e) : step_open(&s, &e)) == 0;
	MUST(fine || e.code == EX_DATAERR);
	if (fine)
		check_place(&s);
	step_clear(&s);
	json_decref(inbound);
	return fine && c->status != CONVERSATION_ENDED;
}

static void converse(const struct flow *f, char *texts)
{
	struct conversation *c = conversation_new("sms:+15551230001", "", f->name, 0);
	char *next = texts;

	for (int i = 0; i < LINES && texts; i++) {
		next = strchr(texts, '\n');
		if (next)
			*next++ = '\0';
		if (!hear(f, c, texts))
			break;
		texts = next;
	}
	conversation_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *all = xstrndup((const char *)data, size), *texts = strchr(all, '\f');
	struct flow *f;
	struct err e;

	diag_init("fuzz_flow", true, 0);
	if (texts)
		*texts++ = '\0';
	if (flow_parse("flow.yaml", all, strlen(all), &f, &e) == 0) {
		if (!runs_commands(f))
			converse(f, texts);
		flow_free(f);
	} else {
		MUST(e.code == EX_CONFIG && *e.text);
	}
	free(all);
	return 0;
}
