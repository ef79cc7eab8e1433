#include <stdio.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "common/address/address.h"
#include "common/compat.h"
#include "common/transport/mime.h"

#include "common/banned.h"

#define BOUNDARY_BYTES 70       /* RFC 2046, section 5.1.1 */
#define SEVENBIT_COLUMNS 78
#define ID_LOCAL 64

static int copy_trimmed(char *to, size_t size, const char *from, size_t len)
{
	while (len > 0 && (*from == ' ' || *from == '\t')) {
		from++;
		len--;
	}
	while (len > 0 && (from[len - 1] == ' ' || from[len - 1] == '\t'))
		len--;
	if (len >= size)
		return -1;
	memcpy(to, from, len);
	to[len] = '\0';
	return 0;
}

/* "\"Doe, \\\"A\\\" Ana\"" in place. */
static void unquote(char *text)
{
	size_t len = strlen(text), out = 0;

	if (len < 2 || text[0] != '"' || text[len - 1] != '"')
		return;
	for (size_t i = 1; i < len - 1; i++) {
		if (text[i] == '\\' && i + 1 < len - 1)
			i++;
		text[out++] = text[i];
	}
	text[out] = '\0';
}

int mime_mailbox_parse(const char *text, struct mime_mailbox *ret_mailbox, struct err *e)
{
	const char *open = strrchr(text, '<'), *close = open ? strchr(open, '>') : NULL;
	struct mime_mailbox m = {.name = ""};
	struct address address;

	if (open && (!close || strspn(close + 1, " ") != strlen(close + 1)))
		return err_set(e, EX_DATAERR, "not a mailbox such as 'Clinic <noreply@clinic.example>': '%s'", err_quote(text));
	if (open ? copy_trimmed(m.name, sizeof(m.name), text, (size_t)(open - text)) < 0 ||
	        copy_trimmed(m.address, sizeof(m.address), open + 1, (size_t)(close - open) - 1) < 0
	         : copy_trimmed(m.address, sizeof(m.address), text, strlen(text)) < 0)
		return err_set(e, EX_DATAERR, "mailbox too long: '%s'", err_quote(text));
	if (address_of_channel("email", m.address, &address, e) < 0)
		return -1;
	snprintf(m.address, sizeof(m.address), "%s", address.value);
	unquote(m.name);
	*ret_mailbox = m;
	return 0;
}

static void add_hash(struct buf *b, const char *text)
{
	unsigned char hash[16];
	char hex[2 * sizeof(hash) + 1];

	crypto_generichash(hash, sizeof(hash), (const unsigned char *)text, strlen(text), NULL, 0);
	buf_add_text(b, sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash)));
}

void mime_id(struct buf *b, const char *text, const char *domain)
{
	struct buf local;

	buf_init(&local, ID_LOCAL);
	for (const char *p = text; *p; p++) {
		unsigned char c = (unsigned char)*p;
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';

		if (plain)
			buf_add_char(&local, *p);
		else
			buf_addf(&local, "=%02X", c);
	}
	if (buf_over(&local))
		add_hash(b, text);
	else
		buf_add(b, local.data, local.len);
	buf_addf(b, "@%s", domain);
	buf_clear(&local);
}

/* Nothing that could end a header and begin another one. */
static int check(const char *name, const char *value, struct err *e)
{
	if (!value)
		return 0;
	for (const char *p = value; *p; p++)
		if (((unsigned char)*p < 0x20 && *p != '\t') || *p == 0x7f)
			return err_set(e, EX_DATAERR, "%s: a line break or control byte in a header: '%s'", name, err_quote(value));
	return 0;
}

static int check_all(const struct mime_message *m, struct err *e)
{
	const struct {
		const char *name, *value;
	} all[] = {{"from", m->from.name}, {"from", m->from.address}, {"to", m->to.name}, {"to", m->to.address},
	    {"reply_to", m->reply_to.name}, {"reply_to", m->reply_to.address}, {"subject", m->subject}, {"id", m->id},
	    {"thread", m->in_reply_to}, {"thread", m->references}, {"unsubscribe", m->unsubscribe}, {"lang", m->lang}};

	for (size_t i = 0; i < COUNT_OF(all); i++)
		if (check(all[i].name, all[i].value, e) < 0)
			return -1;
	for (size_t i = 0; i < m->header_count; i++)
		if (check("headers", m->headers[i].value, e) < 0)
			return -1;
	for (size_t i = 0; i < m->attachment_count; i++)
		if (check("media.path", m->attachments[i].name, e) < 0 || check("media.type", m->attachments[i].type, e) < 0)
			return -1;
	if (m->unsubscribe && strpbrk(m->unsubscribe, "<> \t"))
		return err_set(e, EX_DATAERR, "unsubscribe: not a URL: '%s'", err_quote(m->unsubscribe));
	return 0;
}

static void add_mailbox(struct buf *b, const char *header, const struct mime_mailbox *m)
{
	buf_addf(b, "%s: ", header);
	if (*m->name) {
		mime_add_phrase(b, strlen(header) + 2, m->name);
		/* An address never stands on a line that a name has filled. */
		buf_add_text(b, strlen(header) + strlen(m->name) + strlen(m->address) > 70 ? "\r\n " : " ");
		buf_addf(b, "<%s>\r\n", m->address);
	} else {
		buf_addf(b, "%s\r\n", m->address);
	}
}

static void add_date(struct buf *b, int64_t ms)
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t seconds = (time_t)(ms / 1000);
	struct tm t;

	gmtime_r(&seconds, &t);
	buf_addf(b, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n", days[t.tm_wday], t.tm_mday, months[t.tm_mon], t.tm_year + 1900,
	    t.tm_hour, t.tm_min, t.tm_sec);
}

static void add_headers(const struct mime_message *m, struct buf *b)
{
	add_date(b, m->date_ms);
	add_mailbox(b, "From", &m->from);
	add_mailbox(b, "To", &m->to);
	if (*m->reply_to.address)
		add_mailbox(b, "Reply-To", &m->reply_to);
	if (m->subject) {
		buf_add_text(b, "Subject: ");
		mime_add_unstructured(b, strlen("Subject: "), m->subject);
		buf_add_text(b, "\r\n");
	}
	buf_addf(b, "Message-ID: <%s>\r\n", m->id);
	if (m->in_reply_to)
		buf_addf(b, "In-Reply-To: <%s>\r\n", m->in_reply_to);
	if (m->references)
		buf_addf(b, "References: <%s>\r\n", m->references);
	if (m->unsubscribe)
		buf_addf(b, "List-Unsubscribe: <%s>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", m->unsubscribe);
	if (m->lang)
		buf_addf(b, "Content-Language: %s\r\n", m->lang);
	if (m->important)
		buf_add_text(b, "Importance: high\r\n");
	if (m->automatic)
		buf_add_text(b, "Auto-Submitted: auto-generated\r\n");
	for (size_t i = 0; i < m->header_count; i++) {
		buf_addf(b, "%s: ", m->headers[i].name);
		mime_add_unstructured(b, strlen(m->headers[i].name) + 2, m->headers[i].value);
		buf_add_text(b, "\r\n");
	}
	buf_add_text(b, "MIME-Version: 1.0\r\n");
}

/* As it is, when nothing on the way could take offence. */
static bool is_sevenbit(const char *text)
{
	size_t column = 0;

	/* "--=_" begins our boundaries. */
	if (!mime_is_ascii(text) || strstr(text, "--=_"))
		return false;
	for (const char *p = text; *p; p++) {
		if (*p == '\n') {
			if (p > text && (p[-1] == ' ' || p[-1] == '\t'))
				return false;
			column = 0;
			continue;
		}
		if (((unsigned char)*p < 0x20 && *p != '\t') || ++column > SEVENBIT_COLUMNS)
			return false;
		if (column == 1 && strncmp(p, "From ", 5) == 0)
			return false;
	}
	return true;
}

static void add_sevenbit(struct buf *b, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		buf_add(b, text, len);
		buf_add_text(b, "\r\n");
		text += len + (text[len] == '\n');
	}
}

/* Base64 knows nothing of lines: they must be CRLF before. */
static void add_base64_text(struct buf *b, const char *text)
{
	struct buf lines;

	buf_init(&lines, b->max);
	while (*text) {
		size_t len = strcspn(text, "\r\n");

		buf_add(&lines, text, len);
		text += len;
		if (*text == '\r' && text[1] == '\n')
			text++;
		if (*text) {
			text++;
			buf_add_text(&lines, "\r\n");
		}
	}
	mime_add_base64(b, lines.data, lines.len);
	b->over = b->over || lines.over;
	buf_clear(&lines);
}

/* Mostly ASCII stays legible; what quoted-printable would treble goes as base64. */
static bool wants_base64(const char *text)
{
	size_t high = 0, len = 0;

	for (; text[len]; len++)
		high += (unsigned char)text[len] >= 0x80;
	return high > len / 3;
}

static void add_text_part(struct buf *b, const char *subtype, const char *text)
{
	buf_addf(b, "Content-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: ", subtype);
	if (is_sevenbit(text)) {
		buf_add_text(b, "7bit\r\n\r\n");
		add_sevenbit(b, text);
	} else if (wants_base64(text)) {
		buf_add_text(b, "base64\r\n\r\n");
		add_base64_text(b, text);
	} else {
		buf_add_text(b, "quoted-printable\r\n\r\n");
		mime_add_quoted_printable(b, text);
	}
}

/* Boundaries come from the message's id, so that a retry has the same bytes; no encoding we use can yield "=_". */
static void make_boundary(const struct mime_message *m, unsigned number, struct buf *ret_boundary)
{
	buf_init(ret_boundary, BOUNDARY_BYTES);
	buf_addf(ret_boundary, "=_%u", number);
	add_hash(ret_boundary, m->id);
}

static bool is_shown(const struct mime_message *m, const struct mime_attachment *a)
{
	return m->html && a->cid;
}

/* How many of the attachments the HTML shows. */
static size_t count_shown(const struct mime_message *m)
{
	size_t count = 0;

	for (size_t i = 0; i < m->attachment_count; i++)
		count += is_shown(m, &m->attachments[i]);
	return count;
}

/* RFC 2392 wants an id that is the only one of its kind in the world: the mail's own with the name before it. */
static void add_cid(struct buf *b, const struct mime_message *m, const char *cid)
{
	const char *at = strchr(m->id, '@');
	struct buf local;

	buf_init(&local, b->max);
	buf_addf(&local, "%s.%.*s", cid, (int)(at - m->id), m->id);
	mime_id(b, local.data, at + 1);
	buf_clear(&local);
}

static void add_attachment(struct buf *b, const struct mime_message *m, const struct mime_attachment *a)
{
	bool shown = is_shown(m, a);

	buf_addf(b, "Content-Type: %s", a->type);
	mime_add_parameter(b, "name", a->name);
	buf_add_text(b, "\r\nContent-Transfer-Encoding: base64\r\n");
	if (shown) {
		buf_add_text(b, "Content-ID: <");
		add_cid(b, m, a->cid);
		buf_add_text(b, ">\r\n");
	}
	buf_addf(b, "Content-Disposition: %s", shown ? "inline" : "attachment");
	mime_add_parameter(b, "filename", a->name);
	buf_add_text(b, "\r\n\r\n");
	mime_add_base64(b, a->data, a->len);
}

/* Attachments that are shown, or those that are not, each behind a boundary. */
static void add_attachments(struct buf *b, const struct mime_message *m, bool shown, const char *boundary)
{
	for (size_t i = 0; i < m->attachment_count; i++) {
		if (is_shown(m, &m->attachments[i]) != shown)
			continue;
		buf_addf(b, "\r\n--%s\r\n", boundary);
		add_attachment(b, m, &m->attachments[i]);
	}
	buf_addf(b, "\r\n--%s--\r\n", boundary);
}

static void open_multipart(struct buf *b, const struct mime_message *m, const char *subtype, unsigned number, struct buf *ret_boundary)
{
	make_boundary(m, number, ret_boundary);
	buf_addf(b, "Content-Type: multipart/%s; boundary=\"%s\"\r\n\r\n--%s\r\n", subtype, ret_boundary->data, ret_boundary->data);
}

/* "cid:logo" becomes "cid:" and the id of the part. */
static void add_html(const struct mime_message *m, struct buf *b)
{
	const char *p = m->html;
	struct buf html;

	buf_init(&html, b->max);
	while (*p) {
		const char *at = strstr(p, "cid:"), *name = at ? at + 4 : NULL;
		size_t len = at ? strcspn(name, "\"') >") : 0;

		buf_add(&html, p, at ? (size_t)(name - p) : strlen(p));
		if (!at)
			break;
		p = name;
		for (size_t i = 0; i < m->attachment_count; i++) {
			const char *cid = m->attachments[i].cid;

			if (cid && strlen(cid) == len && strncmp(cid, name, len) == 0) {
				add_cid(&html, m, cid);
				p = name + len;
				break;
			}
		}
	}
	add_text_part(b, "html", html.data);
	buf_clear(&html);
}

static void add_related(const struct mime_message *m, struct buf *b)
{
	struct buf boundary;

	if (count_shown(m) == 0) {
		add_text_part(b, "html", m->html);
		return;
	}
	open_multipart(b, m, "related; type=\"text/html\"", 2, &boundary);
	add_html(m, b);
	add_attachments(b, m, true, boundary.data);
	buf_clear(&boundary);
}

static void add_content(const struct mime_message *m, struct buf *b)
{
	struct buf boundary;

	if (!m->html) {
		add_text_part(b, "plain", m->text ? m->text : "");
	} else if (!m->text) {
		add_related(m, b);
	} else {
		open_multipart(b, m, "alternative", 1, &boundary);
		add_text_part(b, "plain", m->text);
		buf_addf(b, "\r\n--%s\r\n", boundary.data);
		add_related(m, b);
		buf_addf(b, "\r\n--%s--\r\n", boundary.data);
		buf_clear(&boundary);
	}
}

int mime_write(const struct mime_message *m, struct buf *b, struct err *e)
{
	struct buf boundary;

	if (check_all(m, e) < 0)
		return -1;
	add_headers(m, b);
	if (m->attachment_count == count_shown(m)) {
		add_content(m, b);
	} else {
		open_multipart(b, m, "mixed", 0, &boundary);
		add_content(m, b);
		add_attachments(b, m, false, boundary.data);
		buf_clear(&boundary);
	}
	return buf_over(b) ? err_set(e, EX_DATAERR, "media: the mail would be larger than %zu bytes", b->max) : 0;
}
