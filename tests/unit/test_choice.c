/* What the numbers mean that stood for buttons. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/line/when.h"
#include "common/store/choice.h"
#include "tests/unit/unit.h"

#include "common/banned.h"

#define NOW INT64_C(1700000000000)
#define WEEK (7 * WHEN_DAY)

static char directory[64];
static struct store *store;

static int set_up(void **state)
{
	struct err e;

	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/msg-choice-XXXXXX");
	assert_non_null(mkdtemp(directory));
	return store_open(directory, STORE_WRITE, &store, &e);
}

static int tear_down(void **state)
{
	static const char *const names[] = {"msg.db", "msg.db-wal", "msg.db-shm"};

	(void)state;
	store_close(store);
	for (size_t i = 0; i < 3; i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	return rmdir(directory);
}

static void put(const char *address, const char *meanings, int64_t now_ms)
{
	json_t *list = json_loads(meanings, 0, NULL);
	struct err e;

	assert_non_null(list);
	assert_int_equal(choice_put(store, address, list, now_ms, &e), 0);
	json_decref(list);
}

static void expect(const char *address, const char *answer, int64_t now_ms, const char *meaning)
{
	char *got = NULL;
	struct err e;

	assert_int_equal(choice_find(store, address, answer, now_ms, &got, &e), meaning != NULL);
	if (meaning)
		assert_string_equal(got, meaning);
	free(got);
}

static void a_number_stands_for_what_was_offered_last(void **state)
{
	(void)state;
	put("sms:+1", "[\"Yes\",\"No\"]", NOW);
	expect("sms:+1", "1", NOW, "Yes");
	expect("sms:+1", " 2.\n", NOW, "No");
	expect("sms:+1", "(1)", NOW, "Yes");
	expect("sms:+1", "3", NOW, NULL);
	expect("sms:+1", "0", NOW, NULL);
	expect("sms:+1", "001", NOW, NULL);
	expect("sms:+1", "1 please", NOW, NULL);
	expect("sms:+1", "1 2", NOW, NULL);
	expect("sms:+1", "", NOW, NULL);
	expect("sms:+1", "yes", NOW, NULL);
	expect("sms:+2", "1", NOW, NULL);
	put("sms:+1", "[\"Monday\"]", NOW + 1);
	expect("sms:+1", "1", NOW + 1, "Monday");
	expect("sms:+1", "2", NOW + 1, NULL);
}

static void it_is_forgotten_after_a_week(void **state)
{
	struct err e;

	(void)state;
	put("sms:+1", "[\"Yes\"]", NOW);
	put("sms:+2", "[\"Yes\"]", NOW + WEEK);
	expect("sms:+1", "1", NOW + WEEK - 1, "Yes");
	expect("sms:+1", "1", NOW + WEEK, NULL);
	assert_int_equal(choice_purge(store, NOW + WEEK, 10, &e), 0);
	expect("sms:+1", "1", NOW, NULL);
	expect("sms:+2", "1", NOW + WEEK, "Yes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_number_stands_for_what_was_offered_last, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(it_is_forgotten_after_a_week, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
