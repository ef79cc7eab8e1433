/* Who gets a task: of those who fit, the one it suits best. */
#ifndef MSG_PICK_H
#define MSG_PICK_H

#include "common/assign/crew.h"

struct pick_share;

/* For the tasks that are handed out in one go. */
struct pick {
	const struct desk *desk;
	const struct crew *crew;
	struct store *store;
	int64_t now_ms;
	struct pick_share *shares;      /* what queues have given to whom, of those that were asked about */
	size_t share_count;
};

void pick_clear(struct pick *p);

/*
 * 1: *ret_worker is there, has room and fits; 0: nobody; -1. Of several: who has not let this task lapse; whose share is
 * not used up; then by the order of the step; whose last offer is the longest ago. `json` is the task's line.
 */
int pick_worker(struct pick *p, const struct task *t, const json_t *json, const struct desk_step *step,
    struct worker **ret_worker, struct err *e);

/* They have got it: the next one's share counts it. */
void pick_note(struct pick *p, const struct desk_queue *queue, const struct worker *w);

/* Is anybody there who would fit, however much they have to do? 1, 0, -1. */
int pick_is_staffed(struct pick *p, const struct task *t, const json_t *json, const struct desk_step *step, struct err *e);

/* Do they work in that queue, as far as that does not hang on a task? */
bool pick_is_of_queue(const struct desk *d, const struct worker *w, const struct desk_queue *q);

/* The language of a task, or NULL. */
const char *pick_lang(const json_t *json);

#endif
