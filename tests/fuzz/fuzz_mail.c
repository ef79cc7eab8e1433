/*
 * Mail: sender, recipient's name, subject, attachment's name, text and HTML, with form feeds between. What is written is
 * what we meant and nothing more: no header that a value has begun, no line that a value has ended.
 */
#include <string.h>

#include "common/transport/mime.h"
#include "common/xalloc.h"
#include "tests/fuzz/fuzz.h"

#include "common/banned.h"

static const char *const headers[] = {"Date", "From", "To", "Reply-To", "Subject", "Message-ID", "In-Reply-To", "References",
    "List-Unsubscribe", "List-Unsubscribe-Post", "Content-Language", "Importance", "Auto-Submitted", "MIME-Version", "Content-Type",
    "Content-Transfer-Encoding", "Content-Disposition", "Content-ID"};

static bool is_header(const char *line)
{
	size_t len = strcspn(line, ":");

	for (size_t i = 0; i < COUNT_OF(headers); i++)
		if (strlen(headers[i]) == len && strncmp(headers[i], line, len) == 0 && line[len] == ':')
			return true;
	return false;
}

/* Lines end in CRLF and nowhere else, and have what RFC 5322 lets them. */
static void must_be_lines(const struct buf *b)
{
	size_t start = 0;

	MUST(strlen(b->data) == b->len);
	for (size_t i = 0; i < b->len; i++) {
		if (b->data[i] == '\r')
			MUST(b->data[i + 1] == '\n');
		if (b->data[i] != '\n')
			continue;
		MUST(i > 0 && b->data[i - 1] == '\r');
		MUST(i - start <= 999);
		start = i + 1;
	}
}

/* Up to the empty line. */
static void must_be_headers(const char *p)
{
	unsigned subjects = 0;

	for (; strncmp(p, "\r\n", 2) != 0; p = strstr(p, "\r\n") + 2) {
		MUST(*p == ' ' || *p == '\t' || is_header(p));
		subjects += strncmp(p, "Subject:", 8) == 0;
		MUST(strstr(p, "\r\n"));
	}
	MUST(subjects <= 1);
}

static char *field(char **at)
{
	char *text = *at, *end = strchr(text, '\f');

	if (end)
		*end = '\0';
	*at = end ? end + 1 : text + strlen(text);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *all = xstrndup((const char *)data, size), *at = all;
	struct mime_message m = {.date_ms = 1795507200000, .id = "m.1@x.example", .automatic = true};
	struct mime_attachment file = {.type = "image/png", .data = "PNG", .len = 3};
	struct mime_mailbox to = {.address = "ana@x.example"};
	struct buf b;
	struct err e;
	const char *name;

	buf_init(&b, 1u << 20);
	if (mime_mailbox_parse(field(&at), &m.from, &e) < 0) {
		MUST(e.code == EX_DATAERR && *e.text);
		mime_mailbox_parse("a@x.example", &m.from, &e);
	}
	name = field(&at);
	if (strlen(name) < sizeof(to.name))
		memcpy(to.name, name, strlen(name) + 1);
	m.to = to;
	m.subject = field(&at);
	file.name = field(&at);
	file.cid = size % 2 ? "logo" : NULL;
	if (*file.name) {
		m.attachments = &file;
		m.attachment_count = 1;
	}
	m.text = field(&at);
	m.html = *at ? at : NULL;
	if (mime_write(&m, &b, &e) == 0) {
		must_be_lines(&b);
		must_be_headers(b.data);
	} else {
		MUST(e.code == EX_DATAERR && *e.text);
	}
	buf_clear(&b);
	free(all);
	return 0;
}
