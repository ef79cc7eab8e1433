/* Who gets a task, and what becomes of it as time goes by; with a clock of the test's. */
#include "tests/unit/desk_rig.h"

#include "common/banned.h"

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
	(void)state;
	use("agents: {a: {}, b: {}}\n"
	    "workflows: [{name: w, steps: [{need: [sticky], wait: 1m}, {}]}]");
	arrive("t1", "\"agent\":\"b\"");
	assert_string_equal(hand_out(0), "t1:reserved:b");
	arrive("t2", "\"agent\":\"b\"");
	assert_string_equal(hand_out(0), "t2:queued:b");        /* b is there, and busy */
	assert_string_equal(hand_out(WHEN_MINUTE), "t2:reserved:a");
	say(assign_complete, "t2", "a");
	be("b", &(struct roster_change){.status = "away"});
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
	assert_int_equal(task_each_record(store, TASK_BY_QUEUE, 1, count_in_time, &in_time, &e), 0);
	assert_int_equal(in_time, 1);
}

static void test_levels_of_skills(void **state)
{
	(void)state;
	use("agents: {a: {skills: {fix: 2, es: 9}, capacity: 9}, b: {skills: {fix: 5}, capacity: 1}, c: {skills: [fix]}}\n"
	    "queues: {hard: {skills: {fix: 2}}}\n"
	    "workflows:\n"
	    "- {name: hard, match: {context.hard: true}, steps: [{queue: hard, skills: {fix: 4}, wait: 1m}, {queue: hard}]}");
	arrive("t1", "\"skills\":[\"fix\"],\"context\":{\"hard\":true}");
	assert_string_equal(hand_out(0), "t1:reserved:b");
	arrive("t2", "\"skills\":[\"fix\"],\"context\":{\"hard\":true}");
	assert_string_equal(hand_out(1), "t2:queued:-");
	assert_string_equal(hand_out(WHEN_MINUTE), "t2:reserved:a");     /* not c, who is not good enough for the queue */
	/* The task itself asks for a level. */
	arrive("t3", "\"levels\":{\"fix\":2}");
	assert_string_equal(hand_out(1), "t3:reserved:a");
	arrive("t4", "\"levels\":{\"fix\":6}");
	assert_string_equal(hand_out(1), "t4:queued:-");
	be("c", &(struct roster_change){.skills = "fix=7, es"});
	assert_string_equal(hand_out(1), "t4:reserved:c");
}

static void test_the_order_of_a_step(void **state)
{
	(void)state;
	use("agents:\n"
	    "  a: {skills: {fix: 2}, langs: [es], capacity: 9, attributes: {rank: 3}}\n"
	    "  b: {skills: {fix: 5}, capacity: 9, attributes: {rank: 1}}\n"
	    "  c: {skills: {fix: 4}, capacity: 9, attributes: {rank: 2}}\n"
	    "workflows:\n"
	    "- {name: best, match: {context.by: best}, steps: [{order: [level]}]}\n"
	    "- {name: rank, match: {context.by: rank}, steps: [{order: [attributes.rank]}]}\n"
	    "- {name: knar, match: {context.by: knar}, steps: [{order: [-attributes.rank]}]}\n"
	    "- {name: load, match: {context.by: load}, steps: [{order: [load]}]}\n");
	arrive("t1", "\"skills\":[\"fix\"],\"context\":{\"by\":\"best\"}");
	assert_string_equal(hand_out(1), "t1:reserved:b");
	arrive("t2", "\"context\":{\"by\":\"rank\"}");
	assert_string_equal(hand_out(1), "t2:reserved:a");
	arrive("t3", "\"context\":{\"by\":\"knar\"}");
	assert_string_equal(hand_out(1), "t3:reserved:b");
	arrive("t4", "\"lang\":\"es\",\"context\":{\"by\":\"load\"}");
	assert_string_equal(hand_out(1), "t4:reserved:c");
	arrive("t5", "\"lang\":\"es\",\"context\":{\"by\":\"none\"}");
	assert_string_equal(hand_out(1), "t5:reserved:a");
}

static void test_capacity_by_channel(void **state)
{
	(void)state;
	use("agents: {a: {capacity: {voice: 1, email: 2, other: 1, all: 3}}}\nqueues: {default: {reserve: 0s}}\nmisses: 0");
	arrive("v1", "\"context\":{\"from\":\"tel:+34612340001\"}");
	arrive("v2", "\"channel\":\"voice\"");
	arrive("s1", "\"context\":{\"from\":\"sms:+34612340001\"}");
	arrive("s2", "\"context\":{\"from\":\"whatsapp:+34612340001\"}");
	arrive("m1", "\"channel\":\"email\"");
	arrive("m2", "\"channel\":\"email\"");
	assert_string_equal(hand_out(1),
	    "v1:assigned:a v2:queued:- s1:assigned:a s2:queued:- m1:assigned:a m2:queued:-");
	say(assign_complete, "s1", "a");
	assert_string_equal(hand_out(1), "s2:assigned:a");      /* the first that fits, not the first */
	say(assign_complete, "v1", "a");
	assert_string_equal(hand_out(1), "v2:assigned:a");
	/* What is not named, and no `other`, is not taken. */
	use("agents: {a: {capacity: 0}, b: {capacity: {voice: 1}}}");
	arrive("s3", "\"channel\":\"sms\"");
	arrive("x", "");
	assert_string_equal(hand_out(1), "s3:queued:- x:queued:-");
}

static void test_who_is_on_the_telephone(void **state)
{
	(void)state;
	use("agents: {a: {capacity: {voice: 1, other: 3}}}\n"
	    "workflows: [{name: calls, match: {channel: voice}, steps: [{agents: {tasks.all: 0}}]},"
	    " {name: chats, steps: [{agents: {tasks.voice: 0}}]}]");
	arrive("v1", "\"channel\":\"voice\"");
	arrive("s1", "\"channel\":\"sms\"");
	assert_string_equal(hand_out(1), "v1:reserved:a s1:queued:-");
	say(assign_complete, "v1", "a");
	arrive("v2", "\"channel\":\"voice\"");
	assert_string_equal(hand_out(1), "v2:queued:- s1:reserved:a");
}

/* T0 is a Tuesday, 09:00 in Madrid. */
static void test_hours_of_agents(void **state)
{
	(void)state;
	use("agents:\n"
	    "  a: {capacity: 9, hours: {mon-fri: 10:00-11:00 11:30-18:00, zone: Europe/Madrid}}\n"
	    "  b: {capacity: 9, hours: {sat: 10:00-18:00, zone: Europe/Madrid}}\nmisses: 0\n"
	    "workflows: [{name: w, match: {context.skip: true}, steps: [{wait: 1h, skip: true}, {wait: 2h}]}]");
	arrive("t1", "");
	assert_string_equal(hand_out(0), "t1:queued:-");
	arrive("t2", "\"context\":{\"skip\":true}");
	assert_string_equal(hand_out(0), "t2:queued:-");
	assert_string_equal(hand_out(WHEN_HOUR), "t1:reserved:a t2:reserved:a");
	say(assign_complete, "t1", "a");
	say(assign_complete, "t2", "a");
	arrive("t3", "");
	assert_string_equal(hand_out(WHEN_HOUR), "t3:queued:-");        /* a's break */
	/* b helps out, which ends by itself. */
	be("b", &(struct roster_change){.status = "available", .for_ms = 10 * WHEN_MINUTE});
	assert_string_equal(hand_out(9 * WHEN_MINUTE), "t3:reserved:b");
	say(assign_complete, "t3", "b");
	arrive("t4", "");
	assert_string_equal(hand_out(WHEN_MINUTE), "t4:queued:-");
	assert_string_equal(hand_out(20 * WHEN_MINUTE), "t4:reserved:a");
	say(assign_complete, "t4", "a");
	/* And a has a rest, after which they are what they were. */
	be("a", &(struct roster_change){.status = "away", .for_ms = 10 * WHEN_MINUTE});
	arrive("t5", "");
	assert_string_equal(hand_out(WHEN_MINUTE), "t5:queued:-");
	assert_string_equal(hand_out(9 * WHEN_MINUTE), "t5:reserved:a");
}

static void test_wrap_up(void **state)
{
	(void)state;
	use("agents: {a: {}}\nqueues: {default: {reserve: 1m, wrap_up: 30s}}");
	arrive("t1", "");
	arrive("t2", "");
	assert_string_equal(hand_out(0), "t1:reserved:a t2:queued:-");
	say(assign_accept, "t1", "a");
	say(assign_complete, "t1", "a");
	assert_string_equal(hand_out(30 * WHEN_SECOND - 1), "");
	assert_string_equal(hand_out(1), "t2:reserved:a");
	say(assign_accept, "t2", "a");
	say(assign_complete, "t2", "a");
	arrive("t3", "");
	assert_string_equal(hand_out(1), "t3:queued:-");
	be("a", &(struct roster_change){.status = "available"});
	assert_string_equal(hand_out(1), "t3:reserved:a");
	assert_string_equal(hand_out(31 * WHEN_SECOND), "");
	/* Whoever lets an offer lapse has nothing to write up. */
	arrive("t4", "");
	assert_string_equal(hand_out(29 * WHEN_SECOND), "t4:queued:- t3:reserved:a");
}

static void test_one_of_several_conditions(void **state)
{
	(void)state;
	use("agents: {a: {skills: [x]}, b: {attributes: {lead: true}}, c: {}}\n"
	    "queues: {some: {agents: [{skills: x}, {attributes.lead: true}]}, none: {agents: {id: zed}}}\n"
	    "workflows:\n"
	    "- {name: v, match: [{priority: critical}, {context.tier: [gold, silver]}], steps: [{queue: some}]}\n"
	    "- {name: w, match: {context.tier: [gold, tin]}, steps: [{queue: none}]}");
	arrive("t1", "\"priority\":\"critical\"");
	arrive("t2", "\"context\":{\"tier\":\"silver\"}");
	arrive("t3", "\"context\":{\"tier\":\"gold\"}");
	arrive("t4", "\"context\":{\"tier\":\"tin\"}");
	arrive("t5", "");
	assert_string_equal(hand_out(1), "t1:reserved:a t2:reserved:b t3:queued:- t4:queued:- t5:reserved:c");
}

static void test_holidays_of_its_own(void **state)
{
	(void)state;
	write_file("fiestas.tsv", "ES\t11-24\tA local one\n");
	use("agents: {a: {}}\nholidays: fiestas.tsv\n"
	    "queues: {default: {hours: {daily: any, holidays: closed, in: ES, zone: Europe/Madrid}}}");
	arrive("t1", "");
	assert_string_equal(hand_out(0), "t1:queued:-");
	assert_string_equal(hand_out(WHEN_DAY), "t1:reserved:a");
}

static void test_how_long_a_task_is_kept(void **state)
{
	struct task t;

	(void)state;
	use("agents: {a: {}}\nkeep: 1h");
	arrive("t1", "");
	hand_out(0);
	say(assign_complete, "t1", "a");
	hand_out(WHEN_HOUR);
	assert_int_equal(task_find(store, "t1", &t, &e), 1);
	task_clear(&t);
	hand_out(1);
	assert_int_equal(task_find(store, "t1", &t, &e), 0);
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
	    TEST(test_levels_of_skills),
	    TEST(test_the_order_of_a_step),
	    TEST(test_capacity_by_channel),
	    TEST(test_who_is_on_the_telephone),
	    TEST(test_hours_of_agents),
	    TEST(test_wrap_up),
	    TEST(test_one_of_several_conditions),
	    TEST(test_holidays_of_its_own),
	    TEST(test_how_long_a_task_is_kept),
	    TEST(test_lines_of_a_run_that_died),
	};

	return cmocka_run_group_tests_name("assign", tests, NULL, NULL);
}
