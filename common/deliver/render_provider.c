/*
 * Templates that lie with the provider, who has approved them: NAME.LANG.yaml says what each account or provider calls
 * this one, and which values go into it.
 */
#include <stdlib.h>
#include <string.h>

#include "common/config/yaml.h"
#include "common/deliver/render.h"
#include "common/line/envelope.h"
#include "common/template/files.h"
#include "common/xalloc.h"

#include "common/banned.h"

struct source {
	const struct account *account;
	const char *channel;
	const json_t *data;
	struct yaml *yaml;
};

/* Every entry must be somebody's, or a slip of the pen would go out as plain text. */
static int check_names(const struct config *c, const struct source *s, struct err *e)
{
	const json_t *root = yaml_root(s->yaml);
	const char *name;
	json_t *entry;

	if (!json_is_object(root))
		return yaml_fail(s->yaml, root, e, "must be a map from accounts to what they call the template");
	json_object_foreach((json_t *)root, name, entry) {
		if (!provider_find(name) && !json_object_get(c->accounts, name))
			return yaml_fail_member(s->yaml, root, name, e, "neither an account nor a provider");
		if (!json_is_object(entry))
			return yaml_fail_member(s->yaml, root, name, e, "must be a map");
	}
	return 0;
}

/* 1: the entry speaks of the channel. Without a list it does of all but those that carry the words themselves. */
static int names_channel(const struct source *s, const json_t *entry, struct err *e)
{
	const json_t *list = json_object_get(entry, "channels"), *one;
	size_t i;
	int found = 0;

	if (!list)
		return strcmp(s->channel, "sms") != 0 && strcmp(s->channel, "voice") != 0 && strcmp(s->channel, "email") != 0;
	if (!json_is_array(list))
		return yaml_fail_member(s->yaml, entry, "channels", e, "must be a list of channels");
	json_array_foreach(list, i, one) {
		if (!json_is_string(one))
			return yaml_fail_member(s->yaml, entry, "channels", e, "must be a list of channels");
		found = found || strcmp(json_string_value(one), s->channel) == 0;
	}
	return found;
}

static int fill_text(const struct source *s, const json_t *value, json_t **ret_value, struct err *e)
{
	const struct template_options o = {.escape = TEMPLATE_PLAIN, .strict = true};
	struct err why;
	struct buf b;
	int result = 0;

	buf_init(&b, TEMPLATE_BYTES);
	if (template_render(&b, json_string_value(value), s->data, &o, &why) < 0)
		result = yaml_fail(s->yaml, value, e, "%s", why.text);
	else
		*ret_value = json_stringn(b.data, b.len);
	buf_clear(&b);
	return result;
}

/* A copy in which every text is filled in. */
static int fill(const struct source *s, const json_t *value, json_t **ret_value, struct err *e)
{
	json_t *copy, *one, *filled = NULL;
	const char *key;
	size_t i;

	if (json_is_string(value))
		return fill_text(s, value, ret_value, e);
	copy = json_is_object(value) ? json_object() : json_is_array(value) ? json_array() : json_deep_copy(value);
	json_object_foreach((json_t *)value, key, one) {
		if (fill(s, one, &filled, e) < 0)
			goto fail;
		json_object_set_new(copy, key, filled);
	}
	for (i = 0; json_is_array(value) && i < json_array_size(value); i++) {
		if (fill(s, json_array_get(value, i), &filled, e) < 0)
			goto fail;
		json_array_append_new(copy, filled);
	}
	*ret_value = copy;
	return 0;
fail:
	json_decref(copy);
	return -1;
}

static int take_entry(const struct source *s, const char *name, const json_t *entry, json_t **ret_template, struct err *e)
{
	const struct provider *p = account_provider(s->account);
	json_t *filled = NULL;
	struct err why;
	int got = names_channel(s, entry, e);

	if (got != 1)
		return got;
	if (!p->check_template)
		return yaml_fail_member(s->yaml, yaml_root(s->yaml), name, e, "%s has no templates of its own", p->name);
	if (fill(s, entry, &filled, e) < 0)
		return -1;
	json_object_del(filled, "channels");
	if (p->check_template(filled, &why) < 0) {
		json_decref(filled);
		return yaml_fail(s->yaml, entry, e, "%s", why.text);
	}
	*ret_template = filled;
	return 1;
}

static int take_file(const struct config *c, struct source *s, const struct template_file *f, json_t **ret_template, struct err *e)
{
	const char *name = account_name(s->account);
	const json_t *root, *entry;
	int got = 0;

	if (yaml_parse(f->path, f->text, f->len, &s->yaml, e) < 0)
		return -1;
	root = yaml_root(s->yaml);
	if (check_names(c, s, e) < 0)
		got = -1;
	entry = json_object_get(root, name);
	if (!entry) {
		name = account_provider(s->account)->name;
		entry = json_object_get(root, name);
	}
	if (got == 0 && entry)
		got = take_entry(s, name, entry, ret_template, e);
	yaml_unload(s->yaml);
	return got;
}

int render_provider(const struct config *c, const json_t *message, const json_t *recipient, const struct account *account,
    const char *channel, json_t **ret_template, struct err *e)
{
	static const char *const endings[] = {"yaml", NULL};
	struct source s = {.account = account, .channel = channel};
	struct template_name n = {.directory = NULL};
	struct template_file f;
	json_t *data;
	char *lang;
	int got = 0;

	if (!json_is_object(json_object_get(message, "template")))
		return 0;
	if (render_name(c, message, recipient, &n, e) < 0)
		return -1;
	lang = template_lang(&n, endings);
	if (lang)
		got = template_read(&n, lang, "yaml", &f, e);
	free(lang);
	if (got != 1)
		return got;
	s.data = data = render_data(message, recipient);
	got = take_file(c, &s, &f, ret_template, e);
	template_file_clear(&f);
	json_decref(data);
	return got;
}
