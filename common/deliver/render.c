#include <stdlib.h>
#include <string.h>

#include "common/compat.h"
#include "common/deliver/render.h"
#include "common/line/envelope.h"
#include "common/template/files.h"
#include "common/xalloc.h"

#include "common/banned.h"

static const char *const endings[] = {"txt", "html", "json", NULL};

json_t *render_data(const json_t *message, const json_t *recipient)
{
	json_t *data = json_copy(json_object_get(json_object_get(message, "template"), "data"));
	static const char *const known[] = {"context", "link"};

	if (!data)
		data = json_object();
	if (recipient && !json_object_get(data, "contact"))
		json_object_set(data, "contact", (json_t *)recipient);
	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (json_object_get(message, known[i]) && !json_object_get(data, known[i]))
			json_object_set(data, known[i], json_object_get(message, known[i]));
	return data;
}

int render_name(const struct config *c, const json_t *message, const json_t *recipient, struct template_name *ret_name, struct err *e)
{
	const char *name = envelope_text(json_object_get(message, "template"), "name", "");

	if (!c->templates)
		return err_set(e, EX_CONFIG, "template.name: '%s' asked for, but the configuration has no templates directory", err_quote(name));
	if (template_name_check(name, e) < 0)
		return err_at(e, "template.name: ");
	*ret_name = (struct template_name){c->templates, name, envelope_text(message, "lang", envelope_text(recipient, "lang", NULL))};
	return 0;
}

static void note_file(struct rendered *r, const char *file)
{
	char *all = r->files ? xformat("%s, %s", r->files, file) : xstrdup(file);

	free(r->files);
	r->files = all;
}

/* In one language. *ret_text stays as it is when there is no such file. */
static int fill(const struct template_name *n, const char *lang, const char *ending, enum template_escape escape, const json_t *data,
    struct rendered *r, char **ret_text, struct err *e)
{
	struct template_file f;
	int got = template_read(n, lang, ending, &f, e);

	if (got != 1)
		return got;
	note_file(r, f.file);
	got = template_fill(n, &f, escape, data, ret_text, e);
	template_file_clear(&f);
	return got;
}

/* Files that a template brings along lie beside it. */
static void set_paths(const char *directory, json_t *media)
{
	json_t *one;
	size_t i;

	json_array_foreach(media, i, one) {
		const char *path = envelope_text(one, "path", NULL);
		char *full = path && *path != '/' ? xformat("%s/%s", directory, path) : NULL;

		if (full)
			json_object_set_new(one, "path", json_string(full));
		free(full);
	}
}

static int check_members(const json_t *given, struct err *e)
{
	static const char *const known[] = {"subject", "text", "html", "media", "buttons", "link", NULL};
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)given, key, value) {
		size_t i = 0;

		while (known[i] && strcmp(known[i], key) != 0)
			i++;
		if (!known[i])
			return err_set(e, EX_DATAERR, "%s: not a member that a template can set", err_quote(key));
	}
	return 0;
}

/* The message with the members that the template gives and it has not got itself. */
static int add_members(const json_t *message, const json_t *given, struct rendered *r, struct err *e)
{
	const char *key;
	json_t *value, *own;

	r->message = json_copy((json_t *)message);
	json_object_foreach((json_t *)given, key, value) {
		own = json_object_get(message, key);
		if (strcmp(key, "text") == 0 || strcmp(key, "html") == 0 || !own || json_is_null(own))
			json_object_set(r->message, key, value);
	}
	return envelope_check(r->message, ENVELOPE_MESSAGE, e);
}

static int take_members(const struct template_name *n, const json_t *message, const char *text, struct rendered *r, struct err *e)
{
	json_error_t why;
	json_t *given = json_loads(text, JSON_REJECT_DUPLICATES, &why);
	int result = -1;

	if (!json_is_object(given)) {
		err_set(e, EX_DATAERR, given ? "gives no JSON object" : "gives no JSON: line %d: %s", why.line, why.text);
	} else if (check_members(given, e) == 0) {
		set_paths(n->directory, json_object_get(given, "media"));
		result = add_members(message, given, r, e);
		if (result == 0 && !r->text)
			r->text = xstrdup(envelope_text(given, "text", NULL));
		if (result == 0 && !r->html)
			r->html = xstrdup(envelope_text(given, "html", NULL));
	}
	json_decref(given);
	return result;
}

static int fill_all(const struct template_name *n, const char *lang, const json_t *message, const json_t *data, struct rendered *r,
    struct err *e)
{
	char *members = NULL;
	int result;

	if (fill(n, lang, "txt", TEMPLATE_PLAIN, data, r, &r->text, e) < 0 ||
	    fill(n, lang, "html", TEMPLATE_HTML, data, r, &r->html, e) < 0 ||
	    fill(n, lang, "json", TEMPLATE_JSON, data, r, &members, e) < 0)
		return -1;
	result = members ? take_members(n, message, members, r, e) : 0;
	if (result < 0)
		err_at(e, "template '%s%s%s.json': ", err_quote(n->name), *lang ? "." : "", lang);
	free(members);
	/* No words, but media or the like. */
	if (result == 0 && !r->text)
		r->text = xstrdup("");
	return result;
}

/* What only a provider knows is a template too, for the legs that go through that provider. */
static int without_words(const struct template_name *n, struct err *e)
{
	static const char *const other[] = {"yaml", NULL};
	char *lang = template_lang(n, other);

	if (!lang)
		return err_set(e, EX_DATAERR, "template.name: no template '%s' in '%s'", err_quote(n->name), n->directory);
	free(lang);
	return 0;
}

int render_message(const struct config *c, const json_t *message, const json_t *recipient, struct rendered *ret_rendered, struct err *e)
{
	struct rendered r = {.done = true};
	struct template_name n = {.directory = NULL};
	json_t *data;
	char *lang;
	int result;

	if (!json_is_object(json_object_get(message, "template"))) {
		r.text = xstrdup(envelope_text(message, "text", ""));
		r.html = xstrdup(envelope_text(message, "html", NULL));
		*ret_rendered = r;
		return 0;
	}
	if (render_name(c, message, recipient, &n, e) < 0)
		return -1;
	lang = template_lang(&n, endings);
	data = render_data(message, recipient);
	result = lang ? fill_all(&n, lang, message, data, &r, e) : without_words(&n, e);
	json_decref(data);
	free(lang);
	if (result < 0)
		rendered_clear(&r);
	else
		*ret_rendered = r;
	return result;
}

void rendered_clear(struct rendered *r)
{
	free(r->text);
	free(r->html);
	free(r->files);
	json_decref(r->message);
	*r = (struct rendered){.done = false};
}
