/* What a file is: told from its bytes, where those of its kind can be told, and from its name otherwise. */
#ifndef MSG_SNIFF_H
#define MSG_SNIFF_H

#include <stdbool.h>
#include <stddef.h>

/* A media type such as "image/png"; application/octet-stream when neither bytes nor name tell. All results are constants. */
const char *sniff_type(const void *data, size_t len, const char *name);

/* What the name promises, or NULL; and how the name of such a file ends, ".png", or "". */
const char *sniff_name(const char *name);
const char *sniff_ending(const char *type);

/*
 * Pictures, sounds, films and PDF that are something else, and web pages that should be something else: what comes when a
 * server answers with a page about its error. *ret_actual is what it is.
 */
bool sniff_contradicts(const char *type, const void *data, size_t len, const char **ret_actual);

#endif
