/*
 * policy.yaml: msg-policy(5). Which channels a message takes, in which order, with which waits.
 * Without a file the built-in defaults for each purpose hold.
 */
#ifndef MSG_POLICY_H
#define MSG_POLICY_H

#include <jansson.h>

#include "common/config/config.h"
#include "common/policy/gate.h"

struct policy;

/* `path` NULL: the built-in policy. EX_CONFIG names file, line and key; channels that no one knows are errors. */
int policy_load(const char *path, const struct config *c, struct policy **ret_policy, struct err *e);
void policy_free(struct policy *p);

/* Copies the policy's consent requirements (purposes.*.require) into a gate. */
void policy_requirements(const struct policy *p, struct gate *g);

/*
 * The plan for one recipient (contacts.h: contacts_resolve): an array of legs as msg(5) has them, best first, only
 * channels that the recipient has an address for, the configuration has a way to, and the gate (may be NULL) allows.
 * *ret_why, when not NULL, gets a new array: for each channel looked at
 * {"channel","address","chosen":bool,"leg":N,"reason":"…"} in order, and the name of the rule in force.
 * Returns 0 with a plan of at least one leg; 1 when no channel is left: *ret_plan is NULL and *ret_answer (may be NULL)
 * says why; -1 on an error.
 */
int policy_plan(const struct policy *p, const json_t *message, const json_t *recipient, const struct gate *gate,
    json_t **ret_plan, json_t **ret_why, struct gate_answer *ret_answer, struct err *e);

#endif
