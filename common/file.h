/* Reading a whole file. */
#ifndef MSG_FILE_H
#define MSG_FILE_H

#include "common/buf.h"

/*
 * Appends a regular file (a pipe or a terminal would keep everybody waiting), as far as the buffer's ceiling allows: ask
 * buf_over. 1: read. 0: there is none of that name. -1: *ret_why says in words what is wrong with it.
 */
int file_read(const char *path, struct buf *b, const char **ret_why);

#endif
