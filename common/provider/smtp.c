/*
 * Mail, handed to a submission server or relay. One message a recipient: nobody sees another's address, and every leg
 * has a reply of its own. The Message-ID comes from the delivery's id and stays the same over retries, but no server
 * promises to drop a repetition: a connection that breaks after the last byte leaves the outcome unknown.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/compat.h"
#include "common/line/envelope.h"
#include "common/provider/media.h"
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

static const char *const channels[] = {"email", NULL};

static const struct setting settings[] = {
    {"url", SETTING_SMTP_URL, true, NULL, "smtp://HOST[:25] or smtps://HOST[:465]"},
    {"user", SETTING_TEXT, false, NULL, "name to log in with"},
    {"password", SETTING_SECRET, false, NULL, "its password"},
    {"from", SETTING_TEXT, false, NULL, "sender when neither leg, message nor channel names one"},
    {"starttls", SETTING_BOOL, false, NULL, "refuse smtp:// without TLS; by default when a password leaves this machine"},
    {"ca_file", SETTING_PATH, false, NULL, "certificates to trust instead of the system's"},
    {"unsubscribe", SETTING_TEXT, false, NULL, "https URL for marketing mail; {{address}}, {{topic}} and {{contact}} are filled in"},
    {NULL, SETTING_TEXT, false, NULL, NULL},
};

static int check(const struct account *a, struct err *e)
{
	const char *unsubscribe = account_text(a, "unsubscribe"), *from = account_text(a, "from");
	struct mime_mailbox m;

	if (!account_text(a, "user") != !account_text(a, "password"))
		return err_set(e, EX_CONFIG, "user and password go together");
	if (unsubscribe && strncmp(unsubscribe, "https://", 8) != 0)
		return err_set(e, EX_CONFIG, "unsubscribe: not an https URL: '%s'", err_quote(unsubscribe));
	if (from && mime_mailbox_parse(from, &m, e) < 0)
		return err_at(e, "from: ");
	return 0;
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
	return account_text(a, "password") && !is_loopback(account_text(a, "url"));
}

static const char *sender(const struct delivery *d)
{
	return d->from ? d->from : account_text(d->account, "from");
}

/* The same for every attempt; the request has been made, so the sender is well-formed. */
static void add_message_id(const struct delivery *d, struct buf *b)
{
	struct mime_mailbox from;

	if (mime_mailbox_parse(sender(d), &from, NULL) == 0)
		mime_id(b, d->id, strchr(from.address, '@') + 1);
}

static int set_mailboxes(const struct delivery *d, struct mime_message *m, struct err *e)
{
	const char *from = sender(d), *reply_to = envelope_text(d->message, "reply_to", NULL);

	if (!from)
		return err_set(e, EX_CONFIG, "from: no sender for mail (channels.email.from, or the account's or message's from)");
	if (mime_mailbox_parse(from, &m->from, e) < 0)
		return err_at(e, "from: ");
	if (reply_to && mime_mailbox_parse(reply_to, &m->reply_to, e) < 0)
		return err_at(e, "reply_to: ");
	snprintf(m->to.name, sizeof(m->to.name), "%s", envelope_text(d->recipient, "name", ""));
	snprintf(m->to.address, sizeof(m->to.address), "%s", d->address->value);
	return 0;
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
	char *unsubscribe = NULL;
	int result = -1;

	if (set_mailboxes(d, &m, e) < 0 || make_unsubscribe(d, &unsubscribe, e) < 0 || media_read(d, &files, e) < 0)
		goto out;
	attachments = attachments_of(&files);
	m.attachments = attachments;
	m.attachment_count = files.count;
	m.unsubscribe = unsubscribe;
	if (write_mail(d, &m, &ret_request->body, e) < 0)
		goto out;
	ret_request->kind = REQUEST_SMTP;
	ret_request->url = xstrdup(account_text(d->account, "url"));
	ret_request->user = account_text(d->account, "user");
	ret_request->password = account_secret(d->account, "password");
	ret_request->ca_file = account_text(d->account, "ca_file");
	ret_request->mail_from = xstrdup(m.from.address);
	ret_request->mail_to = xstrdup(m.to.address);
	ret_request->starttls = needs_tls(d->account);
	ret_request->timeout_ms = TIMEOUT_MS;
	ret_request->connect_timeout_ms = CONNECT_TIMEOUT_MS;
	result = 0;
out:
	media_clear(&files);
	free(attachments);
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
