#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/line/envelope.h"
#include "common/line/line.h"
#include "common/line/when.h"
#include "common/optin/proof.h"

#include "common/banned.h"

json_t *optin_proof_line(const struct consent_checkpoint *c)
{
	char time[WHEN_SIZE];

	when_format(c->time_ms, time);
	return json_pack("{s:s, s:I, s:s, s:s, s:s, s:s}", "type", "checkpoint", "events", (json_int_t)c->events, "head", c->head,
	    "time", time, "key", c->key, "signature", c->signature);
}

/* 0, 1 or -1 for one line. */
static int hold(struct store *s, const json_t *line, struct consent_verdict *v, int64_t *ret_count, struct err *e)
{
	const json_t *events = json_object_get(line, "events");
	const char *head = envelope_text(line, "head", NULL);
	char there[CONSENT_HASH] = "";
	int got = 0;

	if (strcmp(envelope_text(line, "type", ""), "checkpoint") != 0)
		return 0;
	if (!json_is_integer(events) || !head || strlen(head) != CONSENT_HASH - 1)
		return err_set(e, EX_DATAERR, "not a checkpoint of this program");
	if (s)
		got = consent_head(s, json_integer_value(events), there, e);
	if (got < 0)
		return -1;
	++*ret_count;
	if (got == 1 && strcmp(there, head) == 0)
		return 0;
	snprintf(v->what, sizeof(v->what), got ? "the first %lld events are not those of the checkpoint of %s"
	    : "the ledger has fewer than the %lld events of the checkpoint of %s", (long long)json_integer_value(events),
	    err_quote(envelope_text(line, "time", "no time")));
	return 1;
}

static int hold_lines(struct store *s, struct line_reader *r, struct consent_verdict *v, int64_t *ret_count, struct err *e)
{
	for (;;) {
		struct line l;
		json_t *value;
		int got = line_reader_next(r, &l, e);

		if (got < 0)
			return -1;
		if (got == 0) {
			if (r->eof)
				return 0;
			if (line_reader_fill(r, e) < 0)
				return -1;
			continue;
		}
		value = line_parse(&l, e);
		got = value ? hold(s, value, v, ret_count, e) : -1;
		json_decref(value);
		if (got < 0)
			err_at(e, "line %llu: ", (unsigned long long)l.number);
		if (got != 0)
			return got;
	}
}

int optin_proof_file(struct store *s, const char *path, struct consent_verdict *ret_verdict, int64_t *ret_count, struct err *e)
{
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC), result;
	struct line_reader r;

	if (fd < 0)
		return err_set(e, EX_USAGE, "cannot open '%s': %s", path, strerror(errno));
	*ret_count = 0;
	line_reader_init(&r, fd);
	result = hold_lines(s, &r, ret_verdict, ret_count, e);
	line_reader_clear(&r);
	if (!standard)
		close(fd);
	return result;
}
