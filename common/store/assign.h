/*
 * Tasks that a person must take, and who may: the tasks with their place in a queue, the offers that were made of them,
 * what agents have said about themselves, and the lines that a run is about to write.
 *
 * Whoever hands tasks out holds the write lock (store_begin) from reading to the commit: no task is given twice and
 * nobody gets more than they can take, however many processes do it.
 */
#ifndef MSG_ASSIGN_STORE_H
#define MSG_ASSIGN_STORE_H

#include <stdint.h>

#include "common/line/id.h"
#include "common/store/store.h"

#define ASSIGN_NAME (ID_BYTES + 1)      /* of an agent, a queue, a workflow, with its NUL */

enum task_status {
	TASK_QUEUED,            /* waits for somebody */
	TASK_RESERVED,          /* offered to `agent`, who has not said yes yet */
	TASK_ASSIGNED,          /* `agent` works on it */
	TASK_COMPLETED,
	TASK_DECLINED,          /* nobody took it in time */
	TASK_CANCELED,
};

const char *task_status_name(enum task_status s);       /* "queued", …; as `status` of a task line */
int task_status_parse(const char *word);                /* "open" is queued; -1 */

struct task {
	int64_t seq;            /* in order of arrival; 0: not in the store */
	char id[ASSIGN_NAME];
	char *line;             /* as it came, with its context filled in */
	char *who;              /* the person it is about: a contact's id or an address; "" when that is not known */
	char workflow[ASSIGN_NAME], queue[ASSIGN_NAME], agent[ASSIGN_NAME];
	char channel[ASSIGN_NAME];      /* that it came on; "" */
	unsigned step;          /* of the workflow */
	enum task_status status;
	int priority;           /* enum urgency */
	int64_t place;          /* in its queue: small ones first; made by task_save */
	int64_t created_ms;
	int64_t counted_ms;     /* from when on the objective counts: the queue was open then */
	int64_t step_due_ms;    /* when the step ends; 0: never */
	int64_t due_ms;         /* when something is to be done: the step, the reservation or the wrap-up ends; 0: never */
	int64_t answered_ms;    /* when somebody first took it; 0 */
	int64_t ended_ms;
	int64_t objective_ms;   /* how soon it should be answered; 0: nobody says */
};

void task_clear(struct task *t);
void task_set(char **field, const char *text);  /* line, who */

/* 1: *ret_task, which the caller clears; 0: none; -1. */
int task_find(struct store *s, const char *id, struct task *ret_task, struct err *e);

/* Of those whose due_ms has come the longest due; the first queued one behind a place (0: of all). 1, 0, -1. */
int task_due(struct store *s, int64_t now_ms, struct task *ret_task, struct err *e);
int task_next(struct store *s, int64_t place, struct task *ret_task, struct err *e);

/* The oldest that an agent has in this status. 1, 0, -1. */
int task_of_agent(struct store *s, const char *agent, enum task_status status, struct task *ret_task, struct err *e);

/* Writes it back, or in for the first time. */
int task_save(struct store *s, struct task *t, struct err *e);

/* Ends the wrap-up of what an agent has completed. */
int task_end_wrap_up(struct store *s, const char *agent, struct err *e);

/* How many of its queue wait before it, from a place on (0: all). */
int task_position(struct store *s, const struct task *t, int64_t from, int64_t *ret_before, struct err *e);

/* Who took a task about this person last, since then. 1: `ret_agent` (ASSIGN_NAME bytes) is filled, 0, -1. */
int task_helper(struct store *s, const char *who, int64_t since_ms, char *ret_agent, struct err *e);

/* The latest task about this person that has ended. 1, 0, -1. */
int task_last(struct store *s, const char *who, struct task *ret_task, struct err *e);

/* Those that wait, are offered or are worked on, in the order of their places, queue by queue. */
typedef int task_each_fn(void *ctx, const struct task *t);
int task_each_open(struct store *s, task_each_fn *each, void *ctx, struct err *e);

/* How a queue, or an agent, did since then. */
struct task_record {
	const char *name;
	int64_t answered, answer_ms;    /* taken by somebody, and how long that took, added up */
	int64_t in_time, late;          /* of those that were answered or lost and had an objective */
	int64_t lost;                   /* ended before anybody took them */
	int64_t completed, handle_ms;   /* and how long that took from when they were taken, added up */
};

enum task_by { TASK_BY_QUEUE, TASK_BY_AGENT };

typedef int task_record_fn(void *ctx, const struct task_record *r);
int task_each_record(struct store *s, enum task_by by, int64_t since_ms, task_record_fn *each, void *ctx, struct err *e);

/* Forgets some of what ended before, with its offers. */
int task_purge(struct store *s, int64_t before_ms, unsigned limit, struct err *e);

/* ---- offers ---- */

enum offer_outcome {
	OFFER_OPEN,
	OFFER_ACCEPTED,
	OFFER_DECLINED,
	OFFER_LAPSED,
};

/* An offer of a task to its `agent`, from its `queue`; the end of the one that is open. */
int offer_add(struct store *s, const struct task *t, enum offer_outcome outcome, int64_t now_ms, struct err *e);
int offer_end(struct store *s, const struct task *t, enum offer_outcome outcome, struct err *e);

/* How often each has declined this task or let it lapse, those who did. */
typedef int offer_no_fn(void *ctx, const char *agent, int64_t declined, int64_t lapsed);
int offer_each_no(struct store *s, const char *task, offer_no_fn *each, void *ctx, struct err *e);

/* How many tasks of a queue each was given since then. */
typedef int offer_count_fn(void *ctx, const char *agent, int64_t count);
int offer_each_of_queue(struct store *s, const char *queue, int64_t since_ms, offer_count_fn *each, void *ctx, struct err *e);

/* What became of the offers of each queue, or to each agent, since then. */
struct offer_record {
	const char *name;
	int64_t accepted, declined, lapsed;
};

typedef int offer_record_fn(void *ctx, const struct offer_record *r);
int offer_each_record(struct store *s, enum task_by by, int64_t since_ms, offer_record_fn *each, void *ctx, struct err *e);

/* ---- agents ---- */

struct agent_row {
	char id[ASSIGN_NAME];
	char *own;              /* JSON: what was set by hand; "{}" */
	unsigned misses;        /* offers in a row that lapsed */
	int64_t offered_ms;     /* the last one, in the order of offers: no two are the same; 0 */
};

void agent_row_clear(struct agent_row *a);
int agent_find(struct store *s, const char *id, struct agent_row *ret_agent, struct err *e);    /* 1, 0, -1 */
int agent_save(struct store *s, const struct agent_row *a, struct err *e);

/* All of them; and how many tasks each holds of each channel, offered ones among them and (wrapping) those in wrap-up. */
typedef int agent_each_fn(void *ctx, const struct agent_row *a);
int agent_each(struct store *s, agent_each_fn *each, void *ctx, struct err *e);

typedef int agent_load_fn(void *ctx, const char *agent, const char *channel, bool wrapping, int64_t count);
int agent_each_load(struct store *s, agent_load_fn *each, void *ctx, struct err *e);

/* ---- lines ---- */

/* A line that `run` (sender.h) will write once this is committed; everything of that run got out. */
int assign_line_add(struct store *s, const char *run, const char *line, struct err *e);
int assign_line_written(struct store *s, const char *run, struct err *e);

/* One line of another run than `run`, behind seq. 1: the caller frees both texts, 0, -1. */
int assign_line_next(struct store *s, int64_t after, const char *run, int64_t *ret_seq, char **ret_run, char **ret_line,
    struct err *e);
int assign_line_adopt(struct store *s, int64_t seq, const char *run, struct err *e);

#endif
