/* A rule of a policy: its conditions, tried on a message, and its waterfall, with which channels are chosen. */
#include <string.h>

#include "common/policy/choose.h"
#include "common/policy/match.h"
#include "tests/fuzz/fuzz.h"

#include "common/banned.h"

static const char message_text[] =
    "{\"to\":\"ana\",\"text\":\"Your order 42\",\"topic\":\"orders\",\"at\":\"2026-11-24T09:00:00+01:00\","
    "\"context\":{\"amount\":\"12.50\",\"items\":3,\"gift\":true,\"list\":[\"a\",7,{\"x\":1}]}}";
static const char recipient_text[] =
    "{\"id\":\"ana\",\"lang\":\"es\",\"groups\":[\"vip\"],\"prefer\":[\"email\",\"pigeon\"],"
    "\"addresses\":{\"email\":\"ana@example.org\",\"sms\":[\"+34600000001\",\"12\"],\"pigeon\":\"3\"}}";

static void must_choose(const struct waterfall *w, const json_t *recipient)
{
	struct choose_request q = {.waterfall = w, .prefer = true, .recipient = recipient};
	struct choice c = {.why = json_array()};
	json_t *plan, *parsed, *why = c.why;
	struct err e;
	struct buf b;

	MUST(choose(&c, &q, &e) == 0);
	if (c.count > 0) {
		buf_init(&b, 1u << 20);
		choice_dump(&c, &b);
		plan = choice_plan(&c);
		parsed = json_loadb(b.data, b.len, 0, NULL);
		MUST(parsed && json_equal(plan, parsed));
		json_decref(plan);
		json_decref(parsed);
		buf_clear(&b);
	} else {
		MUST(c.refusal.answer.failure && c.refusal.answer.code[0] && c.refusal.answer.text[0]);
	}
	choice_clear(&c);
	json_decref(why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *message = json_loads(message_text, 0, NULL), *recipient = json_loads(recipient_text, 0, NULL);
	struct match_set *set = match_set_new();
	const struct match *match;
	struct waterfall w;
	struct yaml *y;
	struct err e;

	if (yaml_parse("policy.yaml", (const char *)data, size, &y, &e) == 0) {
		if (match_compile(set, json_object_get(yaml_root(y), "match"), y, &match, &e) == 0) {
			match_about(set, message, recipient);
			MUST(match_test(set, match) == (match_next(set, 0) == 0));
		} else {
			MUST(e.code == EX_CONFIG);
		}
		if (json_object_get(yaml_root(y), "channels")) {
			if (waterfall_read(&w, json_object_get(yaml_root(y), "channels"), y, NULL, &e) == 0)
				must_choose(&w, recipient);
			else
				MUST(e.code == EX_CONFIG && w.count == 0);
			waterfall_clear(&w);
		}
		yaml_unload(y);
	}
	match_set_free(set);
	json_decref(message);
	json_decref(recipient);
	return 0;
}
