/* An agent's own words, as a line that comes in like any other. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/address/address.h"
#include "common/assign/assign.h"
#include "common/assign/dossier.h"
#include "common/assign/hand_out.h"
#include "common/assign/notice.h"
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

static void add_reply(struct assign *a, const char *agent, const struct reply *said, const struct address *from, const char *to)
{
	struct address us;
	json_t *reply = json_pack("{s:s, s:i, s:s, s:I, s:s}", "agent", agent, "verb", (int)said->verb, "what", said->what, "for_ms",
	    (json_int_t)said->for_ms, "from", from->text);

	/* What they wrote to is who answers. */
	if (*to)
		json_object_set_new(reply, "us", json_string(address_parse(to, &us, NULL) == 0 ? us.value : to));
	json_array_append_new(a->replies, reply);
}

int assign_inbound(struct assign *a, json_t *inbound, struct err *e)
{
	const char *from = envelope_text(inbound, "from", ""), *text = envelope_text(inbound, "text", ""), *agent;
	struct address address;
	struct reply reply;
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
	reply_parse(said, &reply);
	if (reply.verb != REPLY_NONE)
		add_reply(a, agent, &reply, &address, envelope_text(inbound, "to", ""));
	free(said);
	return reply.verb == REPLY_NONE;
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
	case REPLY_STATUS:
	case REPLY_NONE:
		break;
	}
	return 0;
}

/* Whoever says that they are available is done with their wrap-up. */
static int set_status(struct assign *a, const char *agent, enum agent_status status, int64_t for_ms, struct err *e)
{
	struct worker *w = crew_find(&a->crew, agent);

	if (!w)
		return 0;
	worker_be(w, status, for_ms ? a->now_ms + for_ms : 0);
	if (worker_save(w, a->store, e) < 0)
		return -1;
	if (status != AGENT_AVAILABLE || w->wrapping == 0)
		return 0;
	return task_end_wrap_up(a->store, agent, e) < 0 ? -1 : crew_count(&a->crew, a->store, e);
}

/* What came of a reply. */
struct answer {
	enum reply_outcome outcome;
	char what[ASSIGN_NAME];         /* the task's id, or the status */
	char *more;                     /* of a task that is theirs now: who it is about; of a status: for how long */
};

static char *duration_text(int64_t ms)
{
	char text[WHEN_SIZE];

	when_format_duration(ms, text);
	return xstrdup(text);
}

/* "Ana Gil, whatsapp:+34612340001": whom to write to. */
static char *person_of(const struct task *t)
{
	json_t *json = hand_out_json(t);
	const json_t *context = json_object_get(json, "context");
	const char *name = envelope_text(dossier_contact(json), "name", NULL), *from = envelope_text(context, "from", NULL);
	char *result = NULL;

	if (name || from)
		result = xformat("%s%s%s", name ? name : "", name && from ? ", " : "", from ? from : "");
	json_decref(json);
	return result;
}

static int do_task(struct assign *a, struct task *t, const char *agent, enum reply_verb verb, struct answer *r, struct err *e)
{
	static const enum reply_outcome outcomes[] = {
	    [REPLY_ACCEPT] = REPLY_ACCEPTED, [REPLY_DECLINE] = REPLY_DECLINED, [REPLY_COMPLETE] = REPLY_COMPLETED};
	bool theirs = strcmp(t->agent, agent) == 0;

	snprintf(r->what, sizeof(r->what), "%s", t->id);
	r->outcome = outcomes[verb];
	if (t->status == TASK_COMPLETED && verb == REPLY_COMPLETE && theirs)
		return 0;
	if (t->status > TASK_ASSIGNED || !theirs) {
		r->outcome = REPLY_LOST;
		return 0;
	}
	if (verb == REPLY_ACCEPT)
		r->more = person_of(t);
	hand_out_touch(a, t, false);
	return act(a, t, verb, e);
}

static int do_reply(struct assign *a, const json_t *reply, struct answer *r, struct err *e)
{
	const char *agent = envelope_text(reply, "agent", ""), *what = envelope_text(reply, "what", "");
	enum reply_verb verb = (enum reply_verb)json_integer_value(json_object_get(reply, "verb"));
	struct task t;
	int got;

	snprintf(r->what, sizeof(r->what), "%.*s", (int)sizeof(r->what) - 1, what);
	if (verb == REPLY_STATUS) {
		int64_t for_ms = json_integer_value(json_object_get(reply, "for_ms"));

		r->outcome = REPLY_NOTED;
		r->more = for_ms ? duration_text(for_ms) : NULL;
		return set_status(a, agent, (enum agent_status)agent_status_parse(what), for_ms, e);
	}
	got = find_task(a, agent, what, verb, &t, e);
	if (got < 1) {
		r->outcome = REPLY_NOTHING;
		return got;
	}
	got = do_task(a, &t, agent, verb, r, e);
	task_clear(&t);
	return got;
}

int hand_out_replies(struct assign *a, struct err *e)
{
	json_t *reply;
	size_t i;

	json_array_foreach(a->replies, i, reply) {
		const struct worker *w = crew_find(&a->crew, envelope_text(reply, "agent", ""));
		struct answer r = {.more = NULL};
		int result = do_reply(a, reply, &r, e);

		if (result == 0)
			json_array_append_new(a->messages, reply_message(json_incref(json_object_get(reply, "from")),
			    envelope_text(reply, "us", NULL), w ? hand_out_lang(a, w) : NULL, r.outcome, r.what, r.more));
		free(r.more);
		if (result < 0)
			return -1;
	}
	return 0;
}

void hand_out_tell(struct assign *a, const struct worker *w, enum reply_outcome outcome, const char *what)
{
	const char *id = notice_contact(w);
	json_t *to = w->to ? json_incref(w->to) : id && hand_out_contact(a, id) ? json_string(id) : NULL;

	if (to)
		json_array_append_new(a->messages, reply_message(to, NULL, hand_out_lang(a, w), outcome, what, NULL));
}
