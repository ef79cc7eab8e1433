/* STOP, START and HELP as people write them, and what only looks like it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/compat.h"
#include "common/policy/keywords.h"

#include "common/banned.h"

static const struct keyword table[] = {
#include "gen/keywords.inc"
};

static struct keywords *words;

static int set_up(void **state)
{
	(void)state;
	words = keywords_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	keywords_free(words);
	return 0;
}

static enum keyword_meaning meaning(const char *text)
{
	const struct keyword *k = keywords_find(words, text, NULL, "US", false);

	return k ? k->meaning : KEYWORD_NONE;
}

static void every_row_means_what_it_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		const struct keyword *row = &table[i];
		const char *region = strlen(row->only) == 2 ? row->only : "";
		const struct keyword *found = keywords_find(words, row->text, row->language, region, false);

		if (strcmp(row->only, "footer") == 0)
			continue;
		if (!found)
			assert_int_equal(row->meaning, KEYWORD_NONE);
		else if (found->meaning != row->meaning || (row->match == KEYWORD_EXACT && strcmp(found->language, row->language) != 0))
			fail_msg("%s %s means %d in %s", row->language, row->text, (int)found->meaning, found->language);
	}
}

static void spelling_does_not_matter(void **state)
{
	static const char *const stops[] = {
	    "STOP", "stop", "Stop.", "  stop  ", "\"STOP\"", "'stop'", "\xe2\x80\x9cStop\xe2\x80\x9d", "*stop*", "STOP!!!", "st\xc2\xadop",
	    "\xe2\x80\x8bstop\xe2\x80\x8d", "\xef\xbb\xbfstop", "stop \xf0\x9f\x9b\x91", "\xe2\x9c\x8b\xf0\x9f\x8f\xbd stop",
	    "\xef\xbc\xb3\xef\xbc\xb4\xef\xbc\xaf\xef\xbc\xb0", "\xef\xbd\x93\xef\xbd\x94\xef\xbd\x8f\xef\xbd\x90",
	    "stop stop STOP", "Stop\n", "STOP ALL", "stop   all", "StopAll", "opt-out", "Opt Out", "optout", "opt\xe2\x80\x90out",
	    "Arr\xc3\xaat", "ARRE\xcc\x82T", "arret", "\xc2\xa1\x41lto!", "baja", "D\xc3\xa9sabonner",
	    "\xd1\x81\xd1\x82\xd0\xbe\xd0\xbf", "\xd0\xa1\xd0\xa2O\xd0\x9f", "\xd0\xa1T\xd0\x9e\xd0\x9f",
	    "\xcf\x83\xcf\x84\xce\xbf\xcf\x80", "\xce\xa3T\xce\x9f\xce\xa0", "\xce\xb4\xce\xb9\xce\xb1\xce\xb3\xcf\x81\xce\xb1\xcf\x86\xce\xae",
	    "\xc4\xb0ptal", "iptal", "\xc4\xb1ptal", "\xe9\x80\x80\xe8\xae\xa2", "\xe9\x80\x80\xe8\xae\xa2\xe3\x80\x82",
	    "\xe5\x81\x9c\xe6\xad\xa2", "\xef\xbd\xbd\xef\xbe\x84\xef\xbd\xaf\xef\xbe\x8c\xef\xbe\x9f",
	    "\xd8\xa5\xd9\x8a\xd9\x82\xd8\xa7\xd9\x81", "\xd8\xa7\xd9\x8a\xd9\x82\xd8\xa7\xd9\x81",
	    "\xd8\xa5\xd9\x8a\xd9\x82\xd9\x80\xd9\x80\xd8\xa7\xd9\x81", "\xd7\x94\xd7\xa1\xd7\xa8", "unreg",
	    "RET", "ret FIRMA", "Ret firma B001", "please stop", "Stop texting me!", "DON'T text me again",
	    "Don\xe2\x80\x99t text me", "leave me alone, please", "wrong number", "Please unsub me", "STPO", "stopstop",
	    "s t o p", "S.T.O.P.", "STOOOP", "Please, stop!", "hello, please, stop, thanks", "Baja, por favor", "Por favor, baja",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(stops); i++)
		if (meaning(stops[i]) != KEYWORD_STOP)
			fail_msg("not a stop: '%s'", stops[i]);
	assert_int_equal(meaning("Hilfe?"), KEYWORD_HELP);
	assert_int_equal(meaning("help"), KEYWORD_HELP);
	assert_int_equal(meaning("HJ\xc3\x84LP"), KEYWORD_HELP);
	assert_int_equal(meaning("hj\xc3\xa6lp"), KEYWORD_HELP);
	assert_int_equal(meaning("start"), KEYWORD_START);
	assert_int_equal(meaning("S\xc3\xad"), KEYWORD_START);
}

static void sentences_are_no_keywords(void **state)
{
	static const char *const others[] = {
	    "", " ", "...", "\xf0\x9f\x91\x8d", "Can I cancel my appointment on Tuesday?", "The bus stop is closed", "stopped",
	    "I will stop by at five", "stop by tomorrow", "return my call", "RETURN", "ret this long sentence is not one",
	    "started", "helpful", "yesterday", "no", "unsubstantiated", "N", "T", "R", "B", "Huy here", "dung", "the end is near",
	    "\xc4\x90\xc3\xbang r\xe1\xbb\x93i", "\xff\xfe", "\xc3", "STO",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(others); i++)
		if (meaning(others[i]) != KEYWORD_NONE)
			fail_msg("taken for a keyword: '%s'", others[i]);
}

static void a_region_can_be_asked_for(void **state)
{
	const struct keyword *k = keywords_find(words, "huy kichhoat", NULL, "VN", false);

	(void)state;
	assert_non_null(k);
	assert_string_equal(k->language, "vi");
	assert_null(keywords_find(words, "huy kichhoat", NULL, "US", false));
	/* "dung" is stop, "đúng" is right. */
	assert_non_null(keywords_find(words, "dung", NULL, "VN", false));
	assert_non_null(keywords_find(words, "d\xe1\xbb\xabng", NULL, "VN", false));
	assert_null(keywords_find(words, "\xc4\x91\xc3\xbang", NULL, "VN", false));
}

static void the_language_known_comes_first(void **state)
{
	(void)state;
	assert_string_equal(keywords_find(words, "stop", NULL, "", false)->language, "en");
	assert_string_equal(keywords_find(words, "stop", "fr", "", false)->language, "fr");
	assert_string_equal(keywords_find(words, "stop", "nl-BE", "", false)->language, "nl");
	assert_string_equal(keywords_find(words, "stop", "ja", "", false)->language, "en");
	assert_string_equal(keywords_find(words, "baja", "en", "", false)->language, "es");
}

static void yes_is_an_answer(void **state)
{
	(void)state;
	assert_string_equal(keywords_find(words, "Yes", NULL, "", false)->only, "answer");
	assert_string_equal(keywords_find(words, "oui!", NULL, "", false)->only, "answer");
	assert_string_equal(keywords_find(words, "START", NULL, "", false)->only, "");
}

static void own_words_come_first(void **state)
{
	(void)state;
	assert_null(keywords_find(words, "n", NULL, "US", false));
	keywords_add(words, KEYWORD_STOP, "N");
	keywords_add(words, KEYWORD_STOP, "No m\xc3\xa1s gracias");
	keywords_add(words, KEYWORD_HELP, "start");
	assert_int_equal(meaning("n"), KEYWORD_STOP);
	assert_int_equal(meaning("no mas, gracias"), KEYWORD_STOP);
	assert_int_equal(meaning("START"), KEYWORD_HELP);
}

static void mail_speaks_in_its_first_line(void **state)
{
	static const char reply[] = "Unsubscribe\r\n\r\nOn Monday the clinic wrote:\r\n> leave me alone\r\n";
	static const char quoted[] = "See you then\r\n\r\n> Do not text here\r\n";

	(void)state;
	assert_int_equal(keywords_find(words, reply, NULL, "", true)->meaning, KEYWORD_STOP);
	assert_null(keywords_find(words, quoted, NULL, "", true));
	assert_non_null(keywords_find(words, "\n\n stop \n", NULL, "", true));
	assert_non_null(keywords_find(words, "take me off this list\n> hello\n", NULL, "", true));
	assert_non_null(keywords_find(words, "Hello,\r\n\r\nplease remove me\r\nfrom your list.\r\n", NULL, "", true));
	assert_non_null(keywords_find(words, "Dear all,\nI have had it.\n\nDo not contact\nme again.\n-- \nAna", NULL, "", true));
	assert_null(keywords_find(words, "See you\n\nThe Clinic\nTo unsubscribe me from this list write to us\n", NULL, "", true));
	assert_null(keywords_find(words, "See you\n-----Original Message-----\nLose my number\n", NULL, "", true));
	assert_null(keywords_find(words, "", NULL, "", true));
	assert_null(keywords_find(words, "Hello,", NULL, "", true));
}

static void long_texts_are_none(void **state)
{
	char *text = calloc(1, 100001);

	(void)state;
	assert_non_null(text);
	memset(text, 'a', 100000);
	memcpy(text, "STOP ", 5);
	assert_null(keywords_find(words, text, NULL, "", false));
	memset(text, '.', 99996);
	memcpy(text + 99996, "STOP", 4);
	assert_non_null(keywords_find(words, text, NULL, "", false));
	free(text);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(every_row_means_what_it_says),
	    CASE(spelling_does_not_matter),
	    CASE(sentences_are_no_keywords),
	    CASE(a_region_can_be_asked_for),
	    CASE(the_language_known_comes_first),
	    CASE(yes_is_an_answer),
	    CASE(own_words_come_first),
	    CASE(mail_speaks_in_its_first_line),
	    CASE(long_texts_are_none),
	};

	return cmocka_run_group_tests_name("keywords", tests, NULL, NULL);
}
