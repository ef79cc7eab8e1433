/*
 * Tests of a policy: messages, the people they are for, a moment, what happened before, and the plan that is expected.
 * The format is in msg-policy(5). What happened before is put into a store of its own, so that a case is decided by the
 * very code that decides in earnest; after each case it is taken out again.
 */
#ifndef MSG_CASES_H
#define MSG_CASES_H

#include <stdio.h>

#include "common/config/contacts.h"
#include "common/policy/policy.h"

struct cases_result {
	size_t count, failed;
};

/*
 * Runs all of them and writes a report of those that failed. EX_CONFIG names file, line and key of what cannot be read;
 * a plan that is another one is no error.
 */
int cases_run(struct policy *p, struct contacts *c, const char *path, FILE *out, struct cases_result *ret_result,
    struct err *e);

#endif
