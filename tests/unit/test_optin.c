/* The texts that msg-optin answers with: that they say what works, and fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/optin/settings.h"
#include "common/policy/keywords.h"
#include "common/sms/sms.h"
#include "common/xalloc.h"

#include "common/banned.h"

/* In the GSM alphabet, one segment with the name of a brand in front; then those that are not, in at most two. */
static const char *const languages[] = {"en", "es", "fr", "de", "pt", "it", "nl", "sv", "nb", "da", "fi", "id", "ms", "tl", "sw",
    "pl", "tr", "cs", "hu", "ro", "el", "ru", "uk", "ar", "he", "ja", "zh", "zh-TW", "ko", "vi", "th", "hi"};

#define GSM_LANGUAGES 15
#define BRAND_UNITS 20

static struct config config;
static struct optin *optin;

static int set_up(void **state)
{
	struct err e;

	(void)state;
	config = (struct config){.path = NULL};
	return optin_load(&config, &optin, &e);
}

static int tear_down(void **state)
{
	(void)state;
	optin_free(optin);
	json_decref((json_t *)(uintptr_t)config.optin);
	return 0;
}

static char *text_of(enum optin_reply reply, const char *language, const char *topic)
{
	const char *got;
	char *text;
	struct err e;

	assert_int_equal(optin_text(optin, reply, &language, 1, topic, &text, &got, &e), 0);
	return text;
}

static bool is_capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* A word in capitals is one that is understood; 1. */
static unsigned check_capitals(const char *language, const char *from, size_t len)
{
	char *word = xstrndup(from, len);
	const struct keyword *k = keywords_find(optin_keywords(optin), word, language, "", false);

	if (!k || k->match == KEYWORD_PLAIN || (strcmp(k->language, language) != 0 && strcmp(k->language, "en") != 0))
		fail_msg("%s: '%s' is no keyword", language, word);
	free(word);
	return 1;
}

static unsigned count_capitals(const char *language, const char *text)
{
	unsigned found = 0;

	for (size_t len; *text; text += len) {
		for (len = 0; is_capital(text[len]); len++)
			;
		if (len > 1)
			found += check_capitals(language, text, len);
		len += len == 0;
	}
	return found;
}

/* Words of other scripts have no capitals, or are a keyword in them. */
static unsigned count_words(const char *language, char *text)
{
	unsigned found = 0;
	char *save = NULL;

	for (char *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		const struct keyword *k = keywords_find(optin_keywords(optin), word, language, "", false);

		found += k && k->match == KEYWORD_EXACT && strcmp(k->language, language) == 0;
	}
	return found;
}

static void the_words_in_the_texts_are_keywords(void **state)
{
	static const unsigned least[OPTIN_REPLIES] = {1, 2, 2, 2, 2};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(languages); i++)
		for (int r = OPTIN_STOP; r < OPTIN_REPLIES; r++) {
			char *text = text_of((enum optin_reply)r, languages[i], NULL);
			unsigned found = count_capitals(languages[i], text);

			if (found < least[r])
				found += count_words(languages[i], text);
			if (found < least[r])
				fail_msg("%s: %u keywords in '%s'", languages[i], found, text);
			free(text);
		}
}

static void every_text_is_short(void **state)
{
	const struct sms_options plain = {.national = 0};
	struct sms_count count;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(languages); i++)
		for (int r = OPTIN_STOP; r < OPTIN_REPLIES; r++) {
			char *text = text_of((enum optin_reply)r, languages[i], r == OPTIN_ASK ? "appointments" : NULL);
			bool gsm = i < GSM_LANGUAGES;

			sms_count(text, &plain, &count);
			if (count.segments > (gsm ? 1 : 2) || (gsm && (sms_not_gsm7(text, &plain) || count.units + BRAND_UNITS > 160)))
				fail_msg("%u units in %u segments: %s", count.units, count.segments, text);
			free(text);
		}
}

static void another_language_gets_english(void **state)
{
	const char *const some[] = {NULL, "", "xx", "de-AT", "fr"}, *got;
	char *text, *english = text_of(OPTIN_HELP, "en", NULL), *other = text_of(OPTIN_HELP, "eo", NULL);
	struct err e;

	(void)state;
	assert_string_equal(english, other);
	assert_int_equal(optin_text(optin, OPTIN_HELP, some, COUNT_OF(some), NULL, &text, &got, &e), 0);
	assert_string_equal(got, "de");
	free(text);
	free(english);
	free(other);
}

static void a_topic_is_named_and_a_brand_speaks(void **state)
{
	char *text = text_of(OPTIN_ASK, "en", "news & more");

	(void)state;
	assert_non_null(strstr(text, "(news & more)"));
	free(text);
	optin_free(optin);
	config.optin = json_pack("{s:s}", "brand", "M&S");
	assert_int_equal(optin_load(&config, &optin, NULL), 0);
	text = text_of(OPTIN_STOP, "en", NULL);
	assert_memory_equal(text, "M&S: You", 8);
	free(text);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(the_words_in_the_texts_are_keywords),
	    CASE(every_text_is_short),
	    CASE(another_language_gets_english),
	    CASE(a_topic_is_named_and_a_brand_speaks),
	};

	return cmocka_run_group_tests_name("optin", tests, NULL, NULL);
}
