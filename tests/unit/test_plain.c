/* What people say in their own words: the tables, and how well they do on two sets of messages. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/compat.h"
#include "common/policy/keywords.h"
#include "common/policy/plain.h"
#include "common/policy/plain_table.h"
#include "tests/unit/unit.h"

#include "common/banned.h"

#define RECALL_LEAST 0.97
#define WRONG_MOST 0.01
#define ASKED_MOST 0.01 /* of harmless messages, on top of it */

static struct plain *plain;
static struct keywords *words;

static int set_up(void **state)
{
	(void)state;
	plain = plain_new();
	words = keywords_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	plain_free(plain);
	keywords_free(words);
	return 0;
}

static void every_row_can_be_used(void **state)
{
	struct plain_table table;
	const char *bad;

	(void)state;
	plain_table_init(&table, &bad);
	if (bad)
		fail_msg("a row that cannot be used: %s", bad);
	plain_table_clear(&table);
}

/* A limit is a question as well, and what is sure is a stop. */
static enum plain_verdict kind(const struct plain_rule *rule)
{
	if (rule->verdict == PLAIN_SURE)
		return PLAIN_STOP;
	return rule->verdict == PLAIN_LIMIT ? PLAIN_ASK : rule->verdict;
}

static void every_example_is_read_as_its_row_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < plain_rules(); i++) {
		const struct plain_rule *rule = plain_rule(i);
		const struct plain_found *found = plain_find(plain, rule->example, NULL);

		if ((found ? kind(found->rule) : PLAIN_NOT) != kind(rule))
			fail_msg("%s: '%s' is %s", rule->id, rule->example, found ? found->rule->id : "nothing");
	}
}

/* Every row is needed: it is found in its own example. */
static void every_row_is_found_in_its_example(void **state)
{
	(void)state;
	for (size_t i = 0; i < plain_rules(); i++)
		if (!plain_has(plain, plain_rule(i)->example, plain_rule(i)))
			fail_msg("%s is not in '%s'", plain_rule(i)->id, plain_rule(i)->example);
}

static void the_language_is_that_of_the_words(void **state)
{
	(void)state;
	assert_string_equal(plain_find(plain, "please don't text me", NULL)->language, "en");
	assert_string_equal(plain_find(plain, "dejen de mandarme mensajes", NULL)->language, "es");
	assert_string_equal(plain_find(plain, "bitte keine Nachrichten mehr", "en")->language, "de");
	/* Portuguese and Spanish share these. */
	assert_string_equal(plain_find(plain, "cancelar por favor", NULL)->language, "es");
	assert_string_equal(plain_find(plain, "cancelar por favor", "pt-BR")->language, "pt");
}

enum { STOP,
	ASK,
	NONE };

/* How many messages of a kind there were, and what became of them. */
struct tally {
	unsigned messages[3], got[3][3];
	double us;
};

static int kind_named(const char *word)
{
	return strcmp(word, "stop") == 0 ? STOP : strcmp(word, "ask") == 0 ? ASK
									   : NONE;
}

static int kind_found(const char *text)
{
	const struct keyword *k = keywords_find(words, text, NULL, "US", false);

	if (!k || k->meaning == KEYWORD_HELP || k->meaning == KEYWORD_START)
		return NONE;
	return k->meaning == KEYWORD_STOP ? STOP : ASK;
}

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void tally_line(char *line, struct tally *t)
{
	char *language = strchr(line, '\t'), *text = language ? strchr(language + 1, '\t') : NULL;
	double start;
	int meant;

	assert_non_null(text);
	*language = '\0';
	text[strcspn(text, "\n")] = '\0';
	meant = kind_named(line);
	start = now_us();
	t->got[meant][kind_found(text + 1)]++;
	t->us += now_us() - start;
	t->messages[meant]++;
}

static struct tally read_set(const char *path)
{
	FILE *f = fopen(path, "re");
	struct tally t = {.us = 0};
	char line[1024];

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (*line != '#' && strncmp(line, "meaning\t", 8) != 0)
			tally_line(line, &t);
	fclose(f);
	return t;
}

static double share(unsigned part, unsigned all)
{
	return all ? part / (double)all : 0;
}

static void print_tally(const char *name, const struct tally *t)
{
	print_message("# figure: %s: of %u revocations %.2f %% stop (%u more are asked about); of %u harmless messages %.2f %% stop, "
		      "%.2f %% are asked about; of %u doubtful ones %u are asked about, %u stop; %.1f us a message\n",
	    name, t->messages[STOP], 100 * share(t->got[STOP][STOP], t->messages[STOP]), t->got[STOP][ASK], t->messages[NONE],
	    100 * share(t->got[NONE][STOP], t->messages[NONE]), 100 * share(t->got[NONE][ASK], t->messages[NONE]),
	    t->messages[ASK], t->got[ASK][ASK], t->got[ASK][STOP], t->us / (t->messages[STOP] + t->messages[ASK] + t->messages[NONE]));
}

/* What is only asked about counts neither as found nor as taken for a stop. */
static void check_tally(const struct tally *t)
{
	assert_true(share(t->got[STOP][STOP], t->messages[STOP]) >= RECALL_LEAST);
	assert_true(share(t->got[NONE][STOP], t->messages[NONE]) < WRONG_MOST);
	assert_true(share(t->got[NONE][ASK], t->messages[NONE]) <= ASKED_MOST);
}

static void measure(const char *path)
{
	struct tally t = read_set(path);

	print_tally(path, &t);
	assert_true(t.messages[STOP] >= 300 && t.messages[NONE] >= 700);
	check_tally(&t);
}

static void add_tally(struct tally *sum, const struct tally *t)
{
	for (int i = 0; i < 3; i++) {
		sum->messages[i] += t->messages[i];
		for (int k = 0; k < 3; k++)
			sum->got[i][k] += t->got[i][k];
	}
	sum->us += t->us;
}

/* The batches of a language, each by another hand or in another mood, and their sum. */
static void measure_language(const char *language, unsigned stops_least, unsigned others_least)
{
	struct tally sum = {.us = 0};
	char pattern[64];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "tests/plain/%s-[0-9].tsv", language);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct tally t = read_set(found.gl_pathv[i]);

		print_tally(found.gl_pathv[i], &t);
		add_tally(&sum, &t);
	}
	globfree(&found);
	print_tally(language, &sum);
	assert_true(sum.messages[STOP] >= stops_least && sum.messages[NONE] >= others_least);
	check_tally(&sum);
}

static void the_messages_they_were_tuned_on(void **state)
{
	(void)state;
	measure("tests/plain/tuned.tsv");
}

static void the_messages_they_were_not_tuned_on(void **state)
{
	(void)state;
	measure("tests/plain/heldout.tsv");
}

static void batches_of_messages_in_each_language(void **state)
{
	static const struct {
		const char *language;
		unsigned stops, others;
	} sets[] = {{"en", 600, 1250}, {"es", 40, 60}, {"fr", 40, 60}, {"de", 40, 60}, {"pt", 40, 60}, {"it", 40, 60}, {"nl", 40, 60},
	    {"pl", 15, 20}, {"ru", 15, 20}, {"tr", 15, 20}, {"ja", 15, 20}, {"zh", 15, 20}, {"ko", 15, 20}, {"ar", 15, 20},
	    {"hi", 15, 20}, {"id", 15, 20}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sets); i++)
		measure_language(sets[i].language, sets[i].stops, sets[i].others);
}

/* Whoever writes a long text of words that rules are made of waits no longer than anybody else. */
static void the_work_has_a_ceiling(void **state)
{
	static const char *const parts[] = {"no more ", "please stop ", "don't text ", "stop me off the list ", "don't "};
	char text[4000];
	double start;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		size_t len = strlen(parts[i]);

		for (size_t at = 0; at + len < sizeof(text); at += len)
			memcpy(text + at, parts[i], len + 1);
		start = now_us();
		plain_find(plain, text, NULL);
		assert_true(now_us() - start < 1e6);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(every_row_can_be_used),
	    CASE(every_example_is_read_as_its_row_says),
	    CASE(every_row_is_found_in_its_example),
	    CASE(the_language_is_that_of_the_words),
	    CASE(the_messages_they_were_tuned_on),
	    CASE(the_messages_they_were_not_tuned_on),
	    CASE(batches_of_messages_in_each_language),
	    CASE(the_work_has_a_ceiling),
	};

	return cmocka_run_group_tests_name("plain", tests, NULL, NULL);
}
