/*
 * From a message line to jobs: whom it is for, by which plan, and whether every leg has a way. Nothing is stored here;
 * a message is taken as a whole or not at all.
 */
#include <string.h>

#include "common/closest.h"
#include "common/deliver/job.h"
#include "common/line/envelope.h"
#include "common/line/member.h"
#include "common/policy/refusal.h"
#include "common/policy/route.h"
#include "common/xalloc.h"

#include "common/banned.h"

/* Every leg must have an address and a way; the first one ends up in hand. */
static int check_plan(struct job *j, struct err *e)
{
	unsigned legs = (unsigned)json_array_size(j->plan);

	for (unsigned i = legs; i-- > 0;) {
		j->row.leg = i;
		if (job_aim(j, e) < 0)
			return -1;
	}
	return 0;
}

static unsigned priority_of(const json_t *message)
{
	const char *purpose = envelope_text(message, "purpose", ""), *urgency = envelope_text(message, "urgency", "");

	return strcmp(purpose, "otp") == 0 || strcmp(purpose, "emergency") == 0 || strcmp(urgency, "critical") == 0 ? 0 : 1;
}

static char *dump(const json_t *value)
{
	struct buf b;

	buf_init(&b, (size_t)2 * LINE_BYTES);
	line_dump(&b, value);
	return buf_steal(&b);
}

static struct job *make_job(struct deliver *d, const struct line *l, json_t *message, json_t *recipient, json_t *plan,
    const char *id, struct err *e)
{
	struct job *j = job_new(d, message, recipient, plan, l->text, l->len);
	const char *who = envelope_text(recipient, "id", envelope_text(recipient, "address", NULL));

	if (check_plan(j, e) < 0 || job_find_owners(j, e) < 0) {
		job_free(j);
		return NULL;
	}
	if (!who)
		who = envelope_text(message, "to", j->address.text);
	j->row.message = xstrdup(id);
	j->row.recipient = xstrdup(who);
	/* A replacement may well have the key of what it replaces. */
	if (!job_replaces(j))
		j->row.dedupe = xstrdup(envelope_text(message, "dedupe", NULL));
	j->row.priority = priority_of(message);
	j->row.tenant = xstrdup(envelope_text(message, "account", NULL));
	/* Who is named in the line can be looked up again; who stands in it, or in a group, is kept. */
	if (recipient && strcmp(who, envelope_text(message, "to", "")) != 0)
		j->row.contact = dump(recipient);
	if (!json_object_get(message, "plan"))
		j->row.plan = dump(plan);
	return j;
}

/* Nobody to send to by any channel: said at once, nothing to keep. */
static int refuse(struct deliver *d, const json_t *message, const json_t *recipient, const char *id,
    const struct gate_answer *answer, struct err *e)
{
	struct address a;
	struct receipt r = {
	    .message = id,
	    .contact = envelope_text(recipient, "id", NULL),
	    .address = envelope_text(recipient, "address", NULL),
	    .topic = envelope_text(message, "topic", NULL),
	    .purpose = (enum purpose)purpose_parse(envelope_text(message, "purpose", "transactional")),
	    .leg = -1,
	    .status = refusal_status(answer),
	    .failure = answer->failure,
	    .code = answer->code,
	    .text = answer->text,
	    .time_ms = when_now_ms(),
	};

	if (r.address && address_parse(r.address, &a, NULL) == 0)
		r.channel = a.channel;
	*(r.status == STATUS_BLOCKED ? &d->counts.blocked : &d->counts.failed) += 1;
	d->counts.messages++;
	d->status = err_worse(d->status, EX_UNDELIVERED);
	return deliver_tell(d, &r, false, e);
}

/* A URL is what other tools take for a recipient; what else has a scheme may be misspelt. */
static int unknown_channel(const char *channel, const char *text, struct err *e)
{
	if (strcmp(channel, "https") == 0 || strcmp(channel, "http") == 0)
		return err_set(e, EX_DATAERR, "to: unknown channel '%s' (a web hook is written 'webhook:%s')", channel, err_quote(text));
	return err_set(e, EX_DATAERR, "to: unknown channel '%s'%s", err_quote(channel), closest_hint(address_closest_scheme(channel)));
}

int deliver_check_address(struct deliver *d, const json_t *recipient, struct err *e)
{
	const char *text = envelope_text(recipient, "address", NULL);
	struct address a;

	if (!text)
		return 0;
	if (address_parse(text, &a, e) < 0)
		return err_at(e, "to: ");
	if (accounts_of_channel(d->o.accounts, a.channel))
		return 0;
	if (!address_channel_known(a.channel))
		return unknown_channel(a.channel, text, e);
	return err_set(e, EX_CONFIG, "to: no account for channel '%s' in '%s' (msg-providers(7) tells how to set one up)",
	    err_quote(a.channel), err_quote(d->o.config->path));
}

/* The one carrier of a channel is the sandbox, because nothing else is configured. */
static bool is_tried_out(struct deliver *d, const json_t *leg)
{
	struct account *const *list;

	if (json_object_get(leg, "via"))
		return false;
	list = accounts_of_channel(d->o.accounts, envelope_text(leg, "channel", ""));
	return list && !list[1] && strcmp(account_name(list[0]), PROVIDER_SANDBOX) == 0;
}

/*
 * What is queued while nothing but the sandbox is there is for the sandbox, also once there is a configuration: somebody was
 * trying something out. The plan is taken, and given back.
 */
static json_t *bind_to_sandbox(struct deliver *d, json_t *plan, bool *ret_bound)
{
	json_t *leg, *copy = NULL;
	size_t i;

	json_array_foreach(plan, i, leg)
		if (!d->o.no_outbox && is_tried_out(d, leg)) {
			copy = copy ? copy : json_deep_copy(plan);
			json_object_set_new(json_array_get(copy, i), "via", json_string(PROVIDER_SANDBOX));
		}
	*ret_bound = copy != NULL;
	if (!copy)
		return plan;
	json_decref(plan);
	return copy;
}

static int add_recipient(struct deliver *d, const struct line *l, json_t *message, json_t *recipient, const char *id,
    struct job_list *ret_jobs, struct err *e)
{
	json_t *plan = json_incref(json_object_get(message, "plan"));
	struct gate_answer answer;
	struct job *j;
	bool bound;

	if (!plan) {
		int got = deliver_check_address(d, recipient, e);

		if (got == 0)
			got = policy_plan(d->o.policy, message, recipient, &d->gate, &plan, NULL, &answer, e);
		if (got < 0)
			return -1;
		if (got == 1)
			return refuse(d, message, recipient, id, &answer, e);
	}
	plan = bind_to_sandbox(d, plan, &bound);
	j = make_job(d, l, message, recipient, plan, id, e);
	if (j && bound && !j->row.plan)
		j->row.plan = dump(plan);
	json_decref(plan);
	if (!j)
		return -1;
	job_push(ret_jobs, j);
	return 0;
}

/* Who is not known here, such as where msg-route ran on another host, has an id all the same. */
static json_t *stranger(const json_t *to)
{
	const char *text;

	if (json_is_array(to))
		to = json_array_get(to, 0);
	text = json_string_value(to);
	if (text && *text != '@' && !address_looks_like(text))
		return json_pack("{s:s}", "id", text);
	return json_is_object(to) ? json_incref((json_t *)to) : json_object();
}

int job_recipients(struct deliver *d, const json_t *message, json_t **ret_recipients, struct err *e)
{
	const json_t *to = json_object_get(message, "to");
	bool several = json_array_size(to) > 1;
	struct err why;

	if (!json_object_get(message, "plan"))
		return contacts_resolve(d->o.contacts, to, ret_recipients, e);
	if (!several && contacts_resolve(d->o.contacts, to, ret_recipients, &why) == 0) {
		if (json_array_size(*ret_recipients) == 1)
			return 0;
		json_decref(*ret_recipients);
		several = true;
	}
	if (several)
		return err_set(e, EX_DATAERR, "to: a message with a plan has one recipient");
	if (why.code == EX_UNAVAILABLE) {
		*e = why;
		return -1;
	}
	*ret_recipients = json_array();
	json_array_append_new(*ret_recipients, stranger(to));
	return 0;
}

/*
 * A long list would be kept with each of those who are in it, and a line of 1 MiB would come to many GiB: each has a line
 * of its own with one recipient.
 */
static int add_each(struct deliver *d, const struct line *l, json_t *message, const json_t *recipients, const char *id,
    struct job_list *ret_jobs, struct err *e)
{
	struct member_edit to = {"to", "null", 4};
	struct buf text, rest, own;
	int result = 0;

	buf_init(&text, LINE_BYTES);
	buf_init(&rest, (size_t)2 * LINE_BYTES);
	buf_init(&own, (size_t)2 * LINE_BYTES);
	member_edit(&rest, l, message, &to, 1);
	for (size_t i = 0; result == 0 && i < json_array_size(recipients); i++) {
		json_t *recipient = json_array_get(recipients, i), *single = route_recipient(d->o.contacts, recipient, e);
		struct line line = {rest.data, rest.len, l->number};

		if (!single) {
			result = -1;
			break;
		}
		buf_reset(&text);
		buf_reset(&own);
		line_dump(&text, single);
		json_decref(single);
		to = (struct member_edit){"to", text.data, text.len};
		member_edit(&own, &line, message, &to, 1);
		line.text = own.data;
		line.len = own.len;
		result = add_recipient(d, &line, message, recipient, id, ret_jobs, e);
	}
	buf_clear(&text);
	buf_clear(&rest);
	buf_clear(&own);
	return result;
}

int deliver_add(struct deliver *d, const struct line *l, json_t *message, struct err *e)
{
	const char *id = envelope_text(message, "id", NULL);
	char made[ID_SIZE];
	json_t *recipients;
	struct job_list jobs;
	struct job *j;
	int result = 0;

	job_list_init(&jobs);
	/* deliver_step ends it: what is asked of the ledger here is asked again, under the lock, before anything leaves. */
	if (d->o.store && store_begin_read(d->o.store, e) < 0)
		return -1;
	if (job_recipients(d, message, &recipients, e) < 0)
		return -1;
	if (!id) {
		id_new(made);
		id = made;
	}
	if (json_array_size(json_object_get(message, "to")) > JOB_MANY)
		result = add_each(d, l, message, recipients, id, &jobs, e);
	else
		for (size_t i = 0; result == 0 && i < json_array_size(recipients); i++)
			result = add_recipient(d, l, message, json_array_get(recipients, i), id, &jobs, e);
	json_decref(recipients);
	while ((j = job_pop(&jobs))) {
		if (result == 0) {
			job_push(&d->incoming, j);
			d->counts.messages++;
		} else {
			job_free(j);
		}
	}
	return result;
}
