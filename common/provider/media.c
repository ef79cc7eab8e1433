#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/compat.h"
#include "common/file.h"
#include "common/line/envelope.h"
#include "common/provider/media.h"
#include "common/provider/sniff.h"
#include "common/visible.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define TYPE_BYTES 127
#define NAME_BYTES 255

static int fail(struct err *e, const char *path, const char *what)
{
	return err_set(e, EX_DATAERR, "cannot attach '%s': %s", err_quote(path), what);
}

static int read_file(const char *path, struct buf *b, struct err *e)
{
	const char *why;
	int got = file_read(path, b, &why);

	if (got == 1 && buf_over(b))
		return err_set(e, EX_DATAERR, "cannot attach '%s': larger than %u bytes", err_quote(path), MEDIA_BYTES);
	return got == 1 ? 0 : fail(e, path, got == 0 ? strerror(ENOENT) : why);
}

/* "type/subtype", RFC 6838; what follows a semicolon is not for us. */
static bool is_type(const char *type)
{
	static const char marks[] = "!#$&-^_.+/";
	const char *slash = strchr(type, '/');

	if (!slash || slash == type || !slash[1] || strchr(slash + 1, '/') || strlen(type) > TYPE_BYTES)
		return false;
	for (const char *p = type; *p; p++) {
		bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9');

		if (!letter && !strchr(marks, *p))
			return false;
	}
	return true;
}

/* What it is called in the HTML that shows it. */
static bool is_shown(const char *html, const char *cid)
{
	char *wanted = xformat("cid:%s", cid);
	size_t len = strlen(wanted);
	bool found = false;

	for (const char *p = html; p && !found && (p = strstr(p, wanted)); p++)
		found = strchr("\"') >", p[len]) != NULL;
	free(wanted);
	return found;
}

static int judge(const json_t *given, struct media *m, struct err *e)
{
	const char *type = envelope_text(given, "type", NULL), *promised = type ? type : sniff_name(m->name), *actual;

	if (type && !is_type(type))
		return err_set(e, EX_DATAERR, "not a media type such as image/png: '%s'", err_quote(type));
	if (promised && sniff_contradicts(promised, m->data.data, m->data.len, &actual))
		return err_set(e, EX_DATAERR, "'%s' is %s, not %s", err_quote(m->name), actual, err_quote(promised));
	m->type = xstrdup(type ? type : sniff_type(m->data.data, m->data.len, m->name));
	return 0;
}

static const struct content *content_of(const struct delivery *d, const json_t *given)
{
	const char *url = envelope_text(given, "url", NULL);

	for (size_t i = 0; url && i < d->content_count; i++)
		if (strcmp(d->contents[i].url, url) == 0)
			return &d->contents[i];
	return NULL;
}

static bool is_utf8(const struct buf *b)
{
	json_t *value = json_stringn(b->data, b->len);

	json_decref(value);
	return value;
}

static int digit_of(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* "gpj.exe" turned around is no picture. */
static void hide_marks(struct buf *b)
{
	for (size_t i = 0, step; i < b->len; i += step ? step : 1) {
		step = visible_length(b->data + i, b->len - i);
		if (!step)
			b->data[i] = '_';
	}
}

/* The last part of the URL's path, as far as it can be the name of a file. */
static char *name_of_url(const char *url)
{
	const char *end = url + strcspn(url, "?#"), *p = end, *host = strstr(url, "//") + 2;
	struct buf b;

	while (p > host && p[-1] != '/')
		p--;
	buf_init(&b, NAME_BYTES);
	for (; p > host && p < end; p++) {
		int high = *p == '%' ? digit_of(p[1]) : -1, low = high < 0 ? -1 : digit_of(p[2]);
		char c = low < 0 ? *p : (char)(high * 16 + low);

		buf_add_char(&b, (unsigned char)c < 0x20 || c == 0x7f || c == '/' || c == '\\' ? '_' : c);
		p += low < 0 ? 0 : 2;
	}
	if (b.len == 0 || buf_over(&b) || !is_utf8(&b)) {
		buf_reset(&b);
		buf_add_text(&b, "media");
	}
	hide_marks(&b);
	return buf_steal(&b);
}

static void name_after_type(struct media *m)
{
	char *name = strchr(m->name, '.') ? NULL : xformat("%s%s", m->name, sniff_ending(m->type));

	if (name) {
		free(m->name);
		m->name = name;
	}
}

static int take_content(const json_t *given, const struct content *c, struct media *m, struct err *e)
{
	buf_add(&m->data, c->data, c->len);
	if (buf_over(&m->data))
		return err_set(e, EX_DATAERR, "'%s': more than %u bytes in all", err_quote(m->name), MEDIA_BYTES);
	if (judge(given, m, e) < 0)
		return -1;
	name_after_type(m);
	return 0;
}

static int read_item(const struct delivery *d, const json_t *given, const struct content *c, size_t room, struct media *m, struct err *e)
{
	const char *path = envelope_text(given, "path", ""), *slash = strrchr(path, '/'), *cid;

	buf_init(&m->data, room);
	m->name = c ? name_of_url(c->url) : xstrdup(slash ? slash + 1 : path);
	cid = envelope_text(given, "cid", m->name);
	if (is_shown(d->html, cid))
		m->cid = xstrdup(cid);
	if (c)
		return take_content(given, c, m, e);
	return read_file(path, &m->data, e) < 0 ? -1 : judge(given, m, e);
}

/* A picture that nobody sees is worse than a mail that does not go. */
static int check_shown(const char *html, const struct media_list *l, struct err *e)
{
	for (const char *p = html; p && (p = strstr(p, "cid:")); p++) {
		size_t len = strcspn(p + 4, "\"') >"), i = 0;

		if (p == html || !strchr("\"'(=", p[-1]))
			continue;
		while (i < l->count && (!l->items[i].cid || strlen(l->items[i].cid) != len || strncmp(l->items[i].cid, p + 4, len) != 0))
			i++;
		if (i == l->count)
			return err_set(e, EX_DATAERR, "html: cid:%s is none of the media", err_quote_n(p + 4, len));
	}
	return 0;
}

int media_read(const struct delivery *d, struct media_list *ret_list, struct err *e)
{
	const json_t *media = json_object_get(d->message, "media");
	struct media_list l = {.items = xcalloc(json_array_size(media) + 1, sizeof(*l.items))};
	size_t room = MEDIA_BYTES;

	for (size_t i = 0; i < json_array_size(media); i++) {
		const json_t *given = json_array_get(media, i);
		const struct content *c = content_of(d, given);

		if (!c && !envelope_text(given, "path", NULL))
			continue;
		if (read_item(d, given, c, room, &l.items[l.count++], e) < 0) {
			media_clear(&l);
			return err_at(e, "media: ");
		}
		room -= l.items[l.count - 1].data.len;
	}
	if (check_shown(d->html, &l, e) < 0) {
		media_clear(&l);
		return -1;
	}
	*ret_list = l;
	return 0;
}

void media_clear(struct media_list *l)
{
	for (size_t i = 0; i < l->count; i++) {
		free(l->items[i].name);
		free(l->items[i].type);
		free(l->items[i].cid);
		buf_clear(&l->items[i].data);
	}
	free(l->items);
	*l = (struct media_list){.items = NULL};
}
