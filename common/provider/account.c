/*
 * One account: what the configuration gives, held against the provider's table, with secrets read at first use.
 *
 * A value of a map is text, a secret reference, or one word and a reference ("Bearer env:TOKEN"). What looks like it
 * carries a credential by its name must be one of the latter two.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sodium.h>

#include "common/compat.h"
#include "common/line/when.h"
#include "common/provider/account.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define COUNT_MAX INT64_C(1000000000)
#define PLAIN_SIGHT "a secret in plain sight: write env:NAME, file:PATH, cmd:COMMAND or sealed:…"

static const struct value *find(const struct account *a, const char *setting, enum setting_kind *ret_kind)
{
	const struct setting *s = a->provider->settings;

	for (size_t i = 0; i < a->count; i++)
		if (strcmp(s[i].name, setting) == 0) {
			*ret_kind = s[i].kind;
			return &a->values[i];
		}
	return NULL;
}

const char *account_name(const struct account *a)
{
	return a->name;
}

const struct provider *account_provider(const struct account *a)
{
	return a->provider;
}

const struct price *account_price(const struct account *a)
{
	return &a->price;
}

const struct rates *account_rates(const struct account *a)
{
	return &a->rates;
}

int64_t account_timeout_ms(const struct account *a)
{
	return a->timeout_ms;
}

int64_t account_connect_timeout_ms(const struct account *a)
{
	return a->connect_timeout_ms;
}

int account_on_unknown(const struct account *a)
{
	return a->on_unknown;
}

bool account_drops_repetitions(const struct account *a)
{
	return (a->provider->caps & PROVIDER_IDEMPOTENT) || account_number(a, "idempotent");
}

const char *account_text(const struct account *a, const char *setting)
{
	enum setting_kind kind;
	const struct value *v = find(a, setting, &kind);

	return v ? v->text : NULL;
}

const char *account_secret(const struct account *a, const char *setting)
{
	enum setting_kind kind;
	const struct value *v = find(a, setting, &kind);

	return v && v->secret ? secret_text(v->secret) : NULL;
}

int64_t account_number(const struct account *a, const char *setting)
{
	enum setting_kind kind;
	const struct value *v = find(a, setting, &kind);

	return v ? v->number : 0;
}

const json_t *account_map(const struct account *a, const char *setting)
{
	enum setting_kind kind;
	const struct value *v = find(a, setting, &kind);

	return v ? v->map : NULL;
}

const json_t *account_given(const struct account *a, const char *setting)
{
	enum setting_kind kind;
	const struct value *v = find(a, setting, &kind);

	return v ? v->given : NULL;
}

static void mask_one(char *text, const char *secret)
{
	size_t len = strlen(secret);
	char *at;

	/* Shorter ones would blank out ordinary words and hide little. */
	if (len < 6)
		return;
	while ((at = strstr(text, secret))) {
		memset(at, '*', 3);
		memmove(at + 3, at + len, strlen(at + len) + 1);
	}
	/* A text that was cut may end within it. */
	for (at = text + strlen(text) - (strlen(text) < len ? strlen(text) : len); text + strlen(text) - at >= 6; at++)
		if (strncmp(secret, at, strlen(at)) == 0)
			memcpy(at, "***", 4);
}

/* "Bearer env:TOKEN" -> "env:TOKEN"; NULL when there is no reference in it. */
static const char *reference_in(const char *text)
{
	const char *space = strchr(text, ' ');

	if (secret_is_reference(text))
		return text;
	return space && secret_is_reference(space + 1) ? space + 1 : NULL;
}

void account_mask(const struct account *a, char *text)
{
	for (size_t i = 0; i < a->count; i++) {
		const char *key;
		json_t *member;

		if (a->values[i].secret)
			mask_one(text, secret_text(a->values[i].secret));
		json_object_foreach(a->values[i].map, key, member) {
			const char *given = json_string_value(json_object_get(a->values[i].given, key)), *reference = reference_in(given);

			/* Without what stands before it: "Bearer ". */
			if (reference)
				mask_one(text, json_string_value(member) + (reference - given));
		}
	}
}

static bool names_credential(const char *key)
{
	static const char *const words[] = {"authorization", "cookie", "token", "secret", "password", "api-key", "apikey", "api_key"};

	for (size_t i = 0; i < COUNT_OF(words); i++)
		for (const char *p = key; *p; p++)
			if (strncasecmp(p, words[i], strlen(words[i])) == 0)
				return true;
	return false;
}

/* Says where: the member, by name, since true, false and null have no identity of their own. */
static int refuse(const struct account *a, const char *setting, struct err *e, const char *text)
{
	return config_fail_member(a->config, a->given, setting, e, "%s", text);
}

static int check_url(const struct account *a, const char *setting, const char *text, const char *const schemes[2], struct err *e)
{
	const char *rest = NULL, *slash;

	for (int i = 0; i < 2 && !rest; i++)
		if (strncasecmp(text, schemes[i], strlen(schemes[i])) == 0)
			rest = text + strlen(schemes[i]);
	if (!rest)
		return config_fail_member(a->config, a->given, setting, e, "not a URL of %s…: '%s'", schemes[1], err_quote(text));
	slash = strpbrk(rest, "/?#");
	if (rest == slash || !*rest || *rest == ':')
		return refuse(a, setting, e, "a URL without a host");
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p <= 0x20 || *p == 0x7f)
			return refuse(a, setting, e, "a space or control byte in a URL");
	if (memchr(rest, '@', slash ? (size_t)(slash - rest) : strlen(rest)))
		return refuse(a, setting, e, "user and password do not belong into a URL: there are settings for them");
	return 0;
}

static int check_map(const struct account *a, const char *setting, const json_t *given, struct err *e)
{
	const char *key;
	json_t *member;

	if (!json_is_object(given))
		return refuse(a, setting, e, "not a map of names and texts");
	json_object_foreach((json_t *)given, key, member) {
		const char *text = json_string_value(member);

		if (!text)
			return config_fail_member(a->config, given, key, e, "not a text: put it between quotes");
		if (strpbrk(text, "\r\n") || strlen(text) != json_string_length(member))
			return config_fail_member(a->config, given, key, e, "has a line break");
		if (names_credential(key) && !reference_in(text))
			return config_fail_member(a->config, given, key, e, PLAIN_SIGHT);
	}
	return 0;
}

static int take_text(const struct account *a, const struct setting *s, struct value *v, struct err *e)
{
	static const char *const web[2] = {"http://", "https://"}, *const mail[2] = {"smtp://", "smtps://"};
	const char *text = json_string_value(v->given);

	if (!text)
		return refuse(a, s->name, e, "not a text: put it between quotes");
	if (!*text || strlen(text) != json_string_length(v->given))
		return refuse(a, s->name, e, "empty, or with a NUL byte");
	if (s->kind == SETTING_SECRET && !secret_is_reference(text))
		return refuse(a, s->name, e, PLAIN_SIGHT);
	if (s->kind == SETTING_URL && check_url(a, s->name, text, web, e) < 0)
		return -1;
	if (s->kind == SETTING_SMTP_URL && check_url(a, s->name, text, mail, e) < 0)
		return -1;
	v->text = s->kind == SETTING_PATH ? config_path(a->config, text) : xstrdup(text);
	return 0;
}

static int take_given(const struct account *a, const struct setting *s, struct value *v, struct err *e)
{
	const char *text = json_string_value(v->given);

	switch (s->kind) {
	case SETTING_COUNT:
		v->number = json_integer_value(v->given);
		if (!json_is_integer(v->given) || v->number < 0 || v->number > COUNT_MAX)
			return refuse(a, s->name, e, "not a whole number from 0 on");
		v->text = xformat("%lld", (long long)v->number);
		return 0;
	case SETTING_BOOL:
		if (!json_is_boolean(v->given))
			return refuse(a, s->name, e, "neither true nor false");
		v->number = json_is_true(v->given);
		v->text = xstrdup(v->number ? "true" : "false");
		return 0;
	case SETTING_DURATION:
		if (!text || when_parse_duration(text, &v->number) < 0)
			return refuse(a, s->name, e, "not a duration such as 15m");
		v->text = xstrdup(text);
		return 0;
	case SETTING_MAP:
		return check_map(a, s->name, v->given, e);
	default:
		return take_text(a, s, v, e);
	}
}

static void take_default(const struct setting *s, struct value *v)
{
	if (!s->otherwise)
		return;
	v->text = xstrdup(s->otherwise);
	if (s->kind == SETTING_DURATION)
		when_parse_duration(s->otherwise, &v->number);
	else if (s->kind == SETTING_BOOL)
		v->number = strcmp(s->otherwise, "true") == 0;
	else if (s->kind == SETTING_COUNT)
		v->number = strtol(s->otherwise, NULL, 10);
}

/* Settings that every account may have, whatever its provider. */
static const char *const everybodys[] = {"provider", "price", "on_unknown", "keywords", "rate", "timeout", "connect_timeout"};

/* Names that neither the table has nor everybody. */
static int check_known(const struct account *a, const json_t *given, struct err *e)
{
	const char **known = xcalloc(a->count + COUNT_OF(everybodys) + 1, sizeof(*known));
	int result;

	for (size_t i = 0; i < a->count; i++)
		known[i] = a->provider->settings[i].name;
	memcpy(known + a->count, everybodys, sizeof(everybodys));
	result = yaml_only(a->config->yaml, given, known, e);
	free(known);
	return result;
}

static int take_on_unknown(struct account *a, const json_t *given, struct err *e)
{
	const json_t *value = json_object_get(given, "on_unknown");
	const char *text = json_string_value(value);

	a->on_unknown = text ? on_unknown_parse(text) : -1;
	return value && a->on_unknown < 0 ? refuse(a, "on_unknown", e, "not ask, resend or hold") : 0;
}

static int take_duration(const struct account *a, const json_t *given, const char *key, int64_t *ret_ms, struct err *e)
{
	const json_t *value = json_object_get(given, key);
	const char *text = json_string_value(value);

	if (value && (!text || when_parse_duration(text, ret_ms) < 0 || *ret_ms <= 0))
		return refuse(a, key, e, "not a duration such as 15s");
	return 0;
}

static int take_everybodys(struct account *a, const json_t *given, struct err *e)
{
	if (a->provider->rates && a->provider->rates(a))
		a->rates = *a->provider->rates(a);
	if (price_read(a->config, given, &a->price, e) < 0 || take_on_unknown(a, given, e) < 0 ||
	    rates_read(a->config, given, &a->rates, e) < 0)
		return -1;
	return take_duration(a, given, "timeout", &a->timeout_ms, e) < 0 ? -1
	    : take_duration(a, given, "connect_timeout", &a->connect_timeout_ms, e);
}

static int take_values(struct account *a, const json_t *given, struct err *e)
{
	const struct setting *s = a->provider->settings;

	for (size_t i = 0; i < a->count; i++) {
		struct value *v = &a->values[i];

		v->given = json_object_get(given, s[i].name);
		if (!v->given && s[i].required)
			return config_fail(a->config, given, e, "%s: missing (%s)", s[i].name, s[i].help);
		if (!v->given)
			take_default(&s[i], v);
		else if (take_given(a, &s[i], v, e) < 0)
			return -1;
	}
	return 0;
}

int account_new(const struct config *c, const char *name, const struct provider *p, const json_t *given, bool mask,
    struct account **ret_account, struct err *e)
{
	struct account *a = xcalloc(1, sizeof(*a));
	struct err why;

	*a = (struct account){.name = xstrdup(name), .provider = p, .config = c, .given = given, .mask = mask};
	while (p->settings && p->settings[a->count].name)
		a->count++;
	a->values = xcalloc(a->count + 1, sizeof(*a->values));
	if ((given && check_known(a, given, e) < 0) || take_values(a, given, e) < 0 || take_everybodys(a, given, e) < 0)
		goto fail;
	if (p->check && p->check(a, &why) < 0) {
		config_fail(c, given, e, "%s", why.text);
		goto fail;
	}
	*ret_account = a;
	return 0;
fail:
	account_free(a);
	return -1;
}

/* The strings were made by us and nobody else holds them. */
static void wipe_map(json_t *map)
{
	const char *key;
	json_t *member;

	json_object_foreach(map, key, member) {
		union {
			const char *text;
			void *bytes;
		} p = {.text = json_string_value(member)};

		sodium_memzero(p.bytes, json_string_length(member));
	}
	json_decref(map);
}

void account_free(struct account *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->count; i++) {
		free(a->values[i].text);
		secret_free(a->values[i].secret);
		wipe_map(a->values[i].map);
	}
	free(a->values);
	free(a->name);
	free(a);
}

static int read_member(const struct account *a, const char *text, json_t **ret_text, struct err *e)
{
	const char *reference = reference_in(text);
	struct secret *secret;
	char *whole;

	if (!reference) {
		*ret_text = json_string(text);
		return 0;
	}
	if (secret_read(reference, a->config->directory, a->mask, &secret, e) < 0)
		return -1;
	whole = xformat("%.*s%s", (int)(reference - text), text, secret_text(secret));
	*ret_text = json_string(whole);
	sodium_memzero(whole, strlen(whole));
	free(whole);
	secret_free(secret);
	return *ret_text ? 0 : err_set(e, EX_NOPERM, "the secret is not UTF-8");
}

static int read_map(const struct account *a, const char *setting, struct value *v, struct err *e)
{
	const char *key;
	json_t *member, *text;

	v->map = json_object();
	json_object_foreach((json_t *)v->given, key, member) {
		if (read_member(a, json_string_value(member), &text, e) < 0)
			return err_at(e, "accounts.%s.%s.%s: ", a->name, setting, key);
		json_object_set_new(v->map, key, text);
	}
	return 0;
}

static int read_secrets(struct account *a, struct err *e)
{
	const struct setting *s = a->provider->settings;

	for (size_t i = 0; i < a->count; i++) {
		struct value *v = &a->values[i];

		if (s[i].kind == SETTING_MAP && v->given && read_map(a, s[i].name, v, e) < 0)
			return -1;
		if (s[i].kind == SETTING_SECRET && v->text &&
		    secret_read(v->text, a->config->directory, a->mask, &v->secret, e) < 0)
			return err_at(e, "accounts.%s.%s: ", a->name, s[i].name);
	}
	return 0;
}

bool account_tell(struct account *a)
{
	bool first = !a->told;

	a->told = true;
	return first;
}

int account_ready(struct account *a, struct err *e)
{
	if (!a->ready && !a->broken.code) {
		a->ready = read_secrets(a, &a->broken) == 0;
		if (a->ready)
			a->broken.code = 0;
	}
	if (a->ready)
		return 0;
	*e = a->broken;
	return -1;
}
