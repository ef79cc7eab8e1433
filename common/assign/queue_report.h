/* What queue.c finds out and queue_draw.c draws, for both alone. */
#ifndef MSG_QUEUE_REPORT_H
#define MSG_QUEUE_REPORT_H

#include "common/assign/queue.h"

struct queue_row {
	struct task task;
	int64_t position;       /* of those that wait, from 1; 0 */
};

struct queue_tally {
	char name[ASSIGN_NAME];
	int64_t objective_ms;
	int64_t opens_ms;       /* when it is closed; 0 */
	int64_t waiting, reserved, assigned, late, longest_ms;
	int64_t agents, free;   /* who is there, and of those who have room */
	struct task_record record;
	struct offer_record offers;
};

struct queue_report {
	const char *name;       /* the only one asked for, or NULL */
	int64_t now_ms, period_ms;
	struct queue_row *rows;
	size_t row_count;
	struct queue_tally *tallies;
	size_t tally_count;
};

struct queue_report queue_report_of(const struct queue_question *question);
int queue_report_read(struct queue_report *r, const struct desk *d, struct store *s, struct err *e);
void queue_report_clear(struct queue_report *r);

int64_t queue_waited(const struct queue_report *r, const struct task *t);
bool queue_is_late(const struct queue_report *r, const struct task *t);

/* How many percent of those with an objective were answered in time; -1: there were none. */
int queue_service_level(const struct queue_tally *t);

#endif
