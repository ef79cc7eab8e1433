#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/address/address.h"
#include "common/line/envelope.h"
#include "common/policy/explain.h"
#include "common/report/table.h"

#include "common/banned.h"

#define TEXT_BYTES 4096
#define ADDRESS_COLUMNS 32
#define REASON_COLUMNS 128

/* One message for one recipient, and what became of it. */
struct explanation {
	const json_t *message, *recipient;
	json_t *plan;           /* or NULL */
	json_t *why;
	struct gate_answer answer;
};

static bool is_planned(const struct explanation *n)
{
	const json_t *plan = json_object_get(n->message, "plan");

	return plan && !json_is_null(plan);
}

static const char *shown(const struct explain *x, const char *address)
{
	return x->whole ? address : address_masked(address);
}

static const char *rule_of(const struct explanation *n)
{
	return envelope_text(json_array_get(n->why, 0), "rule", NULL);
}

/* "01K… to ana: transactional, high, topic rides; rule 'night'" */
static void print_title(const struct explain *x, const struct explanation *n)
{
	const char *id = envelope_text(n->message, "id", NULL), *topic = envelope_text(n->message, "topic", NULL), *rule = rule_of(n);
	const char *contact = envelope_text(n->recipient, "id", NULL), *address = envelope_text(n->recipient, "address", NULL);
	struct buf text, line;

	buf_init(&text, TEXT_BYTES);
	buf_init(&line, 2 * TEXT_BYTES);
	buf_addf(&text, "%s%s%s", id ? id : "", id ? " " : "", "to ");
	buf_addf(&text, "%s%s%s", contact ? contact : "", contact && address ? ", " : "", address ? shown(x, address) : "");
	if (!contact && !address)
		buf_addf(&text, "%s", envelope_text(n->recipient, "name", "a contact without id"));
	buf_addf(&text, ": %s, %s", envelope_text(n->message, "purpose", "transactional"), envelope_text(n->message, "urgency", "normal"));
	if (topic)
		buf_addf(&text, ", topic %s", topic);
	if (rule)
		buf_addf(&text, "; rule '%s'", rule);
	terminal_add_foreign(x->terminal, &line, text.data, TEXT_BYTES);
	buf_reset(&text);
	terminal_add(x->terminal, &text, TERMINAL_TITLE, line.data);
	fprintf(x->terminal->out, "%s%s\n", x->any ? "\n" : "", text.data);
	buf_clear(&text);
	buf_clear(&line);
}

static void add_wait(struct table *t, const json_t *leg)
{
	const char *wait = envelope_text(leg, "wait", NULL);
	bool along = json_is_true(json_object_get(leg, "parallel"));

	table_cell(t, TERMINAL_PLAIN, "%s%s%s%s%s", along ? "at once" : "", along && wait ? ", " : "", wait ? wait : "",
	    wait ? " until " : "", wait ? envelope_text(leg, "until", "delivered") : "");
}

static void add_row(const struct explain *x, struct table *t, const struct explanation *n, const json_t *entry)
{
	const json_t *place = json_object_get(entry, "leg"), *leg = NULL;
	const char *address = envelope_text(entry, "address", NULL);
	enum terminal_style style = place ? TERMINAL_GOOD : TERMINAL_DIM;
	char uri[ADDRESS_BYTES];

	if (place) {
		leg = json_array_get(n->plan, (size_t)json_integer_value(place));
		table_cell(t, style, "%lld", (long long)json_integer_value(place) + 1);
	} else {
		table_cell(t, style, "-");
	}
	table_cell(t, style, "%s", envelope_text(entry, "channel", ""));
	/* What never became an address is masked as its channel's would be. */
	if (address && !strchr(address, ':')) {
		snprintf(uri, sizeof(uri), "%s:%s", envelope_text(entry, "channel", ""), address);
		address = uri;
	}
	table_foreign(t, address ? shown(x, address) : "", ADDRESS_COLUMNS);
	add_wait(t, leg);
	table_foreign(t, envelope_text(entry, "reason", ""), REASON_COLUMNS);
}

/* "prefer 120, urgent 20, share -4": the largest first, whichever way they point. */
static void list_points(const json_t *points, struct buf *b)
{
	json_t *left = json_copy((json_t *)points);

	while (json_object_size(left) > 0) {
		const char *name, *largest = NULL;
		json_int_t most = 0;
		json_t *value;

		json_object_foreach(left, name, value)
			if (!largest || llabs(json_integer_value(value)) > llabs(most)) {
				largest = name;
				most = json_integer_value(value);
			}
		buf_addf(b, "%s%s %" JSON_INTEGER_FORMAT, b->len ? ", " : "", largest, most);
		json_object_del(left, largest);
	}
	json_decref(left);
}

/* Where no rule gave the order: what each channel is worth for this message and person, and what makes it so. */
static void print_scores(const struct explain *x, const struct explanation *n)
{
	static const struct table_column columns[] = {{"score", TABLE_RIGHT}, {"channel", TABLE_LEFT}, {"points", TABLE_LEFT}};
	const json_t *entry;
	const char *last = "";
	struct table t;
	struct buf b;
	size_t i, rows = 0;

	table_init(&t, x->terminal, columns, COUNT_OF(columns));
	buf_init(&b, TEXT_BYTES);
	json_array_foreach(n->why, i, entry) {
		const char *channel = envelope_text(entry, "channel", "");

		if (!json_object_get(entry, "score") || strcmp(channel, last) == 0)
			continue;
		last = channel;
		rows++;
		buf_reset(&b);
		list_points(json_object_get(entry, "points"), &b);
		table_cell(&t, TERMINAL_PLAIN, "%" JSON_INTEGER_FORMAT, json_integer_value(json_object_get(entry, "score")));
		table_cell(&t, TERMINAL_PLAIN, "%s", channel);
		table_cell(&t, TERMINAL_DIM, "%s", b.data);
	}
	if (rows > 0)
		table_print(&t, 2);
	buf_clear(&b);
	table_clear(&t);
}

static void print_table(struct explain *x, const struct explanation *n)
{
	static const struct table_column columns[] = {
	    {"leg", TABLE_RIGHT}, {"channel", TABLE_LEFT}, {"address", TABLE_LEFT}, {"then wait", TABLE_LEFT}, {"why", TABLE_LEFT},
	};
	struct table t;

	print_title(x, n);
	x->any = true;
	table_init(&t, x->terminal, columns, COUNT_OF(columns));
	for (size_t i = 0; i < json_array_size(n->why); i++)
		add_row(x, &t, n, json_array_get(n->why, i));
	if (json_array_size(n->why) > 0)
		table_print(&t, 2);
	table_clear(&t);
	print_scores(x, n);
	if (!n->plan)
		fprintf(x->terminal->out, "  %s: %s\n", status_name(refusal_status(&n->answer)), n->answer.text);
	if (is_planned(n))
		fprintf(x->terminal->out, "  the message has a plan of its own, which stays\n");
}

static int print_line(struct explain *x, const struct explanation *n, struct err *e)
{
	static const char *const kept[] = {"id", "purpose", "urgency", "topic"};
	json_t *line = json_object(), *to = route_recipient(x->route->contacts, n->recipient, e);
	int result = -1;

	if (!to)
		goto out;
	json_object_set_new(line, "type", json_string("explanation"));
	json_object_set(line, "to", to);
	for (size_t i = 0; i < COUNT_OF(kept); i++)
		if (json_object_get(n->message, kept[i]))
			json_object_set(line, i == 0 ? "message" : kept[i], json_object_get(n->message, kept[i]));
	if (rule_of(n))
		json_object_set_new(line, "rule", json_string(rule_of(n)));
	if (n->plan) {
		json_object_set(line, "plan", n->plan);
	} else {
		json_object_set_new(line, "status", json_string(status_name(refusal_status(&n->answer))));
		json_object_set_new(line, "error", route_error(&n->answer));
	}
	json_object_set_new(line, "planned", json_boolean(is_planned(n)));
	json_object_set(line, "why", n->why);
	result = line_write_json(x->route->out, line, e);
out:
	json_decref(to);
	json_decref(line);
	return result;
}

static int explain_one(struct explain *x, const json_t *message, const json_t *recipient, struct err *e)
{
	struct explanation n = {.message = message, .recipient = recipient};
	int result = policy_plan(x->route->policy, message, recipient, &x->route->gate, &n.plan, &n.why, &n.answer, e);

	if (result < 0)
		return -1;
	x->route->refused += result == 1;
	result = 0;
	if (x->terminal)
		print_table(x, &n);
	else
		result = print_line(x, &n, e);
	json_decref(n.plan);
	json_decref(n.why);
	return result;
}

int explain_message(struct explain *x, const json_t *message, struct err *e)
{
	json_t *recipients;
	int result = 0;

	if (route_begin(x->route, e) < 0 || contacts_resolve(x->route->contacts, json_object_get(message, "to"), &recipients, e) < 0)
		return -1;
	for (size_t i = 0; result == 0 && i < json_array_size(recipients); i++)
		result = explain_one(x, message, json_array_get(recipients, i), e);
	json_decref(recipients);
	return result;
}
