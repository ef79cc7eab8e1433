#include "common/compat.h"
#include "common/line/plan.h"
#include "tests/unit/unit.h"

#include "common/banned.h"

static void a_leg_waits_for_what_it_says(void **state)
{
	static const struct {
		const char *ack, *until;
		enum status need;
	} cases[] = {
	    {NULL, NULL, STATUS_DELIVERED}, {NULL, "read", STATUS_READ}, {NULL, "accepted", STATUS_ACCEPTED},
	    {"required", NULL, STATUS_READ}, {"required", "accepted", STATUS_READ}, {"any", "delivered", STATUS_READ},
	    {"required", "answered", STATUS_ANSWERED}, {"nonsense", NULL, STATUS_DELIVERED}, {NULL, "nonsense", STATUS_DELIVERED},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		json_t *message = json_pack("{s:s*}", "ack", cases[i].ack), *leg = json_pack("{s:s*}", "until", cases[i].until);

		assert_int_equal(plan_need(message, leg), cases[i].need);
		json_decref(message);
		json_decref(leg);
	}
	assert_int_equal(plan_ack_parse("required"), PLAN_ACK_REQUIRED);
	assert_int_equal(plan_ack_parse("any"), PLAN_ACK_ANY);
	assert_int_equal(plan_ack_parse("yes"), -1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_leg_waits_for_what_it_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
