/*
 * Digests: what was held for the same person and the same hours goes as one message (common/store/digest.h). The job that
 * carries the others holds them as jobs of their own, which ask for themselves whether they may go along.
 */
#include <stdlib.h>
#include <string.h>

#include "common/deliver/job.h"
#include "common/line/envelope.h"
#include "common/line/plan.h"
#include "common/line/when.h"
#include "common/store/digest.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define MOST 50                 /* in one message, with the one that carries them */

int digest_hold(struct job *j, struct err *e)
{
	char subject[ADDRESS_BYTES], *key;
	int result;

	/* What is to be acknowledged, or has another's place, is a message of its own. */
	if (plan_ack(j->message) != PLAN_ACK_NONE || job_replaces(j))
		return 0;
	address_subject(&j->address, subject);
	key = xformat("%s %s %s", purpose_name(job_purpose(j)), subject, j->row.recipient);
	result = digest_join(j->d->o.store, j->row.seq, key, e);
	free(key);
	return result;
}

static int add_member(void *ctx, const struct outbox_row *row, struct err *e)
{
	struct job *j = ctx, *member;
	struct err why;

	member = job_of_row(j->d, row, &why);
	if (!member)
		return digest_leave(j->d->o.store, row->seq, when_now_ms(), e);
	j->members = xrealloc(j->members, (j->member_count + 1) * sizeof(struct job *));
	j->members[j->member_count++] = member;
	return 0;
}

int digest_take(struct job *j, struct err *e)
{
	int64_t now = when_now_ms();

	if (j->claimed == OUTBOX_HELD) {
		int got = digest_gather(j->d->o.store, j->row.seq, now, MOST - 1, e);

		if (got != 0)
			return got;
	}
	return digest_each(j->d->o.store, j->row.seq, add_member, j, e);
}

static void drop_member(struct job *j, size_t place)
{
	job_free(j->members[place]);
	memmove(j->members + place, j->members + place + 1, (j->member_count - place - 1) * sizeof(struct job *));
	j->member_count--;
}

void digest_clear(struct job *j)
{
	while (j->member_count > 0)
		drop_member(j, j->member_count - 1);
	free(j->members);
	json_decref(j->alone);
}

/* Whether a member may go by the way that its carrier takes. 1, 0, -1. */
static int may_go(const struct job *j, struct job *member, int64_t now, struct err *e)
{
	struct gate_answer answer;
	struct err why;

	if (envelope_time_ms(member->message, "expires", INT64_MAX) <= now || member->in_doubt || job_render(member, &why) < 0 ||
	    !member->words.text || !*member->words.text)
		return 0;
	address_copy(&member->address, &j->address);
	return job_ask_gate(member, now, &answer, e) < 0 ? -1 : answer.allowed;
}

static const json_t *words_of(const struct job *j)
{
	return j->words.message ? j->words.message : j->message;
}

static void add_words(struct buf *b, const struct job *j, const char *subject)
{
	const char *own = envelope_text(words_of(j), "subject", NULL);

	if (!j->words.text || !*j->words.text)
		return;
	if (b->len > 0)
		buf_add_text(b, "\n\n");
	if (own && subject && strcmp(own, subject) != 0)
		buf_addf(b, "%s\n", own);
	buf_add_text(b, j->words.text);
}

static void add_list(json_t *message, const struct job *member, const char *key)
{
	json_t *list = json_object_get(words_of(member), key), *copy;

	if (!json_is_array(list))
		return;
	copy = json_object_get(message, key) ? json_copy(json_object_get(message, key)) : json_array();
	json_array_extend(copy, list);
	json_object_set_new(message, key, copy);
}

/* One message out of several: their texts, pictures and buttons in the order of their coming. */
static void compose(struct job *j)
{
	json_t *message = json_copy((json_t *)words_of(j));
	const char *subject = envelope_text(message, "subject", NULL);
	struct buf text;

	buf_init(&text, LINE_BYTES);
	add_words(&text, j, subject);
	for (size_t i = 0; i < j->member_count; i++) {
		add_words(&text, j->members[i], subject);
		add_list(message, j->members[i], "media");
		add_list(message, j->members[i], "buttons");
	}
	json_object_del(message, "html");
	json_object_del(message, "template");
	json_object_set_new(message, "text", json_stringn(text.data, text.len));
	buf_clear(&text);
	json_decref(j->message);
	j->message = message;
	rendered_clear(&j->words);
}

int digest_write(struct job *j, int64_t now_ms, struct err *e)
{
	struct err why;

	if (j->member_count == 0 && !j->alone)
		return 0;
	if (j->row.part > 0 && j->alone)
		return 0;       /* what is half sent stays as it is */
	if (!j->alone)
		j->alone = json_incref(j->message);
	json_decref(j->message);
	j->message = json_incref(j->alone);
	rendered_clear(&j->words);
	for (size_t i = j->member_count; i-- > 0;) {
		int may = may_go(j, j->members[i], now_ms, e);

		if (may < 0 || (may == 0 && digest_leave(j->d->o.store, j->members[i]->row.seq, now_ms, e) < 0))
			return -1;
		if (may == 0)
			drop_member(j, i);
	}
	if (j->member_count > 0 && job_render(j, &why) == 0)
		compose(j);
	return 0;
}

static int end_members(struct job *j, struct err *e)
{
	for (size_t i = 0; i < j->member_count; i++) {
		struct job *member = j->members[i];
		struct receipt r;

		job_receipt(j, j->row.reached, &r);
		r.message = member->row.message;
		r.topic = envelope_text(member->message, "topic", NULL);
		r.leg = (int)member->row.leg;
		r.provider_id = NULL;
		r.part = r.parts = 0;
		r.changes = 0;
		r.digest = j->row.message;
		if (receipt_write(j->d->o.out, &r, e) < 0)
			return -1;
		member->row.state = OUTBOX_DONE;
		member->row.reached = j->row.reached;
		if (outbox_update(j->d->o.store, &member->row, e) < 0)
			return -1;
		j->d->counts.messages++;
		j->d->counts.accepted++;
	}
	return digest_end(j->d->o.store, j->row.seq, e);
}

static int leave_all(struct job *j, struct err *e)
{
	while (j->member_count > 0) {
		if (digest_leave(j->d->o.store, j->members[j->member_count - 1]->row.seq, when_now_ms(), e) < 0)
			return -1;
		drop_member(j, j->member_count - 1);
	}
	return 0;
}

int digest_part(struct job *j, struct err *e)
{
	if (leave_all(j, e) < 0)
		return -1;
	j->row.attempt--;
	job_push(&j->d->incoming, j);
	return 0;
}

int digest_settle(struct job *j, struct err *e)
{
	struct store *s = j->d->o.store;
	int result = 0;

	if (j->member_count == 0)
		return 0;
	if (j->row.reached >= STATUS_ACCEPTED && !status_bad(j->row.reached)) {
		result = end_members(j, e);
	} else if (j->row.state == OUTBOX_HELD) {
		result = digest_dissolve(s, j->row.seq, j->row.due_ms, e);
	} else if (j->row.state == OUTBOX_DONE) {
		result = leave_all(j, e);
	} else {
		return 0;
	}
	while (result == 0 && j->member_count > 0)
		drop_member(j, j->member_count - 1);
	return result;
}
