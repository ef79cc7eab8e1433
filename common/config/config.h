/*
 * The configuration: msg-config(5). Found at -c FILE, $MSG_CONFIG, $XDG_CONFIG_HOME/msg/config.yaml
 * (~/.config/msg/config.yaml) or /etc/msg/config.yaml; without any of them the built-in one, in which every channel
 * goes to the sandbox carrier.
 *
 * Account settings are checked against their provider's table by common/provider; secrets stay references until
 * they are asked for.
 */
#ifndef MSG_CONFIG_H
#define MSG_CONFIG_H

#include <jansson.h>
#include <stdbool.h>

#include "common/config/netrange.h"
#include "common/config/yaml.h"
#include "common/err.h"

#define CONFIG_MEDIA_BYTES (20l << 20)  /* fetched for one URL, unless less is set */

struct config {
	char *path;             /* NULL for the built-in configuration */
	char *directory;        /* of the file: relative paths in it start here; "." for the built-in one */
	struct yaml *yaml;      /* NULL for the built-in configuration */
	char *state;            /* directory of the store, absolute or relative to the working directory: `state:`, else
	                         * $XDG_STATE_HOME/msg, ~/.local/state/msg, or /var/lib/msg for root without HOME */
	char *policy;           /* path, or NULL */
	char *agents;           /* path, or NULL */
	char *templates;        /* directory: `templates:`, or NULL */
	char *track;            /* `track:`, "https://go.example.org/" with a slash at its end, or NULL */
	const json_t *channels; /* {"sms":{"via":["twilio"],"from":"…"}}, or NULL */
	const json_t *accounts; /* {"twilio":{"provider":"twilio",…}}, or NULL */
	const json_t *contacts; /* string or array of strings as written, or NULL; see contacts.h */
	const json_t *optin;    /* msg-optin's settings, or NULL */
	const json_t *ack;      /* what acknowledges a message, or NULL: common/store/ack.h */
	const json_t *delivery; /* msg-send's settings, or NULL */
	struct netrange *media_allow;   /* `media.allow`: addresses that are not public and that media may come from */
	size_t media_allow_count;
	size_t media_bytes;     /* `media.max_bytes` */
};

/* `path` is -c's, or NULL. Errors are EX_CONFIG with file, line and key. */
int config_load(const char *path, struct config **ret_config, struct err *e);
void config_free(struct config *c);

/* A path from the configuration: absolute ones and "~/…" as they are meant, others below `directory`. The caller frees. */
char *config_path(const struct config *c, const char *path);

/* A channel that addresses know, or that the configuration has a channel or an account of that name for. */
bool config_knows_channel(const struct config *c, const char *channel);

/* yaml_fail and yaml_fail_member for a value of the configuration; the second finds booleans and null as well. */
int config_fail(const struct config *c, const json_t *value, struct err *e, const char *fmt, ...) COMPAT_PRINTF(4, 5);
int config_fail_member(const struct config *c, const json_t *object, const char *key, struct err *e, const char *fmt, ...)
    COMPAT_PRINTF(5, 6);

#endif
