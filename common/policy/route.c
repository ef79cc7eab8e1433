#include <stdio.h>
#include <string.h>

#include "common/line/envelope.h"
#include "common/line/id.h"
#include "common/line/member.h"
#include "common/line/when.h"
#include "common/policy/route.h"

#include "common/banned.h"

#define PLAN_BYTES (256u << 10)
#define FLUSH_BYTES (64u << 10) /* within one message: a group may be large */

void route_init(struct route *r, const struct policy *p, struct contacts *c, const char *state, struct line_writer *out)
{
	*r = (struct route){.policy = p, .contacts = c, .state = state, .out = out};
	gate_init(&r->gate, NULL);
	policy_requirements(p, &r->gate);
	buf_init(&r->line, 2 * LINE_BYTES);
	buf_init(&r->plan, PLAN_BYTES);
}

void route_clear(struct route *r)
{
	buf_clear(&r->line);
	buf_clear(&r->plan);
}

/* What is looked up may have no table yet in a store that an earlier version wrote. */
static int open_store(struct route *r, struct err *e)
{
	if (store_open_existing(r->state, &r->store, e) < 0)
		return -1;
	if (!r->store || !store_outdated(r->store))
		return 0;
	store_close(r->store);
	r->store = NULL;
	return store_open(r->state, STORE_WRITE, &r->store, e);
}

int route_begin(struct route *r, struct err *e)
{
	if (r->begun)
		return 0;
	r->begun = true;
	if (!r->store && open_store(r, e) < 0)
		return -1;
	if (!r->store)
		return 0;
	r->gate.store = r->store;
	return store_begin_read(r->store, e);
}

int route_settle(struct route *r, struct err *e)
{
	r->begun = false;
	return r->store ? store_commit(r->store, e) : 0;
}

json_t *route_recipient(struct contacts *c, const json_t *recipient, struct err *e)
{
	const json_t *address = json_object_get(recipient, "address");
	const json_t *id = json_object_get(recipient, "id");
	json_t *known = NULL;
	bool same;
	int found;

	if (address)
		return json_incref((json_t *)address);
	found = id ? contacts_find(c, json_string_value(id), &known, e) : 0;
	if (found < 0)
		return NULL;
	same = found && (known == recipient || json_equal(known, recipient));
	json_decref(known);
	return json_incref((json_t *)(same ? id : recipient));
}

static void set_text(json_t *object, const char *key, const json_t *value)
{
	if (json_is_string(value))
		json_object_set(object, key, (json_t *)value);
}

json_t *route_error(const struct gate_answer *a)
{
	json_t *error = json_object();

	json_object_set_new(error, "class", json_string(failure_name(a->failure)));
	json_object_set_new(error, "code", json_string(a->code));
	json_object_set_new(error, "text", json_string(a->text));
	return error;
}

static int write_refusal(struct route *r, const json_t *message, const json_t *recipient, const char *id,
    const struct refusal *refusal, struct err *e)
{
	const struct gate_answer *a = &refusal->answer;
	json_t *receipt = json_object();
	char own[ID_SIZE], time[WHEN_SIZE];
	int result;

	r->refused++;
	if (strcmp(a->code, "no-account") == 0 && !r->no_account.code)
		err_set(&r->no_account, EX_CONFIG, "%s", a->text);
	id_new(own);
	when_format(when_now_ms(), time);
	json_object_set_new(receipt, "type", json_string("receipt"));
	json_object_set_new(receipt, "id", json_string(own));
	json_object_set_new(receipt, "message", json_string(id));
	if (refusal->address[0]) {
		json_object_set_new(receipt, "channel", json_string(refusal->channel));
		json_object_set_new(receipt, "address", json_string(refusal->address));
	} else {
		set_text(receipt, "address", json_object_get(recipient, "address"));
	}
	set_text(receipt, "contact", json_object_get(recipient, "id"));
	json_object_set_new(receipt, "purpose", json_string(envelope_text(message, "purpose", "transactional")));
	set_text(receipt, "topic", json_object_get(message, "topic"));
	json_object_set_new(receipt, "status", json_string(status_name(refusal_status(a))));
	json_object_set_new(receipt, "time", json_string(time));
	json_object_set_new(receipt, "error", route_error(a));
	result = line_write_json(r->out, receipt, e);
	json_decref(receipt);
	return result;
}

/* The line with its plan, its id if it had none, and `to` (JSON text) when there are several. */
static int write_planned(struct route *r, const struct line *l, const json_t *message, const char *id, const struct buf *to,
    struct err *e)
{
	char quoted[ID_SIZE + 2];
	char at[WHEN_SIZE + 2];
	struct member_edit edits[4];
	size_t count = 0;
	int64_t held_ms = policy_held_ms(r->policy);

	if (to)
		edits[count++] = (struct member_edit){"to", to->data, to->len};
	if (!json_is_string(json_object_get(message, "id"))) {
		buf_reset(&r->line);
		buf_addf(&r->line, "\"%s\"", id);
		memcpy(quoted, r->line.data, r->line.len);
		edits[count++] = (struct member_edit){"id", quoted, r->line.len};
	}
	if (held_ms > envelope_time_ms(message, "at", 0)) {
		char when[WHEN_SIZE];

		when_format(held_ms, when);
		edits[count++] = (struct member_edit){"at", at, (size_t)snprintf(at, sizeof(at), "\"%s\"", when)};
	}
	edits[count++] = (struct member_edit){"plan", r->plan.data, r->plan.len};
	buf_reset(&r->line);
	member_edit(&r->line, l, message, edits, count);
	if (buf_over(&r->plan) || r->line.len > LINE_BYTES)
		return err_set(e, EX_DATAERR, "longer than %u bytes with its plan", LINE_BYTES);
	return line_write(r->out, r->line.data, r->line.len, e);
}

static int route_one(struct route *r, const struct line *l, const json_t *message, const json_t *recipient, const char *id,
    const struct buf *to, struct err *e)
{
	struct refusal refusal;
	int result;

	buf_reset(&r->plan);
	result = policy_plan_text(r->policy, message, recipient, &r->gate, &r->plan, &refusal, e);
	if (result == 0)
		return write_planned(r, l, message, id, to, e);
	return result < 0 ? -1 : write_refusal(r, message, recipient, id, &refusal, e);
}

/* A group or a list: each line of it says in `to` which of them it is for. */
static int route_several(struct route *r, const struct line *l, const json_t *message, const json_t *recipients, const char *id,
    struct err *e)
{
	struct member_edit none = {"to", "null", 4};
	struct line slim = *l;
	struct buf to, text;
	int result = 0;

	buf_init(&to, LINE_BYTES);
	buf_init(&text, (size_t)2 * LINE_BYTES);
	/* A long list is not read again for each one who is in it. */
	member_edit(&text, l, message, &none, 1);
	slim.text = text.data;
	slim.len = text.len;
	for (size_t i = 0; result == 0 && i < json_array_size(recipients); i++) {
		const json_t *recipient = json_array_get(recipients, i);
		json_t *single = route_recipient(r->contacts, recipient, e);

		if (!single) {
			result = -1;
			break;
		}
		buf_reset(&to);
		line_dump(&to, single);
		json_decref(single);
		result = route_one(r, &slim, message, recipient, id, &to, e);
		if (result == 0 && r->out->buf.len >= FLUSH_BYTES)
			result = line_flush(r->out, e);
	}
	buf_clear(&to);
	buf_clear(&text);
	return result;
}

int route_message(struct route *r, const struct line *l, const json_t *message, struct err *e)
{
	const json_t *to = json_object_get(message, "to"), *plan = json_object_get(message, "plan");
	const char *id = envelope_text(message, "id", NULL);
	bool several = json_is_array(to) || (json_is_string(to) && *json_string_value(to) == '@');
	char made[ID_SIZE];
	json_t *recipients;
	int result;

	if (plan && !json_is_null(plan))
		return 1;
	if (route_begin(r, e) < 0 || contacts_resolve(r->contacts, to, &recipients, e) < 0)
		return -1;
	if (!id) {
		id_new(made);
		id = made;
	}
	if (json_array_size(recipients) == 0)
		result = err_set(e, EX_DATAERR, "to: nobody is in '%s'", err_quote(json_string_value(to)));
	else if (several)
		result = route_several(r, l, message, recipients, id, e);
	else
		result = route_one(r, l, message, json_array_get(recipients, 0), id, NULL, e);
	json_decref(recipients);
	return result;
}
