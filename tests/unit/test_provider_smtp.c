/* smtp: envelope and message of a leg, attachments, and what a server's codes mean. */
#include <stdlib.h>
#include <sys/stat.h>

#include "common/provider/sniff.h"
#include "common/xalloc.h"
#include "tests/unit/rig.h"

#include "common/banned.h"

#define ACCOUNT "accounts:\n  smtp:\n    url: smtp://mail.example\n"

static int open_rig(void **state)
{
	struct rig *g = calloc(1, sizeof(*g));

	*state = g;
	setenv("RIG_TOKEN", "geheim99", 1);
	rig_open(g, ACCOUNT "    user: clinic\n    password: env:RIG_TOKEN\n    from: \"Clinic <noreply@clinic.example>\"\n"
	                    "    unsubscribe: \"https://clinic.example/u?a={{address}}&t={{topic}}\"\n", "smtp");
	g->recipient = json_pack("{s:s,s:s}", "id", "ana", "name", "Ana Núñez");
	return 0;
}

static int close_rig(void **state)
{
	rig_close(*state);
	free(*state);
	return 0;
}

static void test_envelope_and_headers(void **state)
{
	struct rig *g = *state;

	rig_leg(g, "mailto:Ana@Example.org", "{\"text\":\"See you\",\"subject\":\"Tomorrow\",\"reply_to\":\"desk@clinic.example\"}");
	rig_request(g);
	assert_int_equal(g->request.kind, REQUEST_SMTP);
	assert_string_equal(g->request.url, "smtp://mail.example");
	assert_string_equal(g->request.mail_from, "noreply@clinic.example");
	assert_string_equal(g->request.mail_to, "Ana@example.org");
	assert_string_equal(g->request.user, "clinic");
	assert_string_equal(g->request.password, "geheim99");
	assert_contains(g->request.body.data, "From: Clinic <noreply@clinic.example>\r\n");
	assert_contains(g->request.body.data, "To: =?UTF-8?Q?Ana_N=C3=BA=C3=B1ez?= <Ana@example.org>\r\n");
	assert_contains(g->request.body.data, "Message-ID: <m1=2E7=2E0@clinic.example>\r\n");
	assert_contains(g->request.body.data, "Reply-To: desk@clinic.example\r\n");
	assert_contains(g->request.body.data, "Auto-Submitted: auto-generated\r\n");
	assert_null(strstr(g->request.body.data, "List-Unsubscribe"));
	assert_null(strstr(g->request.body.data, "geheim99"));
}

static void test_tls(void **state)
{
	static const struct {
		const char *settings;
		bool wanted;
	} all[] = {
	    {"url: \"smtp://mail.example:587\", user: a, password: env:RIG_TOKEN", true},
	    {"url: \"smtp://mail.example\", user: a, password: env:RIG_TOKEN, starttls: false", false},
	    {"url: \"smtp://mail.example\"", false},
	    {"url: \"smtp://mail.example\", starttls: true", true},
	    {"url: \"smtp://localhost:25\", user: a, password: env:RIG_TOKEN", false},
	    {"url: \"smtp://127.0.0.1:25\", user: a, password: env:RIG_TOKEN", false},
	    {"url: \"smtp://[::1]\", user: a, password: env:RIG_TOKEN", false},
	    {"url: \"smtp://localhost.example\", user: a, password: env:RIG_TOKEN", true},
	    {"url: \"smtp://127.example\", user: a, password: env:RIG_TOKEN", true},
	};
	char yaml[256];
	struct rig g;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		snprintf(yaml, sizeof(yaml), "accounts: {smtp: {from: \"a@b.example\", %s}}\n", all[i].settings);
		rig_open(&g, yaml, "smtp");
		rig_leg(&g, "mailto:ana@example.org", "{\"text\":\"x\"}");
		rig_request(&g);
		if (g.request.starttls != all[i].wanted)
			fail_msg("%s", all[i].settings);
		rig_close(&g);
	}
}

static void assert_subject(struct rig *g, const char *text, const char *wanted)
{
	json_t *m = json_pack("{s:s}", "text", text);
	char *line = json_dumps(m, 0);

	rig_leg(g, "mailto:ana@example.org", line);
	rig_request(g);
	assert_contains(g->request.body.data, wanted);
	json_decref(m);
	free(line);
}

static void test_a_mail_without_a_subject_has_its_first_line(void **state)
{
	struct rig *g = *state;

	assert_subject(g, "disk full\non web1", "\r\nSubject: disk full\r\n");
	assert_subject(g, "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen",
	    "Subject: =?UTF-8?Q?one_two_three_four_five_six_seven_eight_nine_ten_eleve?=\r\n =?UTF-8?Q?n_twelve_thirteen=E2=80=A6?=\r\n");
	rig_leg(g, "mailto:ana@example.org", "{\"media\":[]}");
	rig_request(g);
	assert_null(strstr(g->request.body.data, "Subject:"));
}

static void test_marketing_needs_a_way_out(void **state)
{
	struct rig *g = *state, bare;

	rig_leg(g, "mailto:a+b@example.org", "{\"text\":\"Sale\",\"topic\":\"news & more\"}");
	g->d.purpose = PURPOSE_MARKETING;
	rig_request(g);
	assert_contains(g->request.body.data,
	    "List-Unsubscribe: <https://clinic.example/u?a=a%2Bb%40example.org&t=news%20%26%20more>\r\n"
	    "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n");
	rig_leg(g, "mailto:ana@example.org", "{\"text\":\"Sale\",\"unsubscribe\":\"https://other.example/x\"}");
	rig_request(g);
	assert_contains(g->request.body.data, "List-Unsubscribe: <https://other.example/x>\r\n");
	rig_leg(g, "mailto:ana@example.org", "{\"text\":\"Sale\",\"unsubscribe\":\"http://other.example/x\"}");
	assert_int_equal(rig_ask(g), -1);
	assert_contains(g->e.text, "unsubscribe: not an https URL");

	rig_open(&bare, ACCOUNT "    from: a@b.example\n", "smtp");
	rig_leg(&bare, "mailto:ana@example.org", "{\"text\":\"Sale\"}");
	bare.d.purpose = PURPOSE_MARKETING;
	assert_int_equal(rig_ask(&bare), -1);
	assert_int_equal(bare.e.code, EX_DATAERR);
	assert_contains(bare.e.text, "unsubscribe: marketing mail needs an https URL");
	rig_close(&bare);
}

static void test_conversations(void **state)
{
	struct rig *g = *state;

	rig_leg(g, "mailto:ana@example.org", "{\"text\":\"x\",\"thread\":\"ride 88\"}");
	g->d.purpose = PURPOSE_SERVICE;
	rig_request(g);
	assert_contains(g->request.body.data, "References: <thread.ride=2088@clinic.example>\r\n");
	assert_null(strstr(g->request.body.data, "Auto-Submitted"));
	rig_leg(g, "mailto:ana@example.org", "{\"text\":\"x\",\"thread\":\"<abc@example.org>\"}");
	rig_request(g);
	assert_contains(g->request.body.data, "In-Reply-To: <abc@example.org>\r\n");
}

static void test_senders(void **state)
{
	struct rig *g = *state, bare;

	rig_leg(g, "mailto:ana@example.org", "{\"text\":\"x\",\"from\":\"Desk <desk@clinic.example>\"}");
	rig_request(g);
	assert_string_equal(g->request.mail_from, "desk@clinic.example");
	rig_leg(g, "mailto:ana@example.org", "{\"text\":\"x\",\"from\":\"Desk\"}");
	assert_int_equal(rig_ask(g), -1);
	assert_contains(g->e.text, "from: not a mail address");
	rig_open(&bare, ACCOUNT, "smtp");
	rig_leg(&bare, "mailto:ana@example.org", "{\"text\":\"x\"}");
	assert_int_equal(rig_ask(&bare), -1);
	assert_int_equal(bare.e.code, EX_CONFIG);
	assert_contains(bare.e.text, "from: no sender for mail");
	rig_close(&bare);
}

static void test_buttons_and_links_stand_below_the_text(void **state)
{
	struct rig *g = *state;

	rig_leg(g, "mailto:ana@example.org",
	    "{\"text\":\"Come\",\"html\":\"<html><body><p>Come</p></BODY></html>\","
	    "\"buttons\":[{\"text\":\"Track <it>\",\"url\":\"https://x.example/t\"},{\"text\":\"Yes\",\"reply\":\"1\"},{\"text\":\"No\"}]}");
	rig_request(g);
	assert_contains(g->request.body.data, "Come\r\nTrack <it>: https://x.example/t\r\nReply 1 for Yes, 2 for No\r\n");
	assert_contains(g->request.body.data,
	    "<html><body><p>Come</p><p><a href=3D\"https://x.example/t\">Track &lt;it&gt;<=\r\n/a></p>\r\n<p>Reply 1 for Yes, 2 for No</p>\r\n</BODY></html>");
}

static void test_attachments(void **state)
{
	struct rig *g = *state;
	char path[] = "/tmp/msg-rig-XXXXXX", message[128];
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "%PDF-1.4", 8), 8);
	close(fd);
	snprintf(message, sizeof(message), "{\"text\":\"x\",\"media\":[{\"path\":\"%s\"},{\"url\":\"https://x.example/\"}]}", path);
	rig_leg(g, "mailto:ana@example.org", message);
	rig_request(g);
	assert_contains(g->request.body.data, "Content-Type: application/pdf;\r\n name=\"msg-rig-");
	assert_contains(g->request.body.data, "JVBERi0xLjQ=\r\n");
	snprintf(message, sizeof(message), "{\"text\":\"x\",\"media\":[{\"path\":\"%s\",\"type\":\"text/x y\"}]}", path);
	rig_leg(g, "mailto:ana@example.org", message);
	assert_int_equal(rig_ask(g), -1);
	assert_contains(g->e.text, "media: not a media type");
	unlink(path);
	assert_int_equal(rig_ask(g), -1);
	rig_leg(g, "mailto:ana@example.org", "{\"text\":\"x\",\"media\":[{\"url\":\"https://x/\"},{\"path\":\"/nowhere/x.pdf\"}]}");
	assert_int_equal(rig_ask(g), -1);
	assert_int_equal(g->e.code, EX_DATAERR);
	assert_contains(g->e.text, "media: cannot attach '/nowhere/x.pdf': No such file");
	assert_int_equal(mkfifo(path, 0600), 0);
	snprintf(message, sizeof(message), "{\"text\":\"x\",\"media\":[{\"path\":\"%s\"}]}", path);
	rig_leg(g, "mailto:ana@example.org", message);
	assert_int_equal(rig_ask(g), -1);
	assert_contains(g->e.text, "not a regular file");
	unlink(path);
}

static void test_types(void **state)
{
	(void)state;
	assert_string_equal(sniff_type("\x89PNG\r\n\x1a\n..", 10, "x.jpg"), "image/png");
	assert_string_equal(sniff_type("RIFF....WEBP", 12, "x"), "image/webp");
	assert_string_equal(sniff_type("PK\x03\x04", 4, "a.docx"),
	    "application/vnd.openxmlformats-officedocument.wordprocessingml.document");
	assert_string_equal(sniff_type("a,b", 3, "a.CSV"), "text/csv");
	assert_string_equal(sniff_type("", 0, "noending"), "application/octet-stream");
	assert_string_equal(sniff_type("\x1a\x45\xdf\xa3....webm", 12, "x"), "video/webm");
	assert_string_equal(sniff_type("PK\x03\x04..........................mimetypeapplication/vnd.oasis.opendocument.textPK", 79, "x"),
	    "application/vnd.oasis.opendocument.text");
	assert_string_equal(sniff_type(" \n<!DOCTYPE HTML><p>", 20, "a.png"), "text/html");
	assert_string_equal(sniff_type("<?xml version='1.0'?><svg/>", 27, "a"), "image/svg+xml");
	assert_string_equal(sniff_type("\xff\xfe\x00", 3, "a.png"), "image/png");
	assert_string_equal(sniff_type("a\0b", 3, "a.txt"), "text/plain");
	assert_string_equal(sniff_type("just words", 10, "README"), "text/plain");
}

static void test_what_is_not_what_it_says(void **state)
{
	static const struct {
		const char *type, *data, *actual;
	} all[] = {
	    {"image/png", "<html><body>Please log in", "text/html"},
	    {"image/png", "{\"error\":\"gone\"}", "text/plain"},
	    {"image/png", "%PDF-1.4", "application/pdf"},
	    {"image/png", "\xff\xd8\xff\xe0", NULL},
	    {"application/pdf", "<html>", "text/html"},
	    {"application/vnd.ms-excel", "<!doctype html>", "text/html"},
	    {"text/plain", "<html>", NULL},
	    {"application/octet-stream", "<html>", NULL},
	    {"audio/ogg", "OggS....", NULL},
	    {"video/mp4", "....ftypM4A ", NULL},
	    {"audio/mpeg", "GIF89a", "image/gif"},
	    {"image/x-new", "\x01\x02\x03", NULL},
	    {"text/x-anything", "%PDF-1.4", NULL},
	};
	const char *actual;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		bool wrong = sniff_contradicts(all[i].type, all[i].data, strlen(all[i].data), &actual);

		if (wrong != (all[i].actual != NULL))
			fail_msg("%s: %s", all[i].type, all[i].data);
		if (wrong)
			assert_string_equal(actual, all[i].actual);
	}
}

/* A file of its own for `content`; the message names it as PATH. */
static void leg_with_file(struct rig *g, const char *name, const char *content, const char *message)
{
	char path[256], *line;
	const char *at = strstr(message, "PATH");
	FILE *f;

	snprintf(path, sizeof(path), "/tmp/msg-rig-%ld-%s", (long)getpid(), name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(content, f);
	fclose(f);
	line = xformat("%.*s%s%s", (int)(at - message), message, path, at + 4);
	rig_leg(g, "mailto:ana@example.org", line);
	free(line);
	rig_ask(g);
	unlink(path);
}

static void assert_name(struct rig *g, const char *url, const char *data, const char *wanted)
{
	struct content c = {url, data, strlen(data)};
	char *line = xformat("{\"text\":\"x\",\"media\":[{\"url\":\"%s\"}]}", url);

	rig_leg(g, "mailto:ana@example.org", line);
	g->d.contents = &c;
	g->d.content_count = 1;
	rig_request(g);
	assert_contains(g->request.body.data, wanted);
	free(line);
}

static void test_what_was_fetched_has_a_name(void **state)
{
	struct rig *g = *state;

	assert_name(g, "https://x.example/a/plan.pdf?sig=1", "%PDF-1.4", "Content-Type: application/pdf;\r\n name=\"plan.pdf\"");
	assert_name(g, "https://x.example/photos/17", "GIF89a", "Content-Type: image/gif;\r\n name=\"17.gif\"");
	assert_name(g, "https://x.example", "GIF89a", "name=\"media.gif\"");
	assert_name(g, "https://x.example/", "GIF89a", "name=\"media.gif\"");
	assert_name(g, "https://x.example/a%20b%2Fc%0d%0aX.txt", "hi", "name=\"a b_c__X.txt\"");
	assert_name(g, "https://x.example/%ff%fe.gif", "GIF89a", "name=\"media.gif\"");
	assert_name(g, "https://x.example/a%e2%80%aefig.exe", "hi", "name=\"a___fig.exe\"");
	assert_name(g, "https://x.example/100%", "hi", "name*=UTF-8''100%25.txt");
}

static void test_pictures_in_the_html(void **state)
{
	struct rig *g = *state;

	leg_with_file(g, "logo.png", "\x89PNG\r\n\x1a\n",
	    "{\"text\":\"x\",\"html\":\"<img src='cid:logo'> or cid:logo2\",\"media\":[{\"path\":\"PATH\",\"cid\":\"logo\"}]}");
	assert_contains(g->request.body.data, "multipart/related; type=\"text/html\"; boundary=");
	assert_contains(g->request.body.data, "Content-ID: <logo=2Em1=3D2E7=3D2E0@clinic.example>\r\n");
	assert_contains(g->request.body.data, "<img src='cid:logo=2Em1=3D2E7=3D2E0@clinic.example'>");
	assert_contains(g->request.body.data, "Content-Disposition: inline");
	assert_null(strstr(g->request.body.data, "multipart/mixed"));
	leg_with_file(g, "logo.png", "\x89PNG\r\n\x1a\n",
	    "{\"text\":\"x\",\"html\":\"<img src='cid:other'>\",\"media\":[{\"path\":\"PATH\",\"cid\":\"logo\"}]}");
	assert_string_equal(g->e.text, "html: cid:other is none of the media");
	leg_with_file(g, "page.png", "<html>Log in", "{\"text\":\"x\",\"media\":[{\"path\":\"PATH\"}]}");
	assert_contains(g->e.text, "page.png' is text/html, not image/png");
}

static void assert_code(struct rig *g, long status, const char *lines, enum status wanted, enum failure failure, bool retry,
    const char *code, const char *text)
{
	rig_answer(g, REPLY_OK, status, lines);
	assert_verdict(g, wanted, failure, retry);
	assert_string_equal(g->verdict.code, code);
	assert_string_equal(g->verdict.text, text);
}

static void test_codes(void **state)
{
	struct rig *g = *state;

	rig_leg(g, "mailto:ana@example.org", "{\"text\":\"x\"}");
	g->stage = MAIL_RECIPIENT;
	rig_answer(g, REPLY_OK, 250, "");
	assert_verdict(g, STATUS_ACCEPTED, FAILURE_NONE, false);
	assert_string_equal(g->verdict.provider_id, "m1=2E7=2E0@clinic.example");
	assert_code(g, 550, "550-5.1.1 The account\r\n550 5.1.1 does not exist\r\n", STATUS_FAILED, FAILURE_INVALID_ADDRESS, false, "5.1.1",
	    "The account does not exist");
	assert_code(g, 550, "454 4.7.0 not now\r\n550-5.1.1\r\n550 5.1.1 gone\r\n", STATUS_FAILED, FAILURE_INVALID_ADDRESS, false, "5.1.1", "gone");
	assert_code(g, 550, "550 no such user\r\n", STATUS_FAILED, FAILURE_INVALID_ADDRESS, false, "550", "no such user");
	assert_code(g, 552, "552 5.2.2 mailbox full\r\n", STATUS_FAILED, FAILURE_UNREACHABLE, true, "5.2.2", "mailbox full");
	assert_code(g, 552, "552 5.3.4 too big\r\n", STATUS_FAILED, FAILURE_CONTENT, false, "5.3.4", "too big");
	assert_code(g, 550, "550 5.7.515 not authenticated\r\n", STATUS_FAILED, FAILURE_POLICY, false, "5.7.515", "not authenticated");
	assert_code(g, 550, "550 5.7.1 spam\r\n", STATUS_FAILED, FAILURE_POLICY, false, "5.7.1", "spam");
	assert_code(g, 554, "554 no\r\n", STATUS_FAILED, FAILURE_POLICY, false, "554", "no");
	assert_code(g, 535, "535 5.7.8 bad credentials geheim99\r\n", STATUS_FAILED, FAILURE_AUTH, false, "5.7.8", "bad credentials ***");
	assert_code(g, 530, "530 log in first\r\n", STATUS_FAILED, FAILURE_AUTH, false, "530", "log in first");
	assert_code(g, 553, "553 5.1.8 sender unknown\r\n", STATUS_FAILED, FAILURE_POLICY, false, "5.1.8", "sender unknown");
	assert_code(g, 450, "450 4.7.1 greylisted\r\n", STATUS_FAILED, FAILURE_RATE, true, "4.7.1", "greylisted");
	assert_code(g, 451, "451 later\r\n", STATUS_FAILED, FAILURE_PROVIDER, true, "451", "later");
	assert_code(g, 421, "", STATUS_FAILED, FAILURE_PROVIDER, true, "421", "");
	assert_code(g, 500, "\x01\xff what", STATUS_FAILED, FAILURE_PROVIDER, false, "500", "");
}

/* The same words about something else. */
static void test_stages(void **state)
{
	struct rig *g = *state;

	rig_leg(g, "mailto:ana@example.org", "{\"text\":\"x\"}");
	g->stage = MAIL_CONNECTION;
	assert_code(g, 554, "554 5.7.1 blocked\r\n", STATUS_FAILED, FAILURE_PROVIDER, true, "5.7.1", "blocked");
	assert_code(g, 421, "421 4.7.0 busy\r\n", STATUS_FAILED, FAILURE_RATE, true, "4.7.0", "busy");
	g->stage = MAIL_LOGIN;
	assert_code(g, 535, "535 5.7.8 no\r\n", STATUS_FAILED, FAILURE_AUTH, false, "5.7.8", "no");
	assert_code(g, 550, "550 no\r\n", STATUS_FAILED, FAILURE_AUTH, false, "550", "no");
	assert_code(g, 454, "454 4.7.0 later\r\n", STATUS_FAILED, FAILURE_RATE, true, "4.7.0", "later");
	g->stage = MAIL_SENDER;
	assert_code(g, 550, "550 not you\r\n", STATUS_FAILED, FAILURE_POLICY, false, "550", "not you");
	assert_code(g, 530, "530 5.7.0 log in first\r\n", STATUS_FAILED, FAILURE_AUTH, false, "5.7.0", "log in first");
	assert_code(g, 552, "552 5.3.4 too big\r\n", STATUS_FAILED, FAILURE_CONTENT, false, "5.3.4", "too big");
	g->stage = MAIL_CONTENT;
	assert_code(g, 550, "550 virus\r\n", STATUS_FAILED, FAILURE_POLICY, false, "550", "virus");
	assert_code(g, 554, "554 5.6.0 bad\r\n", STATUS_FAILED, FAILURE_CONTENT, false, "5.6.0", "bad");
}

static void test_transport(void **state)
{
	struct rig *g = *state;

	rig_leg(g, "mailto:ana@example.org", "{\"text\":\"x\"}");
	rig_answer(g, REPLY_NO_CONNECTION, 0, "");
	assert_verdict(g, STATUS_FAILED, FAILURE_NETWORK, true);
	rig_answer(g, REPLY_LOGIN, 0, "");
	assert_verdict(g, STATUS_FAILED, FAILURE_AUTH, false);
	rig_answer(g, REPLY_UNABLE, 0, "");
	assert_verdict(g, STATUS_FAILED, FAILURE_PROVIDER, false);
	rig_answer(g, REPLY_TIMEOUT, 354, "");
	assert_verdict(g, STATUS_UNKNOWN, FAILURE_TIMEOUT, false);
	rig_answer(g, REPLY_BROKEN, 0, "");
	assert_verdict(g, STATUS_UNKNOWN, FAILURE_NETWORK, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_envelope_and_headers, open_rig, close_rig),
	    cmocka_unit_test(test_tls),
	    cmocka_unit_test_setup_teardown(test_a_mail_without_a_subject_has_its_first_line, open_rig, close_rig),
	    cmocka_unit_test_setup_teardown(test_marketing_needs_a_way_out, open_rig, close_rig),
	    cmocka_unit_test_setup_teardown(test_conversations, open_rig, close_rig),
	    cmocka_unit_test_setup_teardown(test_senders, open_rig, close_rig),
	    cmocka_unit_test_setup_teardown(test_buttons_and_links_stand_below_the_text, open_rig, close_rig),
	    cmocka_unit_test_setup_teardown(test_attachments, open_rig, close_rig),
	    cmocka_unit_test_setup_teardown(test_what_was_fetched_has_a_name, open_rig, close_rig),
	    cmocka_unit_test_setup_teardown(test_pictures_in_the_html, open_rig, close_rig),
	    cmocka_unit_test(test_what_is_not_what_it_says),
	    cmocka_unit_test(test_types),
	    cmocka_unit_test_setup_teardown(test_codes, open_rig, close_rig),
	    cmocka_unit_test_setup_teardown(test_stages, open_rig, close_rig),
	    cmocka_unit_test_setup_teardown(test_transport, open_rig, close_rig),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
