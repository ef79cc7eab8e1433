/* A desk of agents in a store of its own, with a clock of the test's. */
#ifndef TESTS_DESK_RIG_H
#define TESTS_DESK_RIG_H

#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/assign/desk_run.h"
#include "common/assign/hand_out.h"
#include "common/assign/roster.h"
#include "common/buf.h"
#include "common/diag.h"
#include "common/line/envelope.h"
#include "common/line/when.h"
#include "common/xalloc.h"

#define T0 INT64_C(1795507200000)       /* 2026-11-24T08:00:00Z */

static char directory[64];
static struct config *config;
static struct contacts *contacts;
static struct desk *desk;
static struct store *store;
static struct line_writer out;
static struct assign a;
static int64_t now_ms;
static int run_status;
static struct err e;

static const char contacts_yaml[] =
    "contacts:\n"
    "  ana: {lang: es, addresses: {sms: '+34612340001'}, attributes: {tier: gold}}\n"
    "  ben: {lang: en, addresses: {sms: '+447700900001'}}\n";

static inline void write_file(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static inline char *path_of(const char *name)
{
	return xformat("%s/%s", directory, name);
}

/* agents.yaml as it is from now on. */
static inline void use(const char *yaml)
{
	char *path = path_of("agents.yaml");

	write_file("agents.yaml", yaml);
	desk_free(desk);
	if (desk_load(path, &desk, &e) < 0)
		fail_msg("%s", e.text);
	free(path);
	a.desk = desk;
}

static inline int set_up(void **state)
{
	char *path, *state_path;

	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/msg-assign-XXXXXX");
	assert_non_null(mkdtemp(directory));
	write_file("config.yaml", "contacts: contacts.yaml\n");
	write_file("contacts.yaml", contacts_yaml);
	path = path_of("config.yaml");
	state_path = path_of("state");
	if (config_load(path, &config, &e) < 0 || contacts_open(config, &contacts, &e) < 0 ||
	    store_open(state_path, STORE_WRITE, &store, &e) < 0)
		fail_msg("%s", e.text);
	free(path);
	free(state_path);
	desk = NULL;
	diag_init("test", true, 0);
	now_ms = T0;
	run_status = 0;
	line_writer_init(&out, -1);
	out.hold = true;
	if (desk_load(NULL, &desk, &e) < 0 || assign_open(&a, desk, contacts, store, &out, &run_status, &e) < 0)
		fail_msg("%s", e.text);
	return 0;
}

static inline int tear_down(void **state)
{
	static const char *const names[] = {"state/msg.db", "state/msg.db-wal", "state/msg.db-shm", "state/msg.lock", "state",
	    "config.yaml", "contacts.yaml", "agents.yaml", "fiestas.tsv", ""};

	(void)state;
	assert_int_equal(assign_close(&a, &e), 0);
	store_close(store);
	line_writer_clear(&out);
	desk_free(desk);
	contacts_free(contacts);
	config_free(config);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		char *path = path_of(names[i]);

		remove(path);
		free(path);
	}
	return 0;
}

/* A task comes in: its id and further members. */
static inline void arrive(const char *id, const char *members)
{
	char *text = xformat("{\"type\":\"task\",\"id\":\"%s\"%s%s}", id, *members ? "," : "", members);
	struct line l = {text, strlen(text), 1};
	json_t *json = line_parse(&l, &e);

	if (!json)
		fail_msg("%s", e.text);
	assert_int_equal(assign_task(&a, &l, json, &e), 0);
	json_decref(json);
	free(text);
}

/* Some time goes by, and things are handed out: "id:status:agent" of each task line, then "id>to" of each message. */
static inline const char *hand_out(int64_t later_ms)
{
	static char said[4096];
	char *line, *rest;

	now_ms += later_ms;
	a.begun = false;
	if (assign_settle_at(&a, now_ms, &e) < 0 || assign_written(&a, &e) < 0)
		fail_msg("%s", e.text);
	*said = '\0';
	for (line = out.buf.data; *line; line = rest) {
		struct line l = {line, strcspn(line, "\n"), 1};
		json_t *json = line_parse(&l, &e);
		size_t len = strlen(said);
		bool task = strcmp(envelope_text(json, "type", ""), "task") == 0;

		assert_int_equal(envelope_check(json, task ? ENVELOPE_TASK : ENVELOPE_MESSAGE, &e), 0);
		if (task)
			snprintf(said + len, sizeof(said) - len, "%s%s:%s:%s", len ? " " : "", envelope_text(json, "id", ""),
			    envelope_text(json, "status", ""), envelope_text(json, "agent", "-"));
		else
			snprintf(said + len, sizeof(said) - len, " >%s", envelope_text(json, "to", "?"));
		json_decref(json);
		rest = line + l.len + (line[l.len] == '\n');
	}
	buf_reset(&out.buf);
	return said;
}

static inline void say(desk_say_fn *what, const char *id, const char *agent)
{
	if (what(&a, id, agent, now_ms, &e) < 0 || assign_written(&a, &e) < 0)
		fail_msg("%s", e.text);
	buf_reset(&out.buf);
}

/* An agent says something, as `msg-route agent` does. */
static inline void be(const char *id, const struct roster_change *change)
{
	if (roster_check(id, change, &e) < 0 || roster_set(desk, store, id, change, now_ms, &e) < 0)
		fail_msg("%s", e.text);
}

#define FROM_ANA "\"context\":{\"from\":\"sms:+34612340001\"}"
#define FROM_BEN "\"context\":{\"from\":\"sms:+447700900001\"}"

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
