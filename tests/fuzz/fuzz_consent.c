/* Consents as CSV and as JSON lines: every record is a consent or an error, lines only go up, reading comes to an end. */
#include <string.h>
#include <unistd.h>

#include "common/optin/reader.h"
#include "tests/fuzz/fuzz.h"

#include "common/banned.h"

static void must_be_event(const struct optin_reader *r)
{
	static const struct config config;
	struct optin_subject subject;
	struct consent_event event;
	struct err e = {0};

	if (optin_read_event(r, &config, &subject, &event, &e) < 0) {
		MUST(e.code == EX_DATAERR && *e.text);
		return;
	}
	MUST(event.subject == subject.text && *subject.text);
	MUST(event.state >= CONSENT_PENDING && event.state <= CONSENT_PREFERENCE);
	MUST((event.state == CONSENT_PREFERENCE) == (event.preference != NULL));
	MUST(event.strength <= CONSENT_DOUBLE);
	MUST(event.until_ms == 0 || (event.state == CONSENT_PENDING && event.time_ms > 0 && event.time_ms < event.until_ms));
	MUST(!event.contact || (event.until_ms && optin_subject_id(event.contact)));
	MUST(!event.channel || (*event.channel && strcmp(event.channel, "*") != 0));
}

/* A pipe takes 4096 bytes without a reader. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = {0};
	struct optin_reader r;
	uint64_t line = 0;
	int ends[2], got;

	if (size < 1 || size > 4096)
		return 0;
	MUST(pipe(ends) == 0);
	MUST(write(ends[1], data + 1, size - 1) == (ssize_t)(size - 1));
	close(ends[1]);
	optin_reader_init(&r, ends[0], "", data[0] % 3);
	while ((got = optin_reader_next(&r, &e)) != 0) {
		MUST(r.record.number >= line);
		line = r.record.number;
		if (got > 0)
			must_be_event(&r);
		else
			MUST(e.code == EX_DATAERR && *e.text);
	}
	optin_reader_clear(&r);
	close(ends[0]);
	return 0;
}
