/* What a channel cannot show, in words; and HTML, for those who only read text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/compat.h"
#include "common/deliver/fit_work.h"
#include "common/line/envelope.h"
#include "common/line/utf8.h"

#include "common/banned.h"

#define TYPED_BYTES 12          /* of an answer that is typed as it is; longer ones get a number */

/* "Reply 1 for Yes, 2 for No". In other languages than these, "1 = Yes, 2 = No". */
static const struct phrase {
	const char *lang, *reply, *means;
} phrases[] = {
    {"en", "Reply ", " for "},
    {"es", "Responda ", " para "},
    {"pt", "Responda ", " para "},
    {"fr", "Répondez ", " pour "},
    {"de", "Antworten Sie ", " für "},
    {"it", "Risponda ", " per "},
    {"nl", "Antwoord ", " voor "},
    {"ca", "Respongui ", " per a "},
};

static struct phrase phrase_of(const char *lang)
{
	size_t len = strcspn(lang ? lang : "en", "-");

	for (size_t i = 0; i < COUNT_OF(phrases); i++)
		if (len == 2 && strncasecmp(phrases[i].lang, lang ? lang : "en", 2) == 0)
			return phrases[i];
	return (struct phrase){lang, "", " = "};
}

void fit_add_html(struct buf *b, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			buf_add_text(b, "&amp;");
			break;
		case '<':
			buf_add_text(b, "&lt;");
			break;
		case '>':
			buf_add_text(b, "&gt;");
			break;
		case '"':
			buf_add_text(b, "&quot;");
			break;
		default:
			buf_add_char(b, *text);
			break;
		}
	}
}

static void add_words(struct buf *b, const char *text, bool html)
{
	if (html)
		fit_add_html(b, text);
	else
		buf_add_text(b, text);
}

static void begin_line(struct buf *b, bool html)
{
	if (html)
		buf_add_text(b, "<p>");
	else if (b->len > 0 && b->data[b->len - 1] != '\n')
		buf_add_char(b, '\n');
}

static void add_link(struct buf *b, const char *text, const char *url, bool html)
{
	begin_line(b, html);
	if (!html) {
		buf_addf(b, *text ? "%s: %s" : "%s%s", text, url);
		return;
	}
	buf_add_text(b, "<a href=\"");
	fit_add_html(b, url);
	buf_add_text(b, "\">");
	fit_add_html(b, *text ? text : url);
	buf_add_text(b, "</a></p>\n");
}

void fit_add_links(struct buf *b, const json_t *media, bool html)
{
	for (size_t i = 0; i < json_array_size(media); i++) {
		const json_t *m = json_array_get(media, i);

		add_link(b, envelope_text(m, "alt", ""), envelope_text(m, "url", ""), html);
	}
}

/* Can somebody type it as it is? */
static bool is_word(const char *reply)
{
	size_t len = strspn(reply, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

	return len > 0 && len <= TYPED_BYTES && !reply[len];
}

static bool all_words(const json_t *buttons)
{
	for (size_t i = 0; i < json_array_size(buttons); i++) {
		const json_t *button = json_array_get(buttons, i);

		if (!envelope_text(button, "url", NULL) && !is_word(envelope_text(button, "reply", "")))
			return false;
	}
	return true;
}

static void add_choices(struct buf *b, const json_t *buttons, const char *lang, bool html)
{
	struct phrase phrase = phrase_of(lang);
	bool words = all_words(buttons);
	unsigned number = 0;

	for (size_t i = 0; i < json_array_size(buttons); i++) {
		const json_t *button = json_array_get(buttons, i);

		if (envelope_text(button, "url", NULL))
			continue;
		if (number++ == 0) {
			begin_line(b, html);
			buf_add_text(b, phrase.reply);
		} else {
			buf_add_text(b, ", ");
		}
		if (words)
			buf_add_text(b, envelope_text(button, "reply", ""));
		else
			buf_add_int(b, number);
		buf_add_text(b, phrase.means);
		add_words(b, envelope_text(button, "text", ""), html);
	}
	if (html && number > 0)
		buf_add_text(b, "</p>\n");
}

void fit_add_buttons(struct buf *b, const json_t *buttons, const char *lang, bool html)
{
	for (size_t i = 0; i < json_array_size(buttons); i++) {
		const json_t *button = json_array_get(buttons, i);
		const char *url = envelope_text(button, "url", NULL);

		if (url)
			add_link(b, envelope_text(button, "text", ""), url, html);
	}
	add_choices(b, buttons, lang, html);
}

json_t *fit_choices(const json_t *buttons)
{
	json_t *list;

	if (all_words(buttons))
		return NULL;
	list = json_array();
	for (size_t i = 0; i < json_array_size(buttons); i++) {
		const json_t *button = json_array_get(buttons, i);

		if (!envelope_text(button, "url", NULL))
			json_array_append_new(list, json_string(envelope_text(button, "reply", envelope_text(button, "text", ""))));
	}
	return list;
}

void fit_html_insert(struct buf *b, const char *html, const char *rest)
{
	const char *end = NULL;

	for (const char *p = html; (p = strstr(p, "</")); p++)
		if (strncasecmp(p, "</body", 6) == 0)
			end = p;
	if (!end)
		end = html + strlen(html);
	buf_add(b, html, (size_t)(end - html));
	buf_add_text(b, rest);
	buf_add_text(b, end);
}

/* ---- HTML as text ---- */

/* Elements that begin on a line of their own, and those of which nothing is seen. */
static const char *const lines[] = {"p", "br", "div", "tr", "li", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "hr",
    "blockquote", "pre", "section", "article", "header", "footer", NULL};
static const char *const unseen[] = {"style", "script", "head", "title", NULL};

static bool is_one_of(const char *tag, size_t len, const char *const *names)
{
	for (; *names; names++)
		if (strlen(*names) == len && strncasecmp(tag, *names, len) == 0)
			return true;
	return false;
}

static void add_break(struct buf *b)
{
	while (b->len > 0 && b->data[b->len - 1] == ' ')
		b->data[--b->len] = '\0';
	if (b->len > 0 && b->data[b->len - 1] != '\n')
		buf_add_char(b, '\n');
}

static void add_entity(struct buf *b, const char **text)
{
	static const struct {
		const char *name;
		uint32_t code;
	} names[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&nbsp;", ' '},
	    {"&euro;", 0x20ac}, {"&hellip;", 0x2026}, {"&ndash;", 0x2013}, {"&mdash;", 0x2014}, {"&rsquo;", 0x2019},
	    {"&lsquo;", 0x2018}, {"&ldquo;", 0x201c}, {"&rdquo;", 0x201d}, {"&copy;", 0xa9}};
	const char *p = *text;
	char *end;
	unsigned long code;

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (strncmp(p, names[i].name, strlen(names[i].name)) == 0) {
			utf8_add(b, names[i].code);
			*text += strlen(names[i].name);
			return;
		}
	if (p[1] == '#') {
		code = p[2] == 'x' || p[2] == 'X' ? strtoul(p + 3, &end, 16) : strtoul(p + 2, &end, 10);
		if (*end == ';' && code >= 0x20 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)) {
			utf8_add(b, (uint32_t)code);
			*text = end + 1;
			return;
		}
	}
	buf_add_char(b, '&');
	(*text)++;
}

/* Behind </NAME …>, or the end. */
static const char *behind(const char *text, const char *name, size_t len)
{
	for (; (text = strstr(text, "</")); text++)
		if (strncasecmp(text + 2, name, len) == 0)
			return text + strcspn(text, ">") + (strchr(text, '>') != NULL);
	return "";
}

/* A tag or a comment at `text`; where it ends. */
static const char *take_tag(struct buf *b, const char *text)
{
	const char *name = text + 1 + (text[1] == '/'), *end = text + strcspn(text, ">");
	size_t len = strcspn(name, " \t\r\n/>");

	if (strncmp(text, "<!--", 4) == 0) {
		end = strstr(text, "-->");
		return end ? end + 3 : "";
	}
	if (is_one_of(name, len, lines))
		add_break(b);
	if (text[1] != '/' && is_one_of(name, len, unseen))
		return behind(text, name, len);
	return end + (*end == '>');
}

void fit_html_text(struct buf *b, const char *html)
{
	while (*html) {
		bool space = strchr(" \t\r\n", *html);

		if (*html == '<') {
			html = take_tag(b, html);
		} else if (*html == '&') {
			add_entity(b, &html);
		} else if (space) {
			if (b->len > 0 && b->data[b->len - 1] != ' ' && b->data[b->len - 1] != '\n')
				buf_add_char(b, ' ');
			html++;
		} else {
			buf_add_char(b, *html++);
		}
	}
	while (b->len > 0 && strchr(" \n", b->data[b->len - 1]))
		b->data[--b->len] = '\0';
}
