/* Taking back, replacing, answering: what each does to a row in each state. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/line/when.h"
#include "common/store/ack.h"
#include "common/store/replace.h"
#include "common/store/withdraw.h"
#include "tests/unit/unit.h"

#include "common/banned.h"

#define LEGS \
	"[{\"channel\":\"sms\",\"address\":\"sms:+15551230001\"},{\"channel\":\"email\",\"address\":\"mailto:Ana@Example.org\"}," \
	"{\"channel\":\"voice\",\"address\":\"tel:+15551230001\"}]"

static char directory[64];
static struct store *store;
static struct ack_words *words;

static int set_up(void **state)
{
	static const struct config none;
	struct err e;

	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/msg-withdraw-XXXXXX");
	assert_non_null(mkdtemp(directory));
	assert_int_equal(store_open(directory, STORE_WRITE, &store, &e), 0);
	assert_int_equal(store_begin(store, &e), 0);
	return ack_words_load(&none, &words, &e);
}

static int tear_down(void **state)
{
	static const char *const names[] = {"msg.db", "msg.db-wal", "msg.db-shm", "msg.lock"};

	(void)state;
	ack_words_free(words);
	store_close(store);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	return rmdir(directory);
}

/* A row as work on it has left it. */
static int64_t add(const char *message, const char *line, const struct outbox_row *at)
{
	struct outbox_row row = *at;
	char earlier[ID_BYTES + 1];
	struct err e;
	int64_t seq;

	row.message = message;
	row.recipient = "ana";
	row.line = line;
	row.plan = LEGS;
	row.priority = 1;
	assert_int_equal(outbox_add(store, &row, 0, &seq, earlier, &e), 1);
	row.seq = seq;
	assert_int_equal(outbox_update(store, &row, &e), 0);
	return seq;
}

/* "1 email canceled" of each receipt, with commas between. */
static const char *tell(const json_t *receipts)
{
	static char text[512];
	const json_t *r;
	size_t i, len = 0;

	*text = '\0';
	json_array_foreach(receipts, i, r)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%d %s %s", i ? ", " : "",
		    (int)json_integer_value(json_object_get(r, "leg")), json_string_value(json_object_get(r, "channel")),
		    json_string_value(json_object_get(r, "status")));
	return text;
}

static enum outbox_state state_of(const char *message)
{
	struct replaced r;
	struct err e;

	assert_int_equal(replace_find(store, message, "ana", &r, &e), 1);
	json_decref(r.plan);
	return r.state;
}

static void what_has_not_left_is_taken_back(void **state)
{
	static const struct {
		struct outbox_row row;
		const char *receipts;
		bool left;
		enum outbox_state after;
		unsigned from;
	} cases[] = {
	    {{.state = OUTBOX_QUEUED}, "0 sms canceled, 1 email canceled, 2 voice canceled", false, OUTBOX_DONE, 0},
	    {{.state = OUTBOX_HELD, .due_ms = 9}, "0 sms canceled, 1 email canceled, 2 voice canceled", false, OUTBOX_DONE, 0},
	    {{.state = OUTBOX_QUEUED, .leg = 1, .attempt = 2}, "1 email canceled, 2 voice canceled", false, OUTBOX_DONE, 1},
	    /* Sent again because repetitions are dropped: it may have arrived. */
	    {{.state = OUTBOX_QUEUED, .reached = STATUS_UNKNOWN}, "1 email canceled, 2 voice canceled", true, OUTBOX_QUEUED, 1},
	    {{.state = OUTBOX_IN_FLIGHT, .attempt = 1, .owner = "o", .lease_ms = OUTBOX_NEVER}, "1 email canceled, 2 voice canceled",
	        true, OUTBOX_IN_FLIGHT, 1},
	    {{.state = OUTBOX_ACCEPTED, .leg = 1, .reached = STATUS_ACCEPTED}, "2 voice canceled", true, OUTBOX_ACCEPTED, 2},
	    {{.state = OUTBOX_UNKNOWN, .leg = 2, .reached = STATUS_UNKNOWN}, "", true, OUTBOX_UNKNOWN, 3},
	    /* Somebody waits with it, and ends it. */
	    {{.state = OUTBOX_QUEUED, .owner = "o", .lease_ms = OUTBOX_NEVER - 1, .due_ms = OUTBOX_NEVER},
	        "0 sms canceled, 1 email canceled, 2 voice canceled", false, OUTBOX_QUEUED, 0},
	    /* Nobody does: it was somebody who has gone. */
	    {{.state = OUTBOX_QUEUED, .owner = "o", .lease_ms = 0}, "0 sms canceled, 1 email canceled, 2 voice canceled", false,
	        OUTBOX_DONE, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		json_t *receipts = json_array(), *again = json_array();
		struct withdrawal w;
		char message[16];
		unsigned from = 99;
		struct err e;
		int64_t seq;

		snprintf(message, sizeof(message), "w%zu", i);
		seq = add(message, "{}", &cases[i].row);
		assert_int_equal(withdraw_look(store, seq, &from, &e), 0);
		assert_int_equal(withdraw(store, seq, receipts, &w, &e), 1);
		assert_string_equal(tell(receipts), cases[i].receipts);
		assert_int_equal(w.canceled, json_array_size(receipts));
		assert_int_equal(w.left, cases[i].left);
		assert_int_equal(state_of(message), cases[i].after);
		assert_int_equal(withdraw_look(store, seq, &from, &e), 1);
		assert_int_equal(from, cases[i].from);
		/* Once is enough. */
		assert_int_equal(withdraw(store, seq, again, &w, &e), 1);
		assert_int_equal(json_array_size(again), 0);
		json_decref(receipts);
		json_decref(again);
	}
}

static void receipts_say_whose_they_were(void **state)
{
	static const struct outbox_row queued = {.state = OUTBOX_QUEUED, .leg = 1};
	json_t *receipts = json_array();
	const json_t *r;
	struct withdrawal w;
	struct err e;

	(void)state;
	assert_int_equal(withdraw(store, add("r1", "{\"topic\":\"rides\"}", &queued), receipts, &w, &e), 1);
	r = json_array_get(receipts, 0);
	assert_string_equal(json_string_value(json_object_get(r, "message")), "r1");
	assert_string_equal(json_string_value(json_object_get(r, "address")), "mailto:Ana@example.org");
	assert_string_equal(json_string_value(json_object_get(r, "contact")), "ana");
	assert_string_equal(json_string_value(json_object_get(r, "topic")), "rides");
	assert_string_equal(json_string_value(json_object_get(r, "purpose")), "transactional");
	json_decref(receipts);
	receipts = json_array();
	assert_int_equal(withdraw(store, 99999, receipts, &w, &e), 0);
	json_decref(receipts);
}

static void words_that_acknowledge(void **state)
{
	static const char *const yes[] = {"ACK", "ack", " Ok! ", "OK.", "Yes", "\xf0\x9f\x91\x8d", " \xf0\x9f\x91\x8d\n", "\xe2\x9c\x94\xef\xb8\x8f"};
	static const char *const no[] = {"", " ", "not ok", "okay then", "yes but no", "!", "\xf0\x9f\x91\x8e", "back"};
	char text[2000];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(yes); i++)
		if (!ack_words_match(words, yes[i]))
			fail_msg("not taken: '%s'", yes[i]);
	for (size_t i = 0; i < COUNT_OF(no); i++)
		if (ack_words_match(words, no[i]))
			fail_msg("taken: '%s'", no[i]);
	memset(text, ' ', sizeof(text));
	snprintf(text + 1990, 10, "ok");
	assert_false(ack_words_match(words, text));
}

/* What an inbound line does; the messages that it acknowledges are counted. */
static const char *answer(const char *from, const char *text, size_t acknowledged)
{
	json_t *line = json_pack("{s:s,s:s}", "from", from, "text", text);
	struct ack_result r = {json_array(), json_array()};
	const char *told;
	struct err e;

	assert_int_equal(ack_answer(store, NULL, line, words, when_now_ms(), &r, &e), 0);
	assert_int_equal(json_array_size(r.messages), acknowledged);
	told = tell(r.receipts);
	json_decref(r.receipts);
	json_decref(r.messages);
	json_decref(line);
	return told;
}

static void answers_find_what_they_answer(void **state)
{
	static const struct outbox_row sent = {.state = OUTBOX_ACCEPTED, .leg = 1, .attempt = 1, .reached = STATUS_ACCEPTED};
	struct err e;
	int64_t now = when_now_ms();

	(void)state;
	add("a1", "{\"ack\":\"required\"}", &sent);
	add("a2", "{}", &sent);
	assert_int_equal(ack_expect(store, "sms:+15551230001", "a1", "ana", 0, now, &e), 0);
	assert_int_equal(ack_expect(store, "mailto:Ana@Example.org", "a1", "ana", 1, now, &e), 0);
	assert_int_equal(ack_expect(store, "mailto:Ana@Example.org", "a1", "ana", 1, now, &e), 0);
	assert_int_equal(ack_expect(store, "mailto:Ana@Example.org", "a2", "ana", 1, now, &e), 0);
	assert_string_equal(answer("sms:+15559990000", "ok", 0), "");
	assert_string_equal(answer("nonsense", "ok", 0), "");
	/* Mail addresses are compared without regard to case. */
	assert_string_equal(answer("mailto:ANA@example.org", "who is this?", 0), "1 email answered, 2 voice canceled");
	assert_string_equal(answer("sms:+15551230001", "ok", 1), "0 sms answered, 2 voice canceled");
	assert_string_equal(answer("mailto:ana@example.org", "ok", 0), "");
	/* What nobody answers is forgotten. */
	assert_int_equal(ack_expect(store, "sms:+15551230001", "a1", "ana", 0, now - 5000, &e), 0);
	assert_int_equal(ack_purge(store, now, 100, &e), 0);
	assert_string_equal(answer("sms:+15551230001", "ok", 0), "");
}

static const char *reached(const char *message, unsigned leg, enum status status)
{
	json_t *receipts = json_array();
	const char *told;
	struct err e;

	assert_int_equal(ack_reached(store, message, "ana", leg, status, receipts, &e), 0);
	told = tell(receipts);
	json_decref(receipts);
	return told;
}

static void only_what_was_waited_for_settles(void **state)
{
	static const struct outbox_row sent = {.state = OUTBOX_ACCEPTED, .attempt = 1, .reached = STATUS_ACCEPTED};

	(void)state;
	add("s1", "{}", &sent);
	assert_string_equal(reached("s1", 0, STATUS_DELIVERED), "");
	assert_string_equal(reached("s1", 0, STATUS_FAILED), "");
	assert_string_equal(reached("none", 0, STATUS_READ), "");
	assert_string_equal(reached("s1", 0, STATUS_READ), "1 email canceled, 2 voice canceled");
	assert_string_equal(reached("s1", 0, STATUS_ANSWERED), "");
}

static struct replaced find(const char *message)
{
	struct replaced r;
	struct err e;

	assert_int_equal(replace_find(store, message, "ana", &r, &e), 1);
	assert_int_equal(json_array_size(r.plan), 3);
	json_decref(r.plan);
	return r;
}

static void the_first_id_means_the_latest_words(void **state)
{
	static const struct outbox_row queued = {.state = OUTBOX_QUEUED}, done = {.state = OUTBOX_DONE, .reached = STATUS_FAILED};
	int64_t one = add("p1", "{}", &queued), two = add("p2", "{\"replace\":\"p1\"}", &queued);
	int64_t three = add("p3", "{\"replace\":\"p1\"}", &done);
	char edits[REPLACE_PROVIDER_ID];
	struct replaced r = find("p1");
	struct err e;

	(void)state;
	assert_int_equal(r.row, one);
	assert_string_equal(r.replaces, "");
	assert_string_equal(find("p2").replaces, "p1");
	assert_int_equal(replace_look(store, two, edits, &e), 0);
	assert_int_equal(replace_put(store, &r, two, "p2", "", NULL, &e), 0);
	assert_int_equal(replace_look(store, two, edits, &e), 1);
	assert_string_equal(edits, "");
	r = find("p1");
	assert_int_equal(r.row, two);
	assert_string_equal(r.replaces, "");
	/* An edit that failed has taken no place. */
	assert_int_equal(replace_put(store, &r, three, "p3", "SM1", NULL, &e), 0);
	assert_int_equal(find("p1").row, two);
	assert_int_equal(replace_find(store, "p1", "bob", &r, &e), 0);
	assert_int_equal(replace_find(store, "none", "ana", &r, &e), 0);
	/* In a circle it comes to an end. */
	r = find("p2");
	assert_int_equal(replace_put(store, &r, one, "p1", "", NULL, &e), 0);
	find("p1");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(what_has_not_left_is_taken_back, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(receipts_say_whose_they_were, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(words_that_acknowledge, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(answers_find_what_they_answer, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(only_what_was_waited_for_settles, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(the_first_id_means_the_latest_words, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
