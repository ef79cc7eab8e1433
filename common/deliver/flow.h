/*
 * How fast messages may leave: a token bucket for each account, sender, address and channel that has a rate, and one for
 * the run. All senders of a store share them, but for the run's. An urgent message may borrow from what is to come, so
 * that it overtakes a campaign that uses everything up.
 */
#ifndef MSG_FLOW_H
#define MSG_FLOW_H

#include "common/provider/provider.h"
#include "common/store/store.h"

struct flow;

/* What wants to leave. Texts are borrowed. */
struct flow_leg {
	const struct account *account;
	const char *channel, *sender, *address;         /* sender: or NULL */
	const char *tenant;                             /* takes turns with the others; "" */
	unsigned segments;                              /* at least 1 */
	bool urgent;
	bool again;                                     /* was told before when to come back */
};

/*
 * `run`: the limit of this run alone, or one with an interval of 0. `s` NULL: nothing is shared. `heard` changes when others
 * have written to the store. EX_CONFIG.
 */
int flow_new(struct store *s, const struct config *c, const struct rate *run, const uint64_t *heard, struct flow **ret_flow,
    struct err *e);
void flow_free(struct flow *f);

/*
 * Within a transaction to write. 1: it may leave now, and has been counted; 0: not before *ret_due_ms, by when its turn
 * among those who were told so comes; -1.
 */
int flow_ask(struct flow *f, const struct flow_leg *leg, int64_t now_ms, int64_t *ret_due_ms, struct err *e);

/* Before the commit: writes down what was used. */
int flow_save(struct flow *f, struct err *e);

/* How soon it is worth looking for those whose time has come. */
int64_t flow_tick_ms(const struct flow *f);

/* A provider has asked to be left alone until then, by all senders of the store. Within a transaction to write. */
int flow_pause(struct flow *f, const struct account *account, int64_t until_ms, struct err *e);

/* Within a transaction. 1: it wants to be left alone until *ret_until_ms; 0; -1. */
int flow_paused(struct flow *f, const struct account *account, int64_t now_ms, int64_t *ret_until_ms, struct err *e);

#endif
