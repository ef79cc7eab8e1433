/*
 * A line on its way through msg-route: a message gets a plan, once for each recipient; one that nobody may or can be
 * sent becomes a receipt that says so.
 */
#ifndef MSG_ROUTE_H
#define MSG_ROUTE_H

#include "common/config/contacts.h"
#include "common/line/line.h"
#include "common/policy/policy.h"
#include "common/store/store.h"

struct route {
	const struct policy *policy;
	struct contacts *contacts;
	const char *state;      /* where the store is, or will be: until there is one, nobody has said anything */
	struct store *store;    /* opened when it is there; the caller closes it */
	struct gate gate;
	bool begun;
	struct line_writer *out;
	struct buf line, plan;
	struct err no_account;  /* code EX_CONFIG once a message was lost for want of an account: the first of them */
	uint64_t refused;       /* recipients without a plan */
};

void route_init(struct route *r, const struct policy *p, struct contacts *c, const char *state, struct line_writer *out);
void route_clear(struct route *r);

/*
 * Before a message is looked at: the ledger is read as it stands now, until route_settle. -1: the store is there and
 * cannot be read.
 */
int route_begin(struct route *r, struct err *e);
int route_settle(struct route *r, struct err *e);

/*
 * A checked message. 0: its lines have been written (flushed too, when they are many); 1: it has a plan and goes on as
 * it is; -1: EX_DATAERR for a recipient that nobody knows, or another error.
 */
int route_message(struct route *r, const struct line *l, const json_t *message, struct err *e);

/*
 * The `to` of a message for one recipient alone: the address asked for, the id of a contact that can be found by it,
 * else the contact itself. A new reference; NULL when the resolver failed.
 */
json_t *route_recipient(struct contacts *c, const json_t *recipient, struct err *e);

/* The `error` of a receipt for an answer. A new reference. */
json_t *route_error(const struct gate_answer *answer);

#endif
