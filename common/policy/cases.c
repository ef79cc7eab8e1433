#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/line/envelope.h"
#include "common/line/when.h"
#include "common/policy/cases_work.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define DIFF_BYTES (64u << 10)

struct session {
	struct policy *policy;
	struct contacts *contacts;
	FILE *out;
	struct yaml *yaml;
	char directory[256];
	struct store *store;
	struct cases_result result;
};

int case_time(const struct case_run *r, const json_t *object, const char *key, int64_t otherwise, int64_t *ret_ms, struct err *e)
{
	const json_t *value = json_object_get(object, key);
	const char *text = json_string_value(value);

	*ret_ms = otherwise;
	if (!value)
		return 0;
	if (!text || when_parse(text, ret_ms) < 0)
		return yaml_fail_member(r->yaml, object, key, e, "not a time such as 2026-11-24T09:00:00+01:00");
	return 0;
}

/* A store that nobody else knows. */
static int open_store(struct session *s, struct err *e)
{
	const char *temporary = getenv("TMPDIR");

	snprintf(s->directory, sizeof(s->directory), "%s/msg-route.XXXXXX", temporary && *temporary ? temporary : "/tmp");
	if (!mkdtemp(s->directory)) {
		err_set(e, EX_CANTCREAT, "cannot create '%s': %s", s->directory, strerror(errno));
		s->directory[0] = '\0';
		return -1;
	}
	return store_open(s->directory, STORE_WRITE, &s->store, e);
}

static void remove_store(struct session *s)
{
	static const char *const names[] = {"msg.db", "msg.db-wal", "msg.db-shm"};

	store_close(s->store);
	if (!s->directory[0])
		return;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		char *path = xformat("%s/%s", s->directory, names[i]);

		unlink(path);
		free(path);
	}
	rmdir(s->directory);
}

/* The message with a contact of this file in the place of its id. */
static json_t *fill_contact(const json_t *message, const json_t *contacts)
{
	const char *to = json_string_value(json_object_get(message, "to"));
	json_t *contact = to ? json_object_get(contacts, to) : NULL, *filled, *copy;

	if (!json_is_object(contact))
		return json_incref((json_t *)message);
	filled = json_copy((json_t *)message);
	copy = json_copy(contact);
	json_object_set(copy, "id", json_object_get(message, "to"));
	json_object_set_new(filled, "to", copy);
	return filled;
}

/* The one recipient; its place in the message is named when it is not one. */
static int resolve(struct session *s, const struct case_run *r, json_t **ret_recipients, struct err *e)
{
	const json_t *given = json_object_get(r->object, "message");
	struct err why;

	if (!json_is_object(given))
		return yaml_fail_member(s->yaml, r->object, "message", e, given ? "not a message" : "missing");
	if (envelope_check(r->message, ENVELOPE_MESSAGE, &why) < 0 ||
	    contacts_resolve(s->contacts, json_object_get(r->message, "to"), ret_recipients, &why) < 0)
		return yaml_fail(s->yaml, given, e, "%s", why.text);
	if (json_array_size(*ret_recipients) == 1)
		return 0;
	json_decref(*ret_recipients);
	return yaml_fail_member(s->yaml, given, "to", e, "a case is about one recipient");
}

static int decide(struct session *s, const struct case_run *r, struct buf *diff, struct err *e)
{
	struct case_outcome outcome = {0};
	json_t *plan = NULL, *why = NULL;
	struct gate gate;
	int result;

	gate_init(&gate, s->store);
	policy_requirements(s->policy, &gate);
	policy_set_clock(s->policy, r->now_ms);
	result = policy_plan(s->policy, r->message, r->recipient, &gate, &plan, &why, &outcome.answer, e);
	if (result < 0)
		return -1;
	outcome.plan = plan;
	outcome.held_ms = policy_held_ms(s->policy);
	outcome.rule = envelope_text(json_array_get(why, 0), "rule", NULL);
	result = case_compare(r, &outcome, diff, e);
	json_decref(plan);
	json_decref(why);
	return result;
}

static void report(struct session *s, const struct case_run *r, size_t place, const struct buf *diff)
{
	const char *name = json_string_value(json_object_get(r->object, "name"));

	s->result.failed++;
	fprintf(s->out, "%s:%u: cases[%zu]%s%s%s\n%s", yaml_name(s->yaml), yaml_line(s->yaml, r->object), place, name ? " '" : "",
	    name ? name : "", name ? "'" : "", diff->data);
}

static int run_case(struct session *s, const json_t *contacts, const json_t *object, size_t place, struct err *e)
{
	static const char *const known[] = {"name", "now", "message", "consent", "sent", "receipts", "heard", "expect", NULL};
	struct case_run r = {.yaml = s->yaml, .object = object, .store = s->store};
	json_t *message, *recipients = NULL;
	struct buf diff;
	int result;

	if (yaml_only(s->yaml, object, known, e) < 0 || case_time(&r, object, "now", when_now_ms(), &r.now_ms, e) < 0)
		return -1;
	message = fill_contact(json_object_get(object, "message"), contacts);
	r.message = message;
	if (resolve(s, &r, &recipients, e) < 0) {
		json_decref(message);
		return -1;
	}
	r.recipient = json_array_get(recipients, 0);
	buf_init(&diff, DIFF_BYTES);
	result = store_begin(s->store, e) < 0 || case_before(&r, e) < 0 ? -1 : decide(s, &r, &diff, e);
	store_rollback(s->store);
	s->result.count++;
	if (result == 1)
		report(s, &r, place, &diff);
	buf_clear(&diff);
	json_decref(recipients);
	json_decref(message);
	return result < 0 ? -1 : 0;
}

static int run_all(struct session *s, struct err *e)
{
	static const char *const known[] = {"contacts", "cases", NULL};
	const json_t *root = yaml_root(s->yaml), *contacts = json_object_get(root, "contacts");
	const json_t *list = json_object_get(root, "cases");

	if (yaml_only(s->yaml, root, known, e) < 0)
		return -1;
	if (contacts && !json_is_object(contacts))
		return yaml_fail_member(s->yaml, root, "contacts", e, "not a map of contacts");
	if (!json_is_array(list))
		return list ? yaml_fail_member(s->yaml, root, "cases", e, "not a list of cases") : yaml_fail(s->yaml, root, e, "cases is missing");
	for (size_t i = 0; i < json_array_size(list); i++)
		if (run_case(s, contacts, json_array_get(list, i), i, e) < 0)
			return -1;
	return 0;
}

int cases_run(struct policy *p, struct contacts *c, const char *path, FILE *out, struct cases_result *ret_result, struct err *e)
{
	struct session s = {.policy = p, .contacts = c, .out = out};
	int result = yaml_load(path, &s.yaml, e) < 0 || open_store(&s, e) < 0 ? -1 : run_all(&s, e);

	policy_set_clock(p, 0);
	remove_store(&s);
	yaml_unload(s.yaml);
	*ret_result = s.result;
	return result;
}
