#include "common/line/id.h"
#include "common/line/when.h"
#include "tests/unit/unit.h"

#include "common/banned.h"

#define IDS 200000

static void ids_are_ulids(void **state)
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	int64_t before = when_now_ms(), after, ms = 0;
	char id[ID_SIZE];

	(void)state;
	id_new(id);
	after = when_now_ms();
	assert_int_equal(strlen(id), 26);
	for (int i = 0; i < 26; i++)
		assert_non_null(strchr(digits, id[i]));
	assert_true(id[0] <= '7');
	for (int i = 0; i < 10; i++)
		ms = ms * 32 + (strchr(digits, id[i]) - digits);
	assert_true(ms >= before && ms <= after);
	assert_true(id_valid(id));
}

static void ids_ascend(void **state)
{
	char last[ID_SIZE] = "", id[ID_SIZE];

	(void)state;
	for (int i = 0; i < IDS; i++) {
		id_new(id);
		if (strcmp(last, id) >= 0)
			fail_msg("%s before %s", last, id);
		memcpy(last, id, sizeof(id));
	}
}

static void ids_of_others_have_their_bounds(void **state)
{
	char text[80];

	(void)state;
	assert_false(id_valid(""));
	assert_true(id_valid("a"));
	assert_true(id_valid("order 88/ü"));
	assert_false(id_valid("a\nb"));
	assert_false(id_valid("a\x7f"));
	memset(text, 'x', sizeof(text));
	text[ID_BYTES] = '\0';
	assert_true(id_valid(text));
	text[ID_BYTES] = 'x';
	text[ID_BYTES + 1] = '\0';
	assert_false(id_valid(text));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ids_are_ulids),
	    cmocka_unit_test(ids_ascend),
	    cmocka_unit_test(ids_of_others_have_their_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
