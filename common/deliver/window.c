/* On a channel whose window is closed a leg goes as a template that its provider has approved, or not at all. */
#include <stdio.h>
#include <string.h>

#include "common/deliver/job.h"
#include "common/line/envelope.h"

#include "common/banned.h"

/* The message as that template: what it could name before, and its text. */
static json_t *switch_to(const json_t *message, const char *name)
{
	json_t *copy = json_copy((json_t *)message), *template = json_object(), *data;
	const json_t *own = json_object_get(json_object_get(message, "template"), "data");

	data = json_is_object(own) ? json_copy((json_t *)own) : json_object();
	if (json_object_get(message, "text"))
		json_object_set(data, "text", json_object_get(message, "text"));
	json_object_set_new(template, "name", json_string(name));
	json_object_set_new(template, "data", data);
	json_object_set_new(copy, "template", template);
	return copy;
}

/* 1: the account's provider has that template, filled in; 0 and a reason: it has not. */
static int has_template(struct job *j, const json_t *message, struct err *ret_why)
{
	json_t *template;
	int got = render_provider(j->d->o.config, message, j->recipient, j->account, j->address.channel, &template, ret_why);

	if (got == 1)
		json_decref(template);
	if (got == 0)
		err_set(ret_why, EX_DATAERR, "template '%s' is none of account '%s'",
		    err_quote(envelope_text(json_object_get(message, "template"), "name", "")), account_name(j->account));
	return got == 1;
}

int window_choose(struct job *j, int64_t now_ms, struct err *e)
{
	struct window_answer a;
	struct err why;

	json_decref(j->switched);
	j->switched = NULL;
	if (j->row.part > 0)
		return 1;
	if (policy_window(j->d->o.policy, j->d->o.store, &j->address, envelope_text(j->message, "topic", NULL), now_ms, &a, e) < 0)
		return -1;
	if (!a.closed || (json_object_get(j->message, "template") && has_template(j, j->message, &why)))
		return 1;
	if (!a.template) {
		err_set(e, EX_DATAERR, "%s, and no template is named for it", a.text);
		return 0;
	}
	j->switched = switch_to(j->message, a.template);
	if (has_template(j, j->switched, &why))
		return 1;
	err_set(e, EX_DATAERR, "%s; %s", a.text, why.text);
	json_decref(j->switched);
	j->switched = NULL;
	return 0;
}

int job_ask_window(struct job *j, int64_t now_ms, struct err *e)
{
	struct err why;
	int got = window_choose(j, now_ms, &why);

	if (got < 0)
		*e = why;
	return got == 0 ? outcome_failure(j, STATUS_BLOCKED, FAILURE_POLICY, "window", why.text, e) : got;
}
