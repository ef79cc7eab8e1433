/* Reading agents.yaml, for desk.c alone. */
#ifndef MSG_DESK_READ_H
#define MSG_DESK_READ_H

#include "common/assign/desk.h"
#include "common/line/when.h"

#define DESK_DEFAULT "default"
#define DESK_RESERVE_MS (2 * WHEN_MINUTE)
#define DESK_STICKY_MS (30 * WHEN_DAY)
#define DESK_SHARE_MS (8 * WHEN_HOUR)
#define DESK_MISSES 2

struct desk_queue desk_new_queue(const char *name);

/*
 * What stands in d->yaml: first agents, queues and settings, then, once all queues are there, the workflows. Both arrays
 * are left with room for one more.
 */
int desk_read_people(struct desk *d, struct err *e);
int desk_read_workflows(struct desk *d, struct err *e);

#endif
