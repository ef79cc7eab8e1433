/* The hours of a policy, for a recipient who may say anything: what is held opens when it is said to, and not before. */
#include <string.h>

#include "common/line/envelope.h"
#include "common/line/when.h"
#include "common/policy/hours.h"
#include "tests/fuzz/fuzz.h"

#include "common/banned.h"

#define FIRST_MS INT64_C(1793491200000) /* 2026-11-01T00:00:00Z */

static enum hours_verdict ask(struct hours *h, struct hours_question *q, int64_t now_ms, struct hours_answer *ret_answer)
{
	q->now_ms = now_ms;
	hours_ask(h, q, ret_answer);
	return ret_answer->verdict;
}

static void must_note(const struct hours_answer *a)
{
	struct buf b;
	json_t *note;

	buf_init(&b, 1u << 20);
	hours_note(a, &b);
	note = json_loads(b.data, 0, NULL);
	MUST(note && json_object_get(note, "row"));
	json_decref(note);
	buf_clear(&b);
}

static void must_open(struct hours *h, const json_t *recipient, const json_t *root)
{
	struct hours_question q = {.recipient = recipient, .channel = "sms", .purpose = PURPOSE_MARKETING, .urgency = URGENCY_NORMAL};
	struct hours_answer a, then;
	struct hours_cap caps[4];
	struct address address;
	int64_t now = FIRST_MS + (json_integer_value(json_object_get(root, "minute")) % (600 * 1440)) * WHEN_MINUTE;

	if (address_parse(envelope_text(root, "address", "sms:+13055550123"), &address, NULL) == 0) {
		q.address = &address;
		q.channel = address.channel;
	}
	MUST(hours_caps(h, &q, caps, 4) <= 4);
	if (ask(h, &q, now, &a) != HOURS_OPEN || a.bypass)
		must_note(&a);
	if (a.verdict != HOURS_HELD)
		return;
	MUST(a.opens_ms > now && a.opens_ms % WHEN_SECOND == 0);
	MUST(ask(h, &q, a.opens_ms, &then) == HOURS_OPEN);
	MUST(a.opens_ms - WHEN_SECOND < now || ask(h, &q, a.opens_ms - WHEN_SECOND, &then) == HOURS_HELD);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hours *h = hours_new();
	struct yaml *y;
	struct err e;

	if (yaml_parse("policy.yaml", (const char *)data, size, &y, &e) == 0) {
		const json_t *root = yaml_root(y), *recipient = json_object_get(root, "recipient");

		/* Files are not the fuzzer's to read. */
		if (json_object_get(json_object_get(root, "hours"), "holidays"))
			json_object_del(json_object_get(root, "hours"), "holidays");
		if (hours_read(h, json_object_get(root, "hours"), y, &e) < 0)
			MUST(e.code == EX_CONFIG);
		else if (!recipient || envelope_check_contact(recipient, &e) == 0)
			must_open(h, recipient, root);
		yaml_unload(y);
	}
	hours_free(h);
	return 0;
}
