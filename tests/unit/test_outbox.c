/* The outbox: what is claimed, by whom, what news does to a row, and whose rows are taken over. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/line/id.h"
#include "common/store/outbox.h"
#include "common/store/sender.h"
#include "tests/unit/unit.h"

#include "common/banned.h"

#define NOW INT64_C(1700000000000)
#define LEASE (NOW + 600000)

static char directory[64];
static struct store *store;

static int set_up(void **state)
{
	struct err e;

	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/msg-outbox-XXXXXX");
	assert_non_null(mkdtemp(directory));
	assert_int_equal(store_open(directory, STORE_WRITE, &store, &e), 0);
	return 0;
}

static int tear_down(void **state)
{
	static const char *const names[] = {"msg.db", "msg.db-wal", "msg.db-shm", "msg.lock"};

	(void)state;
	store_close(store);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	return rmdir(directory);
}

static struct outbox_row row_of(const char *message, const char *recipient)
{
	return (struct outbox_row){
	    .message = message,
	    .recipient = recipient,
	    .line = "{}",
	    .state = OUTBOX_QUEUED,
	    .priority = 1,
	    .created_ms = NOW,
	    .due_ms = NOW,
	};
}

static int add(const struct outbox_row *row, int64_t *ret_seq)
{
	char earlier[ID_BYTES + 1];
	struct err e;

	return outbox_add(store, row, 0, ret_seq, earlier, &e);
}

/* Claimed ids in order, with spaces between. */
static int collect(void *ctx, const struct outbox_row *row, struct err *e)
{
	char *text = ctx;
	size_t len = strlen(text);

	(void)e;
	snprintf(text + len, 256 - len, "%s%s%s", len ? " " : "", row->message, row->state == OUTBOX_IN_FLIGHT ? "!" : "");
	return 0;
}

static const char *claim(const char *owner, bool mine, int64_t now)
{
	static char text[256];
	struct err e;

	text[0] = '\0';
	assert_true(outbox_claim(store, owner, mine, now, now + 600000, 100, collect, text, &e) >= 0);
	assert_int_equal(store_commit(store, &e), 0);
	return text;
}

static void keys_are_delivered_once(void **state)
{
	struct outbox_row a = row_of("a", "ana"), b = row_of("b", "ana"), again = row_of("c", "ana");
	char earlier[ID_BYTES + 1];
	int64_t first, seq;
	struct err e;

	(void)state;
	assert_int_equal(add(&a, &first), 1);
	assert_int_equal(outbox_add(store, &a, 0, &seq, earlier, &e), 0);
	assert_int_equal(seq, first);
	assert_string_equal(earlier, "a");
	a.recipient = "ben";
	assert_int_equal(add(&a, &seq), 1);
	b.dedupe = again.dedupe = "ride-88";
	assert_int_equal(add(&b, &seq), 1);
	assert_int_equal(outbox_add(store, &again, 0, &seq, earlier, &e), 0);
	assert_string_equal(earlier, "b");
	/* The same id under another key, and a key that looks like an id, are told apart. */
	b.dedupe = "other";
	assert_int_equal(add(&b, &seq), 0);
	again.dedupe = "a";
	assert_int_equal(add(&again, &seq), 1);
}

static void urgent_rows_come_first_and_held_ones_wait(void **state)
{
	struct outbox_row a = row_of("a", "x"), b = row_of("b", "x"), c = row_of("c", "x"), d = row_of("d", "x");
	int64_t seq;
	struct err e;

	(void)state;
	a.due_ms = NOW - 1;
	b.due_ms = NOW - 5;
	c.priority = 0;
	d.state = OUTBOX_HELD;
	d.due_ms = NOW + 1000;
	assert_int_equal(add(&a, &seq), 1);
	assert_int_equal(add(&b, &seq), 1);
	assert_int_equal(add(&c, &seq), 1);
	assert_int_equal(add(&d, &seq), 1);
	assert_int_equal(outbox_any_due(store, NOW, &e), 1);
	assert_string_equal(claim("one", false, NOW), "c b a");
	assert_int_equal(outbox_any_due(store, NOW, &e), 0);
	assert_string_equal(claim("two", false, NOW), "");
	assert_string_equal(claim("two", false, NOW + 1000), "d");
}

static void a_lease_that_ran_out_shows_that_it_was_in_flight(void **state)
{
	struct outbox_row a = row_of("a", "x");
	int64_t seq;

	(void)state;
	assert_int_equal(add(&a, &seq), 1);
	assert_string_equal(claim("one", false, NOW), "a");
	assert_string_equal(claim("two", false, NOW + 600000), "");
	assert_string_equal(claim("two", false, NOW + 600001), "a!");
}

static void waited_rows_stay_with_their_owner(void **state)
{
	struct outbox_row a = row_of("a", "x");
	struct err e;
	int64_t seq;

	(void)state;
	assert_int_equal(add(&a, &seq), 1);
	a.seq = seq;
	a.state = OUTBOX_ACCEPTED;
	a.due_ms = NOW + 10;
	a.owner = "one";
	a.lease_ms = LEASE;
	assert_int_equal(outbox_update(store, &a, &e), 0);
	assert_string_equal(claim("two", false, NOW + 20), "");
	assert_string_equal(claim("one", true, NOW + 5), "");
	assert_string_equal(claim("one", true, NOW + 20), "a");
	assert_int_equal(outbox_release(store, "one", &e), 0);
	assert_string_equal(claim("two", false, NOW + 20), "a");
}

static enum outbox_state state_now(void)
{
	struct err e;
	int64_t counts[OUTBOX_DONE];

	assert_int_equal(outbox_count(store, counts, &e), 0);
	for (int i = 0; i < OUTBOX_DONE; i++)
		if (counts[i])
			return (enum outbox_state)i;
	return OUTBOX_DONE;
}

static void news_moves_a_row_on(void **state)
{
	struct outbox_row a = row_of("a", "ana");
	struct err e;
	int64_t seq;

	(void)state;
	assert_int_equal(add(&a, &seq), 1);
	a.seq = seq;
	a.state = OUTBOX_UNKNOWN;
	a.attempt = 1;
	a.due_ms = OUTBOX_NEVER;
	assert_int_equal(outbox_update(store, &a, &e), 0);
	assert_string_equal(claim("one", false, NOW), "");
	/* Somebody else's news, another message's, a leg that has not been: nothing. */
	assert_int_equal(outbox_progress(store, "a", "ben", 0, NULL, STATUS_DELIVERED, NOW, &e), 0);
	assert_int_equal(outbox_progress(store, "b", "ana", 0, NULL, STATUS_DELIVERED, NOW, &e), 0);
	assert_int_equal(outbox_progress(store, "a", "ana", 1, NULL, STATUS_DELIVERED, NOW, &e), 0);
	assert_int_equal(state_now(), OUTBOX_UNKNOWN);
	assert_int_equal(outbox_progress(store, "a", NULL, 0, NULL, STATUS_DELIVERED, NOW, &e), 0);
	assert_int_equal(state_now(), OUTBOX_ACCEPTED);
	assert_string_equal(claim("one", false, NOW), "a");
}

static void news_of_a_part_is_not_news_of_the_leg(void **state)
{
	struct outbox_row a = row_of("a", "ana");
	struct err e;
	int64_t seq;

	(void)state;
	assert_int_equal(add(&a, &seq), 1);
	a.seq = seq;
	a.attempt = 1;
	a.part = 1;
	a.parts = 3;
	a.provider_id = "two";
	a.due_ms = NOW + 1;
	assert_int_equal(outbox_update(store, &a, &e), 0);
	assert_int_equal(outbox_progress(store, "a", "ana", 0, "one", STATUS_DELIVERED, NOW, &e), 0);
	assert_int_equal(outbox_progress(store, "a", "ana", 0, "two", STATUS_DELIVERED, NOW, &e), 0);
	assert_int_equal(state_now(), OUTBOX_QUEUED);
	a.part = 2;
	a.provider_id = "three";
	assert_int_equal(outbox_update(store, &a, &e), 0);
	assert_int_equal(outbox_progress(store, "a", "ana", 0, "two", STATUS_DELIVERED, NOW, &e), 0);
	assert_int_equal(outbox_progress(store, "a", "ana", 0, NULL, STATUS_DELIVERED, NOW, &e), 0);
	assert_int_equal(state_now(), OUTBOX_QUEUED);
	assert_int_equal(outbox_progress(store, "a", "ana", 0, "three", STATUS_DELIVERED, NOW, &e), 0);
	assert_int_equal(state_now(), OUTBOX_ACCEPTED);
}

static void a_leg_read_late_ends_the_next_one_before_it_starts(void **state)
{
	struct outbox_row a = row_of("a", "ana");
	struct err e;
	int64_t seq;

	(void)state;
	assert_int_equal(add(&a, &seq), 1);
	a.seq = seq;
	a.leg = 1;
	assert_int_equal(outbox_update(store, &a, &e), 0);
	assert_int_equal(outbox_progress(store, "a", "ana", 0, NULL, STATUS_DELIVERED, NOW, &e), 0);
	assert_int_equal(state_now(), OUTBOX_QUEUED);
	assert_int_equal(outbox_progress(store, "a", "ana", 0, NULL, STATUS_READ, NOW, &e), 0);
	assert_int_equal(state_now(), OUTBOX_DONE);
}

static void what_is_long_done_is_forgotten(void **state)
{
	struct outbox_row a = row_of("a", "x"), b = row_of("b", "x");
	struct err e;
	int64_t seq;

	(void)state;
	a.dedupe = "k";
	assert_int_equal(add(&a, &seq), 1);
	a.seq = seq;
	a.state = OUTBOX_DONE;
	assert_int_equal(outbox_update(store, &a, &e), 0);
	assert_int_equal(add(&b, &seq), 1);
	assert_int_equal(outbox_purge(store, NOW, NOW, 100, &e), 0);
	assert_int_equal(add(&a, &seq), 0);
	assert_int_equal(outbox_purge(store, NOW + 1, NOW + 1, 100, &e), 0);
	assert_int_equal(add(&a, &seq), 1);
	assert_int_equal(add(&b, &seq), 0);
}

static void the_rows_of_the_dead_are_taken_over_at_once(void **state)
{
	struct outbox_row a = row_of("a", "x");
	struct sender *self;
	struct err e;
	int64_t seq;
	pid_t pid;

	(void)state;
	assert_int_equal(add(&a, &seq), 1);
	pid = fork();
	if (pid == 0) {
		char text[256] = "";
		struct store *own;
		struct sender *sender;

		if (store_open(directory, STORE_WRITE, &own, &e) < 0 || store_begin(own, &e) < 0 ||
		    sender_register(own, "01ARZ3NDEKTSV4RRFFQ69G5FAV", &sender, &e) < 0 ||
		    outbox_claim(own, "01ARZ3NDEKTSV4RRFFQ69G5FAV", false, NOW, LEASE, 9, collect, text, &e) != 1 ||
		    store_commit(own, &e) < 0)
			_exit(1);
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &(int){0}, 0), pid);
	assert_string_equal(claim("two", false, NOW + 1), "");
	assert_int_equal(store_begin(store, &e), 0);
	assert_int_equal(sender_register(store, "01BX5ZZKBKACTAV9WEVGEMMVRZ", &self, &e), 0);
	assert_int_equal(sender_reap(store, self, &e), 0);
	assert_int_equal(store_commit(store, &e), 0);
	assert_string_equal(claim("two", false, NOW + 1), "a!");
	sender_free(self);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(keys_are_delivered_once, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(urgent_rows_come_first_and_held_ones_wait, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_lease_that_ran_out_shows_that_it_was_in_flight, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(waited_rows_stay_with_their_owner, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(news_of_a_part_is_not_news_of_the_leg, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(news_moves_a_row_on, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_leg_read_late_ends_the_next_one_before_it_starts, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(what_is_long_done_is_forgotten, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(the_rows_of_the_dead_are_taken_over_at_once, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}
