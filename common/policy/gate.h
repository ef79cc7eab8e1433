/*
 * The gate: may this address be written to now? It reads the ledger against what the message's purpose needs.
 * Every program asks here, so that there is one answer; msg-send asks again at the moment of sending.
 */
#ifndef MSG_GATE_H
#define MSG_GATE_H

#include "common/line/words.h"
#include "common/policy/require.h"
#include "common/store/consent.h"

struct gate {
	struct store *store;    /* NULL: there is no ledger yet, nobody has said anything */
	const struct requirements *require;     /* the policy's, or NULL: the table's alone */
};

void gate_init(struct gate *g, struct store *store);    /* without a policy's requirements */

struct gate_question {
	const char *subject;    /* address_subject; NULL asks about the contact alone */
	const char *contact;    /* contact's id, or NULL */
	const char *channel;    /* NULL: only what was said about all channels counts */
	const char *topic;      /* or NULL */
	enum purpose purpose;
	const json_t *recipient;                /* where they live, for what is required there; or NULL */
	const struct address *address;          /* of `subject`, for the same; or NULL */
	bool only_noes;         /* what is required does not matter */
	bool explain;           /* an allowed answer says what it rests on */
	const char *message, *text;     /* as they will be sent, for a permit; or NULL */
	int64_t now_ms;
};

struct gate_answer {
	bool allowed;
	enum failure failure;   /* FAILURE_OPTED_OUT, FAILURE_POLICY or FAILURE_INVALID_ADDRESS when not allowed */
	char code[24];          /* "opted-out", "no-consent", "consent-pending", "consent-weak", "consent-lapsed",
	                         * "unwanted-topic", "dead", "permit" */
	const char *rule;       /* the requirement that decided: "consent/DE/marketing"; or NULL */
	char text[160];         /* for a person: "out of sms since 2026-11-20T10:00:00.000Z" */
};

/*
 * Both the address and the contact must allow it: an out on either blocks, an in on either serves a requirement. Nor may
 * the address be dead (common/store/dead.h).
 */
int gate_ask(const struct gate *g, const struct gate_question *q, struct gate_answer *ret_answer, struct err *e);

#endif
