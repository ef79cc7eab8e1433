#include "common/policy/read_words.h"

#include "common/banned.h"

int read_words(const struct yaml *y, const json_t *object, const char *key, read_word_fn *take, void *ctx, const char *what,
    struct err *e)
{
	const json_t *value = json_object_get(object, key);
	size_t count = json_is_array(value) ? json_array_size(value) : value != NULL;

	if (value && count == 0)
		return yaml_fail_member(y, object, key, e, "empty");
	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_is_array(value) ? json_array_get(value, i) : value;
		const char *word = json_string_value(item);

		if (!word)
			return yaml_fail_member(y, object, key, e, "not %s", what);
		if (!take(ctx, word))
			return yaml_fail(y, item, e, "not %s: '%s'", what, err_quote(word));
	}
	return 0;
}
