/* Internet messages: headers that hold in any language, bodies that survive any relay. */
#include <stdlib.h>

#include "common/transport/mime.h"
#include "tests/unit/unit.h"

#include "common/banned.h"

#define NOW_MS INT64_C(1795507200000)   /* 2026-11-24T08:00:00Z */

static struct mime_message plain(void)
{
	return (struct mime_message){
	    .from = {"Clinic", "noreply@clinic.example"},
	    .to = {"", "ana@example.org"},
	    .subject = "Tomorrow",
	    .date_ms = NOW_MS,
	    .id = "m1=2E0@clinic.example",
	    .text = "See you\n",
	};
}

static char *write_mail(const struct mime_message *m)
{
	struct buf b;
	struct err e;

	buf_init(&b, 1 << 20);
	if (mime_write(m, &b, &e) < 0)
		fail_msg("%s", e.text);
	return buf_steal(&b);
}

/* CRLF at every end of a line, no line over 998 bytes, headers and encoded lines within 78. */
static void assert_lines(const char *mail)
{
	bool header = true;

	for (const char *p = mail; *p;) {
		size_t len = strcspn(p, "\r\n");

		if (p[len] != '\r' || p[len + 1] != '\n')
			fail_msg("a line ends otherwise: '%.*s'", (int)len, p);
		if (len > 998 || (header && len > 78))
			fail_msg("%zu bytes: '%.*s'", len, (int)len, p);
		header = header && len > 0;
		p += len + 2;
	}
}

static void test_golden(void **state)
{
	struct mime_message m = plain();
	char *mail = write_mail(&m);

	(void)state;
	assert_string_equal(mail,
	    "Date: Tue, 24 Nov 2026 08:00:00 +0000\r\n"
	    "From: Clinic <noreply@clinic.example>\r\n"
	    "To: ana@example.org\r\n"
	    "Subject: Tomorrow\r\n"
	    "Message-ID: <m1=2E0@clinic.example>\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: 7bit\r\n"
	    "\r\n"
	    "See you\r\n");
	free(mail);
}

static void test_every_header(void **state)
{
	struct mime_message m = plain();
	char *mail;

	(void)state;
	m.reply_to = (struct mime_mailbox){"Doe, Ana", "desk@clinic.example"};
	m.in_reply_to = m.references = "t1@clinic.example";
	m.unsubscribe = "https://clinic.example/u?a=b";
	m.lang = "es-MX";
	m.automatic = m.important = true;
	mail = write_mail(&m);
	assert_lines(mail);
	assert_contains(mail, "\r\nReply-To: \"Doe, Ana\" <desk@clinic.example>\r\n");
	assert_contains(mail, "\r\nIn-Reply-To: <t1@clinic.example>\r\nReferences: <t1@clinic.example>\r\n");
	assert_contains(mail, "\r\nList-Unsubscribe: <https://clinic.example/u?a=b>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n");
	assert_contains(mail, "\r\nContent-Language: es-MX\r\n");
	assert_contains(mail, "\r\nImportance: high\r\n");
	assert_contains(mail, "\r\nAuto-Submitted: auto-generated\r\n");
	free(mail);
}

static void assert_subject(const char *subject, const char *wanted)
{
	struct mime_message m = plain();
	char *mail, *start, *end;

	m.subject = subject;
	mail = write_mail(&m);
	assert_lines(mail);
	start = strstr(mail, "Subject: ");
	end = strstr(start, "\r\nMessage-ID:");
	assert_non_null(end);
	*end = '\0';
	assert_string_equal(start + strlen("Subject: "), wanted);
	free(mail);
}

static void test_subjects(void **state)
{
	(void)state;
	assert_subject("Your ride is outside", "Your ride is outside");
	assert_subject("Köln", "=?UTF-8?Q?K=C3=B6ln?=");
	assert_subject("明日", "=?UTF-8?B?5piO5pel?=");
	assert_subject("=?UTF-8?Q?x?=", "=?UTF-8?Q?=3D=3FUTF-8=3FQ=3Fx=3F=3D?=");
	assert_subject("two  spaces", "=?UTF-8?Q?two__spaces?=");
	assert_subject(" leading", "=?UTF-8?Q?_leading?=");
	assert_subject("trailing ", "=?UTF-8?Q?trailing_?=");
	assert_subject("a subject of plain words that is so long that it has to go on in another line",
	    "a subject of plain words that is so long that it has to go on in\r\n another line");
	/* No character is torn apart by the end of a word. */
	assert_subject("ööööööööööööööööööööööööööööööööö",
	    "=?UTF-8?B?w7bDtsO2w7bDtsO2w7bDtsO2w7bDtsO2w7bDtsO2w7bDtsO2w7Y=?=\r\n =?UTF-8?B?w7bDtsO2w7bDtsO2w7bDtsO2w7bDtsO2w7bDtg==?=");
}

static void assert_refused(const struct mime_message *m, const char *text)
{
	struct buf b;
	struct err e;

	buf_init(&b, 1 << 20);
	assert_int_equal(mime_write(m, &b, &e), -1);
	assert_int_equal(e.code, EX_DATAERR);
	assert_contains(e.text, text);
	buf_clear(&b);
}

static void test_no_header_can_be_smuggled_in(void **state)
{
	struct mime_attachment a = {"a\r\nX: y", "text/plain", "x", 1, NULL};
	struct mime_message m = plain();

	(void)state;
	m.subject = "a\r\nBcc: eve@example.net";
	assert_refused(&m, "subject: a line break");
	m = plain();
	m.from = (struct mime_mailbox){"A\nBcc: eve@example.net", "a@b.example"};
	assert_refused(&m, "from: a line break");
	m = plain();
	m.references = "x>\r\nBcc: eve@example.net";
	assert_refused(&m, "thread: a line break");
	m = plain();
	m.unsubscribe = "https://x/> evil";
	assert_refused(&m, "unsubscribe: not a URL");
	m = plain();
	m.lang = "es\r\nX: y";
	assert_refused(&m, "lang: a line break");
	m = plain();
	m.attachments = &a;
	m.attachment_count = 1;
	assert_refused(&m, "media.path: a line break");
	a = (struct mime_attachment){"a", "text/plain\r\nX: y", "x", 1, NULL};
	assert_refused(&m, "media.type: a line break");
}

static void assert_encoded(const char *text, const char *encoding, const char *body)
{
	struct mime_message m = plain();
	char *mail, *start;

	m.text = text;
	mail = write_mail(&m);
	assert_lines(mail);
	start = strstr(mail, "Content-Transfer-Encoding: ") + strlen("Content-Transfer-Encoding: ");
	assert_int_equal(strncmp(start, encoding, strlen(encoding)), 0);
	assert_string_equal(strstr(start, "\r\n\r\n") + 4, body);
	free(mail);
}

static void test_bodies(void **state)
{
	(void)state;
	assert_encoded("", "7bit", "");
	assert_encoded("a\n\nb", "7bit", "a\r\n\r\nb\r\n");
	assert_encoded(".\n..x\n", "7bit", ".\r\n..x\r\n");
	assert_encoded("Köln = schön", "quoted-printable", "K=C3=B6ln =3D sch=C3=B6n\r\n");
	assert_encoded("From here", "quoted-printable", "=46rom here\r\n");
	assert_encoded("end \nof", "quoted-printable", "end=20\r\nof\r\n");
	assert_encoded("a\r\nb\rc", "quoted-printable", "a\r\nb\r\nc\r\n");
	assert_encoded("--=_x", "quoted-printable", "--=3D_x\r\n");
	assert_encoded("明日\n明日", "base64", "5piO5pelDQrmmI7ml6U=\r\n");
	assert_encoded("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaé", "quoted-printable",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=\r\naaaaaaaaaa=C3=A9\r\n");
}

static void test_alternative_and_attachments(void **state)
{
	struct mime_attachment a[] = {{"plan.pdf", "application/pdf", "%PDF-1.4", 8, NULL}, {"Größe \"1\".txt", "text/plain", "", 0, NULL}};
	struct mime_message m = plain();
	char *mail, *again;

	(void)state;
	m.html = "<p>See you</p>";
	m.attachments = a;
	m.attachment_count = 2;
	mail = write_mail(&m);
	again = write_mail(&m);
	assert_string_equal(mail, again);       /* a retry has the same bytes */
	assert_lines(mail);
	assert_contains(mail, "Content-Type: multipart/mixed; boundary=\"=_0");
	assert_contains(mail, "Content-Type: multipart/alternative; boundary=\"=_1");
	assert_contains(mail, "Content-Type: text/html; charset=utf-8\r\n");
	assert_contains(mail, "Content-Disposition: attachment;\r\n filename=\"plan.pdf\"\r\n\r\nJVBERi0xLjQ=\r\n");
	assert_contains(mail, "filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%221%22.txt\r\n");
	free(mail);
	free(again);
	m.text = NULL;
	m.attachment_count = 0;
	mail = write_mail(&m);
	assert_contains(mail, "Content-Type: text/html; charset=utf-8\r\n");
	assert_null(strstr(mail, "multipart"));
	free(mail);
}

static void test_long_file_names_come_in_pieces(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	mime_add_parameter(&b, "filename", "明日明日明日明日明日明日.pdf");
	assert_string_equal(b.data,
	    ";\r\n filename*0*=UTF-8''%E6%98%8E%E6%97%A5%E6%98%8E%E6%97%A5%E6%98%8E"
	    ";\r\n filename*1*=%E6%97%A5%E6%98%8E%E6%97%A5%E6%98%8E%E6%97%A5"
	    ";\r\n filename*2*=%E6%98%8E%E6%97%A5.pdf");
	buf_clear(&b);
}

static void test_the_ceiling_is_an_error(void **state)
{
	struct mime_message m = plain();
	struct buf b;
	struct err e;

	(void)state;
	buf_init(&b, 200);
	assert_int_equal(mime_write(&m, &b, &e), -1);
	assert_contains(e.text, "larger than 200 bytes");
	buf_clear(&b);
}

static void test_mailboxes(void **state)
{
	struct mime_mailbox m;
	struct err e;

	(void)state;
	assert_int_equal(mime_mailbox_parse("Clinic <noreply@Clinic.Example>", &m, &e), 0);
	assert_string_equal(m.name, "Clinic");
	assert_string_equal(m.address, "noreply@clinic.example");
	assert_int_equal(mime_mailbox_parse(" \"Doe, \\\"A\\\" Ana\"  < ana@example.org > ", &m, &e), 0);
	assert_string_equal(m.name, "Doe, \"A\" Ana");
	assert_string_equal(m.address, "ana@example.org");
	assert_int_equal(mime_mailbox_parse("ana@example.org", &m, &e), 0);
	assert_string_equal(m.name, "");
	assert_int_equal(mime_mailbox_parse("mailto:ana@example.org", &m, &e), 0);
	assert_string_equal(m.address, "ana@example.org");
	assert_int_equal(mime_mailbox_parse("Ana <ana@example.org> x", &m, &e), -1);
	assert_int_equal(mime_mailbox_parse("Ana <ana@example.org", &m, &e), -1);
	assert_int_equal(mime_mailbox_parse("Ana", &m, &e), -1);
	assert_int_equal(mime_mailbox_parse("Ana <a b@example.org>", &m, &e), -1);
	assert_int_equal(mime_mailbox_parse("Ana <a@b.example\r\nX: y>", &m, &e), -1);
	assert_int_equal(e.code, EX_DATAERR);
}

static void test_ids(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1024);
	mime_id(&b, "m1.7.0 é>", "clinic.example");
	assert_string_equal(b.data, "m1=2E7=2E0=20=C3=A9=3E@clinic.example");
	buf_reset(&b);
	mime_id(&b, "0123456789012345678901234567890123456789012345678901234567890123456789", "b.example");
	assert_int_equal(strcspn(b.data, "@"), 32);
	buf_clear(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_golden),
	    cmocka_unit_test(test_every_header),
	    cmocka_unit_test(test_subjects),
	    cmocka_unit_test(test_no_header_can_be_smuggled_in),
	    cmocka_unit_test(test_bodies),
	    cmocka_unit_test(test_alternative_and_attachments),
	    cmocka_unit_test(test_long_file_names_come_in_pieces),
	    cmocka_unit_test(test_the_ceiling_is_an_error),
	    cmocka_unit_test(test_mailboxes),
	    cmocka_unit_test(test_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
