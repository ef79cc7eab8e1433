#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/compat.h"
#include "common/deliver/links.h"
#include "common/xalloc.h"

#include "common/banned.h"

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* "http://" or "https://" with something behind it; how long that beginning is, or 0. */
static size_t begins(const char *p)
{
	size_t len = strncasecmp(p, "https://", 8) == 0 ? 8 : strncasecmp(p, "http://", 7) == 0 ? 7 : 0;

	return len && (is_word(p[len]) || p[len] == '[' || (p[len] & 0x80)) ? len : 0;
}

static const char *const pairs[] = {"()", "[]", "{}"};

/* How many more of each kind of bracket are closed than opened. */
struct brackets {
	long closed[COUNT_OF(pairs)];
};

static void count_brackets(const char *url, size_t len, struct brackets *ret_brackets)
{
	*ret_brackets = (struct brackets){{0}};
	for (size_t i = 0; i < len; i++)
		for (size_t k = 0; k < COUNT_OF(pairs); k++)
			ret_brackets->closed[k] += (url[i] == pairs[k][1]) - (url[i] == pairs[k][0]);
}

/* What ends a sentence, not a URL; a bracket only when it was not opened within, and then it is counted out. */
static bool ends_sentence(char last, struct brackets *b)
{
	if (strchr(".,;:!?'*_", last))
		return true;
	for (size_t k = 0; k < COUNT_OF(pairs); k++)
		if (last == pairs[k][1] && b->closed[k] > 0) {
			b->closed[k]--;
			return true;
		}
	return false;
}

/* How many bytes of typography that no URL ends with are at the end. */
static size_t ends_with_mark(const char *url, size_t len)
{
	static const char *const marks[] = {"…", "»", "”", "’", "。", "、", "）", "」"};

	for (size_t i = 0; i < COUNT_OF(marks); i++) {
		size_t size = strlen(marks[i]);

		if (len >= size && memcmp(url + len - size, marks[i], size) == 0)
			return size;
	}
	return 0;
}

/* 0 when nothing is left behind `least`. */
static size_t url_len(const char *p, size_t least)
{
	struct brackets b;
	size_t len = least;

	while ((unsigned char)p[len] > ' ' && p[len] != 0x7f && !strchr("<>\"`|\\^", p[len]))
		len++;
	count_brackets(p, len, &b);
	while (len > least) {
		size_t mark = ends_with_mark(p, len);

		if (mark == 0 && !ends_sentence(p[len - 1], &b))
			break;
		len -= mark ? mark : 1;
	}
	return len > least ? len : 0;
}

/* Appends what stands in the place of one URL, or `as_it_is`. */
static int replace(const char *url, const char *as_it_is, size_t len, links_fn *fn, void *ctx, struct buf *b, struct err *e)
{
	const char *instead = NULL;
	int got = fn(ctx, url, &instead, e);

	if (got == 1)
		buf_add_text(b, instead);
	else if (got == 0)
		buf_add(b, as_it_is, len);
	return got;
}

int links_replace_text(const char *text, links_fn *fn, void *ctx, struct buf *b, struct err *e)
{
	int count = 0;

	for (const char *p = text; *p;) {
		size_t least = p == text || !is_word(p[-1]) ? begins(p) : 0, len;
		char *url;
		int got;

		len = least ? url_len(p, least) : 0;
		if (!len) {
			buf_add_char(b, *p++);
			continue;
		}
		url = xstrndup(p, len);
		got = replace(url, p, len, fn, ctx, b, e);
		free(url);
		if (got < 0)
			return -1;
		count += got;
		p += len;
	}
	return count;
}

/* ---- HTML ---- */

/* An attribute's value with the entities that a URL needs. */
static char *plain_value(const char *value, size_t len)
{
	static const struct {
		const char *entity;
		char plain;
	} known[] = {{"&amp;", '&'}, {"&#38;", '&'}, {"&#x26;", '&'}, {"&quot;", '"'}, {"&#39;", '\''}, {"&#x2f;", '/'}, {"&#47;", '/'}};
	char *text = xstrndup(value, len), *to = text;

	for (const char *p = text; *p;) {
		size_t i = 0;

		while (i < COUNT_OF(known) && strncasecmp(p, known[i].entity, strlen(known[i].entity)) != 0)
			i++;
		*to++ = i < COUNT_OF(known) ? known[i].plain : *p;
		p += i < COUNT_OF(known) ? strlen(known[i].entity) : 1;
	}
	*to = '\0';
	return text;
}

/* The value of the attribute that begins at `p`; where it ends, its quote not included. */
static const char *value_of(const char *p, const char **ret_start)
{
	p += strspn(p, " \t\r\n");
	if (*p != '=')
		return NULL;
	p++;
	p += strspn(p, " \t\r\n");
	if (*p == '"' || *p == '\'') {
		const char *end = strchr(p + 1, *p);

		*ret_start = p + 1;
		return end;
	}
	*ret_start = p;
	return p + strcspn(p, " \t\r\n>");
}

static int replace_href(const char *value, size_t len, links_fn *fn, void *ctx, struct buf *b, struct err *e)
{
	char *plain = plain_value(value, len), *url = plain + strspn(plain, " \t\r\n");
	int got;

	url[strcspn(url, " \t\r\n")] = '\0';
	got = begins(url) ? replace(url, value, len, fn, ctx, b, e) : 0;
	if (!begins(url))
		buf_add(b, value, len);
	free(plain);
	return got;
}

/* One attribute after the other, so that what stands in another one's quotes is not taken for a link. */
static int replace_tag(const char **at, links_fn *fn, void *ctx, struct buf *b, struct err *e)
{
	const char *p = *at;
	int count = 0;

	while (*p && *p != '>') {
		size_t name = strcspn(p, " \t\r\n=>/\"'");
		const char *start, *end = name ? value_of(p + name, &start) : NULL;
		int got = 0;

		if (!end) {
			buf_add(b, p, name ? name : 1);
			p += name ? name : 1;
			continue;
		}
		buf_add(b, p, (size_t)(start - p));
		if (name == 4 && strncasecmp(p, "href", 4) == 0)
			got = replace_href(start, (size_t)(end - start), fn, ctx, b, e);
		else
			buf_add(b, start, (size_t)(end - start));
		if (got < 0)
			return -1;
		count += got;
		p = end;
		if (*p == '"' || *p == '\'')
			buf_add_char(b, *p++);
	}
	*at = p;
	return count;
}

int links_replace_html(const char *html, links_fn *fn, void *ctx, struct buf *b, struct err *e)
{
	bool comments = true;   /* the last one may go on to the end: it is looked for once */
	int count = 0;

	for (const char *p = html; *p;) {
		bool link = p[0] == '<' && (p[1] == 'a' || p[1] == 'A') && p[2] && strchr(" \t\r\n", p[2]);
		bool opens = comments && strncmp(p, "<!--", 4) == 0;
		const char *comment = opens ? strstr(p, "-->") : NULL;
		int got;

		comments = comments && (!opens || comment);
		if (comment) {
			buf_add(b, p, (size_t)(comment - p));
			p = comment;
		} else if (!link) {
			buf_add_char(b, *p++);
		} else {
			buf_add(b, p, 2);
			p += 2;
			got = replace_tag(&p, fn, ctx, b, e);
			if (got < 0)
				return -1;
			count += got;
		}
	}
	return count;
}
