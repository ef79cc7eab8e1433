/* Segments as the networks count them (3GPP TS 23.038, 23.040), where they are cut, and smart encoding. */
#include <stdio.h>
#include <stdlib.h>

#include "common/line/utf8.h"
#include "common/sms/sms.h"
#include "tests/unit/unit.h"

#include "common/banned.h"

#define TEXT_BYTES (1u << 16)

static char *repeat(const char *before, const char *piece, unsigned count, const char *after)
{
	struct buf b;

	buf_init(&b, TEXT_BYTES);
	buf_add_text(&b, before);
	for (unsigned i = 0; i < count; i++)
		buf_add_text(&b, piece);
	buf_add_text(&b, after);
	return buf_steal(&b);
}

/* `count` times `piece`, between `before` and `after`. */
static void expect(const char *before, const char *piece, unsigned count, const char *after, bool gsm7, unsigned units,
    unsigned segments)
{
	char *text = repeat(before, piece, count, after);
	struct sms_count got;

	sms_count(text, NULL, &got);
	assert_int_equal(got.gsm7, gsm7);
	assert_int_equal(got.units, units);
	assert_int_equal(got.segments, segments);
	assert_int_equal(sms_segments(text), segments);
	free(text);
}

static void expect_with(struct sms_options o, const char *piece, unsigned count, unsigned capacity, unsigned segments)
{
	char *text = repeat("", piece, count, "");
	struct sms_count got;

	sms_count(text, &o, &got);
	assert_int_equal(got.capacity, capacity);
	assert_int_equal(got.segments, segments);
	free(text);
}

static void test_parts_of_each_alphabet(void **state)
{
	char *a152 = repeat("", "a", 152, ""), *euro76 = repeat("", "€", 76, ""), *bmp66 = repeat("", "ж", 66, "");

	(void)state;
	expect("", "a", 0, "", true, 0, 1);
	expect("", "a", 160, "", true, 160, 1);
	expect("", "a", 161, "", true, 161, 2);
	expect("", "a", 306, "", true, 306, 2);
	expect("", "a", 307, "", true, 307, 3);
	expect("", "a", 459, "", true, 459, 3);
	expect("", "a", 460, "", true, 460, 4);
	expect("", "€", 80, "", true, 160, 1);
	expect("", "€", 81, "", true, 162, 2);
	expect("", "ж", 70, "", false, 70, 1);
	expect("", "ж", 71, "", false, 71, 2);
	expect("", "ж", 134, "", false, 134, 2);
	expect("", "ж", 135, "", false, 135, 3);
	expect("", "ж", 201, "", false, 201, 3);
	expect("", "ж", 202, "", false, 202, 4);
	expect("", "\U0001f600", 35, "", false, 70, 1);
	expect("", "\U0001f600", 36, "", false, 72, 2);
	expect("", "a", 159, "ç", false, 160, 3);
	/* Neither an escape and its septet nor a surrogate pair is torn apart. */
	expect(bmp66, "\U0001f600", 1, bmp66, false, 134, 3);
	expect(a152, "€", 1, a152, true, 306, 3);
	expect(euro76, "a", 1, euro76, true, 305, 2);
	expect("", "\U0001f600", 67, "", false, 134, 3);
	free(a152);
	free(euro76);
	free(bmp66);
}

static void test_the_alphabet(void **state)
{
	(void)state;
	expect("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
	       "abcdefghijklmnopqrstuvwxyzäöñüà", "", 0, "", true, 127, 1);
	expect("\f^{}\\[~]|€", "", 0, "", true, 20, 1);
	for (size_t i = 0; i < 12; i++) {
		static const char *const lacks[] = {"`", "\t", "\u00a0", "ç", "á", "È", "\u2019", "\u2013", "…", "µ", "\u2126", "Α"};

		expect(lacks[i], "", 0, "", false, 1, 1);
	}
	/* What is not UTF-8, a surrogate among it, counts as U+FFFD. */
	expect("\xed\xa0\x80", "", 0, "", false, 1, 1);
	expect("\xff\xc3", "", 0, "", false, 2, 1);
	assert_int_equal(sms_national_parse("tr"), SMS_TURKISH);
	assert_int_equal(sms_national_parse("es"), SMS_SPANISH);
	assert_int_equal(sms_national_parse("pt"), SMS_PORTUGUESE);
	assert_int_equal(sms_national_parse("de"), -1);
	assert_int_equal(sms_national_parse(""), -1);
}

static void test_headers_take_room(void **state)
{
	struct sms_options wide = {.wide_reference = true}, tr = {.national = SMS_TURKISH}, es = {.national = SMS_SPANISH};
	struct sms_options pt = {.national = SMS_PORTUGUESE}, both = {.national = SMS_TURKISH, .wide_reference = true};

	(void)state;
	expect_with(wide, "a", 160, 160, 1);
	expect_with(wide, "a", 304, 152, 2);
	expect_with(wide, "a", 305, 152, 3);
	expect_with(wide, "ж", 132, 66, 2);
	expect_with(wide, "ж", 133, 66, 3);
	/* A national table costs header, its single shift's characters two septets each, its locking shift's one. */
	expect_with(tr, "a", 160, 160, 1);
	expect_with(tr, "ğ", 77, 155, 1);
	expect_with(tr, "ğ", 155, 155, 1);
	expect_with(tr, "ğ", 156, 149, 2);
	expect_with(tr, "ığş\u00e8", 22, 155, 1);
	expect_with(es, "á", 77, 155, 1);
	expect_with(pt, "ã", 155, 155, 1);
	expect_with(pt, "ª", 298, 149, 2);
	/* Where it saves no part, it is not used. */
	expect_with(es, "á", 78, 67, 2);
	expect_with(tr, "ğ", 70, 70, 1);
	/* A letter of the basic table that the locking shift replaced, and so many that only it has: both tables. */
	expect_with(tr, "ğğğğğğğğÅ", 16, 155, 1);
	expect_with(both, "a", 305, 152, 3);
	/* Of other tongues' letters the national tables know nothing. */
	expect_with(tr, "ж", 71, 67, 2);
	expect_with(es, "ğ", 71, 67, 2);
}

static void test_both_national_tables(void **state)
{
	/* ∞ is in Portuguese's locking shift alone, Φ in its single shift and not in the locking one. */
	struct sms_options pt = {.national = SMS_PORTUGUESE};
	char *text = repeat("Φ", "∞", 150, "");
	struct sms_count c;

	(void)state;
	sms_count(text, &pt, &c);
	assert_true(c.gsm7 && c.single_shift && c.locking_shift);
	assert_int_equal(c.units, 152);
	assert_int_equal(c.capacity, 152);
	assert_int_equal(c.segments, 1);
	sms_count(text + strlen("Φ"), &pt, &c);
	assert_true(c.locking_shift && !c.single_shift);
	free(text);
	text = repeat("Φ", "∞", 290, "");
	sms_count(text, &pt, &c);
	assert_int_equal(c.capacity, 146);
	assert_int_equal(c.segments, 2);
	pt.wide_reference = true;
	sms_count(text, &pt, &c);
	assert_int_equal(c.capacity, 145);
	assert_int_equal(c.segments, 3);
	free(text);
	/* Each has an alphabet, but not the same one. */
	text = repeat("è", "∞", 150, "");
	sms_count(text, &pt, &c);
	assert_false(c.gsm7);
	free(text);
}

static void test_whole_clusters_when_asked(void **state)
{
	struct sms_options o = {.whole_clusters = true};
	char *text = repeat("", "ж", 66, "\U0001f1ea\U0001f1f8жжж");      /* a flag of four units behind 66 */
	struct sms_count c;
	unsigned units;

	(void)state;
	sms_count(text, NULL, &c);
	sms_part(&c, NULL, text, &units);
	assert_int_equal(units, 66);
	free(text);
	text = repeat("", "ж", 65, "\U0001f1ea\U0001f1f8жжж");
	assert_string_equal(sms_part(&c, NULL, text, &units), "\U0001f1f8жжж");
	assert_int_equal(units, 67);
	assert_string_equal(sms_part(&c, &o, text, &units), "\U0001f1ea\U0001f1f8жжж");
	assert_int_equal(units, 65);
	free(text);
	/* A cluster that no part can hold is cut all the same. */
	text = repeat("e", "\u0301", 200, "");
	sms_count(text, &o, &c);
	assert_int_equal(c.units, 201);
	assert_int_equal(c.segments, 3);
	free(text);
}

static uint32_t seed = 2463534242;

static unsigned chance(unsigned below)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % below;
}

static void random_text(struct buf *b)
{
	static const char *const pieces[] = {"a", "Z", " ", "€", "{", "é", "\n", "ç", "ж", "\U0001f600", "\U0001f1ea\U0001f1f8",
	    "e\u0301", "ğ", "á", "ã", "∞", "Φ", "\u2019", "\r\n", "\U0001f468\u200d\U0001f469", "\xff"};
	unsigned count = chance(800), kinds = 1 + chance(COUNT_OF(pieces));

	buf_reset(b);
	for (unsigned i = 0; i < count; i++)
		buf_add_text(b, pieces[chance(kinds)]);
}

/* The parts are the text, each has what it may hold, none but the last has room for what comes next, and they are counted. */
static void check_parts(const char *text, const struct sms_options *o)
{
	unsigned units, sum = 0, parts = 0;
	struct sms_count c, alone;
	const char *p = text;

	sms_count(text, o, &c);
	do {
		const char *end = sms_part(&c, o, p, &units);

		assert_true(end > p || !*p);
		assert_true(units <= c.capacity);
		assert_true(((unsigned char)*end & 0xc0) != 0x80 || (unsigned char)*end == 0xff);
		sum += units;
		parts++;
		p = end;
	} while (*p);
	assert_ptr_equal(p, text + strlen(text));
	assert_int_equal(parts, c.segments);
	assert_int_equal(sum, c.units);
	sms_count(text, NULL, &alone);
	assert_true(c.segments <= alone.segments || o->wide_reference || o->whole_clusters);
}

static void test_parts_are_the_text(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, TEXT_BYTES);
	for (unsigned i = 0; i < 3000; i++) {
		struct sms_options o = {(enum sms_national)chance(4), chance(2), chance(2)};

		random_text(&b);
		check_parts(b.data, &o);
	}
	buf_clear(&b);
}

static void test_what_forces_ucs2(void **state)
{
	struct sms_options tr = {.national = SMS_TURKISH};

	(void)state;
	assert_null(sms_not_gsm7("plain {text} €", NULL));
	assert_string_equal(sms_not_gsm7("caf\u00e9 ş ç", NULL), "ş ç");
	assert_null(sms_not_gsm7("caf\u00e9 ş ç", &tr));
}

static void smart(const char *text, bool codes, const char *result)
{
	struct buf b;
	bool changed;

	buf_init(&b, TEXT_BYTES);
	buf_add_text(&b, ">");
	changed = sms_smart(text, NULL, codes, &b);
	assert_int_equal(changed, result != NULL);
	assert_string_equal(b.data + 1, result ? result : "");
	buf_clear(&b);
}

static void test_smart_encoding(void **state)
{
	(void)state;
	smart("It\u2019s \u201cnow\u201d \u2013 9\u201317\u00a0h\u2026", false, "It's \"now\" - 9-17 h...");
	smart("\u00ab2\u00bd\u202f\u00d7\u202f3\u00bb \u2022 \u00a9\u2122", false, "\"21/2 x 3\" * (c)TM");
	smart("\uff21\uff42\uff11\uff01", false, "Ab1!");
	smart("cafe\u0301, n\u0303", false, "café, ñ");
	smart("\u2126 \u212b", false, "Ω Å");
	smart("one\r\ntwo", false, "one\ntwo");
	smart("so\u00adft\u200b\ufeff", false, "soft");
	/* Nothing to do, or nothing gained. */
	smart("plain", false, NULL);
	smart("", false, NULL);
	smart("It\u2019s ж", false, NULL);
	smart("It\u2019s \U0001f600", false, NULL);
	smart("\u0410\u0412\u0415", false, NULL);       /* Cyrillic that looks Latin is no typography */
	smart("\u00e1", false, NULL);
	smart("e\u0302\u2019", false, NULL);
}

static void test_smart_encoding_leaves_addresses_and_codes(void **state)
{
	struct sms_options tr = {.national = SMS_TURKISH};
	struct buf b;
	char *text;

	(void)state;
	smart("\u201chttps://x.example/a?b=%20c\u201d\u2026", false, "\"https://x.example/a?b=%20c\"...");
	smart("It\u2019s https://x.example/a\u2013b now", false, NULL);
	smart("(see https://x.example/a\u2026)", false, "(see https://x.example/a...)");
	smart("Your code\u2019s \u201c12\u00b34\u201d.", true, NULL);
	smart("Your code\u2019s \u201c1234\u201d.", true, "Your code's \"1234\".");
	smart("code\u2019s A1\u2013B2", true, NULL);
	smart("code\u2019s A1\u2013B2", false, "code's A1-B2");
	smart("code \uff11\uff12\uff13", true, NULL);
	/* What a national alphabet has stays, when that alphabet is worth while. */
	buf_init(&b, TEXT_BYTES);
	text = repeat("", "c\u0327ok", 30, "\u2019");
	assert_true(sms_smart(text, &tr, false, &b));
	assert_memory_equal(b.data, "çokçok", 8);
	assert_string_equal(b.data + b.len - 3, "ok'");
	assert_false(sms_smart("c\u0327ok\u2019", &tr, false, &b));
	free(text);
	buf_clear(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parts_of_each_alphabet),
	    cmocka_unit_test(test_the_alphabet),
	    cmocka_unit_test(test_headers_take_room),
	    cmocka_unit_test(test_both_national_tables),
	    cmocka_unit_test(test_whole_clusters_when_asked),
	    cmocka_unit_test(test_parts_are_the_text),
	    cmocka_unit_test(test_what_forces_ucs2),
	    cmocka_unit_test(test_smart_encoding),
	    cmocka_unit_test(test_smart_encoding_leaves_addresses_and_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
