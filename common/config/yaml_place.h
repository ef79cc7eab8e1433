/*
 * Where the values of a YAML document stood: one place a value, in the order of the document. Places are searched only
 * when something is wrong. Shared by yaml.c, which fills them, and yaml_place.c alone.
 */
#ifndef MSG_YAML_PLACE_H
#define MSG_YAML_PLACE_H

#include <stdarg.h>
#include <stdint.h>

#include "common/config/yaml.h"

#define YAML_NOWHERE SIZE_MAX

struct place {
	const json_t *value;    /* NULL while it is being read */
	size_t parent;          /* index of the place of what holds it, or YAML_NOWHERE */
	const char *key;        /* owned by the object it is a key of; NULL for an item */
	size_t index;
	unsigned line;
};

struct yaml {
	char *name;
	json_t *root;
	struct place *places;
	size_t count, cap;
};

size_t yaml_place_add(struct yaml *y, struct place at);

/* EX_CONFIG "FILE:LINE: PATH: text", less what is not known (YAML_NOWHERE, line 0); -1. */
int yaml_place_fail(const struct yaml *y, size_t at, unsigned line, struct err *e, const char *fmt, va_list args)
    COMPAT_PRINTF(5, 0);

#endif
