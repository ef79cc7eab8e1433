/*
 * A conversation flow: msg-flow(5). Loaded from YAML and checked whole, so that what runs has no missing state, no state
 * that nothing leads to, no circle without a question and no way in without a way out.
 */
#ifndef MSG_FLOW_H
#define MSG_FLOW_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bot/answer.h"
#include "common/config/yaml.h"
#include "common/err.h"

#define FLOW_STATES 1000
#define FLOW_STAY SIZE_MAX      /* a jump to nowhere: the same question again */

/* What a state is about: exactly one of these. */
enum flow_kind {
	FLOW_ASK,               /* waits for an answer */
	FLOW_BRANCH,            /* `on` without a question: the text at hand decides */
	FLOW_RUN,               /* a command decides */
	FLOW_HANDOFF,           /* a person takes over */
	FLOW_END,
	FLOW_GO,                /* only `to` */
};

struct flow_jump {
	const json_t *say;      /* a text, or NULL */
	const json_t *set;      /* variables, or NULL */
	size_t to;              /* index of a state, or FLOW_STAY */
};

struct flow_rule {
	const char *key;        /* as written */
	struct answer *answer;  /* NULL where keys are words of ours: ok, fail, 3, completed, … */
	struct flow_jump jump;
};

struct flow_state {
	const char *name;
	enum flow_kind kind;
	const json_t *value;    /* in the file */
	const json_t *say, *ask, *set;  /* texts and variables, or NULL */
	const char *save;       /* the variable that takes the answer, or NULL */
	struct flow_rule *rules;
	size_t rule_count;
	struct flow_jump otherwise;     /* `else` */
	unsigned tries;         /* misses that ask again before `else` goes on; 0: goes on at once, if it leads anywhere */
	struct flow_jump timeout;
	int64_t timeout_ms;     /* 0: waits for ever */
	const char *command;
	int64_t limit_ms;       /* of the command */
	const json_t *skills, *reason;  /* of the hand-off, or NULL */
	const char *priority;
	size_t to;              /* FLOW_STAY: none */
};

struct flow {
	struct yaml *yaml;
	char *name;             /* `name:`, else the file's name without its ending */
	char *directory;        /* where its commands run */
	const char *lang;       /* default language, or NULL */
	const json_t *vars;     /* that a conversation starts with, or NULL */
	struct answer *restart;
	const char *restart_word;       /* the first of them */
	struct flow_state *states;
	size_t count;
	size_t start;
};

/* Errors are EX_CONFIG with file, line and key. */
int flow_load(const char *path, struct flow **ret_flow, struct err *e);
int flow_parse(const char *path, const char *text, size_t len, struct flow **ret_flow, struct err *e);
void flow_free(struct flow *f);

/* NULL: no such state. */
const struct flow_state *flow_state(const struct flow *f, const char *name);

/* What a state may lead to, one after the other; `auto_only`: without waiting for anybody. */
typedef void flow_edge_fn(void *ctx, size_t to);
void flow_edges(const struct flow_state *s, bool auto_only, flow_edge_fn *edge, void *ctx);

/* The graph's own checks, part of flow_load. */
int flow_check(const struct flow *f, struct err *e);

#endif
