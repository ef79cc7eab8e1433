#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/file.h"
#include "common/template/files.h"
#include "common/xalloc.h"

#include "common/banned.h"

/* What partials need: which template asks, and the texts so far, each read once. */
struct partials {
	const struct template_name *n;
	const char *ending;
	json_t *texts;
};

int template_name_check(const char *name, struct err *e)
{
	if (!*name || *name == '/' || strstr(name, ".."))
		return err_set(e, EX_DATAERR, "not a template's name: '%s'", err_quote(name));
	return 0;
}

/* "ES-mx" as es-MX, "zh-hant" as zh-Hant: RFC 5646, section 2.1.1. */
static char *canonical(const char *lang)
{
	char *tag = xstrdup(lang ? lang : "");

	for (char *part = tag; *part; part += strcspn(part, "-"), part += *part == '-') {
		size_t len = strcspn(part, "-");

		for (size_t i = 0; i < len; i++) {
			bool upper = part > tag && (len == 2 || (len == 4 && i == 0));

			if (upper && part[i] >= 'a' && part[i] <= 'z')
				part[i] = (char)(part[i] - 'a' + 'A');
			else if (!upper && part[i] >= 'A' && part[i] <= 'Z')
				part[i] = (char)(part[i] - 'A' + 'a');
		}
	}
	return tag;
}

/* es-MX to es to none; false behind none. */
static bool fall_back(char *tag)
{
	char *dash = strrchr(tag, '-');

	if (!*tag)
		return false;
	*(dash ? dash : tag) = '\0';
	return true;
}

static char *file_of(const char *name, const char *lang, const char *ending)
{
	return xformat("%s%s%s.%s", name, *lang ? "." : "", lang, ending);
}

static bool has_file(const struct template_name *n, const char *lang, const char *const *endings)
{
	bool found = false;

	for (; *endings && !found; endings++) {
		char *file = file_of(n->name, lang, *endings), *path = xformat("%s/%s", n->directory, file);
		struct stat s;

		found = stat(path, &s) == 0;
		free(file);
		free(path);
	}
	return found;
}

char *template_lang(const struct template_name *n, const char *const *endings)
{
	char *tag = canonical(n->lang);

	while (!has_file(n, tag, endings))
		if (!fall_back(tag)) {
			free(tag);
			return NULL;
		}
	return tag;
}

static int check_text(const struct buf *b, const char **ret_why)
{
	json_t *value = json_stringn(b->data, b->len);

	json_decref(value);
	*ret_why = buf_over(b) ? "larger than 1 MiB" : !value ? "not UTF-8" : strlen(b->data) < b->len ? "has a NUL byte" : NULL;
	return *ret_why ? -1 : 1;
}

int template_read(const struct template_name *n, const char *lang, const char *ending, struct template_file *ret_file, struct err *e)
{
	char *file = file_of(n->name, lang, ending), *path = xformat("%s/%s", n->directory, file);
	const char *why;
	struct buf b;
	size_t mark;
	int got;

	buf_init(&b, TEMPLATE_BYTES);
	got = file_read(path, &b, &why);
	if (got == 1)
		got = check_text(&b, &why);
	if (got == 1) {
		mark = strncmp(b.data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
		*ret_file = (struct template_file){file, path, xstrdup(b.data + mark), b.len - mark};
	} else {
		if (got < 0)
			err_set(e, EX_CONFIG, "cannot read template '%s': %s", err_quote(path), why);
		free(file);
		free(path);
	}
	buf_clear(&b);
	return got;
}

void template_file_clear(struct template_file *f)
{
	free(f->file);
	free(f->path);
	free(f->text);
	*f = (struct template_file){.file = NULL};
}

/* "footer" in "spring/offer" is "spring/footer". */
static char *partial_name(const char *name, const char *partial)
{
	const char *slash = strrchr(name, '/');

	return xformat("%.*s%s", slash ? (int)(slash + 1 - name) : 0, name, partial);
}

static int read_partial(struct partials *p, const char *partial, struct err *e)
{
	const char *const endings[] = {p->ending, NULL};
	char *name = partial_name(p->n->name, partial), *lang;
	struct template_name n = {p->n->directory, name, p->n->lang};
	struct template_file f;
	int got = 0;

	lang = template_lang(&n, endings);
	if (lang)
		got = template_read(&n, lang, p->ending, &f, e);
	if (got == 1) {
		json_object_set_new(p->texts, partial, json_stringn(f.text, f.len));
		template_file_clear(&f);
	}
	free(lang);
	free(name);
	return got;
}

static int find_partial(void *ctx, const char *partial, const char **ret_text, struct err *e)
{
	struct partials *p = ctx;

	if (template_name_check(partial, e) < 0)
		return -1;
	if (!json_object_get(p->texts, partial) && read_partial(p, partial, e) < 0)
		return -1;
	*ret_text = json_string_value(json_object_get(p->texts, partial));
	return 0;
}

static void drop_line_end(struct buf *b)
{
	if (b->len > 0 && b->data[b->len - 1] == '\n')
		b->data[--b->len] = '\0';
	if (b->len > 0 && b->data[b->len - 1] == '\r')
		b->data[--b->len] = '\0';
}

int template_fill(const struct template_name *n, const struct template_file *f, enum template_escape escape, const json_t *data,
    char **ret_text, struct err *e)
{
	struct partials p = {n, strrchr(f->file, '.') + 1, json_object()};
	struct template_options o = {.escape = escape, .strict = true, .partial = find_partial, .ctx = &p};
	struct buf b;
	int result;

	buf_init(&b, TEMPLATE_BYTES);
	result = template_render(&b, f->text, data, &o, e);
	if (result < 0) {
		err_at(e, "template '%s': ", err_quote(f->file));
	} else {
		drop_line_end(&b);
		*ret_text = buf_steal(&b);
	}
	buf_clear(&b);
	json_decref(p.texts);
	return result;
}
