#include "common/line/member.h"
#include "common/line/when.h"
#include "common/optin/confirm.h"
#include "common/optin/inbound.h"
#include "common/optin/screen.h"
#include "common/optin/stream.h"

#include "common/banned.h"

static int write_lines(struct optin_stream *s, json_t *lines, struct err *e)
{
	json_t *line;
	size_t i;

	json_array_foreach(lines, i, line)
		if (line_write_json(&s->filter->out, line, e) < 0)
			return -1;
	return 0;
}

/* The gate has its store within a batch only. Where there is none, it is looked for once in a batch. */
static int begin_reading(struct optin_stream *s, struct err *e)
{
	if (s->looked)
		return 0;
	if ((!s->store && store_open_existing(s->directory, &s->store, e) < 0) || (s->store && store_begin_read(s->store, e) < 0))
		return -1;
	s->gate.store = s->store;
	s->looked = true;
	return 0;
}

int optin_stream_screen(void *stream, const struct line *l, json_t *value, enum envelope type, struct err *e)
{
	struct optin_stream *s = stream;
	json_t *receipts, *changed = NULL;
	int got;

	(void)l;
	if (type != ENVELOPE_MESSAGE)
		return 1;
	if (begin_reading(s, e) < 0)
		return -1;
	receipts = json_array();
	got = optin_screen(&s->gate, s->contacts, value, receipts, &changed, e);
	if (got > 0 && json_array_size(receipts) > 0)
		s->filter->status = err_worse(s->filter->status, EX_UNDELIVERED);
	if (got >= 0 && (write_lines(s, receipts, e) < 0 || (changed && line_write_json(&s->filter->out, changed, e) < 0)))
		got = -1;
	json_decref(receipts);
	json_decref(changed);
	return got < 0 ? -1 : got == SCREEN_UNCHANGED;
}

/* A store that was opened to be read is opened anew. */
static int begin_writing(struct optin_stream *s, struct err *e)
{
	if (!s->writable) {
		store_close(s->store);
		s->store = NULL;
		if (store_open(s->directory, STORE_WRITE, &s->store, e) < 0)
			return -1;
		s->writable = true;
	}
	s->looked = true;
	return store_begin(s->store, e);
}

/* The line itself, marked, unless something stands in its place already; then what became of what it answers. */
static int write_answers(struct optin_stream *s, const struct line *l, json_t *value, bool replaced, const struct ack_result *r,
    struct err *e)
{
	int result = 0;

	if (!replaced)
		result = json_array_size(r->messages) > 0 ? member_write(&s->filter->out, l, value, "acknowledges", r->messages, e)
							  : line_write(&s->filter->out, l->text, l->len, e);
	return result < 0 ? -1 : write_lines(s, r->receipts, e);
}

/* As optin_inbound_handle: 0 when the code was one that somebody had been asked for. */
static int confirm(struct optin_stream *s, const struct line *l, const json_t *inbound, json_t **ret_lines, struct err *e)
{
	json_t *line;
	int got = optin_confirm_inbound(s->store, l, inbound, &line, e);

	if (got > 0)
		*ret_lines = json_pack("[o]", line);
	return got < 0 ? -1 : !got;
}

/* Most of what people write changes nothing in the store, and nobody has to wait for its lock then. 1, 0, -1. */
static int changes_something(struct optin_stream *s, const json_t *inbound, const struct optin_inbound *found, struct err *e)
{
	int unasked;

	if (optin_is_code(inbound) || (found && !found->if_asked))
		return 1;
	if (begin_reading(s, e) < 0)
		return -1;
	if (!s->store)
		return 0;
	if (store_outdated(s->store))
		return 1;
	unasked = found ? optin_inbound_unasked(s->optin, s->store, s->contacts, inbound, found, e) : 1;
	if (unasked <= 0)
		return unasked < 0 ? -1 : 1;
	return ack_is_expected(s->store, s->contacts, inbound, e);
}

int optin_stream_answer(void *stream, const struct line *l, json_t *value, enum envelope type, struct err *e)
{
	struct optin_stream *s = stream;
	struct ack_result r;
	struct optin_inbound found;
	json_t *lines = NULL;
	bool replaced, has_found;
	int got;

	if (type != ENVELOPE_INBOUND)
		return 1;
	has_found = !optin_is_code(value) && optin_inbound_find(s->optin, value, &found);
	got = changes_something(s, value, has_found ? &found : NULL, e);
	if (got <= 0)
		return got < 0 ? -1 : 1;
	if (begin_writing(s, e) < 0)
		return -1;
	if (optin_is_code(value))
		got = confirm(s, l, value, &lines, e);
	else if (has_found)
		got = optin_inbound_handle(s->optin, s->store, s->contacts, l, value, &found, &lines, e);
	if ((got == 0 || got == 2) && write_lines(s, lines, e) < 0)
		got = -1;
	json_decref(lines);
	if (got < 0)
		return -1;
	replaced = got == 0;
	r = (struct ack_result){json_array(), json_array()};
	/* A word that was about consent is about nothing else. */
	if (ack_answer(s->store, s->contacts, value, replaced ? NULL : s->ack, when_now_ms(), &r, e) < 0 ||
	    write_answers(s, l, value, replaced, &r, e) < 0)
		got = -1;
	json_decref(r.receipts);
	json_decref(r.messages);
	return got < 0 ? -1 : 0;
}

int optin_stream_settle(void *stream, struct err *e)
{
	struct optin_stream *s = stream;

	s->gate.store = NULL;
	s->looked = false;
	return s->store ? store_commit(s->store, e) : 0;
}
