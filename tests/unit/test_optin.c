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
#include "common/xalloc.h"

#include "common/banned.h"

static const char *const languages[] = {"en", "es", "fr", "de", "pt", "it", "nl"};

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

/* Every word in capitals is one that the same language is answered to. */
static void the_words_in_the_texts_are_keywords(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(languages); i++)
		for (int r = OPTIN_STOP; r < OPTIN_REPLIES; r++) {
			char *text = text_of((enum optin_reply)r, languages[i], NULL), *save = NULL;
			unsigned found = 0;

			for (char *word = strtok_r(text, " .,:'", &save); word; word = strtok_r(NULL, " .,:'", &save)) {
				const struct keyword *k;

				if (strlen(word) < 2 || strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != strlen(word))
					continue;
				k = keywords_find(optin_keywords(optin), word, languages[i], "", false);
				if (!k || (strcmp(k->language, languages[i]) != 0 && strcmp(k->language, "en") != 0))
					fail_msg("%s: '%s' is no keyword", languages[i], word);
				found++;
			}
			assert_in_range(found, 1, 3);
			free(text);
		}
}

/* The GSM alphabet holds these; anything else would make two segments of one. */
static bool is_gsm(const char *text)
{
	static const char *const others[] = {"à", "é", "è", "ì", "ò", "ù", "ü", "ö", "ä", "ñ", "Ä", "Ö", "Ü", "ß"};

	while (*text) {
		size_t len = 0;

		if ((unsigned char)*text < 0x80) {
			if (strchr("`[]{}\\^|~", *text))
				return false;
			text++;
			continue;
		}
		for (size_t i = 0; i < COUNT_OF(others) && !len; i++)
			if (strncmp(text, others[i], strlen(others[i])) == 0)
				len = strlen(others[i]);
		if (!len)
			return false;
		text += len;
	}
	return true;
}

static void every_text_is_one_segment(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(languages); i++)
		for (int r = OPTIN_STOP; r < OPTIN_REPLIES; r++) {
			char *text = text_of((enum optin_reply)r, languages[i], "appointments");

			if (strlen(text) > 140 || !is_gsm(text))
				fail_msg("%zu bytes: %s", strlen(text), text);
			free(text);
		}
}

static void another_language_gets_english(void **state)
{
	const char *const some[] = {NULL, "", "xx", "de-AT", "fr"}, *got;
	char *text, *english = text_of(OPTIN_HELP, "en", NULL), *other = text_of(OPTIN_HELP, "ja", NULL);
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
	    CASE(every_text_is_one_segment),
	    CASE(another_language_gets_english),
	    CASE(a_topic_is_named_and_a_brand_speaks),
	};

	return cmocka_run_group_tests_name("optin", tests, NULL, NULL);
}
