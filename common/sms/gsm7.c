#include <stdlib.h>
#include <string.h>

#include "common/sms/gsm7.h"

#include "common/banned.h"

enum table {
	TABLE_BASIC = 1 << 0,
	TABLE_EXTENSION = 1 << 1,
	TABLE_TR_SINGLE = 1 << 2,
	TABLE_ES_SINGLE = 1 << 3,
	TABLE_PT_SINGLE = 1 << 4,
	TABLE_TR_LOCKING = 1 << 5,
	TABLE_PT_LOCKING = 1 << 6,
};

/* Generated from data/gsm7.tsv: all of ASCII, then the rest, ascending. */
static const struct letter {
	uint16_t code;
	uint8_t tables;
} letters[] = {
#include "gen/gsm7.inc"
};

#define BASIC TABLE_BASIC, TABLE_EXTENSION, false, false

static const struct gsm7_alphabet plain[] = {{BASIC}};
static const struct gsm7_alphabet turkish[] = {{BASIC},
    {TABLE_BASIC, TABLE_EXTENSION | TABLE_TR_SINGLE, true, false},
    {TABLE_TR_LOCKING, TABLE_EXTENSION, false, true},
    {TABLE_TR_LOCKING, TABLE_EXTENSION | TABLE_TR_SINGLE, true, true}};
static const struct gsm7_alphabet spanish[] = {{BASIC}, {TABLE_BASIC, TABLE_EXTENSION | TABLE_ES_SINGLE, true, false}};
static const struct gsm7_alphabet portuguese[] = {{BASIC},
    {TABLE_BASIC, TABLE_EXTENSION | TABLE_PT_SINGLE, true, false},
    {TABLE_PT_LOCKING, TABLE_EXTENSION, false, true},
    {TABLE_PT_LOCKING, TABLE_EXTENSION | TABLE_PT_SINGLE, true, true}};

static const struct {
	const char *word;
	const struct gsm7_alphabet *alphabets;
	size_t count;
} nations[] = {
    [SMS_DEFAULT] = {"", plain, COUNT_OF(plain)},
    [SMS_TURKISH] = {"tr", turkish, COUNT_OF(turkish)},
    [SMS_SPANISH] = {"es", spanish, COUNT_OF(spanish)},
    [SMS_PORTUGUESE] = {"pt", portuguese, COUNT_OF(portuguese)},
};

int sms_national_parse(const char *word)
{
	for (size_t i = SMS_DEFAULT + 1; i < COUNT_OF(nations); i++)
		if (strcmp(nations[i].word, word) == 0)
			return (int)i;
	return -1;
}

size_t gsm7_alphabets(enum sms_national national, const struct gsm7_alphabet **ret_list)
{
	*ret_list = nations[national].alphabets;
	return nations[national].count;
}

static int compare(const void *key, const void *letter)
{
	uint32_t code = *(const uint32_t *)key, other = ((const struct letter *)letter)->code;

	return code < other ? -1 : code > other;
}

static unsigned tables_of(uint32_t code)
{
	const struct letter *l = code < 0x80 ? &letters[code]
	                                     : bsearch(&code, letters + 0x80, COUNT_OF(letters) - 0x80, sizeof(*letters), compare);

	return l ? l->tables : 0;
}

unsigned gsm7_septets(const struct gsm7_alphabet *a, uint32_t code)
{
	unsigned tables = tables_of(code);

	return tables & a->one ? 1 : tables & a->two ? 2 : 0;
}

const char *gsm7_skip_ascii(const struct gsm7_alphabet *a, const char *text, unsigned *ret_septets)
{
	*ret_septets = 0;
	for (; *text && (unsigned char)*text < 0x80; text++) {
		unsigned tables = letters[(unsigned char)*text].tables;

		if (!(tables & (a->one | a->two)))
			break;
		*ret_septets += tables & a->one ? 1 : 2;
	}
	return text;
}

bool gsm7_has(enum sms_national national, uint32_t code)
{
	unsigned tables = tables_of(code);

	for (size_t i = 0; i < nations[national].count; i++)
		if (tables & (nations[national].alphabets[i].one | nations[national].alphabets[i].two))
			return true;
	return false;
}
