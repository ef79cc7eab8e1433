/* YAML: what is read is JSON that can be written, each part of it has a line, and each error names the file. */
#include <stdlib.h>
#include <string.h>

#include "common/config/yaml.h"
#include "tests/fuzz/fuzz.h"

#include "common/banned.h"

static unsigned lines_of(const uint8_t *data, size_t size)
{
	unsigned lines = 2;     /* libyaml begins another one at the end of the input */

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n' || data[i] == '\r' || data[i] >= 0x80;    /* YAML breaks lines at NEL, LS and PS too */
	return lines;
}

static void must_have_places(const struct yaml *y, json_t *value, unsigned lines, unsigned depth)
{
	static const char *const known[] = {"channels", "accounts", NULL};
	const char *key;
	json_t *member;
	struct err e;
	size_t i;

	MUST(depth <= YAML_DEPTH + 1);
	if (!json_is_boolean(value) && !json_is_null(value))
		MUST(yaml_line(y, value) >= 1);
	MUST(yaml_line(y, value) <= lines);
	MUST(yaml_fail(y, value, &e, "bad") == -1 && e.code == EX_CONFIG && strstr(e.text, "bad"));
	json_array_foreach(value, i, member)
		must_have_places(y, member, lines, depth + 1);
	json_object_foreach(value, key, member) {
		MUST(yaml_fail_member(y, value, key, &e, "bad") == -1 && strncmp(e.text, "f.yaml:", 7) == 0);
		must_have_places(y, member, lines, depth + 1);
	}
	if (json_is_object(value) && yaml_only(y, value, known, &e) < 0)
		MUST(e.code == EX_CONFIG && strstr(e.text, "unknown key"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yaml *y = NULL;
	struct err e = {0};
	char *text;

	if (yaml_parse("f.yaml", (const char *)data, size, &y, &e) < 0) {
		MUST(!y && e.code == EX_CONFIG && strncmp(e.text, "f.yaml:", 7) == 0);
		return 0;
	}
	text = json_dumps(yaml_root(y), JSON_ENCODE_ANY);
	MUST(text);
	free(text);
	must_have_places(y, yaml_root(y), lines_of(data, size), 1);
	yaml_unload(y);
	return 0;
}
