/* The `media` of a message: files read, and their types told from their bytes. */
#ifndef MSG_MEDIA_H
#define MSG_MEDIA_H

#include <stdbool.h>

#include "common/provider/provider.h"

#define MEDIA_BYTES (20u << 20)         /* of one file, and of all files of a message */

struct media {
	char *name;             /* file name without its directory */
	char *type;             /* "image/png" */
	char *cid;              /* by what the HTML shows it (<img src="cid:logo">), or NULL */
	struct buf data;
};

struct media_list {
	struct media *items;
	size_t count;
};

/*
 * Reads every medium with a `path`, and takes those with a `url` whose content is there; the others are left alone.
 * EX_DATAERR, also when a file is not of the type that the line or its name says.
 */
int media_read(const struct delivery *d, struct media_list *ret_list, struct err *e);
void media_clear(struct media_list *l);

#endif
