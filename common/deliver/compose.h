/* The message that a person's command line means. */
#ifndef MSG_COMPOSE_H
#define MSG_COMPOSE_H

#include <jansson.h>

#include "common/err.h"
#include "common/option.h"

struct compose {
	const char *subject, *purpose, *urgency, *topic, *id, *dedupe, *at, *expires, *from, *lang, *template, *overflow, *ack, *replace;
	bool smart;
	struct option_list attach;      /* paths, or http(s) URLs */
	struct option_list data;        /* KEY=VALUE for the template */
};

/* Anything that only a message that is typed can have. */
bool compose_given(const struct compose *c);

/*
 * operands[0] is whom to: an id, an address, a group, or several with commas between. The others, with spaces between,
 * are the text; "-" alone, or no text at all, reads it from `fd` (the last newline is dropped, 1 MiB at the most).
 * EX_USAGE, EX_DATAERR (the field at fault named), EX_IOERR.
 */
int compose_message(const struct compose *c, char *const *operands, size_t count, int fd, json_t **ret_message, struct err *e);

#endif
