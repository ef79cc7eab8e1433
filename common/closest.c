#include <stdio.h>
#include <string.h>

#include "common/closest.h"
#include "common/err.h"

#include "common/banned.h"

#define LONGEST 32

static size_t least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/*
 * How many slips lie between two words: a letter too many, too few, a wrong one, or two neighbours exchanged (optimal
 * string alignment). LONGEST + 1 for words that are too long to be worth it.
 */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][LONGEST + 1], a_len = strlen(a), b_len = strlen(b);

	if (a_len > LONGEST || b_len > LONGEST)
		return LONGEST + 1;
	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			row[j] = least(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
	}
	return rows[a_len % 3][b_len];
}

const char *closest_of(const char *word, const char *guess, const char *known)
{
	size_t len = strlen(word), most = len < 2 ? 0 : len < 5 ? 1 : 2, d = distance(word, known);

	if (d > most || d >= strlen(known))
		return guess;
	return guess && distance(word, guess) <= d ? guess : known;
}

const char *closest_word(const char *word, const char *const *known)
{
	const char *guess = NULL;

	for (; *known; known++)
		guess = closest_of(word, guess, *known);
	return guess;
}

const char *closest_hint(const char *guess)
{
	static char text[120];

	if (!guess)
		return "";
	snprintf(text, sizeof(text), " (did you mean '%s'?)", err_quote(guess));
	return text;
}
