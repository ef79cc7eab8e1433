/* Who gets a task, and what becomes of it as time goes by; with a clock of the test's. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/assign/desk_run.h"
#include "common/assign/hand_out.h"
#include "common/buf.h"
#include "common/diag.h"
#include "common/line/envelope.h"
#include "common/line/when.h"
#include "common/xalloc.h"

#include "common/banned.h"

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

static void write_file(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static char *path_of(const char *name)
{
	return xformat("%s/%s", directory, name);
}

/* agents.yaml as it is from now on. */
static void use(const char *yaml)
{
	char *path = path_of("agents.yaml");

	write_file("agents.yaml", yaml);
	desk_free(desk);
	if (desk_load(path, &desk, &e) < 0)
		fail_msg("%s", e.text);
	free(path);
	a.desk = desk;
}

static int set_up(void **state)
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

static int tear_down(void **state)
{
	static const char *const names[] = {"state/msg.db", "state/msg.db-wal", "state/msg.db-shm", "state/msg.lock", "state",
	    "config.yaml", "contacts.yaml", "agents.yaml", ""};

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
static void arrive(const char *id, const char *members)
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
static const char *hand_out(int64_t later_ms)
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

static void say(desk_say_fn *what, const char *id, const char *agent)
{
	if (what(&a, id, agent, now_ms, &e) < 0 || assign_written(&a, &e) < 0)
		fail_msg("%s", e.text);
	buf_reset(&out.buf);
}

#define FROM_ANA "\"context\":{\"from\":\"sms:+34612340001\"}"
#define FROM_BEN "\"context\":{\"from\":\"sms:+447700900001\"}"

static void test_all_skills_are_needed(void **state)
{
	(void)state;
	use("agents: {bo: {skills: [a], to: 'sms:+15551230001'}, kim: {skills: [b, a], to: 'sms:+15551230002'}}");
	arrive("t1", "\"skills\":[\"a\",\"b\"]");
	assert_string_equal(hand_out(0), "t1:reserved:kim >sms:+15551230002");
	arrive("t2", "\"skills\":[\"a\",\"c\"]");
	assert_string_equal(hand_out(0), "t2:queued:-");
}

static void test_turns_are_taken(void **state)
{
	(void)state;
	use("agents: {a: {capacity: 3}, b: {capacity: 3}, c: {capacity: 3}}");
	arrive("t1", "");
	assert_string_equal(hand_out(1), "t1:reserved:a");
	arrive("t2", "");
	assert_string_equal(hand_out(1), "t2:reserved:b");
	arrive("t3", "");
	assert_string_equal(hand_out(1), "t3:reserved:c");
	arrive("t4", "");
	assert_string_equal(hand_out(1), "t4:reserved:a");
}

static void test_priority_then_age(void **state)
{
	(void)state;
	use("agents: {a: {}}");
	arrive("t1", "");
	arrive("t2", "");
	arrive("t3", "\"priority\":\"critical\"");
	arrive("t4", "\"priority\":\"low\"");
	assert_string_equal(hand_out(0), "t1:queued:- t2:queued:- t3:reserved:a t4:queued:-");
	say(assign_complete, "t3", "a");
	assert_string_equal(hand_out(1), "t1:reserved:a");
	say(assign_complete, "t1", "a");
	arrive("t5", "\"priority\":\"high\"");
	assert_string_equal(hand_out(1), "t5:reserved:a");
	say(assign_complete, "t5", "a");
	assert_string_equal(hand_out(1), "t2:reserved:a");
}

static void test_language_is_preferred_or_needed(void **state)
{
	(void)state;
	use("agents: {a: {langs: [en], capacity: 9}, b: {langs: [es-AR], capacity: 1}}\n"
	    "workflows:\n"
	    "- {name: picky, match: {skills: picky}, steps: [{need: [lang], wait: 1m}, {need: []}]}\n");
	arrive("t1", FROM_ANA);
	assert_string_equal(hand_out(0), "t1:reserved:b");
	arrive("t2", FROM_ANA);
	assert_string_equal(hand_out(0), "t2:reserved:a");
	arrive("t3", "\"skills\":[\"picky\"]," FROM_ANA);
	assert_string_equal(hand_out(0), "t3:queued:-");
	assert_string_equal(hand_out(59 * WHEN_SECOND), "");
	assert_string_equal(hand_out(WHEN_SECOND), "t3:reserved:a");
	arrive("t4", "\"skills\":[\"picky\"]");
	assert_string_equal(hand_out(0), "t4:reserved:a");      /* no language is known: none is needed */
}

static void test_who_helped_before(void **state)
{
	(void)state;
	use("agents: {a: {capacity: 2}, b: {capacity: 2}, c: {capacity: 2}}\nsticky: 1d");
	arrive("t1", FROM_BEN);
	assert_string_equal(hand_out(0), "t1:reserved:a");
	arrive("t2", FROM_ANA);
	assert_string_equal(hand_out(1), "t2:reserved:b");
	say(assign_complete, "t2", "b");
	arrive("t3", FROM_ANA);
	assert_string_equal(hand_out(1), "t3:reserved:b");
	say(assign_complete, "t3", "b");
	/* Somebody is asked for. */
	arrive("t4", "\"agent\":\"c\"," FROM_ANA);
	assert_string_equal(hand_out(1), "t4:reserved:c");
	say(assign_complete, "t4", "c");
	/* Too long ago. */
	arrive("t5", FROM_ANA);
	assert_string_equal(hand_out(2 * WHEN_DAY), "t5:reserved:a t1:reserved:b");
}

static void test_sticky_step_is_passed_over(void **state)
{
	struct worker *w;
	json_t *away = json_string("away");

	(void)state;
	use("agents: {a: {}, b: {}}\n"
	    "workflows: [{name: w, steps: [{need: [sticky], wait: 1m}, {}]}]");
	arrive("t1", "\"agent\":\"b\"");
	assert_string_equal(hand_out(0), "t1:reserved:b");
	arrive("t2", "\"agent\":\"b\"");
	assert_string_equal(hand_out(0), "t2:queued:b");        /* b is there, and busy */
	assert_string_equal(hand_out(WHEN_MINUTE), "t2:reserved:a");
	say(assign_complete, "t2", "a");
	assert_int_equal(store_begin(store, &e), 0);
	assert_int_equal(crew_load(&a.crew, desk, store, &e), 0);
	w = crew_find(&a.crew, "b");
	worker_set(w, "status", away);
	json_decref(away);
	assert_int_equal(worker_save(w, store, &e), 0);
	assert_int_equal(store_commit(store, &e), 0);
	arrive("t3", "\"agent\":\"b\"");
	assert_string_equal(hand_out(0), "t3:reserved:a");      /* b is not: no use in waiting */
}

static void test_an_offer_lapses_to_the_next(void **state)
{
	(void)state;
	use("agents: {a: {}, b: {}}\nqueues: {default: {reserve: 30s}}\nmisses: 0");
	arrive("t1", "");
	assert_string_equal(hand_out(0), "t1:reserved:a");
	assert_string_equal(hand_out(30 * WHEN_SECOND - 1), "");
	assert_string_equal(hand_out(1), "t1:reserved:b");
	assert_string_equal(hand_out(30 * WHEN_SECOND), "t1:reserved:a");
	say(assign_accept, "t1", "a");
	assert_string_equal(hand_out(WHEN_DAY), "");
}

static void test_who_lets_offers_lapse_is_away(void **state)
{
	(void)state;
	use("agents: {a: {}}\nqueues: {default: {reserve: 30s}}\nmisses: 3");
	arrive("t1", "");
	hand_out(0);
	hand_out(30 * WHEN_SECOND);
	assert_string_equal(hand_out(30 * WHEN_SECOND), "t1:reserved:a");
	assert_string_equal(hand_out(30 * WHEN_SECOND), "t1:queued:-");
	assert_string_equal(hand_out(30 * WHEN_SECOND), "");
}

static void test_accepting_makes_up_for_a_lapse(void **state)
{
	(void)state;
	use("agents: {a: {}}\nqueues: {default: {reserve: 30s}}");
	arrive("t1", "");
	hand_out(0);
	assert_string_equal(hand_out(30 * WHEN_SECOND), "t1:reserved:a");
	say(assign_complete, "t1", "a");
	arrive("t2", "");
	assert_string_equal(hand_out(1), "t2:reserved:a");
	assert_string_equal(hand_out(30 * WHEN_SECOND), "t2:queued:-");
}

static void test_reserve_nothing_assigns_at_once(void **state)
{
	(void)state;
	use("agents: {a: {capacity: 1}}\nqueues: {default: {reserve: 0s}}");
	arrive("t1", "");
	arrive("t2", "");
	assert_string_equal(hand_out(0), "t1:assigned:a t2:queued:-");
	assert_string_equal(hand_out(WHEN_DAY), "");
}

static void test_steps_go_on_and_end(void **state)
{
	(void)state;
	use("agents: {a: {skills: [x]}}\n"
	    "workflows: [{name: w, steps: [{wait: 1m}, {wait: 1m, priority: high}, {wait: 1m, skip: true}]}]");
	arrive("t1", "\"skills\":[\"y\"]");
	assert_string_equal(hand_out(0), "t1:queued:-");
	assert_string_equal(hand_out(WHEN_MINUTE), "t1:queued:-");
	/* The last one is passed over: nobody has the skill. */
	assert_string_equal(hand_out(WHEN_MINUTE), "t1:declined:-");
	assert_string_equal(hand_out(WHEN_DAY), "");
}

static void test_a_step_that_ends_while_it_is_offered(void **state)
{
	(void)state;
	use("agents: {a: {}}\nqueues: {default: {reserve: 2m}}\n"
	    "workflows: [{name: w, steps: [{wait: 1m}]}]");
	arrive("t1", "");
	assert_string_equal(hand_out(0), "t1:reserved:a");
	assert_string_equal(hand_out(90 * WHEN_SECOND), "");
	assert_string_equal(hand_out(30 * WHEN_SECOND), "t1:declined:-");
}

static void test_conditions_on_task_and_agent(void **state)
{
	(void)state;
	use("agents: {a: {attributes: {teams: [red, blue]}}, b: {attributes: {teams: [green]}}, c: {}}\n"
	    "queues: {team: {agents: {attributes.teams: {same: task.context.team}}}}\n"
	    "workflows: [{name: w, match: {context.team: {present: true}}, steps: [{queue: team}]}]");
	arrive("t1", "\"context\":{\"team\":\"green\"}");
	assert_string_equal(hand_out(0), "t1:reserved:b");
	arrive("t2", "\"context\":{\"team\":\"blue\"}");
	assert_string_equal(hand_out(0), "t2:reserved:a");
	arrive("t3", "\"context\":{\"team\":\"blue\"}");
	assert_string_equal(hand_out(0), "t3:queued:-");
	arrive("t4", "");
	assert_string_equal(hand_out(0), "t4:reserved:c");
}

static void test_a_share_is_not_exceeded_while_there_are_others(void **state)
{
	int of_a = 0;

	(void)state;
	use("agents: {a: {capacity: 100, langs: [es]}, b: {capacity: 100}}\nqueues: {default: {share: 50}}");
	for (int i = 0; i < 20; i++) {
		char id[8];

		snprintf(id, sizeof(id), "t%d", i);
		arrive(id, FROM_ANA);
		of_a += strstr(hand_out(1), ":a") != NULL;
	}
	assert_in_range(of_a, 10, 11);
	/* A cap, not a reason to let somebody wait. */
	use("agents: {a: {capacity: 100, langs: [es]}}\nqueues: {default: {share: 50}}");
	arrive("more", FROM_ANA);
	assert_string_equal(hand_out(1), "more:reserved:a");
}

static void test_a_workflow_that_is_gone(void **state)
{
	(void)state;
	use("workflows: [{name: w, steps: [{wait: 1m}, {wait: 1m}]}]");
	arrive("t1", "");
	assert_string_equal(hand_out(0), "t1:queued:-");
	use("agents: {a: {}}\nqueues: {other: {}}\nworkflows: [{name: v, steps: [{queue: other}]}]");
	assert_string_equal(hand_out(0), "t1:reserved:a");
	say(assign_decline, "t1", "a");
	assert_string_equal(hand_out(WHEN_MINUTE), "t1:queued:-");
}

/* T0 is a Tuesday, 09:00 in Madrid. */
static void test_a_closed_queue(void **state)
{
	(void)state;
	use("agents: {a: {}}\nqueues:\n"
	    "  day: {sla: 5m, hours: {mon-fri: '10:00-18:00', holidays: closed, in: ES, zone: Europe/Madrid}}\n"
	    "  night: {skills: [night]}\n"
	    "workflows:\n"
	    "- {name: urgent, match: {priority: critical}, steps: [{queue: day, skip: true, wait: 1h}, {queue: night, wait: 1m}]}\n"
	    "- {name: any, steps: [{queue: day}]}");
	arrive("t1", "");
	assert_string_equal(hand_out(0), "t1:queued:-");
	arrive("t2", "\"priority\":\"critical\"");
	assert_string_equal(hand_out(0), "t2:queued:-");
	assert_string_equal(hand_out(WHEN_MINUTE), "t2:declined:-");
	assert_string_equal(hand_out(58 * WHEN_MINUTE), "");
	assert_string_equal(hand_out(WHEN_MINUTE), "t1:reserved:a");
	say(assign_complete, "t1", "a");
	/* 2026-12-08 is a holiday, another Tuesday. */
	arrive("t3", "");
	assert_string_equal(hand_out(14 * WHEN_DAY), "t3:queued:-");
	assert_string_equal(hand_out(WHEN_DAY), "t3:reserved:a");
}

static int count_in_time(void *ctx, const struct task_record *r)
{
	*(int64_t *)ctx += r->in_time;
	return 0;
}

static void test_the_objective_counts_from_the_opening(void **state)
{
	int64_t in_time = 0;

	(void)state;
	use("agents: {a: {}}\nqueues: {default: {sla: 5m, reserve: 0s, hours: {daily: '10:00-18:00', zone: Europe/Madrid}}}");
	arrive("t1", "");
	assert_string_equal(hand_out(0), "t1:queued:-");
	assert_string_equal(hand_out(WHEN_HOUR + 4 * WHEN_MINUTE), "t1:assigned:a");
	assert_int_equal(task_each_record(store, 0, count_in_time, &in_time, &e), 0);
	assert_int_equal(in_time, 1);
}

static void test_lines_of_a_run_that_died(void **state)
{
	struct assign dead;
	struct line_writer lost;

	(void)state;
	use("agents: {a: {to: 'sms:+15551230001'}}");
	line_writer_init(&lost, -1);
	lost.hold = true;
	assert_int_equal(assign_open(&dead, desk, contacts, store, &lost, &run_status, &e), 0);
	arrive("t1", "");
	dead.arrivals = a.arrivals;
	dead.arrival_count = a.arrival_count;
	a.arrivals = NULL;
	a.arrival_count = 0;
	assert_int_equal(assign_settle_at(&dead, now_ms, &e), 0);
	line_writer_clear(&lost);
	assert_int_equal(assign_close(&dead, &e), 0);
	assert_string_equal(hand_out(0), "t1:reserved:a >sms:+15551230001");
	assert_string_equal(hand_out(0), "");
}

static void test_due_while_other_lines_go_by(void **state)
{
	(void)state;
	use("agents: {a: {}}\nqueues: {default: {reserve: 500ms}}");
	arrive("t1", "");
	assert_string_equal(hand_out(0), "t1:reserved:a");
	assert_int_equal(assign_settle_at(&a, now_ms + WHEN_SECOND - 1, &e), 0);
	assert_int_equal(out.buf.len, 0);
	assert_int_equal(assign_settle_at(&a, now_ms + WHEN_SECOND, &e), 0);
	assert_contains(out.buf.data, "\"id\":\"t1\"");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_all_skills_are_needed),
	    TEST(test_turns_are_taken),
	    TEST(test_priority_then_age),
	    TEST(test_language_is_preferred_or_needed),
	    TEST(test_who_helped_before),
	    TEST(test_sticky_step_is_passed_over),
	    TEST(test_an_offer_lapses_to_the_next),
	    TEST(test_who_lets_offers_lapse_is_away),
	    TEST(test_accepting_makes_up_for_a_lapse),
	    TEST(test_reserve_nothing_assigns_at_once),
	    TEST(test_steps_go_on_and_end),
	    TEST(test_a_step_that_ends_while_it_is_offered),
	    TEST(test_conditions_on_task_and_agent),
	    TEST(test_a_share_is_not_exceeded_while_there_are_others),
	    TEST(test_a_workflow_that_is_gone),
	    TEST(test_a_closed_queue),
	    TEST(test_the_objective_counts_from_the_opening),
	    TEST(test_due_while_other_lines_go_by),
	    TEST(test_lines_of_a_run_that_died),
	};

	return cmocka_run_group_tests_name("assign", tests, NULL, NULL);
}
