#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/address/address.h"
#include "common/address/idn.h"
#include "common/address/phone.h"
#include "common/closest.h"
#include "common/line/utf8.h"
#include "common/visible.h"

#include "common/banned.h"

enum form { FORM_TEXT, FORM_PHONE, FORM_MAIL };

static const struct scheme {
	const char *name;
	const char *channel;
	enum form form;
} schemes[] = {
    {"sms", "sms", FORM_PHONE},
    {"tel", "voice", FORM_PHONE},
    {"mailto", "email", FORM_MAIL},
    {"whatsapp", "whatsapp", FORM_PHONE},
    {"rcs", "rcs", FORM_PHONE},
    {"viber", "viber", FORM_TEXT},
    {"kakao", "kakao", FORM_PHONE},
    {"fcm", "push", FORM_TEXT},
    {"apns", "push", FORM_TEXT},
    {"webpush", "push", FORM_TEXT},
    {"hms", "push", FORM_TEXT},
    {"expo", "push", FORM_TEXT},
    {"push", "push", FORM_TEXT},
    {"chat", "chat", FORM_TEXT},
    {"ntfy", "ntfy", FORM_TEXT},
    {"slack", "slack", FORM_TEXT},
    {"telegram", "telegram", FORM_TEXT},
    {"messenger", "messenger", FORM_TEXT},
    {"instagram", "instagram", FORM_TEXT},
    {"line", "line", FORM_TEXT},
    {"wechat", "wechat", FORM_TEXT},
    {"signal", "signal", FORM_TEXT},
    {"teams", "teams", FORM_TEXT},
    {"discord", "discord", FORM_TEXT},
    {"mattermost", "mattermost", FORM_TEXT},
    {"rocketchat", "rocketchat", FORM_TEXT},
    {"zulip", "zulip", FORM_TEXT},
    {"gchat", "gchat", FORM_TEXT},
    {"matrix", "matrix", FORM_TEXT},
    {"xmpp", "xmpp", FORM_TEXT},
    {"pushover", "pushover", FORM_TEXT},
    {"gotify", "gotify", FORM_TEXT},
    {"webhook", "webhook", FORM_TEXT},
};

static bool is_word(const char *word, const char *text, size_t len)
{
	return strncasecmp(word, text, len) == 0 && word[len] == '\0';
}

/*
 * In any case (RFC 3986), and by the channel's name as well as the scheme's: an address has one form, under which the
 * ledger knows it, so that nobody who said no to mailto: can be reached by email:.
 */
static const struct scheme *find_scheme(const char *name, size_t len)
{
	for (size_t i = 0; i < COUNT_OF(schemes); i++)
		if (is_word(schemes[i].name, name, len))
			return &schemes[i];
	for (size_t i = 0; i < COUNT_OF(schemes); i++)
		if (is_word(schemes[i].channel, name, len))
			return &schemes[i];
	return NULL;
}

static const struct scheme *scheme_of_channel(const char *channel)
{
	for (size_t i = 0; i < COUNT_OF(schemes); i++)
		if (strcmp(schemes[i].channel, channel) == 0)
			return &schemes[i];
	return NULL;
}

/* How long the scheme before the colon is; 0 when there is none. */
static size_t scheme_length(const char *uri)
{
	const char *colon = strchr(uri, ':');
	size_t len;

	if (!colon)
		return 0;
	len = strspn(uri, "abcdefghijklmnopqrstuvwxyz0123456789+.-");
	if (uri[len] == ':' && len < ADDRESS_CHANNEL && uri[0] >= 'a' && uri[0] <= 'z')
		return len;
	len = (size_t)(colon - uri);
	return len > 0 && find_scheme(uri, len) ? len : 0;
}

static int set_text(struct address *a, const char *scheme, size_t scheme_len, const char *value, struct err *e)
{
	size_t len = strlen(value);

	if (scheme_len + 1 + len >= sizeof(a->text))
		return err_set(e, EX_DATAERR, "address longer than %d bytes", ADDRESS_BYTES - 1);
	memcpy(a->text, scheme, scheme_len);
	a->text[scheme_len] = ':';
	memcpy(a->text + scheme_len + 1, value, len + 1);
	a->value = a->text + scheme_len + 1;
	return 0;
}

static void set_channel(struct address *a, const char *name, size_t len)
{
	if (len >= sizeof(a->channel))
		len = sizeof(a->channel) - 1;
	memcpy(a->channel, name, len);
	a->channel[len] = '\0';
}

static void add_small(struct buf *b, const char *text)
{
	while (*text)
		utf8_add(b, idn_small(utf8_next(&text)));
}

static bool is_mail_domain(const char *domain)
{
	size_t label = 0;
	struct buf ascii;
	bool fits;

	if (*domain == '[')     /* an address literal: [192.0.2.1], [IPv6:…] */
		return strlen(domain) > 2 && strspn(domain + 1, "0123456789abcdefABCDEF.:IPVipv") + 2 == strlen(domain) &&
		    domain[strlen(domain) - 1] == ']';
	for (const char *p = domain; *p; p++) {
		bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || (*p & 0x80);

		if (*p == '.' ? label == 0 || p[-1] == '-' : !letter && (*p != '-' || label == 0))
			return false;
		label = *p == '.' ? 0 : label + 1;
		if (label > 63)
			return false;
	}
	if (label == 0 || domain[strlen(domain) - 1] == '-')
		return false;
	for (const char *p = domain; *p;)
		if ((*p & 0x80) ? !idn_domain_code(utf8_next(&p)) : (p++, false))
			return false;
	buf_init(&ascii, ADDRESS_BYTES);
	fits = idn_add_ascii(&ascii, domain);
	buf_clear(&ascii);
	return fits;
}

/* A mailbox of RFC 5321 as people write it: a dot-atom (UTF-8 allowed, RFC 6531), no quoted local part. */
static bool is_mail(const char *text, size_t *ret_at)
{
	static const char atom[] = "!#$%&'*+-/=?^_`{|}~.";
	const char *at = strchr(text, '@');

	if (!at || at == text || at - text > 64 || strlen(text) > 254)
		return false;
	for (const char *p = text; p < at; p++) {
		bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || (*p & 0x80);

		if (!letter && !strchr(atom, *p))
			return false;
		if (*p == '.' && (p == text || p[1] == '.' || p + 1 == at))
			return false;
	}
	for (const char *p = text; p < at;)
		if (!idn_local_code(utf8_next(&p)))
			return false;
	*ret_at = (size_t)(at - text);
	return is_mail_domain(at + 1);
}

/* In place: small letters take no more bytes than capital ones. */
static void lower(char *text)
{
	struct buf b;

	buf_init(&b, ADDRESS_BYTES);
	add_small(&b, text);
	memcpy(text, b.data, b.len + 1);
	buf_clear(&b);
}

/* What nobody sees makes two addresses of one. */
static bool is_plain(const char *value)
{
	while (*value)
		if (!visible_code(utf8_next(&value)))
			return false;
	return true;
}

static int parse_value(const struct scheme *s, const char *scheme, size_t scheme_len, const char *value, struct address *a,
    struct err *e)
{
	struct phone phone;
	size_t at;

	a->region[0] = '\0';
	set_channel(a, s ? s->channel : scheme, s ? strlen(s->channel) : scheme_len);
	if (s) {
		scheme = s->name;
		scheme_len = strlen(s->name);
	}
	if (s && s->form == FORM_PHONE) {
		if (phone_parse(value, &phone, e) < 0)
			return -1;
		memcpy(a->region, phone.region, sizeof(a->region));
		return set_text(a, scheme, scheme_len, phone.number, e);
	}
	if (s && s->form == FORM_MAIL) {
		if (!is_mail(value, &at))
			return err_set(e, EX_DATAERR, "not a mail address: '%s'", err_quote(value));
		if (set_text(a, scheme, scheme_len, value, e) < 0)
			return -1;
		lower(a->text + scheme_len + 1 + at);
		return 0;
	}
	if (!*value)
		return err_set(e, EX_DATAERR, "nothing behind '%.*s:'", (int)scheme_len, scheme);
	if (!is_plain(value))
		return err_set(e, EX_DATAERR, "control byte or invisible character in address: '%s'", err_quote(value));
	return set_text(a, scheme, scheme_len, value, e);
}

int address_parse(const char *uri, struct address *ret_address, struct err *e)
{
	size_t len = scheme_length(uri), at;

	if (len)
		return parse_value(find_scheme(uri, len), uri, len, uri + len + 1, ret_address, e);
	if (*uri == '+')
		return parse_value(find_scheme("sms", 3), "sms", 3, uri, ret_address, e);
	if (is_mail(uri, &at))
		return parse_value(find_scheme("mailto", 6), "mailto", 6, uri, ret_address, e);
	return err_set(e, EX_DATAERR, "not an address such as sms:+15551230001: '%s'", err_quote(uri));
}

int address_of_channel(const char *channel, const char *value, struct address *ret_address, struct err *e)
{
	size_t len = scheme_length(value);
	const struct scheme *s = len ? find_scheme(value, len) : NULL;

	if (len && (s ? strcmp(s->channel, channel) == 0 : strlen(channel) == len && strncmp(channel, value, len) == 0))
		return parse_value(s, value, len, value + len + 1, ret_address, e);
	s = scheme_of_channel(channel);
	if (!s && (strlen(channel) >= ADDRESS_CHANNEL || *channel < 'a' || *channel > 'z' ||
	              strspn(channel, "abcdefghijklmnopqrstuvwxyz0123456789+.-") != strlen(channel)))
		return err_set(e, EX_DATAERR, "not a channel's name: '%s'", err_quote(channel));
	if (!s && find_scheme(channel, strlen(channel)))
		return err_set(e, EX_DATAERR, "not a channel's name: '%s' (the channel is '%s')", channel,
		    find_scheme(channel, strlen(channel))->channel);
	return parse_value(s, s ? s->name : channel, strlen(s ? s->name : channel), value, ret_address, e);
}

void address_copy(struct address *to, const struct address *from)
{
	*to = *from;
	to->value = to->text + (from->value - from->text);
}

void address_subject(const struct address *a, char ret_subject[ADDRESS_BYTES])
{
	const char *at = strchr(a->text, '@');
	bool ascii = true;
	struct buf b;

	memcpy(ret_subject, a->text, strlen(a->text) + 1);
	if (!at || strncmp(ret_subject, "mailto:", 7) != 0)
		return;
	for (char *p = ret_subject; *p; p++) {
		ascii = ascii && !(*p & 0x80);
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p + 32);
	}
	if (ascii)
		return;
	/* "bücher.example" and "xn--bcher-kva.example" are one place. */
	buf_init(&b, ADDRESS_BYTES - 1);
	add_small(&b, ret_subject);
	b.len = (size_t)(strchr(b.data, '@') + 1 - b.data);
	idn_add_ascii(&b, at + 1);
	if (!buf_over(&b))
		memcpy(ret_subject, b.data, b.len + 1);
	buf_clear(&b);
}

bool address_looks_like(const char *text)
{
	return scheme_length(text) > 0 || *text == '+' || (strchr(text, '@') && *text != '@');
}

bool address_channel_known(const char *channel)
{
	return scheme_of_channel(channel) != NULL;
}

const char *address_closest_scheme(const char *name)
{
	const char *guess = NULL;

	for (size_t i = 0; i < COUNT_OF(schemes); i++) {
		guess = closest_of(name, guess, schemes[i].name);
		guess = closest_of(name, guess, schemes[i].channel);
	}
	return guess;
}

/* At most `len` bytes of UTF-8 text, and no half character. */
static int whole(const char *text, size_t len)
{
	while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	return (int)len;
}

const char *address_masked(const char *text)
{
	static char out[ADDRESS_BYTES + 16];
	const char *value = strchr(text, ':');
	const char *at = strchr(text, '@');
	int lead;
	size_t len;

	value = value ? value + 1 : text;
	lead = (int)(value - text);
	len = strlen(value);
	if (*value == '+') {
		size_t tail = len > 9 ? 4 : len > 7 ? 2 : 0;

		snprintf(out, sizeof(out), "%.*s•••%s", lead + (len > 9 ? 5 : len > 7 ? 4 : 2), text, value + len - tail);
	} else if (at && at > value) {
		size_t first = 1;

		while (((unsigned char)value[first] & 0xc0) == 0x80)
			first++;
		snprintf(out, sizeof(out), "%.*s•••%s", lead + (int)first, text, at);
	} else if (len > 12) {
		snprintf(out, sizeof(out), "%.*s•••", lead + whole(value, 6), text);
	} else {
		snprintf(out, sizeof(out), "%s", text);
	}
	return out;
}
