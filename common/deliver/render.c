/*
 * The words of a message: its own text and html, or those of `template`, found as NAME.LANG.txt and NAME.LANG.html in
 * the configured directory, the language falling back from "es-MX" to "es" to none. Template data, the contact and the
 * context are what a template can name.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/deliver/job.h"
#include "common/line/envelope.h"
#include "common/template/template.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define TEMPLATE_BYTES (1u << 20)

/* The file's text; NULL without an error when there is no such file. */
static int read_file(const char *path, char **ret_text, struct err *e)
{
	FILE *f = fopen(path, "rbe");
	struct buf b;
	char piece[4096];
	size_t got;

	*ret_text = NULL;
	if (!f)
		return errno == ENOENT ? 0 : err_set(e, EX_CONFIG, "cannot read template '%s': %s", path, strerror(errno));
	buf_init(&b, TEMPLATE_BYTES);
	while ((got = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_add(&b, piece, got);
	fclose(f);
	if (buf_over(&b)) {
		buf_clear(&b);
		return err_set(e, EX_CONFIG, "template '%s' is larger than %u bytes", path, TEMPLATE_BYTES);
	}
	*ret_text = buf_steal(&b);
	return 0;
}

static int find_template(const char *directory, const char *name, const char *lang, const char *ending, char **ret_text,
    struct err *e)
{
	char *tag = xstrdup(lang ? lang : "");
	int result;

	for (;;) {
		char *path = xformat("%s/%s%s%s.%s", directory, name, *tag ? "." : "", tag, ending), *dash;

		result = read_file(path, ret_text, e);
		free(path);
		if (result < 0 || *ret_text || !*tag)
			break;
		dash = strrchr(tag, '-');
		*(dash ? dash : tag) = '\0';
	}
	free(tag);
	return result;
}

static json_t *template_data(const json_t *message, const json_t *recipient)
{
	json_t *data = json_copy(json_object_get(json_object_get(message, "template"), "data"));

	if (!data)
		data = json_object();
	if (recipient && !json_object_get(data, "contact"))
		json_object_set(data, "contact", (json_t *)recipient);
	if (json_object_get(message, "context") && !json_object_get(data, "context"))
		json_object_set(data, "context", json_object_get(message, "context"));
	return data;
}

static int render_ending(const char *directory, const char *name, const char *lang, const char *ending,
    enum template_escape escape, const json_t *data, char **ret_text, struct err *e)
{
	struct template_options options = {.escape = escape, .strict = true};
	char *text = NULL;
	struct buf b;
	int result;

	*ret_text = NULL;
	if (find_template(directory, name, lang, ending, &text, e) < 0)
		return -1;
	if (!text)
		return 0;
	buf_init(&b, TEMPLATE_BYTES);
	result = template_render(&b, text, data, &options, e);
	free(text);
	if (result < 0) {
		buf_clear(&b);
		return err_at(e, "template.name: '%s': ", name);
	}
	if (b.len > 0 && b.data[b.len - 1] == '\n')
		b.data[--b.len] = '\0';
	*ret_text = buf_steal(&b);
	return 0;
}

int render_message(const struct config *c, const json_t *message, const json_t *recipient, char **ret_text, char **ret_html,
    struct err *e)
{
	const json_t *template = json_object_get(message, "template");
	const char *name = envelope_text(template, "name", NULL), *lang;
	json_t *data;
	int result;

	*ret_text = xstrdup(envelope_text(message, "text", ""));
	*ret_html = xstrdup(envelope_text(message, "html", NULL));
	if (!name)
		return 0;
	if (!c->templates)
		return err_set(e, EX_CONFIG, "template.name: '%s' asked for, but the configuration has no templates directory", err_quote(name));
	if (strstr(name, "..") || *name == '/' || !*name)
		return err_set(e, EX_DATAERR, "template.name: not a template's name: '%s'", err_quote(name));
	lang = envelope_text(message, "lang", envelope_text(recipient, "lang", NULL));
	free(*ret_text);
	free(*ret_html);
	*ret_text = *ret_html = NULL;
	data = template_data(message, recipient);
	result = render_ending(c->templates, name, lang, "txt", TEMPLATE_PLAIN, data, ret_text, e);
	if (result == 0)
		result = render_ending(c->templates, name, lang, "html", TEMPLATE_HTML, data, ret_html, e);
	json_decref(data);
	if (result == 0 && !*ret_text && !*ret_html)
		result = err_set(e, EX_DATAERR, "template.name: no template '%s' in '%s'", err_quote(name), c->templates);
	if (result == 0 && !*ret_text)
		*ret_text = xstrdup("");
	return result;
}
