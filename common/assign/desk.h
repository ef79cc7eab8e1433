/*
 * Who takes tasks, and how they are handed out: agents.yaml, msg-agents(5). Without the file there is one queue,
 * "default", in which everybody works.
 */
#ifndef MSG_DESK_H
#define MSG_DESK_H

#include <stdint.h>

#include "common/config/config.h"
#include "common/policy/hours_week.h"
#include "common/policy/match.h"

enum agent_status {
	AGENT_AVAILABLE,
	AGENT_BUSY,             /* there, but takes nothing more */
	AGENT_AWAY,
	AGENT_OFFLINE,
};

const char *agent_status_name(enum agent_status s);
int agent_status_parse(const char *word);       /* -1 */

/* What must fit between a task and an agent; the rest is only preferred. */
enum desk_need {
	DESK_SKILLS = 1,        /* the task's skills */
	DESK_LANG = 2,          /* its language */
	DESK_STICKY = 4,        /* who has helped this person before */
};

/* When a queue is open, or somebody works. */
struct desk_hours {
	bool some;                      /* else always */
	struct hours_week week;
	struct hours_clock clock;
	const char *jurisdiction;       /* whose holidays count; or NULL */
};

/* On agents: one of them must hold; count 0: whoever it is. */
struct desk_conditions {
	const struct match **any;
	size_t count;
};

/* What tells who comes first of those who fit. */
enum desk_criterion {
	DESK_BY_STICKY,
	DESK_BY_LANG,
	DESK_BY_SKILLS,         /* who has most of those that the task asks for */
	DESK_BY_LEVEL,          /* who is best at them */
	DESK_BY_LOAD,           /* who has the fewest tasks */
	DESK_BY_IDLE,           /* whose last offer is the longest ago */
	DESK_BY_ATTRIBUTE,      /* a number in the agent's attributes, the highest first */
};

struct desk_order {
	enum desk_criterion by;
	const char *attribute;
	bool reverse;
};

#define DESK_ORDERS 8

struct desk_agent {
	const char *id;
	const json_t *own;      /* {"name","to","skills","langs","capacity","status","attributes"}, each if it is given */
	struct desk_hours hours;
};

struct desk_queue {
	const char *name;
	struct desk_conditions agents;  /* who works in it */
	const json_t *skills;           /* that all of them need: a list, or a map with the least levels; or NULL */
	int64_t reserve_ms;             /* how long an offer stands; 0: a task is assigned at once */
	int64_t objective_ms;           /* how soon a task should be answered; 0 */
	int64_t wrap_up_ms;             /* how long an agent has it after it is completed; 0 */
	unsigned share;                 /* percent of the tasks that one agent gets at most while there are others; 100 */
	int64_t share_ms;               /* over this time */
	struct desk_hours hours;
	bool built_in;                  /* not in the file */
};

struct desk_step {
	const struct desk_queue *queue;
	struct desk_conditions agents;  /* who of the queue */
	const json_t *skills;           /* as in a queue */
	struct desk_order order[DESK_ORDERS];
	size_t order_count;
	unsigned need;                  /* enum desk_need, added up */
	int priority;                   /* enum urgency; -1: the task's own */
	int64_t wait_ms;                /* then the next step; 0: for ever */
	bool skip;                      /* passed over while nobody who is available would fit */
};

struct desk_workflow {
	const char *name;
	struct desk_step *steps;
	size_t step_count;
};

struct desk {
	struct yaml *yaml;              /* or NULL */
	struct desk_agent *agents;
	size_t agent_count;
	struct desk_queue *queues;
	size_t queue_count;
	struct desk_workflow *workflows;        /* the last one takes what no other does */
	size_t workflow_count;
	struct match_set *tasks;        /* the conditions of all workflows but the last, in their order */
	size_t *matched;                /* which workflow each of them is of, and behind them the last one */
	size_t match_count;
	struct match_set *people;       /* the conditions on agents */
	struct holidays *holidays;      /* or NULL, when nobody has hours */
	int64_t sticky_ms;              /* how long somebody counts as having helped; 0: never */
	int64_t keep_ms;                /* how long a task is kept that has ended */
	unsigned misses;                /* offers in a row that lapse until an agent is taken to be away; 0: never */
	const json_t *notice;           /* a text, or texts by language; NULL: the built-in ones */
	const json_t *context;          /* {"order": [path, …]}; NULL: the built-in ones */
};

#define DESK_CAPACITY 1000              /* the most that an agent can be given at once */
#define DESK_LEVEL 100                  /* the highest level of a skill; 1 is the lowest, and what one has without a level */

/* `path` NULL: no file. EX_CONFIG with file, line and key. */
int desk_load(const char *path, struct desk **ret_desk, struct err *e);
int desk_read(struct yaml *yaml_take, struct desk **ret_desk, struct err *e);
void desk_free(struct desk *d);

/* Calls `found` for each workflow that is never reached and each skill of a queue that no agent of the file has. */
typedef void desk_finding_fn(void *ctx, const struct err *finding);
void desk_lint(const struct desk *d, desk_finding_fn *found, void *ctx);

const struct desk_queue *desk_queue(const struct desk *d, const char *name);    /* or NULL */
const char *desk_queue_hint(const struct desk *d, const char *name);            /* " (did you mean 'x'?)", or ""; name or NULL */

const struct desk_agent *desk_agent(const struct desk *d, const char *id);      /* or NULL */

/* When they begin, at that time or from then on; INT64_MAX: never as far as can be seen. */
int64_t desk_opens_ms(const struct desk *d, const struct desk_hours *h, int64_t now_ms);

/* The workflow of a task, its contact (may be NULL) and, by name, one that it is in already. */
const struct desk_workflow *desk_workflow_of(const struct desk *d, const json_t *task, const json_t *contact);
const struct desk_workflow *desk_workflow(const struct desk *d, const char *name);

#endif
