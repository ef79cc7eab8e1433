/*
 * The order of writes matters: the permit comes first and the event last, so that whatever fails in between leaves
 * either nothing or a permit that no message knows of.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/diag.h"
#include "common/line/envelope.h"
#include "common/line/id.h"
#include "common/line/when.h"
#include "common/optin/inbound.h"
#include "common/optin/questions.h"
#include "common/optin/record.h"
#include "common/store/consent_doubt.h"

#include "common/banned.h"

#define PERMIT_MS (5 * WHEN_MINUTE) /* 47 CFR 64.1200(a)(12): presumed fine within five minutes */
#define EVIDENCE_BYTES 1024

/* As Twilio's OptOutType has it. */
static int parse_carrier(const char *word)
{
	static const char *const words[] = {"STOP", "START", "HELP"};

	for (size_t i = 0; word && i < COUNT_OF(words); i++)
		if (strcasecmp(word, words[i]) == 0)
			return (int)i;
	return -1;
}

/* What is known of the person's language: the line's own, its insight's, its contact's. */
static const char *language_of(const json_t *inbound)
{
	const char *language = envelope_text(inbound, "lang", NULL);

	if (!language)
		language = envelope_text(json_object_get(inbound, "contact"), "lang", NULL);
	return language ? language : envelope_text(json_object_get(inbound, "insight"), "lang", NULL);
}

/* "+15550001111", to which it was sent; "" for what is no such number. */
static void number_of(const json_t *inbound, char ret_number[ADDRESS_BYTES])
{
	const char *to = envelope_text(inbound, "to", "");
	struct address address;

	snprintf(ret_number, ADDRESS_BYTES, "%s", address_parse(to, &address, NULL) == 0 ? address.value : to);
}

/* What the words mean, and whether the carrier knows them too. */
static const struct keyword *find_keyword(const struct optin *o, const json_t *inbound, const char *text, bool *ret_by_carrier)
{
	char number[ADDRESS_BYTES];
	const struct keyword *k;
	struct address from;

	if (address_parse(envelope_text(inbound, "from", ""), &from, NULL) < 0)
		from = (struct address){.channel = ""};
	k = keywords_find(optin_keywords(o), text, language_of(inbound), from.region, strcmp(from.channel, "email") == 0);
	if (k && k->meaning == KEYWORD_ASK && optin_doubt_ms(o) == 0)
		k = NULL;
	number_of(inbound, number);
	*ret_by_carrier = k && strcmp(from.channel, "sms") == 0 && optin_carrier_answers(o, envelope_text(inbound, "via", NULL), number, text);
	return k;
}

bool optin_inbound_find(const struct optin *o, const json_t *inbound, struct optin_inbound *ret_found)
{
	int carrier = parse_carrier(envelope_text(inbound, "optout_type", envelope_text(inbound, "OptOutType", NULL)));
	const char *text = envelope_text(inbound, "text", NULL);
	bool by_carrier = false;
	const struct keyword *k = text ? find_keyword(o, inbound, text, &by_carrier) : NULL;

	if (!k && carrier < 0)
		return false;
	*ret_found = (struct optin_inbound){
	    .keyword = k,
	    .by_carrier = carrier >= 0 || by_carrier,
	    .meaning = carrier >= 0 ? (enum keyword_meaning)carrier : k->meaning,
	    .if_asked = carrier < 0 && strcmp(k->only, "answer") == 0,
	};
	return true;
}

/* One inbound line at work. */
struct handling {
	const struct optin *optin;
	struct store *store;
	const struct line *line;
	const json_t *inbound;
	const struct optin_inbound *found;
	struct optin_subject subject;
	char contact[ID_BYTES + 1]; /* or "" */
	char contact_subject[OPTIN_CONTACT_BYTES];
	char evidence[EVIDENCE_BYTES];
	int64_t time_ms;
	enum consent_state address, owner; /* what stands for the address and for its contact */
	bool stale;
	struct optin_questions to_address, to_owner;
	json_t *lines;
};

static int find_contact(struct handling *h, struct contacts *contacts, struct err *e)
{
	const json_t *contact = json_object_get(h->inbound, "contact");
	const char *id = json_is_object(contact) ? envelope_text(contact, "id", NULL) : json_string_value(contact);
	struct address from;
	json_t *found = NULL;
	int got = 0;

	if (!id && contacts && address_parse(envelope_text(h->inbound, "from", ""), &from, NULL) == 0) {
		got = contacts_find_address(contacts, from.text, &found, e);
		id = got > 0 ? envelope_text(found, "id", NULL) : NULL;
	}
	if (id && id_valid(id) && !address_looks_like(id)) {
		snprintf(h->contact, sizeof(h->contact), "%s", id);
		optin_subject_contact(id, h->contact_subject, NULL);
	}
	json_decref(found);
	return got < 0 ? -1 : 0;
}

/* The words as they came, cut between characters. */
static void set_evidence(struct handling *h)
{
	const char *type = envelope_text(h->inbound, "optout_type", envelope_text(h->inbound, "OptOutType", ""));
	const char *text = envelope_text(h->inbound, "text", type);
	size_t len = strlen(text);

	if (len >= sizeof(h->evidence)) {
		len = sizeof(h->evidence) - 1;
		while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
	}
	memcpy(h->evidence, text, len);
	h->evidence[len] = '\0';
}

/* How it was said; a rule of plain language is evidence in itself. */
static const char *method_of(const struct optin_inbound *found)
{
	if (found->by_carrier)
		return "carrier";
	if (found->meaning == KEYWORD_ASK)
		return "doubt";
	return found->keyword->match == KEYWORD_PLAIN ? "plain-language" : "keyword";
}

void optin_inbound_source(const struct line *l, const json_t *inbound, struct consent_event *event, char ret_hash[CONSENT_HASH])
{
	consent_hash_line(l->text, l->len, ret_hash);
	event->source = ret_hash;
	event->alike = !envelope_text(inbound, "id", NULL) && !envelope_text(inbound, "provider_id", NULL) &&
	    !envelope_text(inbound, "time", NULL);
}

/* Is the yes the answer to a question? */
static bool is_answer(const struct handling *h, const struct consent_event *event)
{
	return optin_questions_about(event->subject == h->subject.text ? &h->to_address : &h->to_owner, event->topic);
}

/* A yes that answers a question was confirmed from the address itself. */
static int strengthen(struct handling *h, struct consent_event *event, struct err *e)
{
	enum consent_state asked;

	if (event->state != CONSENT_IN)
		return 0;
	if (consent_look(h->store, event->subject, event->channel, event->topic, &asked, NULL, e) < 0)
		return -1;
	event->strength = asked == CONSENT_PENDING || is_answer(h, event) ? CONSENT_DOUBLE : CONSENT_EXPLICIT;
	event->basis = "consent";
	return 0;
}

/* Scope, state and what is only of a question are the caller's. */
static int record_event(struct handling *h, struct consent_event *event, struct err *e)
{
	char source[CONSENT_HASH];

	event->method = method_of(h->found);
	event->evidence = h->evidence;
	event->time_ms = h->time_ms;
	event->jurisdiction = h->subject.region[0] ? h->subject.region : NULL;
	optin_inbound_source(h->line, h->inbound, event, source);
	if (strengthen(h, event, e) < 0 || consent_add(h->store, event, e) < 0)
		return -1;
	json_array_append_new(h->lines, optin_line(event, *h->contact ? h->contact : NULL));
	return 0;
}

static int record(struct handling *h, const char *subject, const char *channel, const char *topic, enum consent_state state,
    struct err *e)
{
	struct consent_event event = {.subject = subject, .channel = channel, .topic = topic, .state = state};

	return record_event(h, &event, e);
}

/* What stands for the address and for the contact on this channel, and whether the line is older than that. */
static int look(struct handling *h, struct err *e)
{
	int64_t since_ms;

	if (consent_look(h->store, h->subject.text, h->subject.channel, NULL, &h->address, &since_ms, e) < 0)
		return -1;
	h->stale = h->time_ms && h->time_ms < since_ms;
	if (!*h->contact)
		return 0;
	return consent_look(h->store, h->contact_subject, h->subject.channel, NULL, &h->owner, NULL, e);
}

static int find_questions(struct handling *h, struct err *e)
{
	if (optin_questions_find(h->store, h->subject.text, h->subject.channel, &h->to_address, e) < 0)
		return -1;
	return *h->contact ? optin_questions_find(h->store, h->contact_subject, h->subject.channel, &h->to_owner, e) : 0;
}

/* Is there a no or a question that a yes to the channel could be about? */
static bool is_asked(enum consent_state state, const struct optin_questions *open)
{
	return state == CONSENT_OUT || state == CONSENT_PENDING || optin_questions_about(open, NULL);
}

static bool asked_widely(const struct handling *h)
{
	return is_asked(h->address, &h->to_address) || is_asked(h->owner, &h->to_owner);
}

static bool asked(const struct handling *h)
{
	return asked_widely(h) || h->to_address.count + h->to_owner.count > 0;
}

static int answer_questions(struct handling *h, const char *subject, const struct optin_questions *open, struct err *e)
{
	for (size_t i = 0; i < open->count; i++)
		if (*open->items[i].topic && record(h, subject, open->items[i].channel, open->items[i].topic, CONSENT_IN, e) < 0)
			return -1;
	return 0;
}

/*
 * A yes: to the channel, unless it was only the answer to questions about topics, and to every open question. A contact who
 * is out gets the same yes: otherwise the confirmation would promise what the gate does not do.
 */
static int record_start(struct handling *h, struct err *e)
{
	if ((!h->found->if_asked || asked_widely(h)) && record(h, h->subject.text, h->subject.channel, NULL, CONSENT_IN, e) < 0)
		return -1;
	if (is_asked(h->owner, &h->to_owner) && record(h, h->contact_subject, h->subject.channel, NULL, CONSENT_IN, e) < 0)
		return -1;
	if (answer_questions(h, h->subject.text, &h->to_address, e) < 0)
		return -1;
	return answer_questions(h, h->contact_subject, &h->to_owner, e);
}

static void set_text(json_t *line, const char *key, const char *value)
{
	if (value)
		json_object_set_new(line, key, json_string(value));
}

/* From where it was written to: the reply to STOP has to come from the number that was told to stop. */
static void set_from(json_t *reply, const json_t *inbound)
{
	const char *to = envelope_text(inbound, "to", NULL);
	struct address address;

	if (to)
		set_text(reply, "from", address_parse(to, &address, NULL) == 0 ? address.value : to);
}

/* The same inbound line again does not make a second reply go out. */
static void set_dedupe(json_t *reply, const json_t *inbound)
{
	const char *id = envelope_text(inbound, "id", NULL);
	char dedupe[ID_BYTES + 1];

	if (id && (size_t)snprintf(dedupe, sizeof(dedupe), "optin-%s", id) < sizeof(dedupe))
		set_text(reply, "dedupe", dedupe);
}

/* The same again for the same answer to the same line, so that whoever died before it got out makes it once more. */
static void set_id(const struct handling *h, const char *text, char ret_id[ID_SIZE])
{
	const char *parts[] = {envelope_text(h->inbound, "id", ""), h->subject.text, text};
	unsigned char hash[crypto_generichash_BYTES_MIN];
	char hex[2 * sizeof(hash) + 1];
	crypto_generichash_state state;

	if (!*parts[0]) {
		id_new(ret_id);
		return;
	}
	crypto_generichash_init(&state, NULL, 0, sizeof(hash));
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		crypto_generichash_update(&state, (const unsigned char *)parts[i], strlen(parts[i]) + 1);
	crypto_generichash_final(&state, hash, sizeof(hash));
	sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	snprintf(ret_id, ID_SIZE, "optin-%.20s", hex);
}

static enum optin_reply reply_to(enum keyword_meaning meaning)
{
	return meaning == KEYWORD_ASK ? OPTIN_DOUBT : (enum optin_reply)meaning;
}

/* A word of a language of its own is answered in it; English ones are used everywhere. */
static int choose_text(const struct handling *h, char **ret_text, const char **ret_language, struct err *e)
{
	const char *word = h->found->keyword ? h->found->keyword->language : "en", *known = language_of(h->inbound);
	bool foreign = *word && strcmp(word, "en") != 0;
	const char *languages[] = {foreign ? word : known, foreign ? known : word};

	return optin_text(h->optin, reply_to(h->found->meaning), languages, COUNT_OF(languages), NULL, ret_text, ret_language, e);
}

/*
 * The permit that lets the reply through. `again`: the person has been answered already, unless it was to this very line
 * and that answer may not have got out: its permit says so. 1; 0 when there is nothing to reply; -1.
 */
static int permit(struct handling *h, const char *id, const char *text, bool again, int64_t until_ms, struct err *e)
{
	if (again)
		return consent_permitted(h->store, h->subject.text, id, text, when_now_ms(), e);
	return consent_permit(h->store, h->subject.text, id, text, until_ms, e) < 0 ? -1 : 1;
}

/* *ret_reply is NULL when there is nothing to reply. */
static int make_reply(struct handling *h, bool again, json_t **ret_reply, struct err *e)
{
	int64_t until_ms = when_now_ms() + PERMIT_MS;
	char id[ID_SIZE], until[WHEN_SIZE], *text;
	const char *language;
	json_t *reply = NULL;
	int got;

	if (choose_text(h, &text, &language, e) < 0)
		return -1;
	set_id(h, text, id);
	got = permit(h, id, text, again, until_ms, e);
	if (got > 0) {
		reply = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "type", "message", "id", id, "to", h->subject.text, "text", text,
		    "purpose", "service", "lang", language);
		when_format(until_ms, until);
		set_text(reply, "expires", until);
		set_text(reply, "thread", envelope_text(h->inbound, "thread", NULL));
		set_from(reply, h->inbound);
		set_dedupe(reply, h->inbound);
	}
	free(text);
	*ret_reply = reply;
	return got < 0 ? -1 : 0;
}

static bool is_out(const struct handling *h)
{
	return h->address == CONSENT_OUT || h->owner == CONSENT_OUT;
}

/* What is older than what stands changes nothing. */
static bool may_reply(const struct handling *h)
{
	return !h->found->by_carrier && (!h->stale || h->found->meaning == KEYWORD_HELP);
}

static int record_answer(struct handling *h, struct err *e)
{
	if (h->found->meaning == KEYWORD_STOP)
		return record(h, h->subject.text, h->subject.channel, NULL, CONSENT_OUT, e);
	return h->found->meaning == KEYWORD_START ? record_start(h, e) : 0;
}

/* One question, to somebody who has not said no and has none to answer yet. 2; 1 when there is nothing to ask; -1. */
static int ask(struct handling *h, struct err *e)
{
	int64_t now_ms = when_now_ms();
	struct consent_event question = {
	    .subject = h->subject.text,
	    .channel = h->subject.channel,
	    .contact = *h->contact ? h->contact_subject : NULL,
	    .state = CONSENT_PENDING,
	    .until_ms = now_ms + optin_doubt_ms(h->optin),
	};
	struct consent_doubt doubt;
	json_t *reply;
	int open;

	/* Both ends of the wait are by one look at the clock. */
	if (!h->time_ms)
		h->time_ms = now_ms;
	if (is_out(h) || h->stale)
		return 1;
	open = consent_doubt_find(h->store, h->subject.text, &doubt, e);
	if (open < 0 || make_reply(h, open, &reply, e) < 0)
		return -1;
	if (open && !reply)
		return 1;
	if (!open && record_event(h, &question, e) < 0) {
		json_decref(reply);
		return -1;
	}
	json_array_append_new(h->lines, reply);
	return 2;
}

/* A YES that nobody waits for; to the question what somebody meant it is no answer. 1, 0, -1. */
static int is_unasked(struct handling *h, struct err *e)
{
	struct consent_doubt doubt;
	int doubted;

	if (!h->found->if_asked)
		return 0;
	doubted = consent_doubt_find(h->store, h->subject.text, &doubt, e);
	return doubted ? doubted : !asked(h);
}

/* With -v: which row of which table decided. */
static void explain(const struct handling *h)
{
	static const char *const meanings[] = {[KEYWORD_STOP] = "stop", [KEYWORD_START] = "start", [KEYWORD_HELP] = "help",
	    [KEYWORD_ASK] = "perhaps stop"};
	const struct keyword *k = h->found->keyword;

	if (diag_verbosity() > 0 && k)
		diag_note("%s: %s, by %s '%s' (%s)", envelope_text(h->inbound, "id", "inbound"), meanings[k->meaning],
		    k->match == KEYWORD_PLAIN ? "the rule" : "the keyword", k->text, *k->language ? k->language : "own");
}

/* What is known of who wrote. 1 when it was a yes that nobody had asked for, 0, -1. */
static int look_up(struct handling *h, struct contacts *contacts, struct err *e)
{
	if (optin_subject_address(envelope_text(h->inbound, "from", ""), &h->subject, e) < 0)
		return err_at(e, "from: ");
	if (find_contact(h, contacts, e) < 0 || look(h, e) < 0 || find_questions(h, e) < 0)
		return -1;
	return is_unasked(h, e);
}

static int handle(struct handling *h, struct contacts *contacts, struct err *e)
{
	json_t *reply = NULL;
	int unasked = look_up(h, contacts, e);
	bool again;

	if (unasked)
		return unasked;
	explain(h);
	set_evidence(h);
	if (h->found->meaning == KEYWORD_ASK)
		return ask(h, e);
	/* Somebody who is out already has had the one confirmation. */
	again = h->found->meaning == KEYWORD_STOP && is_out(h);
	if ((may_reply(h) && make_reply(h, again, &reply, e) < 0) || record_answer(h, e) < 0) {
		json_decref(reply);
		return -1;
	}
	if (reply)
		json_array_append_new(h->lines, reply);
	return 0;
}

/* What a clock says that was never set is no time: a STOP must not be older than what it takes back. */
static int64_t time_of(const json_t *inbound)
{
	int64_t time_ms = envelope_time_ms(inbound, "time", 0);

	return time_ms > 0 ? time_ms : 0;
}

static struct handling begin(const struct optin *o, struct store *s, const struct line *l, const json_t *inbound,
    const struct optin_inbound *found)
{
	return (struct handling){
	    .optin = o,
	    .store = s,
	    .line = l,
	    .inbound = inbound,
	    .found = found,
	    .time_ms = time_of(inbound),
	};
}

int optin_inbound_unasked(const struct optin *o, struct store *s, struct contacts *contacts, const json_t *inbound,
    const struct optin_inbound *found, struct err *e)
{
	struct handling h = begin(o, s, NULL, inbound, found);

	return look_up(&h, contacts, e);
}

int optin_inbound_handle(const struct optin *o, struct store *s, struct contacts *contacts, const struct line *l,
    const json_t *inbound, const struct optin_inbound *found, json_t **ret_lines, struct err *e)
{
	struct handling h = begin(o, s, l, inbound, found);
	int result;

	h.lines = json_array();
	result = handle(&h, contacts, e);
	if (result == 0 || result == 2)
		*ret_lines = h.lines;
	else
		json_decref(h.lines);
	return result;
}
