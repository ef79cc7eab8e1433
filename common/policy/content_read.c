/* The section `content` of a policy. */
#include <stdlib.h>
#include <string.h>

#include "common/address/address.h"
#include "common/policy/content_set.h"
#include "common/policy/read_words.h"
#include "common/xalloc.h"

#include "common/banned.h"

struct reader {
	const struct yaml *yaml;
	const struct config *config;
	struct content *content;
	const json_t *object;
	struct content_rule *rule;
};

void content_free(struct content *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->rule_count; i++) {
		if (c->rules[i].regex)
			regfree(c->rules[i].regex);
		free(c->rules[i].regex);
		for (size_t k = 0; k < c->rules[i].phrase_count; k++)
			free(c->rules[i].phrases[k]);
		free(c->rules[i].phrases);
	}
	free(c->rules);
	free(c->folded_sender);
	free(c);
}

static bool take_any(void *reader, const char *word)
{
	(void)reader;
	return *word != '\0';
}

static bool take_country(void *reader, const char *word)
{
	(void)reader;
	return strlen(word) == 2 && strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 2;
}

static bool take_channel(void *reader, const char *word)
{
	struct reader *r = reader;

	return address_channel_known(word) || (r->config && json_object_get(r->config->channels, word));
}

static bool take_purpose(void *reader, const char *word)
{
	struct reader *r = reader;
	int purpose = purpose_parse(word);

	if (purpose >= 0)
		r->rule->row.purposes |= 1u << purpose;
	return purpose >= 0;
}

static bool take_row(void *reader, const char *word)
{
	(void)reader;
	for (size_t i = 0; i < content_row_count; i++)
		if (strcmp(content_rows[i].name, word) == 0)
			return true;
	return false;
}

static int take_words(struct reader *r, const char *key, read_word_fn *take, const char *what, const json_t **ret_value,
    struct err *e)
{
	if (read_words(r->yaml, r->object, key, take, r, what, e) < 0)
		return -1;
	*ret_value = json_object_get(r->object, key);
	return 0;
}

static int read_flag(struct reader *r, const char *key, bool *ret_flag, struct err *e)
{
	const json_t *value = json_object_get(r->object, key);

	if (value && !json_is_boolean(value))
		return yaml_fail_member(r->yaml, r->object, key, e, "not true or false");
	if (value)
		*ret_flag = json_is_true(value);
	return 0;
}

static int read_text(struct reader *r, const char *key, const char **ret_text, struct err *e)
{
	const json_t *value = json_object_get(r->object, key);

	if (value && (!json_is_string(value) || !*json_string_value(value)))
		return yaml_fail_member(r->yaml, r->object, key, e, "not a text");
	if (value)
		*ret_text = json_string_value(value);
	return 0;
}

static int read_regex(struct reader *r, struct err *e)
{
	const char *text = NULL;
	struct err why;

	if (read_text(r, "regex", &text, e) < 0)
		return -1;
	if (!text)
		return 0;
	r->rule->regex = xcalloc(1, sizeof(*r->rule->regex));
	if (pattern_compile(r->rule->regex, text, REG_NOSUB | REG_ICASE, &why) == 0)
		return 0;
	free(r->rule->regex);
	r->rule->regex = NULL;
	return yaml_fail_member(r->yaml, r->object, "regex", e, "not a regular expression: %s", why.text);
}

static void fold_values(struct content_rule *rule)
{
	size_t count = json_is_array(rule->values) ? json_array_size(rule->values) : rule->values != NULL;

	rule->phrases = xcalloc(count + 1, sizeof(char *));
	for (; rule->phrase_count < count; rule->phrase_count++)
		rule->phrases[rule->phrase_count] = content_fold(json_string_value(
		    json_is_array(rule->values) ? json_array_get(rule->values, rule->phrase_count) : rule->values));
}

/* A rule says one thing: what a message needs, or what it must not have. */
static int read_check(struct reader *r, struct err *e)
{
	const json_t *need = NULL, *ban = NULL;
	bool links = true, shorteners = true;
	struct content_row *row = &r->rule->row;

	if (take_words(r, "need", take_any, "a text", &need, e) < 0 || take_words(r, "ban", take_any, "a text", &ban, e) < 0 ||
	    read_flag(r, "links", &links, e) < 0 || read_flag(r, "shorteners", &shorteners, e) < 0 || read_regex(r, e) < 0 ||
	    read_text(r, "add", &row->add, e) < 0)
		return -1;
	if ((need != NULL) + (ban || r->rule->regex) + !links + !shorteners != 1)
		return yaml_fail(r->yaml, r->object, e, "wants one of need, ban (or regex), links: false and shorteners: false");
	row->check = need ? CONTENT_NEED : !links ? CONTENT_NO_URL : !shorteners ? CONTENT_NO_SHORTENER : CONTENT_BAN;
	r->rule->values = need ? need : ban;
	fold_values(r->rule);
	return 0;
}

static int read_rule(struct reader *r, struct err *e)
{
	static const char *const known[] = {"name", "in", "purpose", "channel", "topic", "need", "add", "ban", "regex", "links",
	    "shorteners", NULL};
	const json_t *ignored;

	r->rule->row = (struct content_row){.name = "content", .country = "*", .channels = "", .values = "", .add = ""};
	if (yaml_only(r->yaml, r->object, known, e) < 0 || read_text(r, "name", &r->rule->row.name, e) < 0 ||
	    take_words(r, "in", take_country, "a country such as ES", &r->rule->countries, e) < 0 ||
	    take_words(r, "purpose", take_purpose, "a purpose", &ignored, e) < 0 ||
	    take_words(r, "channel", take_channel, "a channel", &r->rule->channels, e) < 0 ||
	    take_words(r, "topic", take_any, "a topic", &r->rule->topics, e) < 0)
		return -1;
	if (!r->rule->row.purposes)
		r->rule->row.purposes = 1u << PURPOSE_MARKETING;
	return read_check(r, e);
}

static int read_rules(struct reader *r, const json_t *given, struct err *e)
{
	const json_t *list = json_object_get(given, "rules");

	if (list && !json_is_array(list))
		return yaml_fail_member(r->yaml, given, "rules", e, "not a list of rules");
	r->content->rules = xcalloc(json_array_size(list) + 1, sizeof(*r->content->rules));
	for (size_t i = 0; i < json_array_size(list); i++) {
		r->object = json_array_get(list, i);
		r->rule = &r->content->rules[r->content->rule_count++];
		if (read_rule(r, e) < 0)
			return -1;
	}
	return 0;
}

static int read_optout(struct reader *r, const json_t *given, struct err *e)
{
	const json_t *value = json_object_get(given, "optout");
	const char *lang;
	json_t *text;

	if (value && !json_is_object(value) && !json_is_string(value))
		return yaml_fail_member(r->yaml, given, "optout", e, "not a text, nor a map from languages to texts");
	json_object_foreach((json_t *)value, lang, text)
		if (!json_is_string(text))
			return yaml_fail_member(r->yaml, value, lang, e, "not a text");
	r->content->optout = value;
	return 0;
}

int content_read(const json_t *given, const struct yaml *y, const struct config *c, struct content **ret_content, struct err *e)
{
	static const char *const known[] = {"law", "allow", "sender", "optout", "rules", NULL};
	struct content *content;
	struct reader r = {.yaml = y, .config = c, .object = given};

	if (!given)
		return 0;
	if (!json_is_object(given))
		return yaml_fail(y, given, e, "not a map");
	content = r.content = xcalloc(1, sizeof(*content));
	content->law = true;
	if (yaml_only(y, given, known, e) < 0 || read_flag(&r, "law", &content->law, e) < 0 ||
	    take_words(&r, "allow", take_row, "a row of the table such as AE/no-url", &content->allow, e) < 0 ||
	    read_text(&r, "sender", &content->sender, e) < 0 || read_optout(&r, given, e) < 0 || read_rules(&r, given, e) < 0) {
		content_free(content);
		return -1;
	}
	if (content->sender)
		content->folded_sender = content_fold(content->sender);
	*ret_content = content;
	return 0;
}
