/* Files that hold secrets. */
#ifndef MSG_PRIVATE_FILE_H
#define MSG_PRIVATE_FILE_H

#include <stddef.h>

#include "common/err.h"

/*
 * Reads a whole file into `data`, at most `max` bytes. Refused (EX_NOPERM) when it is not a regular file, not ours, open
 * to others, or longer; judged on the open descriptor.
 */
int private_file_read(const char *path, void *data, size_t max, size_t *ret_len, struct err *e);

/* Writes a new file of mode 0600, wholly or not at all. EX_CANTCREAT, also when there is one of that name. */
int private_file_create(const char *path, const void *data, size_t len, struct err *e);

#endif
