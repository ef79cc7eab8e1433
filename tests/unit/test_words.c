#include "common/line/words.h"
#include "tests/unit/unit.h"

#include "common/banned.h"

static void every_word_has_its_name(void **state)
{
	(void)state;
	for (int i = STATUS_QUEUED; i <= STATUS_DUPLICATE; i++)
		assert_int_equal(status_parse(status_name((enum status)i)), i);
	for (int i = PURPOSE_OTP; i <= PURPOSE_EMERGENCY; i++)
		assert_int_equal(purpose_parse(purpose_name((enum purpose)i)), i);
	for (int i = URGENCY_LOW; i <= URGENCY_CRITICAL; i++)
		assert_int_equal(urgency_parse(urgency_name((enum urgency)i)), i);
	for (int i = QUALITY_REACH; i < QUALITIES; i++)
		assert_int_equal(quality_parse(quality_name((enum quality)i)), i);
	for (int i = FAILURE_INVALID_ADDRESS; i <= FAILURE_POLICY; i++)
		assert_int_equal(failure_parse(failure_name((enum failure)i)), i);
	assert_null(failure_name(FAILURE_NONE));
}

static void other_words_are_not_there(void **state)
{
	(void)state;
	assert_int_equal(status_parse(""), -1);
	assert_int_equal(status_parse("Sent"), -1);
	assert_int_equal(status_parse("sent "), -1);
	assert_int_equal(purpose_parse("promo"), -1);
	assert_int_equal(urgency_parse("urgent"), -1);
	assert_int_equal(failure_parse("none"), -1);
}

/* Whatever order the news of one leg come in, the end is the same and nothing is taken back. */
static void a_status_never_goes_backwards(void **state)
{
	(void)state;
	for (int a = STATUS_QUEUED; a <= STATUS_DUPLICATE; a++)
		for (int b = STATUS_QUEUED; b <= STATUS_DUPLICATE; b++) {
			enum status ab = status_advance((enum status)a, (enum status)b);
			enum status ba = status_advance((enum status)b, (enum status)a);

			assert_true(ab == (enum status)a || ab == (enum status)b);
			assert_int_equal(status_advance(ab, (enum status)b), ab);
			if (!status_bad((enum status)a) || !status_bad((enum status)b))
				assert_int_equal(ab, ba);
			if (status_final((enum status)a))
				assert_true(status_final(ab));
			if (!status_bad((enum status)a) && a >= STATUS_DELIVERED)
				assert_true(!status_bad(ab) && (int)ab >= a);
		}
	assert_int_equal(status_advance(STATUS_READ, STATUS_SENT), STATUS_READ);
	assert_int_equal(status_advance(STATUS_UNKNOWN, STATUS_ACCEPTED), STATUS_ACCEPTED);
	assert_int_equal(status_advance(STATUS_SENT, STATUS_UNDELIVERED), STATUS_UNDELIVERED);
	assert_int_equal(status_advance(STATUS_UNDELIVERED, STATUS_SENT), STATUS_UNDELIVERED);
	assert_int_equal(status_advance(STATUS_UNDELIVERED, STATUS_DELIVERED), STATUS_DELIVERED);
	assert_int_equal(status_advance(STATUS_DELIVERED, STATUS_FAILED), STATUS_DELIVERED);
	assert_int_equal(status_advance(STATUS_FAILED, STATUS_EXPIRED), STATUS_FAILED);
}

static void some_statuses_are_ends(void **state)
{
	(void)state;
	assert_false(status_final(STATUS_QUEUED));
	assert_false(status_final(STATUS_UNKNOWN));
	assert_false(status_final(STATUS_SENT));
	assert_true(status_final(STATUS_DELIVERED));
	assert_true(status_final(STATUS_DUPLICATE));
	assert_false(status_bad(STATUS_ANSWERED));
	assert_true(status_bad(STATUS_BLOCKED));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_word_has_its_name),
	    cmocka_unit_test(other_words_are_not_there),
	    cmocka_unit_test(a_status_never_goes_backwards),
	    cmocka_unit_test(some_statuses_are_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
