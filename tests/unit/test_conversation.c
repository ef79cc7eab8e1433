/* Conversations in the store: who is current, who was quicker, what was heard and what did not get out. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/store/conversation.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define ANA "sms:+15551230001"
#define BEN "sms:+15551230002"
#define US "sms:+15550001111"
#define T0 INT64_C(1700000000000)

static char directory[64];
static struct store *store;
static struct err e;

static int set_up(void **state)
{
	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/msg-conversation-XXXXXX");
	assert_non_null(mkdtemp(directory));
	assert_int_equal(store_open(directory, STORE_WRITE, &store, &e), 0);
	return 0;
}

static int tear_down(void **state)
{
	static const char *const names[] = {"msg.db", "msg.db-wal", "msg.db-shm"};
	char path[128];

	(void)state;
	store_close(store);
	store = NULL;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	return rmdir(directory);
}

static struct conversation *begin(const char *them, const char *flow)
{
	struct conversation *c = conversation_new(them, US, flow, T0);

	assert_int_equal(conversation_save(store, c, &e), 0);
	return c;
}

static struct conversation *find(const char *them)
{
	struct conversation *c = NULL;

	assert_int_equal(conversation_find(store, them, US, &c, &e), 1);
	return c;
}

static void nobody(const char *them)
{
	struct conversation *c = NULL;

	assert_int_equal(conversation_find(store, them, US, &c, &e), 0);
	assert_null(c);
}

static void every_field_comes_back(void **state)
{
	struct conversation *c = conversation_new(ANA, US, "clinic", T0), *again;

	(void)state;
	nobody(ANA);
	conversation_set(&c->state, "ask");
	conversation_set(&c->thread, "their own");
	conversation_set(&c->task, "t1");
	c->misses = 2;
	c->due_ms = T0 + 5;
	json_object_set_new(c->data, "vars", json_pack("{s:s}", "día", "lunes"));
	assert_int_equal(conversation_save(store, c, &e), 0);
	again = find(ANA);
	assert_string_equal(again->id, c->id);
	assert_string_equal(again->thread, "their own");
	assert_string_equal(again->them, ANA);
	assert_string_equal(again->us, US);
	assert_string_equal(again->flow, "clinic");
	assert_string_equal(again->state, "ask");
	assert_string_equal(again->task, "t1");
	assert_int_equal(again->status, CONVERSATION_OPEN);
	assert_int_equal(again->misses, 2);
	assert_int_equal(again->due_ms, T0 + 5);
	assert_int_equal(again->started_ms, T0);
	assert_true(json_equal(again->data, c->data));
	conversation_free(again);
	nobody(BEN);
	assert_int_equal(conversation_find(store, ANA, "", &again, &e), 0);
	conversation_free(c);
}

static void the_slower_writer_is_told(void **state)
{
	struct conversation *mine = begin(ANA, "f"), *theirs = find(ANA), *now;

	(void)state;
	conversation_set(&theirs->state, "theirs");
	assert_int_equal(conversation_save(store, theirs, &e), 0);
	conversation_set(&mine->state, "mine");
	assert_int_equal(conversation_save(store, mine, &e), 1);
	now = find(ANA);
	assert_string_equal(now->state, "theirs");
	conversation_free(mine);
	conversation_free(theirs);
	conversation_free(now);
}

static void one_at_a_time_between_two(void **state)
{
	struct conversation *first = begin(ANA, "f"), *second = conversation_new(ANA, US, "f", T0 + 1);

	(void)state;
	assert_int_equal(conversation_save(store, second, &e), 1);
	first->status = CONVERSATION_ENDED;
	assert_int_equal(conversation_save(store, first, &e), 0);
	nobody(ANA);
	assert_int_equal(conversation_save(store, second, &e), 0);
	conversation_free(first);
	first = find(ANA);
	assert_string_equal(first->id, second->id);
	conversation_free(first);
	conversation_free(second);
}

static void due_ones_in_order(void **state)
{
	struct conversation *ana = begin(ANA, "f"), *ben = begin(BEN, "f"), *got;

	(void)state;
	ana->due_ms = T0 + 20;
	ben->due_ms = T0 + 10;
	assert_int_equal(conversation_save(store, ana, &e), 0);
	assert_int_equal(conversation_save(store, ben, &e), 0);
	assert_int_equal(conversation_due(store, "f", T0 + 9, &got, &e), 0);
	assert_int_equal(conversation_due(store, "other", T0 + 99, &got, &e), 0);
	assert_int_equal(conversation_due(store, "f", T0 + 20, &got, &e), 1);
	assert_string_equal(got->them, BEN);
	got->due_ms = 0;
	assert_int_equal(conversation_save(store, got, &e), 0);
	conversation_free(got);
	assert_int_equal(conversation_due(store, "f", T0 + 20, &got, &e), 1);
	assert_string_equal(got->them, ANA);
	got->status = CONVERSATION_HANDED;
	assert_int_equal(conversation_save(store, got, &e), 0);
	conversation_free(got);
	assert_int_equal(conversation_due(store, "f", T0 + 20, &got, &e), 0);
	conversation_free(ana);
	conversation_free(ben);
}

static void handed_by_thread(void **state)
{
	struct conversation *c = begin(ANA, "f"), *got;

	(void)state;
	assert_int_equal(conversation_handed(store, c->thread, &got, &e), 0);
	c->status = CONVERSATION_HANDED;
	assert_int_equal(conversation_save(store, c, &e), 0);
	assert_int_equal(conversation_handed(store, c->thread, &got, &e), 1);
	assert_string_equal(got->id, c->id);
	conversation_free(got);
	assert_int_equal(conversation_handed(store, "another", &got, &e), 0);
	conversation_free(c);
}

static void ended_by_a_no(void **state)
{
	struct conversation *ana = begin(ANA, "f"), *ben = begin(BEN, "f");

	(void)state;
	assert_int_equal(conversation_end_all(store, ANA, T0 + 1, &e), 0);
	nobody(ANA);
	conversation_free(find(BEN));
	/* Who had it in hand notices. */
	assert_int_equal(conversation_save(store, ana, &e), 1);
	conversation_free(ana);
	conversation_free(ben);
}

/* Collects what the loops hand out. */
static struct buf seen;

static int see_turn(void *ctx, const struct turn *turn)
{
	(void)ctx;
	buf_addf(&seen, "%d:%s:%s:%s ", (int)turn->kind, turn->id ? turn->id : "-", turn->line, turn->pending ? turn->pending : "out");
	return 0;
}

static int see_first(void *ctx, const struct conversation *c)
{
	(void)ctx;
	buf_addf(&seen, "%s ", c->them);
	return 1;
}

static int see_conversation(void *ctx, const struct conversation *c)
{
	see_first(ctx, c);
	return 0;
}

static void expect_seen(const char *text)
{
	assert_string_equal(seen.data, text);
	buf_reset(&seen);
}

static int64_t add(const struct conversation *c, enum turn_kind kind, const char *line, int64_t cause, const char *pending)
{
	struct turn turn = {.kind = kind, .id = kind == TURN_IN ? NULL : "x", .line = line, .time_ms = T0, .cause = cause,
	    .pending = pending};

	assert_int_equal(conversation_add_turn(store, c, &turn, &e), 0);
	assert_true(turn.seq > 0);
	return turn.seq;
}

static void lists(void **state)
{
	struct conversation *ana = begin(ANA, "f"), *ben = begin(BEN, "f");

	(void)state;
	buf_init(&seen, 4096);
	ana->updated_ms = T0 + 7;
	assert_int_equal(conversation_save(store, ana, &e), 0);
	assert_int_equal(conversation_each(store, CONVERSATION_OPEN, see_conversation, NULL, &e), 0);
	expect_seen(ANA " " BEN " ");
	assert_int_equal(conversation_each(store, CONVERSATION_OPEN, see_first, NULL, &e), 0);
	expect_seen(ANA " ");
	assert_int_equal(conversation_each(store, CONVERSATION_HANDED, see_conversation, NULL, &e), 0);
	expect_seen("");
	add(ana, TURN_IN, "one", 0, NULL);
	add(ben, TURN_IN, "elsewhere", 0, NULL);
	add(ana, TURN_OUT, "two", 0, NULL);
	assert_int_equal(conversation_each_turn(store, ana->id, see_turn, NULL, &e), 0);
	expect_seen("0:-:one:out 1:x:two:out ");
	conversation_free(ana);
	conversation_free(ben);
	buf_clear(&seen);
}

static void lost_answers_are_found(void **state)
{
	struct conversation *c = begin(ANA, "f");
	int64_t heard, answer, got;

	(void)state;
	buf_init(&seen, 4096);
	heard = add(c, TURN_IN, "hi", 0, NULL);
	assert_int_equal(conversation_hear(store, "i:1", heard, &e), 0);
	assert_int_equal(conversation_hear(store, "i:1", heard + 100, &e), 0);
	assert_int_equal(conversation_heard(store, "i:1", &got, &e), 1);
	assert_int_equal(got, heard);
	assert_int_equal(conversation_heard(store, "i:2", &got, &e), 0);
	answer = add(c, TURN_OUT, "hello", heard, "run1");
	add(c, TURN_OUT, "you", heard, "run1");
	add(c, TURN_OUT, "waiting?", 0, "run1");
	assert_int_equal(conversation_each_pending(store, heard, NULL, "run1", see_turn, NULL, &e), 0);
	expect_seen("");
	assert_int_equal(conversation_each_pending(store, heard, NULL, "run2", see_turn, NULL, &e), 0);
	expect_seen("1:x:hello:run1 1:x:you:run1 ");
	assert_int_equal(conversation_adopt(store, answer, "run2", &e), 0);
	assert_int_equal(conversation_each_pending(store, heard, NULL, "run2", see_turn, NULL, &e), 0);
	expect_seen("1:x:you:run1 ");
	assert_int_equal(conversation_each_pending(store, 0, "f", "run2", see_turn, NULL, &e), 0);
	expect_seen("1:x:you:run1 1:x:waiting?:run1 ");
	assert_int_equal(conversation_each_pending(store, 0, "g", "run2", see_turn, NULL, &e), 0);
	expect_seen("");
	assert_int_equal(conversation_written(store, "run1", &e), 0);
	assert_int_equal(conversation_each_pending(store, 0, "f", "run3", see_turn, NULL, &e), 0);
	expect_seen("1:x:hello:run2 ");
	/* What got out stays out. */
	assert_int_equal(conversation_written(store, "run2", &e), 0);
	assert_int_equal(conversation_adopt(store, answer, "run3", &e), 0);
	assert_int_equal(conversation_each_pending(store, 0, "f", "run4", see_turn, NULL, &e), 0);
	expect_seen("");
	conversation_free(c);
	buf_clear(&seen);
}

static void a_line_is_recorded_whole(void **state)
{
	struct conversation *c = conversation_new(ANA, US, "f", T0), *late;
	struct turn turns[] = {
	    {.kind = TURN_IN, .line = "hi", .time_ms = T0},
	    {.kind = TURN_OUT, .id = "1", .line = "hello", .time_ms = T0, .pending = "run1"},
	    {.kind = TURN_TASK, .id = "2", .line = "help", .time_ms = T0, .pending = "run1"},
	};
	static const char *const keys[] = {"i:1", "p:2"};
	int64_t got;

	(void)state;
	buf_init(&seen, 4096);
	assert_int_equal(conversation_record(store, c, turns, 3, keys, 2, &e), 0);
	assert_int_equal(turns[2].cause, turns[0].seq);
	assert_int_equal(conversation_heard(store, "p:2", &got, &e), 1);
	assert_int_equal(got, turns[0].seq);
	/* A turn without a line cannot be stored: then the conversation must not have moved either. */
	late = find(ANA);
	conversation_set(&late->state, "moved");
	turns[1].line = NULL;
	assert_int_equal(conversation_record(store, late, turns, 3, keys, 2, &e), -1);
	assert_int_equal(e.code, EX_CANTCREAT);
	assert_int_equal(store_commit(store, &e), 0);
	conversation_free(late);
	late = find(ANA);
	assert_string_equal(late->state, "");
	conversation_free(late);
	assert_int_equal(conversation_each_turn(store, c->id, see_turn, NULL, &e), 0);
	expect_seen("0:-:hi:out 1:1:hello:run1 2:2:help:run1 ");
	c->version--;
	assert_int_equal(conversation_record(store, c, turns, 1, NULL, 0, &e), 1);
	assert_int_equal(conversation_each_turn(store, c->id, see_turn, NULL, &e), 0);
	expect_seen("0:-:hi:out 1:1:hello:run1 2:2:help:run1 ");
	conversation_free(c);
	buf_clear(&seen);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(every_field_comes_back),
	    TEST(the_slower_writer_is_told),
	    TEST(one_at_a_time_between_two),
	    TEST(due_ones_in_order),
	    TEST(handed_by_thread),
	    TEST(ended_by_a_no),
	    TEST(lists),
	    TEST(lost_answers_are_found),
	    TEST(a_line_is_recorded_whole),
	};

	return cmocka_run_group_tests_name("conversation", tests, NULL, NULL);
}
