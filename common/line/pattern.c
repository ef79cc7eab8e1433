#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/compat.h"
#include "common/line/pattern.h"

#include "common/banned.h"

const char *pattern_skip_bracket(const char *p)
{
	p += *p == '^';
	p += *p == ']';
	while (*p && *p != ']') {
		if (*p == '[' && p[1] && strchr(":.=", p[1]) && strchr(p + 2, ']'))
			p = strchr(p + 2, ']');
		p++;
	}
	return *p ? p + 1 : p;
}

/* "{2,5}": the most times that it lets through, at least 1; 0 when it is no repetition. */
static size_t take_bounds(const char **p)
{
	const char *at = *p + 1;
	char *end;
	unsigned long most;

	if (!strchr("0123456789,", *at) || !*at)
		return 0;
	most = strtoul(at, &end, 10);
	if (*end == ',' && end[1] == '}')
		end++;
	else if (*end == ',')
		most = strtoul(end + 1, &end, 10);
	if (*end != '}')
		return 0;
	*p = end + 1;
	return most > PATTERN_SIZE ? PATTERN_SIZE + 1 : most ? most : 1;
}

struct measure {
	size_t size[PATTERN_DEPTH + 1]; /* of the groups that are open */
	size_t depth;
	size_t last;                    /* of what a repetition would repeat */
};

static void add(struct measure *m, size_t size)
{
	m->size[m->depth] += size;
	m->last = size;
}

static const char *take_group(struct measure *m, const char *p)
{
	size_t inner;

	if (*p == '(') {
		m->size[++m->depth] = 1;
		m->last = 0;
	} else {
		inner = m->size[m->depth--];
		add(m, inner);
	}
	return p + 1;
}

/* What an expression comes to when each repetition is written out. */
static int check_size(const char *text, struct err *e)
{
	struct measure m = {.depth = 0};

	for (const char *p = text; *p;) {
		size_t times;

		if (*p == '\\' && p[1] >= '1' && p[1] <= '9')
			return err_set(e, EX_CONFIG, "back-references are not supported");
		if (*p == '(' ? m.depth == PATTERN_DEPTH : m.size[m.depth] > PATTERN_SIZE)
			return err_set(e, EX_CONFIG, *p == '(' ? "groups nested too deep" : "its repetitions come to too much");
		if (*p == '(' || (*p == ')' && m.depth > 0)) {
			p = take_group(&m, p);
		} else if (*p == '{' && (times = take_bounds(&p)) > 0) {
			m.size[m.depth] += m.last * (times - 1);
			m.last *= times;
		} else {
			add(&m, 1);
			p = *p == '[' ? pattern_skip_bracket(p + 1) : p + (*p == '\\' && p[1] ? 2 : 1);
		}
	}
	return m.size[m.depth] > PATTERN_SIZE ? err_set(e, EX_CONFIG, "its repetitions come to too much") : 0;
}

int pattern_compile(regex_t *ret_regex, const char *text, int flags, struct err *e)
{
	char why[128];
	int result;

	if (strlen(text) > PATTERN_BYTES)
		return err_set(e, EX_CONFIG, "longer than %d bytes", PATTERN_BYTES);
	if (check_size(text, e) < 0)
		return -1;
	result = regcomp(ret_regex, text, REG_EXTENDED | flags);
	if (result == 0)
		return 0;
	regerror(result, ret_regex, why, sizeof(why));
	return err_set(e, EX_CONFIG, "%s", why);
}

/* A piece begins and ends between characters. */
static size_t between(const char *text, size_t at)
{
	while (at > 0 && ((unsigned char)text[at] & 0xc0) == 0x80)
		at--;
	return at;
}

bool pattern_finds(const regex_t *regex, const char *text)
{
	size_t len = strlen(text), start = 0;
	char piece[PATTERN_WINDOW + 1];

	if (len <= PATTERN_WINDOW)
		return regexec(regex, text, 0, NULL, 0) == 0;
	if (len > PATTERN_TEXT)
		len = between(text, PATTERN_TEXT);
	for (;;) {
		size_t end = len - start <= PATTERN_WINDOW ? len : between(text, start + PATTERN_WINDOW);

		memcpy(piece, text + start, end - start);
		piece[end - start] = '\0';
		if (regexec(regex, piece, 0, NULL, (start ? REG_NOTBOL : 0) | (text[end] ? REG_NOTEOL : 0)) == 0)
			return true;
		if (end == len)
			return false;
		start = between(text, end - PATTERN_SHARED);
	}
}
