#include <string.h>
#include <strings.h>

#include "common/compat.h"
#include "common/policy/carriers.h"
#include "common/policy/keywords.h"

#include "common/banned.h"

#define BLANK " \t\r\n"

/* Generated from data/carriers.tsv. */
static const struct carrier_word {
	const char *carrier, *text;
	enum keyword_meaning meaning;
} table[] = {
#include "gen/carriers.inc"
};

bool carrier_known(const char *carrier)
{
	for (size_t i = 0; i < COUNT_OF(table); i++)
		if (strcmp(table[i].carrier, carrier) == 0)
			return true;
	return false;
}

bool carrier_answers(const char *carrier, const char *text)
{
	size_t len;

	text += strspn(text, BLANK);
	len = strlen(text);
	while (len > 0 && strchr(BLANK, text[len - 1]))
		len--;
	for (size_t i = 0; i < COUNT_OF(table); i++)
		if (strcmp(table[i].carrier, carrier) == 0 && strlen(table[i].text) == len && strncasecmp(table[i].text, text, len) == 0)
			return true;
	return false;
}

bool carrier_is_toll_free(const char *number)
{
	static const char *const codes[] = {"800", "833", "844", "855", "866", "877", "888"};

	for (size_t i = 0; i < COUNT_OF(codes) && strncmp(number, "+1", 2) == 0 && strlen(number) == 12; i++)
		if (strncmp(number + 2, codes[i], 3) == 0)
			return true;
	return false;
}
