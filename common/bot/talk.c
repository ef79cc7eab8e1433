/*
 * From reading a conversation to recording what it has become the store's write lock is held, so that two programs
 * cannot answer the same line. Only a command lets go of it; then `version` tells whether somebody else was there
 * meanwhile, and the line is dealt with again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/address/address.h"
#include "common/bot/step.h"
#include "common/bot/talk.h"
#include "common/diag.h"
#include "common/line/envelope.h"
#include "common/line/when.h"
#include "common/store/choice.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define ATTEMPTS 5
#define KEYS 2
#define HASH_BYTES 20
#define HOLD_MS 500             /* of the write lock, over several lines */

/* An inbound line on its way. */
struct hearing {
	struct talk *t;
	const struct line *line;
	json_t *inbound, *contact;
	char them[ADDRESS_BYTES], us[ADDRESS_BYTES];
	char *keys[KEYS];       /* under which it is remembered */
	size_t key_count;
	char base[2 * HASH_BYTES + 1 > ID_BYTES + 1 ? 2 * HASH_BYTES + 1 : ID_BYTES + 1];
};

int talk_open(struct talk *t, const struct flow *f, struct contacts *c, struct store *s, struct line_writer *out, int *status,
    struct err *e)
{
	*t = (struct talk){.flow = f, .contacts = c, .store = s, .out = out, .status = status};
	id_new(t->run);
	if (store_begin(s, e) < 0 || sender_register(s, t->run, &t->sender, e) < 0)
		return -1;
	return store_commit(s, e);
}

int talk_close(struct talk *t, struct err *e)
{
	int result = 0;

	if (!t->sender)
		return 0;
	store_rollback(t->store);
	if (store_begin(t->store, e) < 0 || sender_leave(t->store, t->sender, e) < 0 || store_commit(t->store, e) < 0)
		result = -1;
	sender_free(t->sender);
	t->sender = NULL;
	return result;
}

static int fail_again(const struct talk *t, struct err *e)
{
	*e = t->failure;
	return -1;
}

int talk_settle(void *talk, struct err *e)
{
	struct talk *t = talk;

	return t->failed ? fail_again(t, e) : store_commit(t->store, e);
}

int talk_written(void *talk, struct err *e)
{
	struct talk *t = talk;

	if (!t->pending)
		return 0;
	t->pending = false;
	if (store_begin(t->store, e) < 0 || conversation_written(t->store, t->run, e) < 0)
		return -1;
	return store_commit(t->store, e);
}

/* What earlier lines did is durable; its output follows later, as always. */
static void let_go(void *talk)
{
	struct talk *t = talk;

	if (!t->failed && store_commit(t->store, &t->failure) < 0)
		t->failed = true;
}

/* Takes the write lock, unless it is held. */
static int begin(struct talk *t, struct err *e)
{
	if (t->failed)
		return fail_again(t, e);
	if (store_writing(t->store))
		return 0;
	if (store_begin(t->store, e) < 0)
		return -1;
	t->began_ms = when_now_ms();
	return 0;
}

/* Looking contacts up may take its time, line after line: the others want to write too. */
static void let_others(struct talk *t)
{
	if (store_writing(t->store) && when_now_ms() - t->began_ms > HOLD_MS)
		let_go(t);
}

/* ---- results ---- */

static char *line_text(const json_t *value)
{
	struct buf b;

	buf_init(&b, LINE_BYTES);
	line_dump(&b, value);
	return buf_steal(&b);
}

/*
 * Records what a step did, with the line that it was an answer to if there is one, and writes it. 0; 1 when somebody
 * else was quicker; -1.
 */
static int record(struct talk *t, struct step *s, const struct hearing *h, struct err *e)
{
	size_t count = json_array_size(s->out), first = h ? 1 : 0;
	struct turn *turns = xcalloc(count + 1, sizeof(*turns));
	char **texts = xcalloc(count + 1, sizeof(*texts));
	int result;

	if (h) {
		texts[0] = xstrndup(h->line->text, h->line->len);
		turns[0] = (struct turn){.kind = TURN_IN, .id = envelope_text(h->inbound, "id", NULL), .line = texts[0],
		    .time_ms = s->now_ms};
	}
	for (size_t i = 0; i < count; i++) {
		const json_t *line = json_array_get(s->out, i);

		texts[first + i] = line_text(line);
		turns[first + i] = (struct turn){
		    .kind = strcmp(envelope_text(line, "type", ""), "task") == 0 ? TURN_TASK : TURN_OUT,
		    .id = envelope_text(line, "id", NULL),
		    .line = texts[first + i],
		    .time_ms = s->now_ms,
		    .pending = t->run,
		};
	}
	result = conversation_record(t->store, s->c, turns, first + count, h ? (const char *const *)h->keys : NULL,
	    h ? h->key_count : 0, e);
	for (size_t i = first; i < first + count && result == 0; i++) {
		t->pending = true;
		result = line_write(t->out, texts[i], strlen(texts[i]), e);
	}
	for (size_t i = 0; i < first + count; i++)
		free(texts[i]);
	free(texts);
	free(turns);
	return result;
}

/* Pending turns of other runs. */
struct lost_turn {
	int64_t seq;
	char *run, *line;
};

struct lost {
	struct lost_turn *turns;
	size_t count;
};

static int collect_lost(void *ctx, const struct turn *turn)
{
	struct lost *lost = ctx;

	lost->turns = xrealloc(lost->turns, (lost->count + 1) * sizeof(*lost->turns));
	lost->turns[lost->count++] = (struct lost_turn){turn->seq, xstrdup(turn->pending), xstrdup(turn->line)};
	return 0;
}

/* What a run that is still at work has pending it will write itself. */
static int write_if_lost(struct talk *t, const struct lost_turn *turn, struct err *e)
{
	int alive = sender_alive(t->store, t->sender, turn->run, e);

	if (alive != 0)
		return alive < 0 ? -1 : 0;
	if (conversation_adopt(t->store, turn->seq, t->run, e) < 0)
		return -1;
	t->pending = true;
	return line_write(t->out, turn->line, strlen(turn->line), e);
}

static int write_lost(struct talk *t, int64_t cause, struct err *e)
{
	struct lost lost = {0};
	int result = conversation_each_pending(t->store, cause, t->flow->name, t->run, collect_lost, &lost, e);

	for (size_t i = 0; i < lost.count; i++) {
		if (result == 0)
			result = write_if_lost(t, &lost.turns[i], e);
		free(lost.turns[i].run);
		free(lost.turns[i].line);
	}
	free(lost.turns);
	return result;
}

int talk_recover(struct talk *t, struct err *e)
{
	return begin(t, e) < 0 ? -1 : write_lost(t, 0, e);
}

/* ---- inbound ---- */

/* The contact that the line names or holds, else whose address it is. */
static void find_contact(struct hearing *h)
{
	const json_t *given = json_object_get(h->inbound, "contact");
	struct err e;
	int got;

	if (json_is_object(given)) {
		h->contact = json_incref((json_t *)given);
		return;
	}
	if (!h->t->contacts)
		return;
	if (json_is_string(given))
		got = contacts_find(h->t->contacts, json_string_value(given), &h->contact, &e);
	else
		got = contacts_find_address(h->t->contacts, h->them, &h->contact, &e);
	/* Nobody waits for a resolver that is down: an answer without the name is better than none. */
	if (got < 0)
		*h->t->status = err_worse(*h->t->status, diag_error(&e));
}

static void add_key(struct hearing *h, char *key)
{
	h->keys[h->key_count++] = key;
}

/* The inbound's id, else a hash of what the provider calls it, else something new. */
static void choose_base(struct hearing *h)
{
	const char *id = envelope_text(h->inbound, "id", NULL), *provider_id = envelope_text(h->inbound, "provider_id", NULL);
	unsigned char hash[HASH_BYTES];
	char *key = NULL;

	if (provider_id) {
		const char *via = envelope_text(h->inbound, "via", envelope_text(h->inbound, "channel", ""));

		key = xformat("p:%s:%s", via, provider_id);
		add_key(h, key);
	}
	if (id) {
		add_key(h, xformat("i:%s", id));
		snprintf(h->base, sizeof(h->base), "%s", id);
	} else if (key) {
		crypto_generichash(hash, sizeof(hash), (const unsigned char *)key, strlen(key), NULL, 0);
		sodium_bin2hex(h->base, sizeof(h->base), hash, sizeof(hash));
	} else {
		id_new(h->base);
	}
}

static int hearing_init(struct hearing *h, struct talk *t, const struct line *l, json_t *inbound, struct err *e)
{
	const char *to = envelope_text(inbound, "to", "");
	struct address a;

	*h = (struct hearing){.t = t, .line = l, .inbound = inbound};
	if (address_parse(envelope_text(inbound, "from", ""), &a, e) < 0)
		return err_at(e, "from: ");
	snprintf(h->them, sizeof(h->them), "%s", a.text);
	snprintf(h->us, sizeof(h->us), "%.*s", (int)sizeof(h->us) - 1, address_parse(to, &a, NULL) == 0 ? a.text : to);
	choose_base(h);
	find_contact(h);
	return 0;
}

static void hearing_clear(struct hearing *h)
{
	for (size_t i = 0; i < h->key_count; i++)
		free(h->keys[i]);
	json_decref(h->contact);
}

/* 1: this line has been heard before; what was lost of its answer is written. */
static int heard_before(struct hearing *h, struct err *e)
{
	int64_t seq;

	for (size_t i = 0; i < h->key_count; i++) {
		int got = conversation_heard(h->t->store, h->keys[i], &seq, e);

		if (got != 0)
			return got < 0 || write_lost(h->t, seq, e) < 0 ? -1 : 1;
	}
	return 0;
}

/* A person has it: the line is kept in the history and goes on to whoever reads for them. */
static int pass_to_person(struct hearing *h, struct conversation *c, int64_t now_ms, struct err *e)
{
	struct step nothing;
	struct buf b;
	json_t *thread;
	int result;

	step_init(&nothing, h->t->flow, c, h->base, now_ms);
	c->updated_ms = now_ms;
	result = record(h->t, &nothing, h, e);
	step_clear(&nothing);
	if (result != 0 || envelope_text(h->inbound, "thread", NULL))
		return result < 0 ? -1 : 1;
	json_object_del(h->inbound, "thread");
	thread = json_string(c->thread);
	json_object_set_new(h->inbound, "thread", thread);
	buf_init(&b, LINE_BYTES + 256);
	line_dump(&b, h->inbound);
	result = buf_over(&b) ? 1 : line_write(h->t->out, b.data, b.len, e);
	buf_clear(&b);
	return result;
}

static int end_now(struct talk *t, struct conversation *c, int64_t now_ms, struct err *e)
{
	c->status = CONVERSATION_ENDED;
	c->due_ms = 0;
	c->updated_ms = now_ms;
	return conversation_save(t->store, c, e);
}

/* One attempt. 0 handled, 1 pass on, 2 somebody else was quicker, negative: an error. */
static int answer(struct hearing *h, struct err *e)
{
	struct talk *t = h->t;
	struct conversation *c = NULL;
	int64_t now = when_now_ms();
	char *choice = NULL;
	struct step s;
	int result;

	if (begin(t, e) < 0)
		return -1;
	result = heard_before(h, e);
	if (result != 0)
		return result < 0 ? -1 : 0;
	if (conversation_find(t->store, h->them, h->us, &c, e) < 0)
		return -1;
	if (c && c->status == CONVERSATION_HANDED) {
		result = pass_to_person(h, c, now, e);
		conversation_free(c);
		return result;
	}
	if (c && step_starts_anew(t->flow, c, envelope_text(h->inbound, "text", ""))) {
		result = end_now(t, c, now, e);
		conversation_free(c);
		c = NULL;
		if (result < 0)
			return -1;
	}
	if (!c)
		c = conversation_new(h->them, h->us, t->flow->name, now);
	step_init(&s, t->flow, c, h->base, now);
	s.before_command = let_go;
	s.ctx = t;
	step_hear(&s, h->inbound, h->contact);
	result = choice_find(t->store, h->them, envelope_text(h->inbound, "text", ""), now, &choice, e);
	s.choice = choice;
	if (result >= 0)
		result = *c->state ? step_answer(&s, e) : step_open(&s, e);
	if (result == 0) {
		/* A command has let go of the lock: the same line may have come to somebody else. */
		result = begin(t, e);
		if (result == 0)
			result = heard_before(h, e);
		if (result == 0)
			result = record(t, &s, h, e) * 2;
		else if (result > 0)
			result = 0;
	}
	free(choice);
	step_clear(&s);
	conversation_free(c);
	return result;
}

int talk_inbound(struct talk *t, const struct line *l, json_t *inbound, struct err *e)
{
	struct hearing h;
	int result = 2;

	/* "OK" to an alert is no part of a conversation. */
	if (json_array_size(json_object_get(inbound, "acknowledges")) > 0)
		return 1;
	let_others(t);
	if (hearing_init(&h, t, l, inbound, e) < 0) {
		hearing_clear(&h);
		return -1;
	}
	for (int i = 0; i < ATTEMPTS && result == 2; i++)
		result = answer(&h, e);
	hearing_clear(&h);
	if (result == 2)
		return err_set(e, EX_TEMPFAIL, "another program keeps changing this conversation");
	return result < 0 ? -1 : result;
}

/* ---- other lines ---- */

/* Something happened to a conversation without an inbound line. 0; 1 when somebody else was quicker; -1. */
static int carry_on(struct talk *t, struct conversation *c, const char *how, int64_t now_ms, struct err *e)
{
	const struct flow_state *state = flow_state(t->flow, c->state);
	char *base = xformat("%s.%lld", c->id, (long long)c->version);
	struct step s;
	int result = 0;

	step_init(&s, t->flow, c, base, now_ms);
	s.before_command = let_go;
	s.ctx = t;
	if (how && state && state->kind == FLOW_HANDOFF)
		result = step_return(&s, how, e);
	else if (!how && state && state->timeout_ms)
		result = step_timeout(&s, e);
	else
		c->status = CONVERSATION_ENDED; /* the flow has changed meanwhile */
	if (c->status == CONVERSATION_ENDED)
		c->due_ms = 0;
	if (result == 0)
		result = begin(t, e);
	if (result == 0)
		result = record(t, &s, NULL, e);
	step_clear(&s);
	free(base);
	return result;
}

int talk_return(struct talk *t, const char *thread, const char *how, struct err *e)
{
	for (int i = 0; i < ATTEMPTS; i++) {
		struct conversation *c = NULL;
		int result;

		if (begin(t, e) < 0 || conversation_handed(t->store, thread, &c, e) < 0)
			return -1;
		if (!c || strcmp(c->flow, t->flow->name) != 0) {
			conversation_free(c);
			return 0;
		}
		result = carry_on(t, c, how, when_now_ms(), e);
		conversation_free(c);
		if (result <= 0)
			return result < 0 ? -1 : 1;
	}
	return err_set(e, EX_TEMPFAIL, "another program keeps changing this conversation");
}

int talk_task(struct talk *t, const struct line *l, json_t *task, struct err *e)
{
	static const char *const ends[] = {"completed", "declined", "canceled"};
	const char *status = envelope_text(task, "status", ""), *thread = envelope_text(task, "thread", NULL);

	for (size_t i = 0; thread && i < COUNT_OF(ends); i++)
		if (strcmp(status, ends[i]) == 0) {
			if (line_write(t->out, l->text, l->len, e) < 0)
				return -1;
			return talk_return(t, thread, status, e) < 0 ? -1 : 0;
		}
	return 1;
}

int talk_consent(struct talk *t, json_t *consent, struct err *e)
{
	const char *address = envelope_text(consent, "address", NULL), *topic = envelope_text(consent, "topic", "*");
	struct address a;

	if (!address || strcmp(envelope_text(consent, "state", ""), "out") != 0 || strcmp(topic, "*") != 0 ||
	    address_parse(address, &a, NULL) < 0)
		return 1;
	if (begin(t, e) < 0 || conversation_end_all(t->store, a.text, when_now_ms(), e) < 0)
		return -1;
	return 1;
}

/* A text that cannot be filled in must not stop the others: the wait is over and nothing is said. */
static int give_up(struct talk *t, struct conversation *c, struct err *e)
{
	*t->status = err_worse(*t->status, diag_error(e));
	if (begin(t, e) < 0)
		return -1;
	c->due_ms = 0;
	return conversation_save(t->store, c, e);
}

int talk_due(struct talk *t, int64_t now_ms, struct err *e)
{
	struct conversation *c = NULL;
	int result;

	if (begin(t, e) < 0)
		return -1;
	result = conversation_due(t->store, t->flow->name, now_ms, &c, e);
	if (result != 1)
		return result;
	result = carry_on(t, c, NULL, now_ms, e);
	if (result < 0 && e->code == EX_DATAERR)
		result = give_up(t, c, e);
	conversation_free(c);
	/* When somebody else was quicker there may still be others. */
	return result < 0 ? -1 : 1;
}
