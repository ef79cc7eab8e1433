#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "common/line/envelope.h"
#include "common/line/when.h"
#include "common/optin/confirm.h"
#include "common/optin/inbound.h"
#include "common/store/code.h"

#include "common/banned.h"

#define DIGITS 6
#define DIGITS_TEXT "0123456789"

void optin_code_new(bool token, char ret_code[OPTIN_CODE_BYTES])
{
	unsigned char bytes[16];
	uint32_t number;

	getentropy(bytes, sizeof(bytes));
	if (token) {
		sodium_bin2hex(ret_code, OPTIN_CODE_BYTES, bytes, sizeof(bytes));
		return;
	}
	/* Of 2^32 the last 967,296 would make some codes likelier than others. */
	do {
		getentropy(&number, sizeof(number));
	} while (number >= UINT32_C(4294000000));
	snprintf(ret_code, OPTIN_CODE_BYTES, "%06u", (unsigned)(number % 1000000));
}

/* What else proves it is in the event already. */
static int record(struct store *s, const struct code_question *q, const char *code, struct consent_event *event, json_t **ret_line,
    struct err *e)
{
	event->subject = q->subject;
	event->channel = q->channel;
	event->topic = *q->topic ? q->topic : NULL;
	event->state = CONSENT_IN;
	event->strength = CONSENT_DOUBLE;
	event->code = code;
	if (!event->basis)
		event->basis = "consent";
	if (consent_add(s, event, e) < 0)
		return -1;
	*ret_line = optin_line(event, NULL);
	return 0;
}

int optin_confirm(struct store *s, const char *to, const char *code, const struct optin_terms *t, json_t **ret_line, struct err *e)
{
	struct consent_event event = {.method = "code"};
	struct optin_subject subject;
	struct code_question question;
	int got;

	if (to && optin_subject_address(to, &subject, e) < 0)
		return -1;
	if (!to && strlen(code) < CODE_SHORT)
		return err_set(e, EX_USAGE, "--to is missing: a short code may have gone to several people");
	got = code_take(s, to ? subject.text : NULL, code, when_now_ms(), &question, e);
	if (got == 0)
		return err_set(e, EX_UNDELIVERED, "no open question has this code");
	if (got < 0)
		return -1;
	optin_terms_fill(t, &event);
	return record(s, &question, code, &event, ret_line, e);
}

/* The digits, without what people put around them; NULL when there is more. */
static const char *code_of(const json_t *inbound, char room[DIGITS + 1])
{
	const char *text = envelope_text(inbound, "text", "");
	size_t len;

	text += strspn(text, " \t\r\n\"'");
	len = strspn(text, DIGITS_TEXT);
	if (len != DIGITS || text[len + strspn(text + len, " \t\r\n\"'.!")])
		return NULL;
	memcpy(room, text, DIGITS);
	room[DIGITS] = '\0';
	return room;
}

bool optin_is_code(const json_t *inbound)
{
	char room[DIGITS + 1];

	return code_of(inbound, room);
}

int optin_confirm_inbound(struct store *s, const struct line *l, const json_t *inbound, json_t **ret_line, struct err *e)
{
	struct consent_event event = {.method = "code"};
	char room[DIGITS + 1], source[CONSENT_HASH];
	const char *code = code_of(inbound, room);
	struct optin_subject subject;
	struct code_question question;
	int got;

	if (!code || optin_subject_address(envelope_text(inbound, "from", ""), &subject, e) < 0)
		return 0;
	got = code_take(s, subject.text, code, when_now_ms(), &question, e);
	if (got <= 0)
		return got;
	optin_inbound_source(l, inbound, &event, source);
	event.jurisdiction = subject.region[0] ? subject.region : NULL;
	return record(s, &question, code, &event, ret_line, e) < 0 ? -1 : 1;
}
