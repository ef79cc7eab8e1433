/* The `media` of a message: files read and their types told from their first bytes. */
#ifndef MSG_MEDIA_H
#define MSG_MEDIA_H

#include <stdbool.h>

#include "common/provider/provider.h"

#define MEDIA_BYTES (20u << 20)         /* of one file, and of all files of a message */

struct media {
	char *name;             /* file name without its directory */
	char *type;             /* "image/png" */
	struct buf data;
};

struct media_list {
	struct media *items;
	size_t count;
};

/* Reads every medium with a `path`; those with a `url` are left alone. EX_DATAERR. */
int media_read(const json_t *message, struct media_list *ret_list, struct err *e);
void media_clear(struct media_list *l);

/* A type from the content, else from the name's ending, else application/octet-stream. */
const char *media_sniff(const void *data, size_t len, const char *name);

#endif
