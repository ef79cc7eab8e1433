/* TZif files, and rules: what is taken answers for any time, the same one each time it is asked. */
#include <string.h>

#include "common/line/zone_data.h"
#include "common/xalloc.h"
#include "tests/fuzz/fuzz.h"

#include "common/banned.h"

static void ask(const struct zone *z, int64_t at)
{
	int32_t offset = zone_offset_at(z, at);
	struct zone_instant back;
	struct civil c;

	MUST(offset >= ZONE_LEAST_OFFSET - 86400 && offset <= ZONE_MOST_OFFSET + 86400);
	zone_civil_at(z, at, &c);
	MUST(civil_seconds(&c) == at + offset);
	zone_from_local(z, &c, &back);
	/* The clock shows it at `at`, so it is found, the first of its instants first. */
	MUST(back.fit != ZONE_SKIPPED && back.seconds <= at && back.other >= at);
	MUST((back.fit == ZONE_ONCE) == (back.seconds == back.other));
	c.minute += 30;
	zone_from_local(z, &c, &back);
}

static void rule(const char *text)
{
	struct zone z = {.has_rule = true, .offset_count = 1};

	if (zone_rule_parse(text, &z.rule))
		for (int64_t at = 1700000000; at < 1800000000; at += 9999991)
			ask(&z, at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xstrndup((const char *)data, size);
	struct zone *z = NULL;
	struct err e;

	rule(text);
	free(text);
	if (zone_parse(data, size, &z, &e) < 0) {
		MUST(!z && e.code == EX_OSFILE);
		return 0;
	}
	for (size_t i = 0; i < z->count && i < 64; i++)
		for (int64_t beside = -1; beside <= 1; beside++)
			if (z->times[i] > -60000000000 && z->times[i] < 250000000000)
				ask(z, z->times[i] + beside);
	for (int64_t at = -60000000000; at < 250000000000; at += 9999999999)
		ask(z, at);
	zone_free(z);
	return 0;
}
