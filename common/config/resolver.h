/*
 * The `cmd:` resolver of contacts: a co-process that gets a question a line (an id, or an address as a URI) and answers
 * a contact a line, {} for nobody. It is started at the first question and again, once, when it has died.
 *
 * The answer to an id must carry that id, the answer to an address that address: an answer can never be taken for
 * another question's.
 */
#ifndef MSG_RESOLVER_H
#define MSG_RESOLVER_H

#include <jansson.h>
#include <stdint.h>

#include "common/address/address.h"
#include "common/err.h"

#define RESOLVER_TIMEOUT_MS 10000

struct resolver;

/* Starts nothing yet. `timeout_ms` is how long an answer may take. */
struct resolver *resolver_new(const char *command, int64_t timeout_ms);
void resolver_free(struct resolver *r);

/* 1 and a new canonical contact, 0: nobody, -1: EX_UNAVAILABLE. */
int resolver_ask_id(struct resolver *r, const char *id, json_t **ret_contact, struct err *e);
int resolver_ask_address(struct resolver *r, const struct address *a, json_t **ret_contact, struct err *e);

#endif
