/* What senders are made of. Used by senders.c, which chooses, and senders_read.c alone. */
#ifndef MSG_SENDERS_SET_H
#define MSG_SENDERS_SET_H

#include <jansson.h>
#include <stddef.h>

struct senders_entry {
	const char *channel;            /* all texts are the document's */
	const char **from;
	size_t from_count;
	const char **to;                /* countries "ES" and prefixes "+4477"; none: everywhere */
	size_t to_count;
	const json_t *registered;       /* countries, or NULL */
};

struct senders {
	struct senders_entry *entries;
	size_t count;
};

#endif
