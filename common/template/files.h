/*
 * A directory of templates. NAME.LANG.ENDING is the template NAME in one language, NAME.ENDING in any; a name may have
 * directories in it ("spring/offer"). Languages fall back from the right, es-MX to es to none, and are looked for in the
 * case that BCP 47 recommends (es-MX, zh-Hant), however they were given. Partials come from the directory that the
 * template is in, with its ending, and fall back in the same way. Files are UTF-8 of at most 1 MiB.
 *
 * Errors name the file, as in "template 'offer.es.txt': line 3: name: no value".
 */
#ifndef MSG_TEMPLATE_FILES_H
#define MSG_TEMPLATE_FILES_H

#include "common/template/template.h"

#define TEMPLATE_BYTES (1u << 20)       /* of a file, and of what it becomes */

/* Which one is meant. All borrowed. */
struct template_name {
	const char *directory;
	const char *name;
	const char *lang;               /* or NULL */
};

struct template_file {
	char *file;                     /* "offer.es.txt" */
	char *path;
	char *text;                     /* without a byte order mark */
	size_t len;
};

/* EX_DATAERR: no name of a template, such as one that leads out of the directory. */
int template_name_check(const char *name, struct err *e);

/* The first language on the way, "" for none, that has a file of one of the endings; NULL when none has. The caller frees. */
char *template_lang(const struct template_name *n, const char *const *endings);

/* That of exactly this language. 1/0/-1; EX_CONFIG: it cannot be read, is too long or not UTF-8. */
int template_read(const struct template_name *n, const char *lang, const char *ending, struct template_file *ret_file, struct err *e);
void template_file_clear(struct template_file *f);

/* Renders strictly, with partials, and without a line end behind the last line. EX_DATAERR. The caller frees. */
int template_fill(const struct template_name *n, const struct template_file *f, enum template_escape escape, const json_t *data,
    char **ret_text, struct err *e);

#endif
