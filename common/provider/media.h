/* The `media` of a message: files read and their types told from their first bytes, links for those who only take links. */
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

/* Reads every medium with a `path`; those with a `url` are left alone. EX_DATAERR: "media[0].path: …". */
int media_read(const json_t *message, struct media_list *ret_list, struct err *e);
void media_clear(struct media_list *l);

/* A type from the content, else from the name's ending, else application/octet-stream. */
const char *media_sniff(const void *data, size_t len, const char *name);

/* EX_DATAERR when the message has a medium with a `path`, which `who` cannot send. */
int media_only_urls(const json_t *message, const char *who, struct err *e);

/*
 * The text of a leg, and below it what the provider (its `caps`) cannot show in a better way: media as links, buttons as
 * lines ("[1] Yes", "Track: https://…").
 */
void media_text(const struct delivery *d, unsigned caps, struct buf *b);

/* The same below its HTML, before the body's end; nothing when it has none. */
void media_html(const struct delivery *d, unsigned caps, struct buf *b);

#endif
