/* The quick reader takes nothing that jansson refuses and makes the same of it; members are set and the rest stays. */
#include <string.h>

#include "common/line/member.h"
#include "common/line/quick.h"
#include "tests/fuzz/fuzz.h"

#include "common/banned.h"

static void must_edit(const char *text, size_t len, const json_t *value)
{
	static const struct member_edit edits[] = {{"to", "\"bo\"", 4}, {"id", "7", 1}, {"plan", "[]", 2}};
	struct line l = {text, len, 1};
	struct err e;
	struct buf b;
	json_t *after, *expected = json_copy((json_t *)value);

	buf_init(&b, 64u << 20);
	member_edit(&b, &l, value, edits, COUNT_OF(edits));
	l = (struct line){b.data, b.len, 1};
	after = line_parse(&l, &e);
	json_object_set_new(expected, "to", json_string("bo"));
	json_object_set_new(expected, "id", json_integer(7));
	json_object_set_new(expected, "plan", json_array());
	MUST(after && json_equal(after, expected));
	json_decref(after);
	json_decref(expected);
	buf_clear(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	json_t *quick = quick_parse(text, size), *slow;

	if (!quick)
		return 0;
	slow = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
	MUST(slow && json_equal(quick, slow));
	if (json_is_object(quick))
		must_edit(text, size, quick);
	json_decref(slow);
	json_decref(quick);
	return 0;
}
