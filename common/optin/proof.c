#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/line/envelope.h"
#include "common/line/when.h"
#include "common/optin/proof.h"
#include "common/store/consent_key.h"
#include "common/xalloc.h"

#include "common/banned.h"

/* Beside the store: an older copy of it that is put in its place does not reach as far. */
static int keep_last(const char *directory, const json_t *line, struct err *e)
{
	char *path = xformat("%s/ledger.last", directory), *text = json_dumps(line, JSON_COMPACT);
	int result = consent_key_write(path, 0644, text, e);

	free(text);
	free(path);
	return result;
}

int optin_proof_sign(struct store *s, const char *directory, struct line_writer *out, struct err *e)
{
	struct consent_checkpoint c;
	char time[WHEN_SIZE];
	json_t *line;
	int result;

	if (consent_checkpoint(s, directory, &c, e) < 0)
		return -1;
	when_format(c.time_ms, time);
	line = json_pack("{s:s, s:I, s:s, s:s, s:s, s:s}", "type", "checkpoint", "events", (json_int_t)c.events, "head", c.head,
	    "time", time, "key", c.key, "signature", c.signature);
	result = line_write_json(out, line, e);
	if (result == 0)
		result = keep_last(directory, line, e);
	json_decref(line);
	return result;
}

/* Is the line as it was signed? */
static bool is_signed(const json_t *line)
{
	struct consent_checkpoint c = {.events = json_integer_value(json_object_get(line, "events")),
	    .time_ms = envelope_time_ms(line, "time", 0)};

	snprintf(c.head, sizeof(c.head), "%s", envelope_text(line, "head", ""));
	snprintf(c.key, sizeof(c.key), "%s", envelope_text(line, "key", ""));
	snprintf(c.signature, sizeof(c.signature), "%s", envelope_text(line, "signature", ""));
	return consent_key_check(&c);
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
	if (got == 1 && strcmp(there, head) == 0 && is_signed(line))
		return 0;
	snprintf(v->what, sizeof(v->what), !got ? "the ledger has fewer than the %lld events of the checkpoint of %s: an older copy"
	    : strcmp(there, head) != 0 ? "the first %lld events are not those of the checkpoint of %s"
	    : "the checkpoint line over %lld events of %s is not as it was signed", (long long)json_integer_value(events),
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

/* 0: the ledger contains all checkpoints of the file, 1: not, ret_verdict->what says which, -1. */
static int hold_open(struct store *s, int fd, struct consent_verdict *ret_verdict, int64_t *ret_count, struct err *e)
{
	struct line_reader r;
	int result;

	*ret_count = 0;
	line_reader_init(&r, fd);
	result = hold_lines(s, &r, ret_verdict, ret_count, e);
	line_reader_clear(&r);
	return result;
}

static int hold_file(struct store *s, const char *path, struct consent_verdict *ret_verdict, int64_t *ret_count, struct err *e)
{
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC), result;

	if (fd < 0)
		return err_set(e, EX_USAGE, "cannot open '%s': %s", path, strerror(errno));
	result = hold_open(s, fd, ret_verdict, ret_count, e);
	if (!standard)
		close(fd);
	return result;
}

/* The last checkpoint that was signed here; none yet is fine. */
static int hold_last(struct store *s, const char *directory, struct consent_verdict *ret_verdict, struct err *e)
{
	char *path = xformat("%s/ledger.last", directory);
	int fd = open(path, O_RDONLY | O_CLOEXEC), result = 0;
	int64_t ignored;

	if (fd >= 0) {
		result = hold_open(s, fd, ret_verdict, &ignored, e);
		close(fd);
	} else if (errno != ENOENT) {
		result = err_set(e, EX_CANTCREAT, "cannot open: %s", strerror(errno));
	}
	if (result < 0)
		err_at(e, "%s: ", path);
	free(path);
	return result;
}

static int prove_nothing(const char *directory, struct consent_verdict *v)
{
	char *path = xformat("%s/ledger.pub", directory);
	int gone = access(path, F_OK) == 0;

	free(path);
	if (gone)
		snprintf(v->what, sizeof(v->what), "the store is gone, and ledger.pub is still there");
	return gone;
}

int optin_prove(struct store *s, const char *directory, const char *against, struct optin_proof *ret_proof, struct err *e)
{
	struct optin_proof p = {.kept = -1};
	int got = s ? consent_verify(s, directory, &p.verdict, e) : prove_nothing(directory, &p.verdict);

	if (got == 0 && s)
		got = hold_last(s, directory, &p.verdict, e);
	if (got == 0 && against)
		got = hold_file(s, against, &p.verdict, &p.kept, e);
	if (got < 0)
		return -1;
	p.altered = got > 0;
	*ret_proof = p;
	return 0;
}

static const char *plural(int64_t count)
{
	return count == 1 ? "" : "s";
}

void optin_proof_print(const struct optin_proof *p, FILE *out)
{
	const struct consent_verdict *v = &p->verdict;

	if (p->altered) {
		fprintf(out, "altered: %s%s%s\n", v->at, *v->at ? ": " : "", v->what);
		return;
	}
	fprintf(out, "whole: %lld event%s", (long long)v->events, plural(v->events));
	if (v->erased)
		fprintf(out, " (%lld forgotten)", (long long)v->erased);
	fprintf(out, ", %lld checkpoint%s", (long long)v->checkpoints, plural(v->checkpoints));
	if (v->checkpoints)
		fprintf(out, " (the last over %lld event%s)", (long long)v->signed_events, plural(v->signed_events));
	if (p->kept >= 0)
		fprintf(out, ", %lld kept elsewhere", (long long)p->kept);
	fprintf(out, "\n");
}
