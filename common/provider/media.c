#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/compat.h"
#include "common/file.h"
#include "common/line/envelope.h"
#include "common/provider/media.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define TYPE_BYTES 127

static const struct {
	const char *bytes;
	size_t offset, len;
	const char *type;
} magic[] = {
    {"\x89PNG\r\n\x1a\n", 0, 8, "image/png"},
    {"\xff\xd8\xff", 0, 3, "image/jpeg"},
    {"GIF87a", 0, 6, "image/gif"},
    {"GIF89a", 0, 6, "image/gif"},
    {"WEBP", 8, 4, "image/webp"},
    {"WAVE", 8, 4, "audio/wav"},
    {"%PDF-", 0, 5, "application/pdf"},
    {"ftypheic", 4, 8, "image/heic"},
    {"ftypM4A", 4, 7, "audio/mp4"},
    {"ftyp3gp", 4, 7, "video/3gpp"},
    {"ftyp", 4, 4, "video/mp4"},
    {"OggS", 0, 4, "audio/ogg"},
    {"ID3", 0, 3, "audio/mpeg"},
    {"#!AMR", 0, 5, "audio/amr"},
    {"\x1f\x8b", 0, 2, "application/gzip"},
};

/* What only the name tells: texts, and what is a zip file inside. */
static const struct {
	const char *ending, *type;
} endings[] = {
    {".txt", "text/plain"},
    {".log", "text/plain"},
    {".csv", "text/csv"},
    {".html", "text/html"},
    {".md", "text/markdown"},
    {".ics", "text/calendar"},
    {".vcf", "text/vcard"},
    {".json", "application/json"},
    {".xml", "application/xml"},
    {".svg", "image/svg+xml"},
    {".mp3", "audio/mpeg"},
    {".zip", "application/zip"},
    {".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {".pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
    {".odt", "application/vnd.oasis.opendocument.text"},
    {".ods", "application/vnd.oasis.opendocument.spreadsheet"},
    {".pkpass", "application/vnd.apple.pkpass"},
};

const char *media_sniff(const void *data, size_t len, const char *name)
{
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; i < COUNT_OF(magic); i++)
		if (magic[i].offset + magic[i].len <= len &&
		    memcmp((const char *)data + magic[i].offset, magic[i].bytes, magic[i].len) == 0)
			return magic[i].type;
	for (size_t i = 0; dot && i < COUNT_OF(endings); i++)
		if (strcasecmp(endings[i].ending, dot) == 0)
			return endings[i].type;
	return "application/octet-stream";
}

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

static int read_item(const json_t *given, size_t room, struct media *m, struct err *e)
{
	const char *path = envelope_text(given, "path", ""), *type = envelope_text(given, "type", NULL);
	const char *slash = strrchr(path, '/');

	if (type && !is_type(type))
		return err_set(e, EX_DATAERR, "not a media type such as image/png: '%s'", err_quote(type));
	buf_init(&m->data, room);
	m->name = xstrdup(slash ? slash + 1 : path);
	if (read_file(path, &m->data, e) < 0)
		return -1;
	m->type = xstrdup(type ? type : media_sniff(m->data.data, m->data.len, m->name));
	return 0;
}

int media_read(const json_t *message, struct media_list *ret_list, struct err *e)
{
	const json_t *media = json_object_get(message, "media");
	struct media_list l = {.items = xcalloc(json_array_size(media) + 1, sizeof(*l.items))};
	size_t room = MEDIA_BYTES;

	for (size_t i = 0; i < json_array_size(media); i++) {
		const json_t *given = json_array_get(media, i);

		if (!json_object_get(given, "path"))
			continue;
		if (read_item(given, room, &l.items[l.count++], e) < 0) {
			media_clear(&l);
			return err_at(e, "media: ");
		}
		room -= l.items[l.count - 1].data.len;
	}
	*ret_list = l;
	return 0;
}

void media_clear(struct media_list *l)
{
	for (size_t i = 0; i < l->count; i++) {
		free(l->items[i].name);
		free(l->items[i].type);
		buf_clear(&l->items[i].data);
	}
	free(l->items);
	*l = (struct media_list){.items = NULL};
}
