/*
 * Mail, handed to a submission server or relay. One message a recipient: nobody sees another's address, and every leg
 * has a reply of its own. The Message-ID comes from the delivery's id and stays the same over retries, but no server
 * promises to drop a repetition: a connection that breaks after the last byte leaves the outcome unknown.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/address/idn.h"
#include "common/compat.h"
#include "common/line/envelope.h"
#include "common/provider/media.h"
#include "common/provider/network.h"
#include "common/provider/provider.h"
#include "common/provider/smtp.h"
#include "common/template/template.h"
#include "common/transport/mime.h"
#include "common/xalloc.h"

#include "common/banned.h"

/* Servers look at a mail before they take it; RFC 5321 (4.5.3.2) would have us wait for ten minutes. */
#define TIMEOUT_MS (5 * 60000)
#define CONNECT_TIMEOUT_MS 30000        /* with greeting, TLS and login */
#define SUBJECT_BYTES 78        /* of one made from the text */
#define URL_BYTES 900
#define ID_BYTES_MAX 1024       /* of a Message-ID */
#define HEADER_NAME_MAX 60

static const char *const channels[] = {"email", NULL};

static const struct setting settings[] = {
    {"url", SETTING_SMTP_URL, true, NULL, "smtp://HOST[:25] or smtps://HOST[:465]"},
    {"user", SETTING_TEXT, false, NULL, "name to log in with"},
    {"password", SETTING_SECRET, false, NULL, "its password"},
    {"token", SETTING_SECRET, false, NULL, "OAuth 2.0 access token, instead of a password"},
    {"auth", SETTING_TEXT, false, NULL, "the one mechanism to log in with; by default the best that both know"},
    {"helo", SETTING_TEXT, false, NULL, "name to greet with; by default this machine's"},
    {"envelope_from", SETTING_TEXT, false, NULL, "address that bounces go to; by default the sender's"},
    {"headers", SETTING_MAP, false, NULL, "more headers by name"},
    {"notify", SETTING_TEXT, false, NULL, "delivery notices to ask for: success, failure and delay with commas between, or never"},
    {"from", SETTING_TEXT, false, NULL, "sender when neither leg, message nor channel names one"},
    {"starttls", SETTING_BOOL, false, NULL, "refuse smtp:// without TLS; by default when a password leaves this machine"},
    {"unsubscribe", SETTING_TEXT, false, NULL, "https URL for marketing mail; {{address}}, {{topic}} and {{contact}} are filled in"},
    NETWORK_SETTINGS,
    {NULL, SETTING_TEXT, false, NULL, NULL},
};

static const char *const mechanisms[] = {"PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "NTLM", "GSSAPI", "EXTERNAL", "OAUTHBEARER", "XOAUTH2",
    "SCRAM-SHA-1", "SCRAM-SHA-256"};

static const char *mechanism(const struct account *a)
{
	const char *auth = account_text(a, "auth");

	for (size_t i = 0; auth && i < COUNT_OF(mechanisms); i++)
		if (strcasecmp(mechanisms[i], auth) == 0)
			return mechanisms[i];
	return NULL;
}

static int check_login(const struct account *a, struct err *e)
{
	const char *auth = account_text(a, "auth"), *with = mechanism(a);
	bool password = account_text(a, "password"), token = account_text(a, "token");

	if (auth && !with)
		return err_set(e, EX_CONFIG, "auth: not a mechanism such as plain, login, cram-md5, external or xoauth2: '%s'", err_quote(auth));
	if (password && token)
		return err_set(e, EX_CONFIG, "either a password or a token");
	/* EXTERNAL is what the client's certificate says. */
	if (account_text(a, "user") ? !password && !token && !(with && strcmp(with, "EXTERNAL") == 0) : password || token || with)
		return err_set(e, EX_CONFIG, "user and password (or token) go together");
	return 0;
}

/* Words of RFC 3461, section 4.1. */
static int check_notify(const char *notify, struct err *e)
{
	static const char *const words[] = {"success", "failure", "delay"};

	if (strcasecmp(notify, "never") == 0)
		return 0;
	for (const char *p = notify;; p++) {
		size_t len = strcspn(p, ","), i = 0;

		while (i < COUNT_OF(words) && (strlen(words[i]) != len || strncasecmp(words[i], p, len) != 0))
			i++;
		if (i == COUNT_OF(words))
			return err_set(e, EX_CONFIG, "notify: neither never nor of success, failure and delay with commas between: '%s'",
			    err_quote(notify));
		p += len;
		if (!*p)
			return 0;
	}
}

static int check_headers(const json_t *headers, struct err *e)
{
	static const char *const ours[] = {"date", "from", "to", "cc", "bcc", "sender", "reply-to", "subject", "message-id", "in-reply-to",
	    "references", "mime-version", "list-unsubscribe", "list-unsubscribe-post", "auto-submitted", "importance", "return-path", "received"};
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)headers, name, value) {
		bool taken = strncasecmp(name, "content-", 8) == 0;

		for (size_t i = 0; i < COUNT_OF(ours); i++)
			taken = taken || strcasecmp(ours[i], name) == 0;
		if (taken || !request_is_header_name(name) || strlen(name) > HEADER_NAME_MAX)
			return err_set(e, EX_CONFIG, "headers: %s: '%s'", taken ? "made from the message" : "not a header", err_quote(name));
	}
	return 0;
}

static int check_names(const struct account *a, struct err *e)
{
	const char *from = account_text(a, "from"), *envelope = account_text(a, "envelope_from"), *helo = account_text(a, "helo");
	const char *host = strstr(account_text(a, "url"), "//") + 2;
	struct mime_mailbox m;

	if (from && mime_mailbox_parse(from, &m, e) < 0)
		return err_at(e, "from: ");
	if (envelope && (mime_mailbox_parse(envelope, &m, e) < 0 || *m.name))
		return err_set(e, EX_CONFIG, "envelope_from: not an address: '%s'", err_quote(envelope));
	if (helo && (!*helo || strspn(helo, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-[]:") != strlen(helo)))
		return err_set(e, EX_CONFIG, "helo: not a host's name: '%s'", err_quote(helo));
	if (helo && strpbrk(host, "/?#"))
		return err_set(e, EX_CONFIG, "helo: the URL says it behind the host");
	return 0;
}

static int check(const struct account *a, struct err *e)
{
	const char *unsubscribe = account_text(a, "unsubscribe"), *notify = account_text(a, "notify");

	if (unsubscribe && strncmp(unsubscribe, "https://", 8) != 0)
		return err_set(e, EX_CONFIG, "unsubscribe: not an https URL: '%s'", err_quote(unsubscribe));
	if (check_login(a, e) < 0 || check_names(a, e) < 0 || check_headers(account_given(a, "headers"), e) < 0 ||
	    (notify && check_notify(notify, e) < 0))
		return -1;
	return network_check(a, e);
}

static bool is_loopback(const char *url)
{
	const char *host = strstr(url, "//") + 2;
	size_t len = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/?#");

	if (strncmp(host, "127.", 4) == 0)
		return strspn(host, "0123456789.") == len;
	return (len == 9 && strncasecmp(host, "localhost", 9) == 0) || (len == 5 && strncmp(host, "[::1]", 5) == 0);
}

/* A password never goes over a network in the clear unless the configuration says `starttls: false`. */
static bool needs_tls(const struct account *a)
{
	if (account_text(a, "starttls"))
		return account_number(a, "starttls") != 0;
	return (account_text(a, "password") || account_text(a, "token")) && !is_loopback(account_text(a, "url"));
}

static const char *sender(const struct delivery *d)
{
	return d->from ? d->from : account_text(d->account, "from");
}

/* The domain as everybody can read it; what stands before the @ only SMTPUTF8 carries beyond ASCII. */
static int make_plain(struct mime_mailbox *m, struct err *e)
{
	char *at = strchr(m->address, '@') + 1;
	struct buf domain;
	bool fits;

	if (mime_is_ascii(at))
		return 0;
	buf_init(&domain, sizeof(m->address));
	fits = idn_add_ascii(&domain, at) && !buf_over(&domain) && domain.len < sizeof(m->address) - (size_t)(at - m->address);
	if (fits)
		memcpy(at, domain.data, domain.len + 1);
	buf_clear(&domain);
	return fits ? 0 : err_set(e, EX_DATAERR, "not a mail address: '%s'", err_quote(m->address));
}

static int parse_mailbox(const char *text, struct mime_mailbox *ret_mailbox, struct err *e)
{
	return mime_mailbox_parse(text, ret_mailbox, e) < 0 || make_plain(ret_mailbox, e) < 0 ? -1 : 0;
}

/* The same for every attempt; the request has been made, so the sender is well-formed. */
static void add_message_id(const struct delivery *d, struct buf *b)
{
	struct mime_mailbox from;

	if (parse_mailbox(sender(d), &from, NULL) == 0)
		mime_id(b, d->id, strchr(from.address, '@') + 1);
}

static int set_mailboxes(const struct delivery *d, struct mime_message *m, struct err *e)
{
	const char *from = sender(d), *reply_to = envelope_text(d->message, "reply_to", NULL);

	if (!from)
		return err_set(e, EX_CONFIG, "from: no sender for mail (channels.email.from, or the account's or message's from)");
	if (parse_mailbox(from, &m->from, e) < 0)
		return err_at(e, "from: ");
	if (reply_to && parse_mailbox(reply_to, &m->reply_to, e) < 0)
		return err_at(e, "reply_to: ");
	snprintf(m->to.name, sizeof(m->to.name), "%s", envelope_text(d->recipient, "name", ""));
	snprintf(m->to.address, sizeof(m->to.address), "%s", d->address->value);
	return make_plain(&m->to, e);
}

static int set_envelope(const struct delivery *d, const struct mime_message *m, struct request *r, struct err *e)
{
	const char *given = account_text(d->account, "envelope_from");
	struct mime_mailbox from = m->from;

	if (given && parse_mailbox(given, &from, e) < 0)
		return err_at(e, "envelope_from: ");
	r->mail_from = xstrdup(from.address);
	r->mail_to = xstrdup(m->to.address);
	r->mail_id = xstrdup(d->id);
	r->mail_notify = account_text(d->account, "notify");
	r->mail_utf8 = !mime_is_ascii(from.address) || !mime_is_ascii(m->to.address) || !mime_is_ascii(m->from.address) ||
	    !mime_is_ascii(m->reply_to.address);
	return 0;
}

static void set_server(const struct account *a, struct request *r)
{
	const char *url = account_text(a, "url"), *helo = account_text(a, "helo");

	r->kind = REQUEST_SMTP;
	r->url = helo ? xformat("%s/%s", url, helo) : xstrdup(url);
	r->user = account_text(a, "user");
	r->password = account_secret(a, "password");
	r->token = account_secret(a, "token");
	r->login = mechanism(a);
	r->starttls = needs_tls(a);
	r->timeout_ms = TIMEOUT_MS;
	r->connect_timeout_ms = CONNECT_TIMEOUT_MS;
	network_set(a, r);
}

/* The subject, or the first line of the text, whole words of it. */
static char *make_subject(const struct delivery *d)
{
	size_t len = strcspn(d->text, "\r\n");

	if (d->subject)
		return xstrdup(d->subject);
	if (len <= SUBJECT_BYTES)
		return xstrndup(d->text, len);
	for (len = SUBJECT_BYTES; len > 0 && d->text[len] != ' ';)
		len--;
	if (len == 0)
		for (len = SUBJECT_BYTES; len > 0 && ((unsigned char)d->text[len] & 0xc0) == 0x80;)
			len--;
	return xformat("%.*s…", (int)len, d->text);
}

/* A conversation's mails refer to one id, which clients group by even though no mail carries it. */
static char *make_reference(const char *thread, const char *domain)
{
	size_t len = thread ? strlen(thread) : 0;
	struct buf b;

	if (!thread)
		return NULL;
	if (len > 2 && thread[0] == '<' && thread[len - 1] == '>' && !strpbrk(thread, " \t") && strchr(thread, '@'))
		return xstrndup(thread + 1, len - 2);
	buf_init(&b, ID_BYTES_MAX);
	buf_add_text(&b, "thread.");
	mime_id(&b, thread, domain);
	return buf_steal(&b);
}

static int make_unsubscribe(const struct delivery *d, char **ret_url, struct err *e)
{
	const char *given = envelope_text(d->message, "unsubscribe", NULL);
	const char *template = d->purpose == PURPOSE_MARKETING ? account_text(d->account, "unsubscribe") : NULL;
	const struct template_options options = {.escape = TEMPLATE_URL};
	struct buf b;
	json_t *data;
	int result;

	*ret_url = NULL;
	buf_init(&b, URL_BYTES);
	if (given) {
		buf_add_text(&b, given);
	} else if (template) {
		data = json_pack("{s:s,s:s,s:s}", "address", d->address->value, "topic", envelope_text(d->message, "topic", ""), "contact",
		    envelope_text(d->recipient, "id", ""));
		result = template_render(&b, template, data, &options, e);
		json_decref(data);
		if (result < 0) {
			buf_clear(&b);
			return err_at(e, "unsubscribe: ");
		}
	} else if (d->purpose == PURPOSE_MARKETING) {
		return err_set(e, EX_DATAERR, "unsubscribe: marketing mail needs an https URL, of the message or the account");
	} else {
		return 0;
	}
	if (buf_over(&b) || strncmp(b.data, "https://", 8) != 0) {
		buf_clear(&b);
		return err_set(e, EX_DATAERR, "unsubscribe: not an https URL of at most %d bytes", URL_BYTES);
	}
	*ret_url = buf_steal(&b);
	return 0;
}

static struct mime_attachment *attachments_of(const struct media_list *files)
{
	struct mime_attachment *list = xcalloc(files->count + 1, sizeof(*list));

	for (size_t i = 0; i < files->count; i++) {
		const struct media *m = &files->items[i];

		list[i] = (struct mime_attachment){m->name, m->type, m->data.data, m->data.len, m->cid};
	}
	return list;
}

static struct mime_header *headers_of(const struct account *a, size_t *ret_count)
{
	const json_t *given = account_map(a, "headers");
	struct mime_header *list = xcalloc(json_object_size(given) + 1, sizeof(*list));
	const char *name;
	json_t *value;

	*ret_count = 0;
	json_object_foreach((json_t *)given, name, value)
		list[(*ret_count)++] = (struct mime_header){name, json_string_value(value)};
	return list;
}

static int write_mail(const struct delivery *d, struct mime_message *m, struct buf *body, struct err *e)
{
	const char *domain = strchr(m->from.address, '@') + 1;
	const char *urgency = envelope_text(d->message, "urgency", "normal");
	char *subject = make_subject(d), *reference = make_reference(envelope_text(d->message, "thread", NULL), domain);
	struct buf id;
	int result;

	buf_init(&id, ID_BYTES_MAX);
	add_message_id(d, &id);
	m->id = id.data;
	m->subject = *subject ? subject : NULL;
	m->references = m->in_reply_to = reference;
	m->date_ms = d->now_ms;
	m->lang = envelope_text(d->message, "lang", NULL);
	m->automatic = d->purpose != PURPOSE_SERVICE;
	m->important = strcmp(urgency, "high") == 0 || strcmp(urgency, "critical") == 0;
	m->text = *d->text || !d->html ? d->text : NULL;
	m->html = d->html;
	result = mime_write(m, body, e);
	free(subject);
	free(reference);
	buf_clear(&id);
	return result;
}

static int request(const struct delivery *d, struct request *ret_request, struct err *e)
{
	struct mime_message m = {.from = {.name = ""}};
	struct media_list files = {.items = NULL};
	struct mime_attachment *attachments = NULL;
	struct mime_header *headers = headers_of(d->account, &m.header_count);
	char *unsubscribe = NULL;
	int result = -1;

	if (set_mailboxes(d, &m, e) < 0 || make_unsubscribe(d, &unsubscribe, e) < 0 || media_read(d, &files, e) < 0)
		goto out;
	attachments = attachments_of(&files);
	m.attachments = attachments;
	m.attachment_count = files.count;
	m.unsubscribe = unsubscribe;
	m.headers = headers;
	if (write_mail(d, &m, &ret_request->body, e) < 0)
		goto out;
	if (set_envelope(d, &m, ret_request, e) < 0)
		goto out;
	set_server(d->account, ret_request);
	result = 0;
out:
	media_clear(&files);
	free(attachments);
	free(headers);
	free(unsubscribe);
	return result;
}

static void response(const struct delivery *d, const struct reply *r, struct verdict *ret_verdict)
{
	struct buf id;

	if (r->error == REPLY_OK && r->status >= 400) {
		smtp_refused(r, ret_verdict);
	} else if (r->error != REPLY_OK) {
		verdict_of_transport(ret_verdict, r);
	} else {
		ret_verdict->status = STATUS_ACCEPTED;
		buf_init(&id, ID_BYTES_MAX);
		add_message_id(d, &id);
		verdict_id(ret_verdict, id.data);
		buf_clear(&id);
	}
	account_mask(d->account, ret_verdict->text);
}

const struct provider provider_smtp = {
    .name = "smtp",
    .help = "mail over SMTP",
    .channels = channels,
    .settings = settings,
    .caps = PROVIDER_SUBJECT | PROVIDER_HTML | PROVIDER_MEDIA_FILE,
    .check = check,
    .request = request,
    .response = response,
};
