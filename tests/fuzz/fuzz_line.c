/* The reader of lines, the parser and the envelope's rules. The first byte says in which pieces the input arrives. */
#include <string.h>
#include <unistd.h>

#include "common/line/envelope.h"
#include "common/line/line.h"
#include "tests/fuzz/fuzz.h"

#include "common/banned.h"

static void take(const struct line *l)
{
	struct err e;
	json_t *value = line_parse(l, &e), *again;
	struct buf b;
	int type;

	if (!value)
		return;
	buf_init(&b, 64u << 20);
	type = envelope_type(value, &e);
	if (type >= 0)
		envelope_check(value, (enum envelope)type, &e);
	line_dump(&b, value);
	again = json_loadb(b.data, b.len, 0, NULL);
	MUST(json_equal(value, again));
	json_decref(again);
	if (!json_object_get(value, "plan")) {
		buf_reset(&b);
		line_splice(&b, l, "plan", json_true());
		again = json_loadb(b.data, b.len, JSON_REJECT_DUPLICATES, NULL);
		MUST(again && json_is_true(json_object_get(again, "plan")));
		MUST(json_object_size(again) == json_object_size(value) + 1);
		json_decref(again);
	}
	json_decref(value);
	buf_clear(&b);
}

static void drain(struct line_reader *r, uint64_t *last)
{
	struct line l;
	struct err e;
	int got;

	while ((got = line_reader_next(r, &l, &e)) != 0) {
		MUST(r->number > *last);
		*last = r->number;
		if (got < 0)
			continue;
		MUST(l.len > 0 && l.len <= LINE_BYTES && l.number == r->number);
		MUST(memchr(l.text, '\n', l.len) == NULL);
		take(&l);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t piece = size ? 1 + data[0] * (size_t)16 : 1;
	struct line_reader r;
	struct err e;
	uint64_t last = 0;
	int ends[2];

	if (pipe(ends) < 0)
		return 0;
	line_reader_init(&r, ends[0]);
	for (size_t at = 0; at < size; at += piece) {
		size_t left = size - at < piece ? size - at : piece;

		MUST(write(ends[1], data + at, left) == (ssize_t)left);
		MUST(line_reader_fill(&r, &e) == 1);
		drain(&r, &last);
	}
	close(ends[1]);
	MUST(line_reader_fill(&r, &e) == 0);
	drain(&r, &last);
	line_reader_clear(&r);
	close(ends[0]);
	return 0;
}
