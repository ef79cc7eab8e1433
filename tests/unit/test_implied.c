/* For how long an implied yes counts: the table, and the calendar. */
#include "common/line/when.h"
#include "common/policy/implied.h"
#include "tests/unit/unit.h"

#include "common/banned.h"

static int64_t at(const char *text)
{
	int64_t ms;

	assert_int_equal(when_parse(text, &ms), 0);
	return ms;
}

static const char *row(const char *place, const char *basis)
{
	const struct implied_span *span = implied_span_find(PURPOSE_MARKETING, place, basis);

	return span ? span->name : NULL;
}

static void the_place_and_the_basis_choose_the_row(void **state)
{
	(void)state;
	assert_string_equal(row("CA", "purchase"), "implied/CA/purchase");
	assert_string_equal(row("CA", "Inquiry"), "implied/CA/inquiry");
	assert_string_equal(row("US", "inquiry"), "implied/US/inquiry");
	assert_string_equal(row("KR", "purchase"), "implied/KR/*");
	/* Who cannot say what it follows from has the shortest time. */
	assert_string_equal(row("CA", NULL), "implied/CA/*");
	assert_string_equal(row("CA", "legitimate-interest"), "implied/CA/*");
	assert_null(row("GB", "purchase"));
	assert_null(row("", "purchase"));
	assert_null(implied_span_find(PURPOSE_TRANSACTIONAL, "CA", "inquiry"));
	assert_true(implied_basis_known("Purchase") && implied_basis_known("published-address"));
	assert_false(implied_basis_known("") || implied_basis_known("consent"));
}

static void months_are_those_of_the_calendar(void **state)
{
	static const struct {
		const char *place, *basis, *since, *until;
	} cases[] = {
	    {"CA", "inquiry", "2026-03-15T10:00:00.250Z", "2026-09-15T10:00:00.250Z"},
	    {"CA", "inquiry", "2025-08-31T23:59:59Z", "2026-02-28T23:59:59Z"},
	    {"CA", "inquiry", "2023-08-31T00:00:00Z", "2024-02-29T00:00:00Z"},
	    {"CA", "purchase", "2024-02-29T12:00:00Z", "2026-02-28T12:00:00Z"},
	    {"CA", "purchase", "2025-12-31T12:00:00Z", "2027-12-31T12:00:00Z"},
	    {"US", "purchase", "2025-06-30T12:00:00Z", "2026-12-30T12:00:00Z"},
	    {"IN", "inquiry", "2026-02-25T12:00:00Z", "2026-03-04T12:00:00Z"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct implied_span *span = implied_span_find(PURPOSE_MARKETING, cases[i].place, cases[i].basis);

		assert_true(implied_span_end(span, at(cases[i].since)) == at(cases[i].until));
	}
	assert_true(implied_span_end(implied_span_find(PURPOSE_MARKETING, "CA", "published-address"), 0) == INT64_MAX);
	assert_true(implied_span_end(NULL, 0) == INT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_place_and_the_basis_choose_the_row),
	    cmocka_unit_test(months_are_those_of_the_calendar),
	};

	return cmocka_run_group_tests_name("implied", tests, NULL, NULL);
}
