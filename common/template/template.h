/*
 * Mustache: {{name}}, {{{raw}}}, {{&raw}}, {{#section}}, {{^inverted}}, {{! comment}}, {{> partial}}, {{=<% %>=}};
 * dotted names and {{.}}; and two additions: {{?name}}, which may be missing, and a default, {{name?text when missing}}.
 *
 * Missing, null, false, "" and [] are nothing: they take the default, skip a section and enter an inverted one (zero is
 * something). Numbers print as JSON does, without loss; objects and arrays print as compact JSON. A default of raw tags
 * is raw, that of others is escaped like a value. Rendering is strict by choice of the caller: a name of a value or a
 * partial that is not there is then an error and not silence.
 */
#ifndef MSG_TEMPLATE_H
#define MSG_TEMPLATE_H

#include <jansson.h>
#include <stdbool.h>

#include "common/buf.h"
#include "common/err.h"

enum template_escape {
	TEMPLATE_PLAIN,         /* nothing is escaped */
	TEMPLATE_HTML,          /* & < > " ' */
	TEMPLATE_JSON,          /* inside a JSON string */
	TEMPLATE_URL,           /* percent-encoding of all but unreserved bytes */
};

struct template_options {
	enum template_escape escape;
	bool strict;            /* a missing variable is EX_DATAERR "line 3: name: no value" */
	json_t *missing;        /* an array: missing variables are appended to it, in their order; or NULL */
	/* A partial's text, the callee's to keep; NULL when there is none (empty text, or an error when strict). */
	int (*partial)(void *ctx, const char *name, const char **ret_text, struct err *e);
	void *ctx;
};

/*
 * Appends. `o` may be NULL: plain, not strict, no partials. Errors: EX_DATAERR with the line and tag at fault;
 * sections and partials nested deeper than 32; more than four million steps; the buffer's ceiling.
 */
int template_render(struct buf *b, const char *text, const json_t *data, const struct template_options *o, struct err *e);

/* Only the text: are its tags whole and its sections closed? EX_DATAERR as above. */
int template_check(const char *text, struct err *e);

#endif
