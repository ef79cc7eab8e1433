/*
 * policy.yaml: msg-policy(5). Which channels a message takes, in which order, with which waits.
 * Without a file the built-in defaults for each purpose hold.
 */
#ifndef MSG_POLICY_H
#define MSG_POLICY_H

#include <jansson.h>

#include "common/buf.h"
#include "common/config/config.h"
#include "common/policy/caps.h"
#include "common/policy/content.h"
#include "common/policy/gate.h"
#include "common/policy/hours.h"
#include "common/policy/refusal.h"
#include "common/policy/windows.h"

struct policy;

/* `path` NULL: the built-in policy. EX_CONFIG names file, line and key; channels that no one knows are errors. */
int policy_load(const char *path, const struct config *c, struct policy **ret_policy, struct err *e);
void policy_free(struct policy *p);

/*
 * Which channels have a way out, asked for each channel that comes into question, and what so many segments to a number
 * cost there. Without them every channel has one, and no price is known. This layer knows no providers:
 * common/deliver/ways.h answers from the accounts.
 */
struct policy_ways {
	bool (*reachable)(void *ctx, const char *channel);      /* or NULL */
	bool (*price)(void *ctx, const char *channel, const char *via, const char *number, unsigned segments,
	    struct money *ret_price);   /* or NULL; `via` may be NULL */
	/* As far as an account asks what became of a message: STATUS_READ, STATUS_DELIVERED or STATUS_ACCEPTED; or NULL. */
	enum status (*reports)(void *ctx, const char *channel, const char *via);
	void *ctx;
};
void policy_set_ways(struct policy *p, const struct policy_ways *ways);

/* For tests of a policy: it is this moment, and nothing is known of what happened before. 0: now. */
void policy_set_clock(struct policy *p, int64_t now_ms);

/* Lends a gate the policy's consent requirements (purposes.*.require). */
void policy_requirements(const struct policy *p, struct gate *g);

/*
 * The plan for one recipient (contacts.h: contacts_resolve): an array of legs as msg(5) has them, best first, only
 * channels that the recipient has an address for, the configuration has a way to, and the gate (may be NULL) allows.
 * *ret_why, when not NULL, gets a new array (whatever is returned but -1): for each channel looked at, in order,
 * {"channel","address","chosen":bool,"leg":N,"reason":"…","rule":"…"}; `rule` is missing for the built-in waterfalls.
 * Returns 0 with a plan of at least one leg; 1 when no channel is left: *ret_plan is NULL and *ret_answer (may be NULL)
 * says why (refusal.h has the codes); -1 on an error of the store. A policy is used by one thread.
 */
int policy_plan(const struct policy *p, const json_t *message, const json_t *recipient, const struct gate *gate,
    json_t **ret_plan, json_t **ret_why, struct gate_answer *ret_answer, struct err *e);

/* The same, appending the plan's JSON text: for a filter's speed. */
int policy_plan_text(const struct policy *p, const json_t *message, const json_t *recipient, const struct gate *gate,
    struct buf *plan, struct refusal *ret_refusal, struct err *e);

/* The plan that was made last: not before this moment, because a cap is used up, or hours are closed, until then; 0: now. */
int64_t policy_held_ms(const struct policy *p);

/* A leg at the moment of sending. Borrowed. */
struct policy_leg {
	const json_t *message;
	const char *id;                 /* of the message */
	const char *contact;            /* or NULL */
	const json_t *recipient;        /* or NULL */
	const struct address *address;
	const char *via, *text;         /* or NULL */
	int64_t now_ms;
};

/* May it go now, as far as caps are concerned? */
int policy_caps(const struct policy *p, struct store *s, const struct policy_leg *leg, struct caps_answer *ret_answer,
    struct err *e);

/* Is what waits for its hours to be sent as one message? */
bool policy_digests(const struct policy *p, enum purpose purpose);

/* And as far as hours are concerned? */
void policy_ask_hours(const struct policy *p, const struct policy_leg *leg, struct hours_answer *ret_answer);

/* In free words, or as which template? */
int policy_window(const struct policy *p, struct store *s, const struct address *a, const char *topic, int64_t now_ms,
    struct window_answer *ret_answer, struct err *e);

/* Something has left, or (NULL) did not after all: what is known of the past is out of date. */
void policy_note_sent(const struct policy *p, const struct sent *sent);

/* What it is expected to cost; no currency: not known. */
struct money policy_price(const struct policy *p, const struct policy_leg *leg);

/* What the words must have in them; NULL: the table alone. */
const struct content *policy_content(const struct policy *p);

/* The country of an address, else of whoever has it (attributes.country); "" when it is not known. */
const char *policy_country(const json_t *recipient, const struct address *a);

/* How the store knows the person of a leg (sent.h). */
void policy_person(const char *contact, const struct address *a, char ret_person[ADDRESS_BYTES]);

/* Whether it matters what was sent before (sent.h): senders that stay the same, caps. */
bool policy_counts(const struct policy *p);
bool policy_counts_purpose(const struct policy *p, enum purpose purpose);       /* and the caps of the law */


/* How many rules the file has. */
size_t policy_rule_count(const struct policy *p);

/*
 * What is wrong with the policy though it can be read: rules that are never reached, channels without a way, waterfalls
 * that send the same thing twice, senders that no country lets through. `found` is called for each; an err of code
 * EX_CONFIG with file, line and key.
 */
typedef void policy_finding_fn(void *ctx, const struct err *finding);
void policy_lint(const struct policy *p, policy_finding_fn *found, void *ctx);

#endif
