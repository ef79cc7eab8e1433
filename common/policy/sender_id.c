#include <string.h>

#include "common/compat.h"
#include "common/policy/sender_id.h"

#include "common/banned.h"

#define NAME_BYTES 11

/* Generated from data/sender-id.tsv, ascending. */
static const struct row {
	char region[3];
	enum sender_id names;
	bool no_numbers;
} rows[] = {
#include "gen/sender-id.inc"
};

static const struct row *find(const char *region)
{
	size_t low = 0, high = COUNT_OF(rows);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(rows[middle].region, region);

		if (order == 0)
			return &rows[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

enum sender_id sender_id_names(const char *region)
{
	const struct row *row = find(region);

	return row ? row->names : SENDER_ID_UNKNOWN;
}

bool sender_id_no_numbers(const char *region)
{
	const struct row *row = find(region);

	return row && row->no_numbers;
}

bool sender_id_is_name(const char *from)
{
	bool letter = false;

	for (const char *p = from; *p; p++) {
		if (*p == '@' || *p == ':' || *p == '<')
			return false;
		letter = letter || (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z');
	}
	return letter && strlen(from) <= NAME_BYTES;
}
