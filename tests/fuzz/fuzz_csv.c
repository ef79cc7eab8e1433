/* CSV: every record has fields that end, lines only go up, and reading comes to an end. */
#include <string.h>
#include <unistd.h>

#include "common/config/csv.h"
#include "tests/fuzz/fuzz.h"

#include "common/banned.h"

static void must_be_record(const struct csv *r, unsigned line, size_t size)
{
	size_t total = 0;

	MUST(r->count >= 1 && r->count <= CSV_COLUMNS);
	MUST(r->line >= line);
	for (size_t i = 0; i < r->count; i++)
		total += strlen(csv_field(r, i));
	MUST(total <= size);
}

/* A pipe takes 4096 bytes without a reader. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = {0};
	struct csv r;
	unsigned line = 1;
	int ends[2], got;

	if (size > 4096)
		return 0;
	MUST(pipe(ends) == 0);
	MUST(write(ends[1], data, size) == (ssize_t)size);
	close(ends[1]);
	csv_init(&r, ends[0]);
	while ((got = csv_next(&r, &e)) > 0) {
		must_be_record(&r, line, size);
		line = r.line + 1;
	}
	if (got < 0)
		MUST(e.code == EX_DATAERR && *e.text);
	csv_clear(&r);
	close(ends[0]);
	return 0;
}
