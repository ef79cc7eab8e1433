#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/address/phone.h"

#include "common/banned.h"

#define KEPT 64
#define KEPT_BYTES 24

struct plan {
	const char *code;
	const char *region;
	const char *leading;    /* regular expression over the national number, "" for the code's main region */
	const char *trunk;      /* what is dialled before a number at home and is no part of it; "" for none */
	uint32_t lengths;       /* bit n: a national number may have n digits */
	bool main;
};

/* Generated from data/e164.tsv; rows of one code stand together, in the order of the codes. */
static const struct plan plans[] = {
#include "gen/e164.inc"
};

/* Generated from data/nanp.tsv: geographic area codes of +1, ascending. */
static const struct area {
	uint16_t code;
	char region[3];
} areas[] = {
#include "gen/nanp.inc"
};

/*
 * The few forms that the plans use: digits, [classes], (?:groups) and | between alternatives, anchored at the start.
 * Returns where the match ends, or NULL. A group's first matching alternative is taken, which these patterns allow.
 */
static const char *match(const char **pattern, const char *digits);

static const char *match_class(const char **pattern, const char *digits)
{
	const char *p = *pattern + 1;
	bool found = false;

	for (; *p && *p != ']'; p++) {
		char low = *p, high = *p;

		if (p[1] == '-' && p[2] != ']') {
			high = p[2];
			p += 2;
		}
		found = found || (*digits >= low && *digits <= high);
	}
	*pattern = *p ? p + 1 : p;
	return found ? digits + 1 : NULL;
}

static const char *match_one(const char **pattern, const char *digits)
{
	const char *end;

	for (end = digits; **pattern && **pattern != '|' && **pattern != ')';) {
		if (**pattern == '[') {
			const char *next = match_class(pattern, end ? end : "");

			end = end ? next : NULL;
		} else if (strncmp(*pattern, "(?:", 3) == 0) {
			*pattern += 3;
			end = end ? match(pattern, end) : (match(pattern, ""), NULL);
		} else {
			end = end && **pattern == *end ? end + 1 : NULL;
			(*pattern)++;
		}
	}
	return end;
}

static const char *match(const char **pattern, const char *digits)
{
	const char *found = NULL;

	for (;;) {
		const char *end = match_one(pattern, digits);

		if (end && !found)
			found = end;
		if (**pattern != '|')
			break;
		(*pattern)++;
	}
	if (**pattern == ')')
		(*pattern)++;
	return found;
}

/* A quick no: none of the alternatives begins with this digit. */
static bool may_lead(const char *pattern, char digit)
{
	while (*pattern) {
		if (*pattern < '0' || *pattern > '9' || *pattern == digit)
			return true;
		pattern += strcspn(pattern, "|(");
		if (*pattern == '(')
			return true;
		if (*pattern == '|')
			pattern++;
	}
	return false;
}

static bool leads(const struct plan *p, const char *national)
{
	const char *pattern = p->leading;

	return may_lead(pattern, *national) && match(&pattern, national);
}

/* Where an area code of +1 stands in `areas`; their count when it is none. */
static size_t find_area(const char *national)
{
	unsigned code = 0;
	size_t low = 0, high = COUNT_OF(areas);

	for (int i = 0; i < 3 && national[i]; i++)
		code = code * 10 + (unsigned)(national[i] - '0');
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (areas[middle].code == code)
			return middle;
		if (areas[middle].code < code)
			low = middle + 1;
		else
			high = middle;
	}
	return COUNT_OF(areas);
}

/* The first plan of the code that the digits begin with. Calling codes are free of prefixes of each other. */
static const struct plan *find_code(const char *digits)
{
	/* Linear over some 250 rows would show in a filter's speed: remember the first row of each leading digit. */
	static uint16_t first_row[10];
	static bool indexed;

	if (!indexed) {
		for (size_t i = COUNT_OF(plans); i-- > 0;)
			first_row[plans[i].code[0] - '0'] = (uint16_t)i;
		indexed = true;
	}
	if (*digits < '1' || *digits > '9')
		return NULL;
	for (size_t i = first_row[*digits - '0']; i < COUNT_OF(plans) && plans[i].code[0] == *digits; i++)
		if (strncmp(plans[i].code, digits, strlen(plans[i].code)) == 0)
			return &plans[i];
	return NULL;
}

static bool same_code(const struct plan *p, const struct plan *first)
{
	return p < plans + COUNT_OF(plans) && strcmp(p->code, first->code) == 0;
}

static const struct plan *main_plan(const struct plan *first)
{
	const struct plan *main = first;

	for (const struct plan *p = first; same_code(p, first); p++)
		if (p->main)
			main = p;
	return main;
}

/* Of +1, whose area codes say it; found once for each area. NULL: no area's. */
static const struct plan *find_by_area(const struct plan *first, const char *national)
{
	static const struct plan *found[COUNT_OF(areas)];
	size_t area = find_area(national);

	if (area == COUNT_OF(areas))
		return NULL;
	for (const struct plan *p = first; !found[area] && same_code(p, first); p++)
		if (strcmp(p->region, areas[area].region) == 0)
			found[area] = p;
	if (!found[area])
		found[area] = main_plan(first);
	return found[area];
}

/* Which of the plans that share the code the national number belongs to. */
static const struct plan *find_region(const struct plan *first, const char *national)
{
	const struct plan *by_area = strcmp(first->code, "1") == 0 ? find_by_area(first, national) : NULL;

	if (by_area)
		return by_area;
	for (const struct plan *p = first; same_code(p, first); p++)
		if (!p->main && leads(p, national))
			return p;
	return main_plan(first);
}

static bool strip(const char *text, char digits[PHONE_SIZE])
{
	size_t count = 0;

	while (*text == ' ')
		text++;
	if (*text++ != '+')
		return false;
	for (; *text; text++) {
		if (*text >= '0' && *text <= '9') {
			if (count == 15)
				return false;
			digits[count++] = *text;
		} else if (!strchr(" .-/()", *text)) {
			return false;
		}
	}
	digits[count] = '\0';
	return count > 0;
}

static int fail_length(const struct plan *p, size_t got, struct err *e)
{
	char allowed[64] = "";
	size_t used = 0;

	for (unsigned n = 1; n < 18; n++)
		if (p->lengths & 1u << n)
			used += (size_t)snprintf(allowed + used, sizeof(allowed) - used, "%s%u", used ? ", " : "", n);
	return err_set(e, EX_DATAERR, "not a phone number of %s: %zu digits after +%s, not %s",
	    *p->region ? p->region : "the world", got, p->code, allowed);
}

static bool is_possible(const struct plan *p, const char *national)
{
	return p->lengths & 1u << strlen(national);
}

/*
 * What people write that is no part of the number: "+44 (0)20…". No number begins with a trunk prefix of 0 where there is
 * one; with another prefix it is one only when the number is too long. And Mexico's mobiles have lost the 1 before them.
 */
static const char *without_trunk(const struct plan *first, const char *national)
{
	const struct plan *plan, *rest;
	bool mexico = strcmp(first->code, "52") == 0;
	size_t len;

	/* Most numbers: the regions of one code dial the same. */
	if (!mexico && *national != first->trunk[0])
		return national;
	plan = find_region(first, national);
	len = strlen(plan->trunk);
	if (mexico && *national == '1' && !is_possible(plan, national))
		return is_possible(plan, national + 1) ? national + 1 : national;
	if (!len || strncmp(national, plan->trunk, len) != 0 || (plan->trunk[0] != '0' && is_possible(plan, national)))
		return national;
	rest = find_region(first, national + len);
	return is_possible(rest, national + len) ? national + len : national;
}

static int parse(const char *text, struct phone *ret_phone, struct err *e)
{
	char digits[PHONE_SIZE];
	const struct plan *plan;
	const char *national, *next;
	size_t code, len;

	if (!strip(text, digits))
		return err_set(e, EX_DATAERR, "not a phone number such as +15551230001: '%s'", err_quote(text));
	plan = find_code(digits);
	if (!plan)
		return err_set(e, EX_DATAERR, "no such calling code: '+%.3s…'", digits);
	code = strlen(plan->code);
	national = digits + code;
	/* To the end: what is printed must read back as itself, or one person has two names in the ledger. */
	while ((next = without_trunk(plan, national)) != national)
		national = next;
	plan = find_region(plan, national);
	len = strlen(national);
	if (!is_possible(plan, national))
		return fail_length(plan, len, e);
	ret_phone->number[0] = '+';
	memcpy(ret_phone->number + 1, digits, code);
	memcpy(ret_phone->number + 1 + code, national, len + 1);
	memset(ret_phone->region, 0, sizeof(ret_phone->region));
	memcpy(ret_phone->region, plan->region, strlen(plan->region));
	ret_phone->code_digits = (unsigned)code;
	return 0;
}

/* A message's number is read again at each step of its way, and a number's plan may be long to find: keep the last ones. */
int phone_parse(const char *text, struct phone *ret_phone, struct err *e)
{
	static struct kept {
		char text[KEPT_BYTES];
		struct phone phone;
	} kept[KEPT];
	size_t len = strlen(text);
	struct kept *k;
	uint32_t hash = 2166136261u;

	if (len >= KEPT_BYTES)
		return parse(text, ret_phone, e);
	for (const char *p = text; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 16777619u;
	k = &kept[hash % KEPT];
	if (!*text || strcmp(k->text, text) != 0) {
		struct phone phone;

		if (parse(text, &phone, e) < 0)
			return -1;
		memcpy(k->text, text, len + 1);
		k->phone = phone;
	}
	*ret_phone = k->phone;
	return 0;
}
