/*
 * Token buckets that all senders of a store share, by name. What is kept of one is when it will be full again
 * (microseconds since 1970), which with its rate says all there is to know.
 */
#ifndef MSG_BUCKET_H
#define MSG_BUCKET_H

#include "common/store/store.h"

int bucket_get(struct store *s, const char *name, int64_t *ret_full_us, struct err *e);        /* 0: never used */
int bucket_put(struct store *s, const char *name, int64_t full_us, struct err *e);

/* Forgets, up to `limit`, those that are full again: that is where they begin. */
int bucket_purge(struct store *s, int64_t now_us, unsigned limit, struct err *e);

#endif
