#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/line/when.h"
#include "common/transport/session.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define PIECE 32768             /* bytes of a mail that are handed over at once */
#define REPLY_MAX 65536         /* of a server that has much to say */
#define COMMAND_MAX 8192
#define IDLE_MS (30 * WHEN_SECOND)

enum step { STEP_RSET, STEP_MAIL, STEP_RCPT, STEP_DATA, STEP_COUNT };

struct session {
	struct handle *h;
	struct exchange *x;
	curl_socket_t fd;
	short revents;
	struct request made_for;        /* its strings: the URL is a copy, all else the account's */
	struct mail_caps caps;
	bool used, dirty;               /* it has carried a mail before; and left a transaction open */
	/* of the exchange */
	enum step steps[STEP_COUNT];
	unsigned count, written, answered;
	bool refused, in_body, dot_left;
	bool go_ahead;                  /* 354 */
	size_t at;                      /* of the mail: what comes next */
	bool at_line;                   /* which is where a line starts */
	struct buf out, in, lines;
	size_t sent;
	int64_t deadline_ms;
	struct session *next;
};

struct session *session_new(struct handle *h, const struct request *r)
{
	struct session *s = xcalloc(1, sizeof(*s));

	s->h = h;
	s->caps = h->caps;
	s->made_for = *r;
	s->made_for.url = xstrdup(r->url);
	buf_init(&s->out, PIECE + COMMAND_MAX);
	buf_init(&s->in, REPLY_MAX);
	buf_init(&s->lines, REPLY_MAX);
	if (curl_easy_getinfo(h->easy, CURLINFO_ACTIVESOCKET, &s->fd) != CURLE_OK)
		s->fd = CURL_SOCKET_BAD;
	return s;
}

struct handle *session_free(struct session *s)
{
	struct handle *h = s->h;
	size_t n;

	/* In the middle of something it would be taken for a part of that. */
	if (!s->x && s->fd != CURL_SOCKET_BAD)
		curl_easy_send(h->easy, "QUIT\r\n", 6, &n);
	buf_clear(&s->out);
	buf_clear(&s->in);
	buf_clear(&s->lines);
	free(s->made_for.url);
	free(s);
	return h;
}

/* Settings are the account's: the same account has the same pointers. */
bool session_serves(const struct session *s, const struct request *r)
{
	const struct request *m = &s->made_for;

	return strcmp(m->url, r->url) == 0 && m->user == r->user && m->password == r->password && m->token == r->token &&
	    m->login == r->login && m->starttls == r->starttls && memcmp(&m->network, &r->network, sizeof(m->network)) == 0;
}

struct exchange *session_exchange(const struct session *s)
{
	return s->x;
}

int64_t session_deadline_ms(const struct session *s)
{
	return s->deadline_ms;
}

struct session **session_next(struct session *s)
{
	return &s->next;
}

struct pollfd session_poll(const struct session *s)
{
	bool writes = s->x && (s->sent < s->out.len || (s->in_body && !s->dot_left));

	return (struct pollfd){.fd = s->fd, .events = (short)(POLLIN | (writes ? POLLOUT : 0))};
}

void session_note(struct session *s, short revents)
{
	s->revents = revents;
}

bool session_is_due(const struct session *s, int64_t now_ms)
{
	return s->revents || now_ms >= s->deadline_ms;
}

void session_start(struct session *s, struct exchange *x, int64_t deadline_ms)
{
	s->x = x;
	s->count = s->written = s->answered = 0;
	if (s->dirty)
		s->steps[s->count++] = STEP_RSET;
	s->steps[s->count++] = STEP_MAIL;
	s->steps[s->count++] = STEP_RCPT;
	s->steps[s->count++] = STEP_DATA;
	s->refused = s->in_body = s->dot_left = s->go_ahead = false;
	s->at = s->sent = 0;
	s->at_line = true;
	buf_reset(&s->out);
	buf_reset(&s->in);
	buf_reset(&s->lines);
	s->deadline_ms = deadline_ms;
}

/* ---- what is said ---- */

/* RFC 3461, section 4: what could end a parameter is "+" and two digits. */
static void add_xtext(struct buf *b, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c > 0x20 && c < 0x7f && c != '+' && c != '=')
			buf_add_char(b, *text);
		else
			buf_addf(b, "+%02X", c);
	}
}

static void add_mail(struct session *s, const struct request *r)
{
	buf_addf(&s->out, "MAIL FROM:<%s>", r->mail_from);
	if (s->caps.size)
		buf_addf(&s->out, " SIZE=%zu", r->body.len);
	if (r->mail_utf8)
		buf_addf(&s->out, "%s SMTPUTF8", s->caps.eightbit ? " BODY=8BITMIME" : "");
	if (s->caps.dsn && r->mail_notify) {
		buf_add_text(&s->out, " RET=HDRS");
		if (r->mail_id) {
			buf_add_text(&s->out, " ENVID=");
			add_xtext(&s->out, r->mail_id);
		}
	}
	buf_add_text(&s->out, "\r\n");
}

static void add_recipient(struct session *s, const struct request *r)
{
	buf_addf(&s->out, "RCPT TO:<%s>", r->mail_to);
	if (s->caps.dsn && r->mail_notify) {
		buf_addf(&s->out, " NOTIFY=%s", r->mail_notify);
		if (!r->mail_utf8) {
			buf_add_text(&s->out, " ORCPT=rfc822;");
			add_xtext(&s->out, r->mail_to);
		}
	}
	buf_add_text(&s->out, "\r\n");
}

static void add_command(struct session *s, enum step step)
{
	switch (step) {
	case STEP_RSET:
		buf_add_text(&s->out, "RSET\r\n");
		break;
	case STEP_MAIL:
		add_mail(s, &s->x->request);
		break;
	case STEP_RCPT:
		add_recipient(s, &s->x->request);
		break;
	default:
		buf_add_text(&s->out, "DATA\r\n");
		break;
	}
}

/* The next piece of the mail, a dot at the start of a line doubled; behind the last one the lone dot. */
static void add_piece(struct session *s)
{
	const struct buf *body = &s->x->request.body;

	while (s->at < body->len && s->out.len < PIECE) {
		const char *p = body->data + s->at, *end;
		size_t room = PIECE - s->out.len, len = body->len - s->at;

		if (s->at_line && *p == '.')
			buf_add_char(&s->out, '.');
		end = memchr(p, '\n', len);
		if (end)
			len = (size_t)(end - p) + 1;
		if (len > room)
			len = room;
		buf_add(&s->out, p, len);
		s->at += len;
		s->at_line = p[len - 1] == '\n';
	}
	if (s->at < body->len)
		return;
	buf_add_text(&s->out, s->at_line ? ".\r\n" : "\r\n.\r\n");
	s->dot_left = true;
}

/* What TLS could not write must be offered again as it was: nothing is added to a piece that is not through. */
static void fill(struct session *s)
{
	if (s->sent < s->out.len)
		return;
	buf_reset(&s->out);
	s->sent = 0;
	if (s->in_body && !s->dot_left)
		add_piece(s);
	while (!s->refused && s->written < s->count && (s->caps.pipelining || s->written == s->answered))
		add_command(s, s->steps[s->written++]);
}

/* ---- how it ends ---- */

static enum session_end finish(struct session *s, enum session_end end)
{
	s->x = NULL;
	s->used = true;
	s->dirty = s->refused;
	s->deadline_ms = when_clock_ms() + IDLE_MS;
	return end;
}

/* It broke: before the lone dot no server has taken a mail. */
static enum session_end broken(struct session *s, enum reply_error error, const char *why)
{
	struct reply *r = &s->x->reply;

	if (s->refused)
		return finish(s, SESSION_OVER);
	if (s->used && !s->go_ahead && error != REPLY_TIMEOUT)
		return finish(s, SESSION_STALE);
	r->status = 0;
	r->error = s->dot_left ? error : REPLY_NO_CONNECTION;
	snprintf(r->error_text, sizeof(r->error_text), "%s", why);
	return finish(s, SESSION_OVER);
}

/* Nothing has been said yet. */
static enum session_end unable(struct session *s, enum reply_error error, const char *why)
{
	s->x->reply.error = error;
	snprintf(s->x->reply.error_text, sizeof(s->x->reply.error_text), "%s", why);
	return finish(s, SESSION_DONE);
}

static void take_reply(struct session *s, long status, enum mail_stage stage)
{
	struct reply *r = &s->x->reply;

	r->status = status;
	r->stage = stage;
	r->error = REPLY_OK;
	buf_reset(&r->body);
	buf_add(&r->body, s->lines.data, s->lines.len);
}

static enum session_end on_answer(struct session *s, long status)
{
	static const enum mail_stage stages[] = {MAIL_SENDER, MAIL_SENDER, MAIL_RECIPIENT, MAIL_CONTENT};
	enum step step;

	/* To the mail itself; one that comes before its end is a refusal, or makes no sense. */
	if (s->answered == s->count) {
		if (!s->dot_left && status < 400)
			return broken(s, REPLY_BROKEN, "an answer to nothing");
		take_reply(s, status, MAIL_CONTENT);
		return finish(s, s->dot_left && status != 421 ? SESSION_DONE : SESSION_OVER);
	}
	if (s->answered == s->written)
		return status == 421 ? broken(s, REPLY_BROKEN, "the server is closing") : broken(s, REPLY_BROKEN, "an answer to nothing");
	step = s->steps[s->answered++];
	if (status == 421 && s->used && !s->refused)
		return finish(s, SESSION_STALE);
	s->go_ahead = s->go_ahead || (step == STEP_DATA && status == 354);
	if (step != STEP_RSET && !s->refused && (step == STEP_DATA ? status != 354 : status / 100 != 2)) {
		s->refused = true;
		take_reply(s, status, stages[step]);
	}
	if (status == 421)
		return finish(s, SESSION_OVER);
	if (s->refused && s->answered == s->written)
		/* One that waits for a mail all the same gets none. */
		return finish(s, s->go_ahead ? SESSION_OVER : SESSION_DONE);
	s->in_body = s->answered == s->count;
	return SESSION_GOES_ON;
}

/* ---- what is heard ---- */

/* "250-text" and "250 text": 1 for the last line of a reply, 0 for another, -1 for what is none. */
static int read_line(struct session *s, const char *line, size_t len, long *ret_status)
{
	bool digits = len >= 3 && line[0] >= '2' && line[0] <= '5' && line[1] >= '0' && line[1] <= '9' && line[2] >= '0' && line[2] <= '9';

	if (!digits || (len > 3 && line[3] != '-' && line[3] != ' '))
		return -1;
	*ret_status = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
	buf_add(&s->lines, line, len);
	buf_add_text(&s->lines, "\r\n");
	return len == 3 || line[3] == ' ';
}

static enum session_end read_replies(struct session *s)
{
	size_t used = 0;
	enum session_end end = SESSION_GOES_ON;

	while (end == SESSION_GOES_ON) {
		const char *line = s->in.data + used, *newline = memchr(line, '\n', s->in.len - used);
		size_t len;
		long status;
		int got;

		if (!newline)
			break;
		len = (size_t)(newline - line);
		used += len + 1;
		len -= len > 0 && line[len - 1] == '\r';
		got = read_line(s, line, len, &status);
		if (got < 0)
			return broken(s, REPLY_BROKEN, "an answer that is not SMTP");
		if (got == 0)
			continue;
		end = on_answer(s, status);
		buf_reset(&s->lines);
	}
	if (end == SESSION_GOES_ON && used > 0) {
		memmove(s->in.data, s->in.data + used, s->in.len - used);
		s->in.len -= used;
		s->in.data[s->in.len] = '\0';
	}
	return end;
}

/* CURLE_OK: all that there was has been read; else how the connection ended. */
static CURLcode receive(struct session *s, bool *ret_closed)
{
	char piece[4096];
	size_t n;
	CURLcode code;

	*ret_closed = false;
	/* One that says more than fits may go on for ever. */
	while ((code = curl_easy_recv(s->h->easy, piece, sizeof(piece), &n)) == CURLE_OK && n > 0 && !buf_over(&s->in))
		buf_add(&s->in, piece, n);
	*ret_closed = code == CURLE_OK && !buf_over(&s->in);
	return code == CURLE_AGAIN ? CURLE_OK : code;
}

static CURLcode transmit(struct session *s)
{
	CURLcode code = CURLE_OK;
	size_t n = 0;

	for (;;) {
		fill(s);
		if (s->sent == s->out.len)
			return CURLE_OK;
		code = curl_easy_send(s->h->easy, s->out.data + s->sent, s->out.len - s->sent, &n);
		if (code != CURLE_OK)
			return code == CURLE_AGAIN ? CURLE_OK : code;
		s->sent += n;
	}
}

/* What a server says to a connection that nobody uses is that it closes it. */
static enum session_end idle(const struct session *s, int64_t now_ms)
{
	return s->revents || now_ms >= s->deadline_ms ? SESSION_OVER : SESSION_GOES_ON;
}

enum session_end session_step(struct session *s, int64_t now_ms)
{
	enum session_end end = SESSION_GOES_ON;
	CURLcode sent, got;
	unsigned answered;
	bool closed;

	if (!s->x)
		return idle(s, now_ms);
	s->revents = 0;
	/* curl goes on without a login where none is offered. */
	if (s->x->request.user && !s->caps.auth)
		return unable(s, REPLY_LOGIN, "the server offers no login");
	if (s->x->request.mail_utf8 && !s->caps.utf8)
		return unable(s, REPLY_UNABLE, "the server takes no addresses beyond ASCII (SMTPUTF8)");
	do {
		answered = s->answered;
		sent = transmit(s);
		got = receive(s, &closed);
		end = read_replies(s);
	} while (end == SESSION_GOES_ON && sent == CURLE_OK && got == CURLE_OK && !closed && s->answered > answered);
	if (end != SESSION_GOES_ON)
		return end == SESSION_DONE && (closed || got != CURLE_OK) ? SESSION_OVER : end;
	if (buf_over(&s->in) || buf_over(&s->lines))
		return broken(s, REPLY_BROKEN, "an answer without an end");
	if (sent != CURLE_OK || got != CURLE_OK || closed)
		return broken(s, REPLY_BROKEN, closed ? "the server closed the connection" : curl_easy_strerror(got ? got : sent));
	return now_ms >= s->deadline_ms ? broken(s, REPLY_TIMEOUT, curl_easy_strerror(CURLE_OPERATION_TIMEDOUT)) : SESSION_GOES_ON;
}
