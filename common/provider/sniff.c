#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "common/compat.h"
#include "common/provider/sniff.h"

#include "common/banned.h"

#define LOOK_BYTES 512          /* at the beginning, for words that may stand anywhere */
#define ZIP_NAME 30             /* where the name of a zip file's first entry begins */

/* Bytes at an offset; where one place would not do, more at another. */
static const struct {
	const char *bytes;
	size_t offset, len;
	const char *more;
	size_t more_offset, more_len;
	const char *type;
} magic[] = {
    {"\x89PNG\r\n\x1a\n", 0, 8, NULL, 0, 0, "image/png"},
    {"\xff\xd8\xff", 0, 3, NULL, 0, 0, "image/jpeg"},
    {"GIF87a", 0, 6, NULL, 0, 0, "image/gif"},
    {"GIF89a", 0, 6, NULL, 0, 0, "image/gif"},
    {"RIFF", 0, 4, "WEBP", 8, 4, "image/webp"},
    {"RIFF", 0, 4, "WAVE", 8, 4, "audio/wav"},
    {"RIFF", 0, 4, "AVI ", 8, 4, "video/x-msvideo"},
    {"BM", 0, 2, "\0\0\0\0", 6, 4, "image/bmp"},
    {"II*\0", 0, 4, NULL, 0, 0, "image/tiff"},
    {"MM\0*", 0, 4, NULL, 0, 0, "image/tiff"},
    {"\0\0\1\0", 0, 4, NULL, 0, 0, "image/vnd.microsoft.icon"},
    {"ftypheic", 4, 8, NULL, 0, 0, "image/heic"},
    {"ftypavif", 4, 8, NULL, 0, 0, "image/avif"},
    {"ftypM4A", 4, 7, NULL, 0, 0, "audio/mp4"},
    {"ftyp3gp", 4, 7, NULL, 0, 0, "video/3gpp"},
    {"ftypqt", 4, 6, NULL, 0, 0, "video/quicktime"},
    {"ftyp", 4, 4, NULL, 0, 0, "video/mp4"},
    {"OggS", 0, 4, NULL, 0, 0, "audio/ogg"},
    {"ID3", 0, 3, NULL, 0, 0, "audio/mpeg"},
    {"\xff\xfb", 0, 2, NULL, 0, 0, "audio/mpeg"},
    {"\xff\xf3", 0, 2, NULL, 0, 0, "audio/mpeg"},
    {"\xff\xf1", 0, 2, NULL, 0, 0, "audio/aac"},
    {"\xff\xf9", 0, 2, NULL, 0, 0, "audio/aac"},
    {"fLaC", 0, 4, NULL, 0, 0, "audio/flac"},
    {"#!AMR", 0, 5, NULL, 0, 0, "audio/amr"},
    {"%PDF-", 0, 5, NULL, 0, 0, "application/pdf"},
    {"{\\rtf", 0, 5, NULL, 0, 0, "application/rtf"},
    {"%!PS", 0, 4, NULL, 0, 0, "application/postscript"},
    {"\x1f\x8b", 0, 2, NULL, 0, 0, "application/gzip"},
    {"7z\xbc\xaf\x27\x1c", 0, 6, NULL, 0, 0, "application/x-7z-compressed"},
    {"\x7f" "ELF", 0, 4, NULL, 0, 0, "application/x-executable"},
    {"MZ", 0, 2, "\0", 3, 1, "application/vnd.microsoft.portable-executable"},
};

/* `inside` what a kind of file is wrapped in, so that its bytes tell no more than that. */
enum inside { BYTES, TEXT, ZIP, OLE };

static const struct {
	const char *ending, *type;
	enum inside inside;
} endings[] = {
    {".txt", "text/plain", TEXT},
    {".log", "text/plain", TEXT},
    {".csv", "text/csv", TEXT},
    {".html", "text/html", TEXT},
    {".htm", "text/html", TEXT},
    {".md", "text/markdown", TEXT},
    {".ics", "text/calendar", TEXT},
    {".vcf", "text/vcard", TEXT},
    {".json", "application/json", TEXT},
    {".xml", "application/xml", TEXT},
    {".svg", "image/svg+xml", TEXT},
    {".zip", "application/zip", ZIP},
    {".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ZIP},
    {".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ZIP},
    {".pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation", ZIP},
    {".odt", "application/vnd.oasis.opendocument.text", ZIP},
    {".ods", "application/vnd.oasis.opendocument.spreadsheet", ZIP},
    {".odp", "application/vnd.oasis.opendocument.presentation", ZIP},
    {".epub", "application/epub+zip", ZIP},
    {".pkpass", "application/vnd.apple.pkpass", ZIP},
    {".doc", "application/msword", OLE},
    {".xls", "application/vnd.ms-excel", OLE},
    {".ppt", "application/vnd.ms-powerpoint", OLE},
    {".png", "image/png", BYTES},
    {".jpg", "image/jpeg", BYTES},
    {".jpeg", "image/jpeg", BYTES},
    {".gif", "image/gif", BYTES},
    {".webp", "image/webp", BYTES},
    {".pdf", "application/pdf", BYTES},
    {".mp3", "audio/mpeg", BYTES},
    {".wav", "audio/wav", BYTES},
    {".mp4", "video/mp4", BYTES},
};

static bool has(const char *data, size_t len, size_t offset, const char *bytes, size_t count)
{
	return offset + count <= len && memcmp(data + offset, bytes, count) == 0;
}

static int ending_of(const char *name)
{
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < COUNT_OF(endings); i++)
		if (strcasecmp(endings[i].ending, dot) == 0)
			return (int)i;
	return -1;
}

const char *sniff_name(const char *name)
{
	int i = ending_of(name);

	return i < 0 ? NULL : endings[i].type;
}

const char *sniff_ending(const char *type)
{
	for (size_t i = 0; i < COUNT_OF(endings); i++)
		if (strcasecmp(endings[i].type, type) == 0)
			return endings[i].ending;
	return "";
}

/* What the name says of a file that is known to be wrapped in this. */
static const char *wrapped(const char *name, enum inside inside, const char *otherwise)
{
	int i = ending_of(name);

	return i >= 0 && endings[i].inside == inside ? endings[i].type : otherwise;
}

static bool find_word(const char *data, size_t len, const char *word)
{
	size_t count = strlen(word);

	if (len > LOOK_BYTES)
		len = LOOK_BYTES;
	for (size_t i = 0; i + count <= len; i++)
		if (strncasecmp(data + i, word, count) == 0)
			return true;
	return false;
}

static bool begins(const char *data, size_t len, const char *word)
{
	return len >= strlen(word) && strncasecmp(data, word, strlen(word)) == 0;
}

/* OpenDocument and EPUB name their type in the first entry, which is not compressed. */
static const char *of_zip(const char *data, size_t len, const char *name)
{
	if (has(data, len, ZIP_NAME, "mimetype", 8))
		for (size_t i = 0; i < COUNT_OF(endings); i++)
			if (has(data, len, ZIP_NAME + 8, endings[i].type, strlen(endings[i].type)))
				return endings[i].type;
	return wrapped(name, ZIP, "application/zip");
}

static const char *of_bytes(const char *data, size_t len, const char *name)
{
	if (has(data, len, 0, "PK\3\4", 4))
		return of_zip(data, len, name);
	if (has(data, len, 0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8))
		return wrapped(name, OLE, "application/x-ole-storage");
	if (has(data, len, 0, "\x1a\x45\xdf\xa3", 4))
		return find_word(data, len, "webm") ? "video/webm" : "video/x-matroska";
	for (size_t i = 0; i < COUNT_OF(magic); i++)
		if (has(data, len, magic[i].offset, magic[i].bytes, magic[i].len) &&
		    has(data, len, magic[i].more_offset, magic[i].more ? magic[i].more : "", magic[i].more_len))
			return magic[i].type;
	return NULL;
}

/* UTF-8 without control bytes. */
static bool is_text(const char *data, size_t len)
{
	json_t *value = json_stringn(data, len);
	bool good = value && len > 0;

	json_decref(value);
	for (size_t i = 0; good && i < len; i++)
		good = (unsigned char)data[i] >= 0x20 || (data[i] && strchr("\t\n\r\f\x1b", data[i]));
	return good;
}

static const char *of_text(const char *data, size_t len, const char *name)
{
	const char *p = data;
	size_t left = len;

	if (!is_text(data, len))
		return NULL;
	if (begins(p, left, "\xef\xbb\xbf")) {
		p += 3;
		left -= 3;
	}
	while (left > 0 && strchr(" \t\r\n", *p)) {
		p++;
		left--;
	}
	if (begins(p, left, "<!doctype html") || begins(p, left, "<html"))
		return "text/html";
	if (begins(p, left, "<svg") || (begins(p, left, "<?xml") && find_word(p, left, "<svg")))
		return "image/svg+xml";
	if (begins(p, left, "<?xml"))
		return wrapped(name, TEXT, "application/xml");
	if (begins(p, left, "BEGIN:VCARD"))
		return "text/vcard";
	if (begins(p, left, "BEGIN:VCALENDAR"))
		return "text/calendar";
	return wrapped(name, TEXT, "text/plain");
}

static const char *of_content(const char *data, size_t len, const char *name)
{
	const char *type = of_bytes(data, len, name);

	return type ? type : of_text(data, len, name);
}

const char *sniff_type(const void *data, size_t len, const char *name)
{
	const char *type = of_content(data, len, name);

	if (!type)
		type = sniff_name(name);
	return type ? type : "application/octet-stream";
}

static bool is_a(const char *type, const char *kind)
{
	return strncasecmp(type, kind, strlen(kind)) == 0;
}

bool sniff_contradicts(const char *type, const void *data, size_t len, const char **ret_actual)
{
	const char *actual = of_content(data, len, "");

	if (!actual)
		return false;
	*ret_actual = actual;
	if (is_a(type, "image/"))
		return !is_a(actual, "image/");
	/* The same wrapping is a sound or a film. */
	if (is_a(type, "audio/") || is_a(type, "video/"))
		return !is_a(actual, "audio/") && !is_a(actual, "video/");
	if (strcasecmp(type, "application/pdf") == 0)
		return strcmp(actual, "application/pdf") != 0;
	if (strcmp(actual, "text/html") == 0)
		return !is_a(type, "text/") && !is_a(type, "application/xhtml") && !is_a(type, "application/xml") &&
		    !is_a(type, "application/octet-stream");
	return false;
}
