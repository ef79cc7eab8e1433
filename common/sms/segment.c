/* Counting and cutting. Everything follows from 140 octets a part and from what its header takes of them. */
#include "common/line/grapheme.h"
#include "common/line/utf8.h"
#include "common/sms/gsm7.h"

#include "common/banned.h"

#define OCTETS 140u
#define HEADER_LENGTH 1u                /* the octet that says how long the header is */
#define REFERENCE 5u                    /* information element of a concatenated message */
#define WIDE_REFERENCE 6u
#define SHIFT 3u                        /* of a national table, in every part */

static const struct sms_options defaults;

static unsigned capacity_of(bool gsm7, unsigned elements)
{
	unsigned octets = OCTETS - (elements ? elements + HEADER_LENGTH : 0);

	/* Septets begin at a septet's border behind the header: the bits before it are lost. */
	return gsm7 ? octets * 8 / 7 : octets / 2;
}

static unsigned units_of(const struct gsm7_alphabet *a, uint32_t code)
{
	return a ? gsm7_septets(a, code) : code > 0xffff ? 2 : 1;
}

static const struct gsm7_alphabet *alphabet_of(const struct sms_count *c, const struct sms_options *o)
{
	const struct gsm7_alphabet *list;
	size_t count = gsm7_alphabets(o->national, &list);

	for (size_t i = 0; c->gsm7 && i < count; i++)
		if (list[i].single_shift == c->single_shift && list[i].locking_shift == c->locking_shift)
			return &list[i];
	return NULL;
}

/* A character, or a cluster when those are to stay whole and a part can hold it. */
static const char *next(const struct sms_options *o, const struct gsm7_alphabet *a, unsigned capacity, const char *text,
    unsigned *ret_units)
{
	const char *end = text;

	if (o->whole_clusters) {
		const char *whole = text + grapheme_len(text);

		for (*ret_units = 0; end < whole;)
			*ret_units += units_of(a, utf8_next(&end));
		if (*ret_units <= capacity)
			return end;
		end = text;
	}
	*ret_units = units_of(a, utf8_next(&end));
	return end;
}

const char *sms_part(const struct sms_count *c, const struct sms_options *o, const char *text, unsigned *ret_units)
{
	const struct gsm7_alphabet *a = alphabet_of(c, o ? o : &defaults);
	unsigned n;

	*ret_units = 0;
	while (*text) {
		const char *end = next(o ? o : &defaults, a, c->capacity, text, &n);

		if (*ret_units + n > c->capacity)
			break;
		*ret_units += n;
		text = end;
	}
	return text;
}

/* By one alphabet, NULL for UCS-2; false when it lacks a character. */
static bool count_by(const char *text, const struct sms_options *o, const struct gsm7_alphabet *a, struct sms_count *c)
{
	unsigned elements = a ? SHIFT * (a->single_shift + a->locking_shift) : 0, units;

	*c = (struct sms_count){.gsm7 = a, .single_shift = a && a->single_shift, .locking_shift = a && a->locking_shift, .segments = 1};
	for (const char *p = text; *p; c->units += units) {
		const char *at = p;

		if (a && (p = gsm7_skip_ascii(a, p, &units)) != at)
			continue;
		units = units_of(a, utf8_next(&p));
		if (units == 0)
			return false;
	}
	c->capacity = capacity_of(a, elements);
	if (c->units <= c->capacity)
		return true;
	c->capacity = capacity_of(a, elements + (o->wide_reference ? WIDE_REFERENCE : REFERENCE));
	for (const char *p = sms_part(c, o, text, &units); *p; c->segments++)
		p = sms_part(c, o, p, &units);
	return true;
}

/* The default alphabet, else UCS-2; a national one only where that saves a part: not every phone can read it. */
void sms_count(const char *text, const struct sms_options *o, struct sms_count *ret_count)
{
	const struct gsm7_alphabet *list;
	struct sms_count c;
	size_t count;

	o = o ? o : &defaults;
	count = gsm7_alphabets(o->national, &list);
	if (!count_by(text, o, &list[0], ret_count))
		count_by(text, o, NULL, ret_count);
	for (size_t i = 1; i < count && ret_count->segments > 1; i++)
		if (count_by(text, o, &list[i], &c) && c.segments < ret_count->segments)
			*ret_count = c;
}

unsigned sms_segments(const char *text)
{
	struct sms_count c;

	sms_count(text, NULL, &c);
	return c.segments;
}

const char *sms_not_gsm7(const char *text, const struct sms_options *o)
{
	while (*text) {
		const char *at = text;

		if (!gsm7_has(o ? o->national : SMS_DEFAULT, utf8_next(&text)))
			return at;
	}
	return NULL;
}
