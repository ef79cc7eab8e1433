/*
 * Finds, loads and checks the configuration. What stands in an account is its provider's to check, in `optin`
 * msg-optin's and in `delivery` msg-send's; here they only have to be maps.
 */
#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/address/address.h"
#include "common/config/config.h"
#include "common/line/url.h"
#include "common/sms/sms.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define SYSTEM_CONFIG "/etc/msg/config.yaml"
#define SYSTEM_STATE "/var/lib/msg"

static const char *set_variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* $HOME, else what the password file says, else NULL. */
static const char *home(void)
{
	const char *directory = set_variable("HOME");
	const struct passwd *user = directory ? NULL : getpwuid(geteuid());

	return user ? user->pw_dir : directory;
}

/* $VARIABLE/msg or ~/otherwise/msg. As XDG's rules have it, a relative $VARIABLE is ignored. */
static char *xdg_path(const char *variable, const char *otherwise, const char *file)
{
	const char *base = set_variable(variable);

	if (base && *base == '/')
		return xformat("%s/msg%s", base, file);
	base = home();
	return base ? xformat("%s/%s/msg%s", base, otherwise, file) : NULL;
}

/* The file that the user named, or the first that is there; NULL without any. */
static char *find_file(const char *path)
{
	char *own;

	if (!path)
		path = set_variable("MSG_CONFIG");
	if (path)
		return xstrdup(path);
	own = xdg_path("XDG_CONFIG_HOME", ".config", "/config.yaml");
	if (own && (access(own, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR)))
		return own;
	free(own);
	return access(SYSTEM_CONFIG, F_OK) == 0 || errno == EACCES ? xstrdup(SYSTEM_CONFIG) : NULL;
}

static char *default_state(struct err *e)
{
	char *path;

	if (geteuid() == 0 && !set_variable("XDG_STATE_HOME") && !set_variable("HOME"))
		return xstrdup(SYSTEM_STATE);
	path = xdg_path("XDG_STATE_HOME", ".local/state", "");
	if (!path)
		err_set(e, EX_CONFIG, "no place for the state: neither HOME nor 'state' in the configuration is set");
	return path;
}

static char *directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return xstrdup(".");
	return slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}

char *config_path(const struct config *c, const char *path)
{
	if (path[0] == '~' && (path[1] == '/' || path[1] == '\0') && home())
		return xformat("%s%s", home(), path + 1);
	if (*path == '/' || strcmp(c->directory, ".") == 0)
		return xstrdup(path);
	return xformat("%s/%s", strcmp(c->directory, "/") == 0 ? "" : c->directory, path);
}

bool config_knows_channel(const struct config *c, const char *channel)
{
	return address_channel_known(channel) || json_object_get(c->channels, channel) || json_object_get(c->accounts, channel);
}

int config_fail(const struct config *c, const json_t *value, struct err *e, const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (!c->yaml)
		return err_set(e, EX_CONFIG, "configuration: %s", text);
	return yaml_fail(c->yaml, value, e, "%s", text);
}

int config_fail_member(const struct config *c, const json_t *object, const char *key, struct err *e, const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (!c->yaml)
		return err_set(e, EX_CONFIG, "configuration: %s: %s", key, text);
	return yaml_fail_member(c->yaml, object, key, e, "%s", text);
}

/* A member that must be text, if it is there: *ret_text is NULL when it is not. */
static int get_text(const struct config *c, const json_t *object, const char *key, const char **ret_text, struct err *e)
{
	const json_t *value = json_object_get(object, key);

	*ret_text = json_string_value(value);
	if (json_is_number(value))
		return config_fail_member(c, object, key, e, "must be text: put the number in quotes");
	if (value && (!*ret_text || !**ret_text))
		return config_fail_member(c, object, key, e, "must be text");
	return 0;
}

/* A member that must be text or a list of texts, if it is there. */
static int check_texts(const struct config *c, const json_t *object, const char *key, struct err *e)
{
	const json_t *value = json_object_get(object, key);
	const char *text;
	const json_t *item;
	size_t i;

	if (!json_is_array(value))
		return get_text(c, object, key, &text, e);
	json_array_foreach(value, i, item)
		if (!json_string_length(item))
			return config_fail_member(c, object, key, e, "item %zu must be text", i + 1);
	return 0;
}

static int get_map(const struct config *c, const char *key, const json_t **ret_map, struct err *e)
{
	const json_t *root = yaml_root(c->yaml);

	*ret_map = json_object_get(root, key);
	if (*ret_map && !json_is_object(*ret_map))
		return config_fail_member(c, root, key, e, "must be a map");
	return 0;
}

/* How its messages are fitted: common/deliver/fit.h. */
static int check_fitting(const struct config *c, const char *name, const json_t *channel, struct err *e)
{
	static const char *const of_sms[] = {"max_segments", "smart", "national", "reference"};
	const json_t *max = json_object_get(channel, "max_segments"), *reference = json_object_get(channel, "reference");
	const char *overflow, *national;

	for (size_t i = 0; i < COUNT_OF(of_sms) && strcmp(name, "sms") != 0; i++)
		if (json_object_get(channel, of_sms[i]))
			return config_fail_member(c, channel, of_sms[i], e, "only text messages (channels.sms) have that");
	if (get_text(c, channel, "overflow", &overflow, e) < 0 || get_text(c, channel, "national", &national, e) < 0)
		return -1;
	if (overflow && strcmp(overflow, "split") != 0 && strcmp(overflow, "truncate") != 0 && strcmp(overflow, "refuse") != 0)
		return config_fail_member(c, channel, "overflow", e, "not split, truncate or refuse: '%s'", err_quote(overflow));
	if (national && sms_national_parse(national) < 0)
		return config_fail_member(c, channel, "national", e, "not tr, es or pt: '%s'", err_quote(national));
	if (max && (!json_is_integer(max) || json_integer_value(max) < 1 || json_integer_value(max) > SMS_SEGMENTS))
		return config_fail_member(c, channel, "max_segments", e, "not a whole number from 1 to %d", SMS_SEGMENTS);
	if (reference && json_integer_value(reference) != 8 && json_integer_value(reference) != 16)
		return config_fail_member(c, channel, "reference", e, "neither 8 nor 16");
	if (json_object_get(channel, "smart") && !json_is_boolean(json_object_get(channel, "smart")))
		return config_fail_member(c, channel, "smart", e, "neither true nor false");
	return 0;
}

static int check_channels(const struct config *c, struct err *e)
{
	static const char *const known[] = {"via", "from", "rate", "overflow", "max_segments", "smart", "national", "reference", NULL};
	const char *name, *from;
	const json_t *channel;

	json_object_foreach((json_t *)c->channels, name, channel) {
		if (!json_is_object(channel))
			return config_fail_member(c, c->channels, name, e, "must be a map such as {via: [sandbox]}");
		if (yaml_only(c->yaml, channel, known, e) < 0 || check_texts(c, channel, "via", e) < 0 ||
		    get_text(c, channel, "from", &from, e) < 0 || check_fitting(c, name, channel, e) < 0)
			return -1;
		if (json_is_array(json_object_get(channel, "via")) && json_array_size(json_object_get(channel, "via")) == 0)
			return config_fail_member(c, channel, "via", e, "names no account");
	}
	return 0;
}

static int check_accounts(const struct config *c, struct err *e)
{
	const char *name;
	const json_t *account;

	json_object_foreach((json_t *)c->accounts, name, account)
		if (!json_is_object(account))
			return config_fail_member(c, c->accounts, name, e, "must be a map ({} when there is nothing to set)");
	return 0;
}

static int get_path(const struct config *c, const char *key, char **ret_path, struct err *e)
{
	const char *text;

	if (get_text(c, yaml_root(c->yaml), key, &text, e) < 0)
		return -1;
	if (text)
		*ret_path = config_path(c, text);
	return 0;
}

/* It stands in texts, HTML and JSON: nothing in it may need escaping. */
static int read_track(struct config *c, struct err *e)
{
	const char *text;

	if (get_text(c, yaml_root(c->yaml), "track", &text, e) < 0)
		return -1;
	if (text && (!url_is_web(text) || strpbrk(text, "?#&'\\")))
		return config_fail_member(c, yaml_root(c->yaml), "track", e, "not an http or https URL such as https://go.example.org/: '%s'",
		    err_quote(text));
	if (text)
		c->track = xformat("%s%s", text, text[strlen(text) - 1] == '/' ? "" : "/");
	return 0;
}

static int read_ranges(struct config *c, const json_t *media, struct err *e)
{
	const json_t *list = json_object_get(media, "allow"), *one;
	struct err why;
	size_t i;

	if (!list)
		return 0;
	if (!json_is_array(list))
		return config_fail_member(c, media, "allow", e, "must be a list of ranges such as 10.0.0.0/8");
	c->media_allow = xcalloc(json_array_size(list) + 1, sizeof(*c->media_allow));
	json_array_foreach(list, i, one) {
		if (!json_is_string(one))
			return config_fail_member(c, media, "allow", e, "item %zu must be text", i + 1);
		if (netrange_parse(json_string_value(one), &c->media_allow[i], &why) < 0)
			return config_fail(c, one, e, "%s", why.text);
		c->media_allow_count++;
	}
	return 0;
}

static int read_media(struct config *c, struct err *e)
{
	static const char *const known[] = {"allow", "max_bytes", NULL};
	const json_t *media, *most;

	if (get_map(c, "media", &media, e) < 0 || (media && yaml_only(c->yaml, media, known, e) < 0))
		return -1;
	most = json_object_get(media, "max_bytes");
	if (most && (!json_is_integer(most) || json_integer_value(most) < 1 || json_integer_value(most) > CONFIG_MEDIA_BYTES))
		return config_fail_member(c, media, "max_bytes", e, "not a whole number from 1 to %ld", CONFIG_MEDIA_BYTES);
	if (most)
		c->media_bytes = (size_t)json_integer_value(most);
	return read_ranges(c, media, e);
}

static int check(struct config *c, struct err *e)
{
	static const char *const known[] = {"state", "policy", "agents", "templates", "contacts", "channels", "accounts", "optin", "ack",
	    "delivery", "media", "track", NULL};
	const json_t *root = yaml_root(c->yaml);

	if (json_is_null(root))
		return 0;
	if (yaml_only(c->yaml, root, known, e) < 0 || check_texts(c, root, "contacts", e) < 0)
		return -1;
	c->contacts = json_object_get(root, "contacts");
	if (get_path(c, "state", &c->state, e) < 0 || get_path(c, "policy", &c->policy, e) < 0 ||
	    get_path(c, "agents", &c->agents, e) < 0 ||
	    get_path(c, "templates", &c->templates, e) < 0)
		return -1;
	if (get_map(c, "channels", &c->channels, e) < 0 || get_map(c, "accounts", &c->accounts, e) < 0 ||
	    get_map(c, "optin", &c->optin, e) < 0 || get_map(c, "ack", &c->ack, e) < 0 || get_map(c, "delivery", &c->delivery, e) < 0)
		return -1;
	return read_track(c, e) < 0 || read_media(c, e) < 0 || check_channels(c, e) < 0 || check_accounts(c, e) < 0 ? -1 : 0;
}

int config_load(const char *path, struct config **ret_config, struct err *e)
{
	struct config *c = xcalloc(1, sizeof(*c));

	c->media_bytes = (size_t)CONFIG_MEDIA_BYTES;
	c->path = find_file(path);
	c->directory = directory_of(c->path ? c->path : "");
	if (c->path && (yaml_load(c->path, &c->yaml, e) < 0 || check(c, e) < 0))
		goto fail;
	if (!c->state)
		c->state = default_state(e);
	if (!c->state)
		goto fail;
	*ret_config = c;
	return 0;
fail:
	config_free(c);
	return -1;
}

void config_free(struct config *c)
{
	if (!c)
		return;
	yaml_unload(c->yaml);
	free(c->path);
	free(c->directory);
	free(c->state);
	free(c->policy);
	free(c->agents);
	free(c->templates);
	free(c->track);
	free(c->media_allow);
	free(c);
}
