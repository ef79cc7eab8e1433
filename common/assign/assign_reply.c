/* An agent's own words, as a line that comes in like any other. */
#include <stdlib.h>
#include <string.h>

#include "common/address/address.h"
#include "common/assign/assign.h"
#include "common/assign/hand_out.h"
#include "common/assign/reply.h"
#include "common/line/envelope.h"
#include "common/line/when.h"
#include "common/store/choice.h"
#include "common/xalloc.h"

#include "common/banned.h"

/* The number of a button, where the channel shows none, stands for what the button says. */
static int read_text(struct assign *a, const struct address *from, const char *text, char **ret_text, struct err *e)
{
	int got = choice_find(a->store, from->text, text, when_now_ms(), ret_text, e);

	if (got == 0)
		*ret_text = xstrdup(text);
	return got < 0 ? -1 : 0;
}

static void add_reply(struct assign *a, const char *agent, enum reply_verb verb, const char *task, const struct address *from,
    const char *to)
{
	struct address us;
	json_t *reply = json_pack("{s:s, s:i, s:s, s:s}", "agent", agent, "verb", (int)verb, "task", task, "from", from->text);

	/* What they wrote to is who answers. */
	if (*to)
		json_object_set_new(reply, "us", json_string(address_parse(to, &us, NULL) == 0 ? us.value : to));
	json_array_append_new(a->replies, reply);
}

int assign_inbound(struct assign *a, json_t *inbound, struct err *e)
{
	const char *from = envelope_text(inbound, "from", ""), *text = envelope_text(inbound, "text", ""), *agent, *task;
	enum reply_verb verb;
	struct address address;
	char *said;

	if (address_parse(from, &address, NULL) < 0)
		return 1;
	if (!a->addresses && hand_out_meet(a, e) < 0)
		return -1;
	agent = reply_agent(a->addresses, from);
	if (!agent)
		return 1;
	if (read_text(a, &address, text, &said, e) < 0)
		return -1;
	verb = reply_parse(said, &task);
	if (verb != REPLY_NONE)
		add_reply(a, agent, verb, task, &address, envelope_text(inbound, "to", ""));
	free(said);
	return verb == REPLY_NONE;
}

/* ---- */

static int find_task(struct assign *a, const char *agent, const char *id, enum reply_verb verb, struct task *ret_task, struct err *e)
{
	int got;

	if (*id)
		return task_find(a->store, id, ret_task, e);
	if (verb == REPLY_COMPLETE)
		return task_of_agent(a->store, agent, TASK_ASSIGNED, ret_task, e);
	got = task_of_agent(a->store, agent, TASK_RESERVED, ret_task, e);
	return got == 0 && verb == REPLY_DECLINE ? task_of_agent(a->store, agent, TASK_ASSIGNED, ret_task, e) : got;
}

static int act(struct assign *a, struct task *t, enum reply_verb verb, struct err *e)
{
	switch (verb) {
	case REPLY_ACCEPT:
		return t->status == TASK_ASSIGNED ? 0 : hand_out_accept(a, t, e);
	case REPLY_DECLINE:
		return hand_out_decline(a, t, e);
	case REPLY_COMPLETE:
		return hand_out_end(a, t, TASK_COMPLETED, e);
	case REPLY_NONE:
		break;
	}
	return 0;
}

static int do_reply(struct assign *a, const json_t *reply, enum reply_outcome *ret_outcome, char *ret_task, struct err *e)
{
	static const enum reply_outcome outcomes[] = {
	    [REPLY_ACCEPT] = REPLY_ACCEPTED, [REPLY_DECLINE] = REPLY_DECLINED, [REPLY_COMPLETE] = REPLY_COMPLETED};
	const char *agent = envelope_text(reply, "agent", ""), *id = envelope_text(reply, "task", "");
	enum reply_verb verb = (enum reply_verb)json_integer_value(json_object_get(reply, "verb"));
	struct task t;
	int got = find_task(a, agent, id, verb, &t, e);

	if (got < 1) {
		*ret_outcome = REPLY_NOTHING;
		return got;
	}
	memcpy(ret_task, t.id, sizeof(t.id));
	if (t.status == TASK_COMPLETED && verb == REPLY_COMPLETE && strcmp(t.agent, agent) == 0) {
		*ret_outcome = REPLY_COMPLETED;
	} else if (t.status > TASK_ASSIGNED || strcmp(t.agent, agent) != 0) {
		*ret_outcome = REPLY_LOST;
	} else {
		got = act(a, &t, verb, e);
		hand_out_touch(a, &t, false);
		*ret_outcome = outcomes[verb];
	}
	task_clear(&t);
	return got < 0 ? -1 : 0;
}

int hand_out_replies(struct assign *a, struct err *e)
{
	json_t *reply;
	size_t i;

	json_array_foreach(a->replies, i, reply) {
		const char *agent = envelope_text(reply, "agent", "");
		const struct worker *w = crew_find(&a->crew, agent);
		enum reply_outcome outcome;
		char task[ASSIGN_NAME] = "";

		if (do_reply(a, reply, &outcome, task, e) < 0)
			return -1;
		json_array_append_new(a->messages, reply_message(envelope_text(reply, "from", ""), envelope_text(reply, "us", NULL),
		    w ? hand_out_lang(a, w) : NULL, outcome, *task ? task : envelope_text(reply, "task", "")));
	}
	return 0;
}
