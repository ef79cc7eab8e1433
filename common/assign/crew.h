/* The agents as they are now: what agents.yaml says, what they have said themselves, what they hold. */
#ifndef MSG_CREW_H
#define MSG_CREW_H

#include "common/assign/desk.h"
#include "common/store/assign.h"

struct worker {
	struct agent_row row;
	bool stored;            /* the store knows this agent */
	json_t *json;           /* {"id","name","skills","langs","capacity","attributes"}, as conditions see it */
	json_t *to;             /* a message's `to`, or NULL */
	enum agent_status status;
	unsigned capacity, load;
	int64_t refused, lapsed;        /* of the task at hand: used by pick.c */
};

struct crew {
	struct worker *workers;
	size_t count;
};

/* In a transaction, so that what they hold is true until its end. */
int crew_load(struct crew *c, const struct desk *d, struct store *s, struct err *e);
void crew_clear(struct crew *c);

struct worker *crew_find(const struct crew *c, const char *id);
bool crew_has_room(const struct crew *c);       /* somebody who is available can take something more */

/* Sets one thing that an agent says (value NULL: takes it back); worker_save keeps it. */
void worker_set(struct worker *w, const char *key, const json_t *value);
int worker_save(struct worker *w, struct store *s, struct err *e);

#endif
