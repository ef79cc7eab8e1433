#include <string.h>

#include "common/compat.h"
#include "common/deliver/settings.h"
#include "common/line/when.h"

#include "common/banned.h"

#define ATTEMPTS_MOST 100
#define FAILURES_MOST 10000

/* Of one map inside `delivery`, or of itself; `object` NULL: nothing is given. */
struct section {
	const struct config *config;
	const json_t *object;
};

static int get_duration(const struct section *s, const char *key, int64_t *ret_ms, struct err *e)
{
	const json_t *value = json_object_get(s->object, key);
	const char *text = json_string_value(value);

	if (!value)
		return 0;
	if (!text || when_parse_duration(text, ret_ms) < 0)
		return config_fail_member(s->config, s->object, key, e, "not a duration such as 30s");
	return 0;
}

static int get_count(const struct section *s, const char *key, unsigned most, unsigned *ret_count, struct err *e)
{
	const json_t *value = json_object_get(s->object, key);
	json_int_t count = json_integer_value(value);

	if (!value)
		return 0;
	if (!json_is_integer(value) || count < 0 || count > (json_int_t)most)
		return config_fail_member(s->config, s->object, key, e, "not a whole number from 0 to %u", most);
	*ret_count = (unsigned)count;
	return 0;
}

static int get_section(const struct config *c, const char *key, const char *const *known, struct section *ret_section,
    struct err *e)
{
	*ret_section = (struct section){c, json_object_get(c->delivery, key)};
	if (!ret_section->object)
		return 0;
	if (!json_is_object(ret_section->object))
		return config_fail_member(c, c->delivery, key, e, "must be a map");
	return yaml_only(c->yaml, ret_section->object, known, e);
}

static int get_word(const struct config *c, const json_t *object, const char *key, int *ret_word, struct err *e)
{
	const char *text = json_string_value(json_object_get(object, key));
	int word = text ? on_unknown_parse(text) : -1;

	if (word < 0)
		return config_fail_member(c, object, key, e, "not ask, resend or hold");
	*ret_word = word;
	return 0;
}

static int get_on_unknown(const struct config *c, struct delivery_settings *s, struct err *e)
{
	const json_t *given = json_object_get(c->delivery, "on_unknown");
	const char *key;
	json_t *value;

	if (given && !json_is_object(given)) {
		int word;

		if (get_word(c, c->delivery, "on_unknown", &word, e) < 0)
			return -1;
		for (size_t i = 0; i < COUNT_OF(s->on_unknown); i++)
			s->on_unknown[i] = word;
		return 0;
	}
	json_object_foreach((json_t *)given, key, value) {
		int purpose = purpose_parse(key);

		if (purpose < 0)
			return config_fail_member(c, given, key, e, "not a purpose");
		if (get_word(c, given, key, &s->on_unknown[purpose], e) < 0)
			return -1;
	}
	return 0;
}

static int get_attempts(const struct section *retry, struct delivery_settings *s, struct err *e)
{
	const json_t *given = json_object_get(retry->object, "attempts");
	const struct section classes = {retry->config, given};
	const char *key;
	json_t *value;

	if (given && !json_is_object(given)) {
		unsigned count;

		if (get_count(retry, "attempts", ATTEMPTS_MOST, &count, e) < 0)
			return -1;
		for (size_t i = 0; i < COUNT_OF(s->attempts); i++)
			s->attempts[i] = count;
		return 0;
	}
	json_object_foreach((json_t *)given, key, value) {
		int class = failure_parse(key);

		if (class != FAILURE_PROVIDER && class != FAILURE_NETWORK && class != FAILURE_TIMEOUT && class != FAILURE_RATE)
			return config_fail_member(retry->config, given, key, e, "not a class that is tried again: provider, network, timeout or rate");
		if (get_count(&classes, key, ATTEMPTS_MOST, &s->attempts[class], e) < 0)
			return -1;
	}
	return 0;
}

static int check_order(const struct section *s, const char *key, int64_t first_ms, int64_t longest_ms, struct err *e)
{
	if (longest_ms >= first_ms)
		return 0;
	return config_fail_member(s->config, s->object, key, e, "shorter than the first one");
}

static void set_defaults(struct delivery_settings *s)
{
	*s = (struct delivery_settings){
	    .dedupe_window_ms = WHEN_DAY,
	    .retry_first_ms = 2 * WHEN_SECOND,
	    .retry_longest_ms = 5 * WHEN_MINUTE,
	    .breaker_failures = 5,
	    .breaker_pause_ms = 30 * WHEN_SECOND,
	    .breaker_longest_ms = 10 * WHEN_MINUTE,
	    .dead_for_ms = 90 * WHEN_DAY,
	};
	for (size_t i = 0; i < COUNT_OF(s->on_unknown); i++)
		s->on_unknown[i] = -1;
	for (size_t i = 0; i < COUNT_OF(s->attempts); i++)
		s->attempts[i] = 6;
	s->attempts[FAILURE_NETWORK] = 8;
	s->attempts[FAILURE_TIMEOUT] = 4;
}

int delivery_settings_read(const struct config *c, struct delivery_settings *ret_settings, struct err *e)
{
	static const char *const known[] = {"dedupe_window", "on_unknown", "retry", "breaker", "dead_for", NULL};
	static const char *const of_retry[] = {"attempts", "first", "longest", NULL};
	static const char *const of_breaker[] = {"failures", "pause", "longest", NULL};
	const struct section top = {c, c->delivery};
	struct section retry, breaker;
	struct delivery_settings s;

	set_defaults(&s);
	if (!c->delivery) {
		*ret_settings = s;
		return 0;
	}
	if (yaml_only(c->yaml, c->delivery, known, e) < 0 || get_section(c, "retry", of_retry, &retry, e) < 0 ||
	    get_section(c, "breaker", of_breaker, &breaker, e) < 0)
		return -1;
	if (get_duration(&top, "dedupe_window", &s.dedupe_window_ms, e) < 0 || get_duration(&top, "dead_for", &s.dead_for_ms, e) < 0 ||
	    get_on_unknown(c, &s, e) < 0)
		return -1;
	if (get_attempts(&retry, &s, e) < 0 || get_duration(&retry, "first", &s.retry_first_ms, e) < 0 ||
	    get_duration(&retry, "longest", &s.retry_longest_ms, e) < 0 ||
	    check_order(&retry, "longest", s.retry_first_ms, s.retry_longest_ms, e) < 0)
		return -1;
	if (get_count(&breaker, "failures", FAILURES_MOST, &s.breaker_failures, e) < 0 ||
	    get_duration(&breaker, "pause", &s.breaker_pause_ms, e) < 0 ||
	    get_duration(&breaker, "longest", &s.breaker_longest_ms, e) < 0 ||
	    check_order(&breaker, "longest", s.breaker_pause_ms, s.breaker_longest_ms, e) < 0)
		return -1;
	*ret_settings = s;
	return 0;
}
