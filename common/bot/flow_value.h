/* Reading a flow's values out of its YAML. Every flow_get_ leaves the result alone when the key is missing. */
#ifndef MSG_FLOW_VALUE_H
#define MSG_FLOW_VALUE_H

#include "common/bot/flow.h"

struct flow_loader {
	struct flow *f;
	const char **names;     /* of the states, NULL-ended */
	struct err *e;
};

/* A member; NULL for null too. */
const json_t *flow_get(const json_t *object, const char *key);

int flow_get_text(const struct flow_loader *l, const json_t *object, const char *key, const char **ret_text);
int flow_get_duration(const struct flow_loader *l, const json_t *object, const char *key, int64_t least, int64_t most, int64_t *ret_ms);

/* A text, a text for each language, or a list of these. */
int flow_get_say(const struct flow_loader *l, const json_t *object, const char *key, const json_t **ret_say);

/* Variables and what they become. */
int flow_get_set(const struct flow_loader *l, const json_t *object, const char *key, const json_t **ret_set);

/* The index of the state that a member names. */
int flow_get_state(const struct flow_loader *l, const json_t *object, const char *key, size_t *ret_to);

/* say, set and to, of an object that may have more. */
int flow_get_jump(const struct flow_loader *l, const json_t *object, struct flow_jump *ret_jump);

bool flow_is_language(const char *text);
bool flow_is_variable(const char *name);

#endif
