/*
 * What the carrier answers. A script is JSON lines, one rule each; the first rule that fits and is not used up answers:
 *
 *   {"path":"/2010-04-01*","method":"POST","contains":"+1555","times":2,
 *    "status":429,"headers":{"Retry-After":"1"},"json":{"code":20429},"latency_ms":50}
 *
 * What to fit: `path` (a star at its end fits any rest), `method`, `contains` (bytes of the body), `times` (then the rule
 * is used up). What to answer: `status`, `headers`, `body` (text) or `json`; "{n}" in either becomes the request's number;
 * `size` pads the body with spaces; `latency_ms` waits first. `fault` breaks the exchange:
 *   close     hangs up without a word          hang      never answers
 *   garbage   bytes that are not HTTP          truncate  announces more than it sends, then hangs up
 *   drip      one byte every `drip_ms` (20)
 */
#ifndef CARRIER_RULES_H
#define CARRIER_RULES_H

#include <jansson.h>

#include "common/buf.h"
#include "common/err.h"

enum fault { FAULT_NONE, FAULT_CLOSE, FAULT_HANG, FAULT_GARBAGE, FAULT_TRUNCATE, FAULT_DRIP };

struct answer {
	unsigned status;
	json_t *headers;        /* a new reference, or NULL */
	struct buf body;
	enum fault fault;
	int latency_ms, drip_ms;
	int rule;               /* which one, from 1; 0 for the default answer */
};

struct rules;

/* Reads the script (may be NULL) and then the single rules given. EX_CONFIG names the line. */
int rules_load(const char *path, const char *const *extra, size_t extra_count, struct rules **ret_rules, struct err *e);
void rules_free(struct rules *r);

/* The answer to request number `n`; without a rule that fits, Twilio's to a message that it took. Not thread-safe. */
void rules_answer(struct rules *r, const char *method, const char *path, const struct buf *body, unsigned long n,
    struct answer *ret_answer);
void answer_clear(struct answer *a);

#endif
