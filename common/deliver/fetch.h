/*
 * Media by URL, for providers that take files and no URLs: fetched before the leg starts, by the engine, once for all
 * legs of this minute that name the same URL. Only over http and https, only from public addresses and those that the
 * configuration allows, at most five redirections, each judged like the first, and no more bytes than are allowed.
 *
 * While it waits a job is in the outbox as queued: should this process die, nothing has left and nothing is in doubt.
 */
#ifndef MSG_FETCH_H
#define MSG_FETCH_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

struct deliver;
struct fetches;
struct fetched;
struct job;

struct fetches *fetches_new(struct deliver *d);
void fetches_free(struct fetches *f);           /* after the engine */

/*
 * Before a leg starts, within the transaction. 1: what it needs is at hand. 0: it waits, and comes back into
 * d->incoming, or it has failed, and the job has been dealt with. -1: as outcome_…
 */
int fetch_media(struct job *j, struct err *e);

/* Lets go of what the job holds. */
void fetch_release(struct job *j);

/* For a dry run, which fetches nothing: every medium that would be is an empty file. How many there are. */
size_t fetch_pretend(struct job *j);

/* Those that still wait go back among the incoming, to be queued again. */
void fetch_give_up(struct deliver *d);

#endif
