/* What senders are made of. Used by senders.c, which chooses, and senders_read.c alone. */
#ifndef MSG_SENDERS_SET_H
#define MSG_SENDERS_SET_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/address/phone.h"

struct senders_from {
	const char *text;
	bool name;                      /* of letters */
	struct phone phone;             /* of a number, else "" */
};

struct senders_entry {
	const char *channel;            /* all texts are the document's */
	struct senders_from *from;
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
