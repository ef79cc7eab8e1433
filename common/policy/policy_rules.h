/* What a policy is made of. Used by policy.c, which applies it, and policy_read.c alone. */
#ifndef MSG_POLICY_RULES_H
#define MSG_POLICY_RULES_H

#include "common/policy/hours.h"
#include "common/policy/match.h"
#include "common/policy/policy.h"
#include "common/policy/score.h"
#include "common/policy/waterfall.h"

#define PURPOSES (PURPOSE_EMERGENCY + 1)
#define URGENCIES (URGENCY_CRITICAL + 1)

/* What a rule or a purpose sets; what it leaves open is left to the next. */
struct settings {
	const struct waterfall *waterfall;      /* or NULL */
	const char *rule;       /* that set the waterfall */
	const struct waterfall *fallback;       /* or NULL */
	const json_t *from;     /* or NULL */
	const struct money *cost;       /* the most that one message may cost on a channel; or NULL */
	const struct score_weights *weights;    /* or NULL */
	int prefer, parallel;   /* 0, 1 or -1: not set */
};

/* In the order of the file; conditions are compiled in the same order. */
struct rule {
	char *name;
	const json_t *json;
	struct settings settings;
	bool goes_on;
};

struct policy {
	struct yaml *yaml;
	struct rule *rules;
	size_t rule_count;
	struct match_set *matches;
	struct settings purposes[PURPOSES];
	const struct waterfall *fallback;       /* of all that have none of their own, or NULL */
	struct senders *senders;        /* or NULL */
	struct requirements require;
	struct hours *hours;
	struct windows *windows;        /* or NULL */
	struct waterfall built_in[PURPOSES][URGENCIES];
	struct waterfall **read;        /* those of the file */
	size_t read_count;
	struct money **costs;           /* and these */
	size_t cost_count;
	struct score_weights **weighed; /* and these */
	size_t weighed_count;
	struct caps *caps;              /* or NULL */
	struct past *past;
	struct content *content;        /* or NULL: the table alone */
	struct score_weights weights;   /* where no rule has its own */
	struct policy_ways ways;
	int64_t clock_ms;               /* it is always then; 0: it is now */
	struct choice *choice;
};

/* Reads the file into a policy that has the defaults. */
int policy_read(struct policy *p, const char *path, const struct config *c, struct err *e);

#endif
