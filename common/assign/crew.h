/* The agents as they are now: what agents.yaml says, what they have said themselves, what they hold. */
#ifndef MSG_CREW_H
#define MSG_CREW_H

#include "common/assign/desk.h"
#include "common/store/assign.h"

struct worker {
	struct agent_row row;
	const struct desk_agent *plan;  /* in agents.yaml; or NULL */
	/*
	 * As conditions see it: {"id","name","skills":[…],"levels":{…},"langs","capacity","attributes"}, and in "tasks" how
	 * many they hold, by channel and in "all".
	 */
	json_t *json;
	json_t *to;             /* a message's `to`, or NULL */
	enum agent_status status;
	int64_t until_ms;       /* when the status ends and the one before holds again; 0: never */
	int64_t begins_ms;      /* they do not work now by their hours, but from then on (INT64_MAX: never); 0 */
	unsigned capacity, load;        /* of all channels together */
	unsigned wrapping;      /* of the load: those that are over but for their wrap-up */
	int64_t refused, lapsed;        /* of the task at hand: used by pick.c */
};

struct crew {
	struct worker *workers;
	size_t count;
	int64_t latest_ms;      /* of all row.offered_ms */
};

/* In a transaction, so that what they hold is true until its end. */
int crew_load(struct crew *c, const struct desk *d, struct store *s, int64_t now_ms, struct err *e);
void crew_clear(struct crew *c);

/* What each holds, once more. */
int crew_count(struct crew *c, struct store *s, struct err *e);

struct worker *crew_find(const struct crew *c, const char *id);
const char *crew_hint(const struct crew *c, const char *id);    /* " (did you mean 'bo'?)", or "" */
bool crew_has_room(const struct crew *c);       /* somebody who is there can take something more */

/* Available, and at work. */
bool worker_is_there(const struct worker *w);

/* They have room for one more of this channel (""); they get it, and are rid of it. */
bool worker_has_room(const struct worker *w, const char *channel);
void worker_take(struct worker *w, const char *channel);
void worker_leave(struct worker *w, const char *channel);

/* How good somebody is at something: 0, or from 1. */
unsigned worker_level(const struct worker *w, const char *skill);

/* How many of these skills they have: a list, or a map with the least levels. */
size_t worker_count_skills(const struct worker *w, const json_t *skills);
bool worker_has_skills(const struct worker *w, const json_t *skills);

/* They have been offered something: whoever was offered something before them comes before them, however soon it was. */
void crew_note_offer(struct crew *c, struct worker *w, int64_t now_ms);

/* Sets one thing that an agent says; worker_save keeps it. */
void worker_set(struct worker *w, const char *key, const json_t *value);

/* What they are from now on, or (until_ms) for some time, in which it counts more than their hours. */
void worker_be(struct worker *w, enum agent_status status, int64_t until_ms);
int worker_save(struct worker *w, struct store *s, struct err *e);

#endif
