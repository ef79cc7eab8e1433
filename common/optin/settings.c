#include <stdlib.h>
#include <string.h>

#include "common/line/fold.h"
#include "common/line/when.h"
#include "common/optin/settings.h"
#include "common/policy/carriers.h"
#include "common/template/template.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define REPLY_BYTES (64u << 10)
#define DOUBT_MS WHEN_DAY
#define DOUBT_MOST_MS (10 * WHEN_DAY) /* 47 CFR 64.1200(a)(10): ten business days at most */

struct optin {
	struct keywords *words;
	const json_t *own, *accounts; /* the configuration's maps, or NULL */
	int64_t doubt_ms;
};

#define BY "{{#brand}}{{{brand}}}: {{/brand}}"

/* Generated from data/replies.tsv. */
static const struct {
	const char *language;
	const char *text[OPTIN_REPLIES];
} built_in[] = {
#include "gen/replies.inc"
};

static const char *const reply_keys[OPTIN_REPLIES] = {"stop", "start", "help", "ask", "doubt"};

static int check_text(const struct config *c, const json_t *object, const char *key, struct err *e)
{
	const char *text = json_string_value(json_object_get(object, key));
	struct err why;

	if (!text || !*text)
		return config_fail_member(c, object, key, e, "must be text");
	if (template_check(text, &why) < 0)
		return config_fail_member(c, object, key, e, "%s", why.text);
	return 0;
}

/* One text, or a map from languages to texts. */
static int check_reply(const struct config *c, const char *key, struct err *e)
{
	const json_t *value = json_object_get(c->optin, key);
	const char *language;
	const json_t *text;

	if (!value)
		return 0;
	if (!json_is_object(value))
		return check_text(c, c->optin, key, e);
	json_object_foreach((json_t *)value, language, text) if (check_text(c, value, language, e) < 0) return -1;
	return 0;
}

static int add_words(const struct config *c, const json_t *words, enum keyword_meaning meaning, struct keywords *k, struct err *e)
{
	const char *key = reply_keys[meaning];
	const json_t *list = json_object_get(words, key), *word;
	size_t i;

	if (list && !json_is_array(list))
		return config_fail_member(c, words, key, e, "must be a list of words such as [N]");
	json_array_foreach(list, i, word)
	{
		struct buf form;
		bool blank;

		buf_init(&form, REPLY_BYTES);
		if (json_is_string(word))
			fold_text(json_string_value(word), &form);
		blank = form.len == 0;
		buf_clear(&form);
		if (blank)
			return config_fail_member(c, words, key, e, "item %zu must be a word", i + 1);
		keywords_add(k, meaning, json_string_value(word));
	}
	return 0;
}

/* "off": nobody is asked. */
static int check_wait(const struct config *c, int64_t *wait_ms, struct err *e)
{
	const json_t *value = json_object_get(c->optin, "doubt_wait");
	const char *text = json_string_value(value);

	*wait_ms = DOUBT_MS;
	if (!value)
		return 0;
	if (json_is_false(value) || (text && strcmp(text, "off") == 0))
		*wait_ms = 0;
	else if (!text || when_parse_duration(text, wait_ms) < 0 || *wait_ms < WHEN_MINUTE || *wait_ms > DOUBT_MOST_MS)
		return config_fail_member(c, c->optin, "doubt_wait", e, "must be a time from 1m to 10d such as 24h, or off");
	return 0;
}

static int check(const struct config *c, struct keywords *k, struct err *e)
{
	static const char *const known[] = {"brand", "words", "stop", "start", "help", "ask", "doubt", "doubt_wait", NULL};
	static const char *const known_words[] = {"stop", "start", "help", NULL};
	const json_t *words = json_object_get(c->optin, "words"), *brand = json_object_get(c->optin, "brand");

	if (yaml_only(c->yaml, c->optin, known, e) < 0)
		return -1;
	if (brand && !json_is_string(brand))
		return config_fail_member(c, c->optin, "brand", e, "must be text");
	for (size_t i = 0; i < OPTIN_REPLIES; i++)
		if (check_reply(c, reply_keys[i], e) < 0)
			return -1;
	if (!words)
		return 0;
	if (!json_is_object(words))
		return config_fail_member(c, c->optin, "words", e, "must be a map such as {stop: [N]}");
	if (yaml_only(c->yaml, words, known_words, e) < 0)
		return -1;
	for (int m = KEYWORD_STOP; m <= KEYWORD_HELP; m++)
		if (add_words(c, words, (enum keyword_meaning)m, k, e) < 0)
			return -1;
	return 0;
}

static bool names_carrier(const json_t *value)
{
	const char *text = json_string_value(value);

	return text && (carrier_known(text) || strcmp(text, "none") == 0);
}

/* Of every account: who answers keywords there by himself. */
static int check_accounts(const struct config *c, struct err *e)
{
	const char *name;
	json_t *account;

	json_object_foreach((json_t *)c->accounts, name, account)
	{
		const json_t *given = json_object_get(account, "keywords");
		bool good = !given || names_carrier(given) || (json_is_array(given) && json_array_size(given) > 0);

		for (size_t i = 0; good && i < json_array_size(given); i++)
			good = names_carrier(json_array_get(given, i));
		if (!good)
			return config_fail_member(c, account, "keywords", e, "must name who answers keywords: twilio, telnyx, azure, toll-free or none");
	}
	return 0;
}

/* What the account of that name says, or its provider's name. */
static const json_t *find_carriers(const struct optin *o, const char *via, const char **ret_provider)
{
	const json_t *account = json_object_get(o->accounts, via), *given = json_object_get(account, "keywords");

	*ret_provider = json_string_value(json_object_get(account, "provider"));
	if (!*ret_provider)
		*ret_provider = via;
	return given;
}

bool optin_carrier_answers(const struct optin *o, const char *via, const char *number, const char *text)
{
	const char *provider = NULL;
	const json_t *given = via ? find_carriers(o, via, &provider) : NULL;

	if (number && carrier_is_toll_free(number) && carrier_answers(CARRIER_TOLL_FREE, text))
		return true;
	if (json_is_string(given))
		return carrier_answers(json_string_value(given), text);
	for (size_t i = 0; i < json_array_size(given); i++)
		if (carrier_answers(json_string_value(json_array_get(given, i)), text))
			return true;
	return !given && provider && carrier_answers(provider, text);
}

int optin_load(const struct config *c, struct optin **ret_optin, struct err *e)
{
	struct optin *o = xcalloc(1, sizeof(*o));

	o->own = c->optin;
	o->accounts = c->accounts;
	o->words = keywords_new();
	o->doubt_ms = DOUBT_MS;
	if (check_accounts(c, e) < 0 || (c->optin && (check(c, o->words, e) < 0 || check_wait(c, &o->doubt_ms, e) < 0))) {
		optin_free(o);
		return -1;
	}
	*ret_optin = o;
	return 0;
}

void optin_free(struct optin *o)
{
	if (!o)
		return;
	keywords_free(o->words);
	free(o);
}

const struct keywords *optin_keywords(const struct optin *o)
{
	return o->words;
}

int64_t optin_doubt_ms(const struct optin *o)
{
	return o->doubt_ms;
}

/* The text set or built in for exactly this language, which may be NULL. */
static const char *text_in(const struct optin *o, enum optin_reply reply, const char *language)
{
	const json_t *own = json_object_get(o->own, reply_keys[reply]);
	const char *text = json_string_value(json_is_object(own) && language ? json_object_get(own, language) : own);

	for (size_t i = 0; !text && language && i < COUNT_OF(built_in); i++)
		if (strcmp(built_in[i].language, language) == 0)
			text = built_in[i].text[reply];
	return text;
}

/* "es-MX", then "es". */
static const char *text_for(const struct optin *o, enum optin_reply reply, const char *language, const char **ret_language)
{
	static char base[16];
	const char *text = text_in(o, reply, language);
	size_t len = strcspn(language, "-");

	*ret_language = language;
	if (text || !language[len] || len >= sizeof(base))
		return text;
	memcpy(base, language, len);
	base[len] = '\0';
	*ret_language = base;
	return text_in(o, reply, base);
}

static int render(const struct optin *o, const char *text, json_t *data, char **ret_text, struct err *e)
{
	const json_t *brand = json_object_get(o->own, "brand");
	struct buf b;
	int result;

	if (json_is_string(brand))
		json_object_set(data, "brand", (json_t *)brand);
	buf_init(&b, REPLY_BYTES);
	result = template_render(&b, text, data, NULL, e);
	if (result == 0)
		*ret_text = buf_steal(&b);
	buf_clear(&b);
	return result;
}

int optin_text_with(const struct optin *o, enum optin_reply reply, const char *const *languages, size_t count, json_t *data,
    char **ret_text, const char **ret_language, struct err *e)
{
	const char *text = NULL;

	for (size_t i = 0; !text && i < count; i++)
		if (languages[i] && *languages[i])
			text = text_for(o, reply, languages[i], ret_language);
	if (!text)
		text = text_for(o, reply, "en", ret_language);
	return render(o, text, data, ret_text, e);
}

int optin_text(const struct optin *o, enum optin_reply reply, const char *const *languages, size_t count, const char *topic,
    char **ret_text, const char **ret_language, struct err *e)
{
	json_t *data = json_pack("{s:s*}", "topic", topic);
	int result = optin_text_with(o, reply, languages, count, data, ret_text, ret_language, e);

	json_decref(data);
	return result;
}
