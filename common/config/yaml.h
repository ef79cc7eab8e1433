/*
 * A YAML file as a jansson value that remembers where each part stood, so that whoever finds something wrong with it
 * can name file, line and key. YAML 1.1 core scalars become JSON's null, booleans, integers and reals; quoted scalars
 * are strings; duplicate keys, anchors that nest, tags and documents after the first are errors.
 */
#ifndef MSG_YAML_H
#define MSG_YAML_H

#include <jansson.h>

#include "common/err.h"

struct yaml;

/* Errors are EX_CONFIG: "config.yaml:12: …" ("-" reads standard input, EX_CONFIG too when it cannot be read). */
int yaml_load(const char *path, struct yaml **ret_yaml, struct err *e);
int yaml_parse(const char *name, const char *text, size_t len, struct yaml **ret_yaml, struct err *e);
void yaml_free(struct yaml *y);

json_t *yaml_root(const struct yaml *y);        /* borrowed; an object, array or scalar */
const char *yaml_name(const struct yaml *y);    /* the path as given */

/* Line of a value that is part of this document (from 1), or 0. */
unsigned yaml_line(const struct yaml *y, const json_t *value);

/*
 * EX_CONFIG "FILE:LINE: KEY.PATH: text" for a value of this document; -1. The path is found by the value's identity.
 */
int yaml_fail(const struct yaml *y, const json_t *value, struct err *e, const char *fmt, ...) COMPAT_PRINTF(4, 5);

/*
 * Refuses members of `object` that are not in `known` (NULL-ended), naming the closest known one:
 * "config.yaml:3: chanels: unknown key (did you mean 'channels'?)".
 */
int yaml_only(const struct yaml *y, const json_t *object, const char *const *known, struct err *e);

#endif
