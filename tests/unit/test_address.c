#include "common/address/address.h"
#include "common/address/idn.h"
#include "common/compat.h"
#include "tests/unit/unit.h"

#include <stdio.h>

#include "common/banned.h"

static void addresses_are_read(void **state)
{
	static const struct {
		const char *uri, *text, *channel, *value, *region;
	} cases[] = {
	    {"sms:+15551230001", "sms:+15551230001", "sms", "+15551230001", "US"},
	    {"sms:+1 (555) 123-0001", "sms:+15551230001", "sms", "+15551230001", "US"},
	    {"+34 612 34 56 78", "sms:+34612345678", "sms", "+34612345678", "ES"},
	    {"tel:+15551230001", "tel:+15551230001", "voice", "+15551230001", "US"},
	    {"whatsapp:+525512345678", "whatsapp:+525512345678", "whatsapp", "+525512345678", "MX"},
	    {"mailto:Ana.Lopez@Example.ORG", "mailto:Ana.Lopez@example.org", "email", "Ana.Lopez@example.org", ""},
	    {"ana+ops@example.org", "mailto:ana+ops@example.org", "email", "ana+ops@example.org", ""},
	    {"mailto:root@localhost", "mailto:root@localhost", "email", "root@localhost", ""},
	    {"mailto:ops@[192.0.2.1]", "mailto:ops@[192.0.2.1]", "email", "ops@[192.0.2.1]", ""},
	    {"mailto:jörg@bücher.example", "mailto:jörg@bücher.example", "email", "jörg@bücher.example", ""},
	    {"ops@[IPv6:2001:DB8::1]", "mailto:ops@[ipv6:2001:db8::1]", "email", "ops@[ipv6:2001:db8::1]", ""},
	    {"mailto:ops@[ipv6:2001:db8::1]", "mailto:ops@[ipv6:2001:db8::1]", "email", "ops@[ipv6:2001:db8::1]", ""},
	    /* One form, in whatever case and by the channel's name too: the ledger knows no other. */
	    {"MailTo:ana@example.org", "mailto:ana@example.org", "email", "ana@example.org", ""},
	    {"email:Ana@Example.org", "mailto:Ana@example.org", "email", "Ana@example.org", ""},
	    {"voice:+1 555 123 0001", "tel:+15551230001", "voice", "+15551230001", "US"},
	    {"SMS:+15551230001", "sms:+15551230001", "sms", "+15551230001", "US"},
	    {"Slack:#Ops", "slack:#Ops", "slack", "#Ops", ""},
	    {"slack:#ops", "slack:#ops", "slack", "#ops", ""},
	    {"telegram:@ana", "telegram:@ana", "telegram", "@ana", ""},
	    {"fcm:abc:def", "fcm:abc:def", "push", "abc:def", ""},
	    {"webhook:https://example.org/x?y=1", "webhook:https://example.org/x?y=1", "webhook", "https://example.org/x?y=1", ""},
	    {"pigeon:coop 7", "pigeon:coop 7", "pigeon", "coop 7", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct address a;
		struct err e;

		if (address_parse(cases[i].uri, &a, &e) < 0)
			fail_msg("%s: %s", cases[i].uri, e.text);
		assert_string_equal(a.text, cases[i].text);
		assert_string_equal(a.channel, cases[i].channel);
		assert_string_equal(a.value, cases[i].value);
		assert_string_equal(a.region, cases[i].region);
	}
}

static void what_is_no_address_is_refused(void **state)
{
	static const char *const cases[] = {"", "ana", "@oncall", ":x", "sms:", "sms:5551230001", "sms:+1555", "slack:", "slack:a\nb",
	    "mailto:", "mailto:ana", "mailto:@example.org", "mailto:ana@", "mailto:ana@@example.org", "mailto:a b@example.org",
	    "mailto:.ana@example.org", "mailto:ana.@example.org", "mailto:a..b@example.org", "mailto:ana@.example.org",
	    "mailto:ana@example..org", "mailto:ana@example.org.", "mailto:ana@-example.org", "mailto:ana@example-.org",
	    "mailto:ana@exa_mple.org", "mailto:ana@example.org\r\nBcc: eve@example.org", "mailto:ana@example.org?cc=eve@example.org",
	    "CRM:42", "email:ana", "voice:12", "mailto:ana@[", "mailto:ana@[]", "mailto:ana@[192.0.2.1", "mailto:<ana@example.org>", "mailto:ana@example.org,eve@example.org"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct address a;
		struct err e;

		if (address_parse(cases[i], &a, &e) == 0)
			fail_msg("taken: '%s'", cases[i]);
		assert_int_equal(e.code, EX_DATAERR);
		assert_null(strchr(e.text, '\n'));
	}
}

static void lengths_have_their_bounds(void **state)
{
	char uri[ADDRESS_BYTES + 16], local[400];
	struct address a;
	struct err e;

	(void)state;
	memcpy(uri, "slack:", 6);
	memset(uri + 6, 'x', ADDRESS_BYTES - 7);
	uri[ADDRESS_BYTES - 1] = '\0';
	assert_int_equal(address_parse(uri, &a, &e), 0);
	assert_int_equal(strlen(a.text), ADDRESS_BYTES - 1);
	memset(uri + 6, 'x', ADDRESS_BYTES - 6);
	uri[ADDRESS_BYTES] = '\0';
	assert_int_equal(address_parse(uri, &a, &e), -1);
	memset(local, 'l', sizeof(local));
	snprintf(uri, sizeof(uri), "mailto:%.64s@example.org", local);
	assert_int_equal(address_parse(uri, &a, &e), 0);
	snprintf(uri, sizeof(uri), "mailto:%.65s@example.org", local);
	assert_int_equal(address_parse(uri, &a, &e), -1);
	snprintf(uri, sizeof(uri), "mailto:l@%.63s.org", local);
	assert_int_equal(address_parse(uri, &a, &e), 0);
	snprintf(uri, sizeof(uri), "mailto:l@%.64s.org", local);
	assert_int_equal(address_parse(uri, &a, &e), -1);
	snprintf(uri, sizeof(uri), "%.31s:x", "abcdefghijklmnopqrstuvwxyzabcdef");
	assert_int_equal(address_parse(uri, &a, &e), 0);
	snprintf(uri, sizeof(uri), "%.32s:x", "abcdefghijklmnopqrstuvwxyzabcdef");
	assert_int_equal(address_parse(uri, &a, &e), -1);
}

static void a_channel_takes_values_and_uris_of_its_own(void **state)
{
	static const char *const good[][3] = {
	    {"sms", "+15551230001", "sms:+15551230001"}, {"sms", "sms:+15551230001", "sms:+15551230001"},
	    {"voice", "+15551230001", "tel:+15551230001"}, {"voice", "tel:+15551230001", "tel:+15551230001"},
	    {"email", "ana@example.org", "mailto:ana@example.org"}, {"email", "mailto:ana@example.org", "mailto:ana@example.org"},
	    {"push", "apns:TOKEN", "apns:TOKEN"}, {"slack", "#ops", "slack:#ops"}, {"pigeon", "coop", "pigeon:coop"},
	    {"pigeon", "pigeon:coop", "pigeon:coop"}, {"webhook", "https://example.org/", "webhook:https://example.org/"},
	};
	static const char *const bad[][2] = {{"sms", "ana"}, {"sms", "mailto:ana@example.org"}, {"email", "+15551230001"},
	    {"", "x"}, {"+34", "x"}, {"tel", "+15551230001"}, {"mailto", "ana@example.org"}, {"fcm", "TOKEN"}, {"SMS", "+15551230001"}, {"a b", "x"}, {"slack", ""}, {"abcdefghijklmnopqrstuvwxyzabcdef", "x"}};
	struct address a;
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		if (address_of_channel(good[i][0], good[i][1], &a, &e) < 0)
			fail_msg("%s: %s", good[i][1], e.text);
		assert_string_equal(a.text, good[i][2]);
		assert_string_equal(a.channel, good[i][0]);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		if (address_of_channel(bad[i][0], bad[i][1], &a, &e) == 0)
			fail_msg("taken: %s as %s", bad[i][1], bad[i][0]);
}

static void copies_point_into_themselves(void **state)
{
	struct address a, b;
	char subject[ADDRESS_BYTES];

	(void)state;
	assert_int_equal(address_parse("mailto:Ana@Example.org", &a, NULL), 0);
	address_copy(&b, &a);
	memset(&a, 0, sizeof(a));
	assert_string_equal(b.value, "Ana@example.org");
	assert_true(b.value > b.text && b.value < b.text + sizeof(b.text));
	address_subject(&b, subject);
	assert_string_equal(subject, "mailto:ana@example.org");
}

/* Whoever said no under one of these said it under all. */
static void one_mailbox_has_one_name_in_the_ledger(void **state)
{
	static const char *const same[][3] = {
	    {"mailto:ana@bücher.example", "Ana@BÜCHER.example", "ana@xn--bcher-kva.EXAMPLE"},
	    {"mailto:josé@example.org", "JOSÉ@example.org", "josÉ@Example.org"},
	    {"a@правда.example", "a@ПРАВДА.example", "a@xn--80aafi6cg.example"},
	    {"a@例え.example", "a@xn--r8jz45g.example", "A@XN--R8JZ45G.example"},
	    {"a@Ελλάδα.example", "a@ελλάδα.example", "a@xn--hxakic4aa.example"},
	    {"a@faß.example", "a@FAß.example", "a@xn--fa-hia.example"},
	};
	/* What goes to another place than it says, or where nobody sees that it is another: in the domain, and before it. */
	static const char *const none[] = {"ana@exam\u200bple.org", "ana@exam\xc2\xad" "ple.org", "ana@ｅxample.org", "ana@example。org",
	    "ana@ﬁt.example", "ana@ℍ.example", "ana@①.example", "ana@cafe\u0301.example", "ana@a\u200db.example", "ana@exa\u202emple.org",
	    "ana@ﷺ.example", "ana@\xff.example", "a\u200bna@example.org", "ana\xc2\xa0@example.org", "a\u202ena@example.org",
	    "ana\u3000@example.org", "\xff" "na@example.org", "slack:#o\u200bps", "telegram:@an\u202ea", "pigeon:\xc2\x85",
	    "a@üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example"};
	char first[ADDRESS_BYTES], other[ADDRESS_BYTES];
	struct address a;
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(same); i++)
		for (size_t k = 0; k < 3; k++) {
			if (address_parse(same[i][k], &a, &e) < 0)
				fail_msg("%s: %s", same[i][k], e.text);
			address_subject(&a, k ? other : first);
			if (k)
				assert_string_equal(other, first);
		}
	for (size_t i = 0; i < COUNT_OF(none); i++)
		if (address_parse(none[i], &a, &e) == 0)
			fail_msg("taken: '%s'", err_quote(none[i]));
}

static void ids_and_groups_do_not_look_like_addresses(void **state)
{
	(void)state;
	assert_true(address_looks_like("sms:+15551230001"));
	assert_true(address_looks_like("+15551230001"));
	assert_true(address_looks_like("ana@example.org"));
	assert_false(address_looks_like("ana"));
	assert_false(address_looks_like("@oncall"));
	assert_false(address_looks_like("4711"));
	assert_false(address_looks_like(""));
	assert_true(address_channel_known("voice"));
	assert_false(address_channel_known("tel"));
	assert_false(address_channel_known("pigeon"));
}

static void a_misspelt_scheme_is_guessed(void **state)
{
	static const char *const cases[][2] = {{"snms", "sms"}, {"emial", "email"}, {"telegarm", "telegram"}, {"mailt", "mailto"},
	    {"pigeon", NULL}, {"x", NULL}, {"", NULL}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *guess = address_closest_scheme(cases[i][0]);

		if (cases[i][1] ? !guess || strcmp(guess, cases[i][1]) != 0 : guess != NULL)
			fail_msg("%s: %s", cases[i][0], guess ? guess : "(none)");
	}
}

static void masks_hide_most_of_it(void **state)
{
	static const char *const cases[][2] = {
	    {"sms:+15551230001", "sms:+1555•••0001"},
	    {"+15551230001", "+1555•••0001"},
	    {"mailto:ana@example.org", "mailto:a•••@example.org"},
	    {"mailto:jörg@example.org", "mailto:j•••@example.org"},
	    {"mailto:élan@example.org", "mailto:é•••@example.org"},
	    {"slack:#ops", "slack:#ops"},
	    {"fcm:bk3RNwTe3H0:CI2k_HHwgIpoDKCIZvvDMExUdFQ3P1", "fcm:bk3RNw•••"},
	    {"ana", "ana"},
	    /* Short numbers are numbers too: Saint Helena, Niue. */
	    {"sms:+29051234", "sms:+290•••34"},
	    {"tel:+6834002", "tel:+683•••02"},
	    {"sms:+1234", "sms:+1•••"},
	    {"telegram:ééééééé", "telegram:ééé•••"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_string_equal(address_masked(cases[i][0]), cases[i][1]);
}

/* From RFC 3492, section 7.1, and names that are in use. */
static void domains_beyond_ascii(void **state)
{
	static const struct {
		const char *domain, *ascii;
	} cases[] = {
	    {"example.org", "example.org"},
	    {"bücher.example", "xn--bcher-kva.example"},
	    {"BÜCHER.Example", "xn--bcher-kva.example"},
	    {"例子.测试", "xn--fsqu00a.xn--0zwm56d"},
	    {"例子。测试", "xn--fsqu00a.xn--0zwm56d"},
	    {"пример.испытание", "xn--e1afmkfd.xn--80akhbyknj4f"},
	    {"faß.de", "xn--fa-hia.de"},
	    {"ليهمابتكلموشعربي؟", "xn--egbpdaj6bu4bxfgehfvwxn"},
	    {"pročprostěnemluvíčesky", "xn--proprostnemluvesky-uyb24dma41a"},
	    {"3年b組金八先生", "xn--3b-ww4c5e180e575a65lsy2b"},
	};
	struct buf b;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		buf_init(&b, 1024);
		assert_true(idn_add_ascii(&b, cases[i].domain));
		assert_string_equal(b.data, cases[i].ascii);
		buf_clear(&b);
	}
	buf_init(&b, 1024);
	assert_false(idn_add_ascii(&b, "ñññññññññññññññññññññññññññññññññññññññññññññññññññññññññññññññññ.example"));
	buf_clear(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(domains_beyond_ascii),
	    cmocka_unit_test(addresses_are_read),
	    cmocka_unit_test(what_is_no_address_is_refused),
	    cmocka_unit_test(lengths_have_their_bounds),
	    cmocka_unit_test(a_channel_takes_values_and_uris_of_its_own),
	    cmocka_unit_test(copies_point_into_themselves),
	    cmocka_unit_test(one_mailbox_has_one_name_in_the_ledger),
	    cmocka_unit_test(ids_and_groups_do_not_look_like_addresses),
	    cmocka_unit_test(a_misspelt_scheme_is_guessed),
	    cmocka_unit_test(masks_hide_most_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
