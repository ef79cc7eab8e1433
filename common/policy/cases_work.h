/* Between cases.c, which runs them, cases_before.c, which sets the stage, and cases_expect.c, which compares. */
#ifndef MSG_CASES_WORK_H
#define MSG_CASES_WORK_H

#include "common/policy/cases.h"
#include "common/policy/gate.h"

struct case_run {
	const struct yaml *yaml;
	const json_t *object;           /* the case */
	const json_t *message;          /* with the contact of the file in its `to` */
	const json_t *recipient;
	struct store *store;
	int64_t now_ms;
};

/* What became of it; `plan` NULL: it was refused. */
struct case_outcome {
	const json_t *plan;
	const char *rule;               /* or NULL */
	int64_t held_ms;                /* 0: it goes at once */
	struct gate_answer answer;
};

/* Puts `consent`, `sent`, `receipts` and `heard` of a case into the store. */
int case_before(const struct case_run *r, struct err *e);

/* Compares with `expect`; 1: they differ, and `diff` says how. -1: `expect` cannot be read. */
int case_compare(const struct case_run *r, const struct case_outcome *o, struct buf *diff, struct err *e);

/* A time of a case, `key` of `object`; `otherwise` when it is not there. */
int case_time(const struct case_run *r, const json_t *object, const char *key, int64_t otherwise, int64_t *ret_ms, struct err *e);

#endif
