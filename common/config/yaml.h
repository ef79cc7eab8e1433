/*
 * A YAML file as a jansson value that remembers where each part stood, so that whoever finds something wrong with it
 * can name file, line and key.
 *
 * Plain scalars: `null`, `~` and nothing are null; `true` and `false` are booleans; what JSON would read as a number
 * is one. All else is text, as is everything quoted: yes, on, 0123, +15550001111, 09:00, a number over 64 bits.
 * Refused: a key given twice, aliases, tags, NUL bytes, a second document, nesting over 64, over 8 MiB or 1,000,000
 * values.
 */
#ifndef MSG_YAML_H
#define MSG_YAML_H

#include <jansson.h>

#include "common/err.h"

#define YAML_BYTES (8u << 20)
#define YAML_VALUES 1000000u
#define YAML_DEPTH 64u

struct yaml;

/* Errors are EX_CONFIG: "config.yaml:12: …" ("-" reads standard input, EX_CONFIG too when it cannot be read). */
int yaml_load(const char *path, struct yaml **ret_yaml, struct err *e);
int yaml_parse(const char *name, const char *text, size_t len, struct yaml **ret_yaml, struct err *e);
void yaml_unload(struct yaml *y);        /* not yaml_free: libyaml has one of that name */

json_t *yaml_root(const struct yaml *y);        /* borrowed; an object, array or scalar */
const char *yaml_name(const struct yaml *y);    /* the path as given */

/*
 * Line of a value that is part of this document (from 1; where its key stands, if it has one), or 0. jansson has one
 * true, one false and one null: of those the line is known only when the document holds just one of its kind.
 */
unsigned yaml_line(const struct yaml *y, const json_t *value);

/*
 * EX_CONFIG "FILE:LINE: KEY.PATH: text" for a value of this document; -1. The path is found by the value's identity.
 * yaml_fail_member names a member of an object, and so finds true, false and null as well.
 */
int yaml_fail(const struct yaml *y, const json_t *value, struct err *e, const char *fmt, ...) COMPAT_PRINTF(4, 5);
int yaml_fail_member(const struct yaml *y, const json_t *object, const char *key, struct err *e, const char *fmt, ...)
    COMPAT_PRINTF(5, 6);

/*
 * Refuses members of `object` that are not in `known` (NULL-ended), naming the closest known one:
 * "config.yaml:3: chanels: unknown key (did you mean 'channels'?)". Anything but an object is refused too.
 */
int yaml_only(const struct yaml *y, const json_t *object, const char *const *known, struct err *e);

#endif
