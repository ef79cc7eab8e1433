/* What the legs of a plan wait for: msg(5). */
#ifndef MSG_PLAN_H
#define MSG_PLAN_H

#include <jansson.h>

#include "common/line/words.h"

enum plan_ack {
	PLAN_ACK_NONE,
	PLAN_ACK_REQUIRED,      /* each recipient has to acknowledge it */
	PLAN_ACK_ANY,           /* one of them is enough */
};

enum plan_ack plan_ack(const json_t *message);
int plan_ack_parse(const char *word);   /* -1 */

/* The status that keeps the next leg from running: `until`, else delivered; where an answer is required, read at least. */
enum status plan_need(const json_t *message, const json_t *leg);

/*
 * The group that a leg is in: those with `parallel` go together with the one before them. From `begin` up to, and without,
 * `end`, which is where the plan goes on; a leg by itself is a group of one.
 */
unsigned plan_group_begin(const json_t *plan, unsigned leg);
unsigned plan_group_end(const json_t *plan, unsigned leg);

/* Whether there is another leg in its group. */
bool plan_is_parallel(const json_t *plan, unsigned leg);

#endif
