/* TZif, RFC 9636: a block with times of 32 bits, and from version 2 on one with times of 64 and the rule behind it. */
#include <stdlib.h>
#include <string.h>

#include "common/line/zone_data.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define HEADER 44
#define MOST_CHANGES 65536
#define RULE_BYTES 256

struct header {
	char version;
	size_t ut, std, leap, times, types, chars;
};

struct cursor {
	const unsigned char *at;
	size_t left;
};

static uint64_t big_endian(const unsigned char *p, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value = value << 8 | p[i];
	return value;
}

static const unsigned char *take(struct cursor *c, size_t len)
{
	const unsigned char *at = c->at;

	if (len > c->left)
		return NULL;
	c->at += len;
	c->left -= len;
	return at;
}

static int read_header(struct cursor *c, struct header *ret_header, struct err *e)
{
	const unsigned char *p = take(c, HEADER);
	size_t counts[6];

	if (!p || memcmp(p, "TZif", 4) != 0)
		return err_set(e, EX_OSFILE, "no TZif file");
	for (size_t i = 0; i < 6; i++)
		counts[i] = (size_t)big_endian(p + 20 + 4 * i, 4);
	*ret_header = (struct header){(char)p[4], counts[0], counts[1], counts[2], counts[3], counts[4], counts[5]};
	if (ret_header->types == 0 || ret_header->types > 256 || ret_header->times > MOST_CHANGES ||
	    ret_header->chars > MOST_CHANGES || ret_header->ut > 256 || ret_header->std > 256 || ret_header->leap > MOST_CHANGES)
		return err_set(e, EX_OSFILE, "TZif: counts beyond what a zone has");
	return 0;
}

static size_t block_size(const struct header *h, size_t time_size)
{
	return h->times * (time_size + 1) + h->types * 6 + h->chars + h->leap * (time_size + 4) + h->std + h->ut;
}

static int64_t time_at(const unsigned char *p, size_t size)
{
	return size == 8 ? (int64_t)big_endian(p, 8) : (int32_t)big_endian(p, 4);
}

static int read_changes(struct zone *z, const struct header *h, const unsigned char *times, size_t size, struct err *e)
{
	const unsigned char *kinds = times + h->times * size;

	z->count = h->times;
	z->times = xcalloc(h->times + 1, sizeof(*z->times));
	z->kinds = xcalloc(h->times + 1, sizeof(*z->kinds));
	for (size_t i = 0; i < h->times; i++) {
		z->times[i] = time_at(times + i * size, size);
		z->kinds[i] = kinds[i];
		if (i > 0 && z->times[i] <= z->times[i - 1])
			return err_set(e, EX_OSFILE, "TZif: changes out of order");
		if (kinds[i] >= h->types)
			return err_set(e, EX_OSFILE, "TZif: a change to nothing");
	}
	return 0;
}

static int read_offsets(struct zone *z, const struct header *h, const unsigned char *types, struct err *e)
{
	for (size_t i = 0; i < h->types; i++) {
		int32_t offset = (int32_t)big_endian(types + 6 * i, 4);

		if (offset < ZONE_LEAST_OFFSET || offset > ZONE_MOST_OFFSET)
			return err_set(e, EX_OSFILE, "TZif: an offset of more than a day");
		z->offsets[z->offset_count++] = offset;
	}
	return 0;
}

static int read_block(struct zone *z, struct cursor *c, const struct header *h, size_t size, struct err *e)
{
	const unsigned char *p = take(c, block_size(h, size));

	if (!p)
		return err_set(e, EX_OSFILE, "TZif: cut short");
	if (h->leap > 0)
		return err_set(e, EX_OSFILE, "TZif: counts leap seconds, which Unix time does not");
	if (read_changes(z, h, p, size, e) < 0)
		return -1;
	return read_offsets(z, h, p + h->times * (size + 1), e);
}

/* "\nRULE\n"; an empty rule says that none is known. */
static int read_footer(struct zone *z, struct cursor *c, struct err *e)
{
	const unsigned char *p = take(c, 1), *end;
	char rule[RULE_BYTES];
	size_t len;

	if (!p || *p != '\n' || !(end = memchr(c->at, '\n', c->left)))
		return err_set(e, EX_OSFILE, "TZif: no footer");
	len = (size_t)(end - c->at);
	if (len == 0)
		return 0;
	if (len >= sizeof(rule))
		return err_set(e, EX_OSFILE, "TZif: not a rule in the footer");
	memcpy(rule, c->at, len);
	rule[len] = '\0';
	z->has_rule = strlen(rule) == len && zone_rule_parse(rule, &z->rule);
	return z->has_rule ? 0 : err_set(e, EX_OSFILE, "TZif: not a rule in the footer: '%s'", err_quote(rule));
}

static int read_file(struct zone *z, struct cursor *c, struct err *e)
{
	struct header h = {.version = 0};

	if (read_header(c, &h, e) < 0)
		return -1;
	if (h.version == '\0')
		return read_block(z, c, &h, 4, e);
	if (!take(c, block_size(&h, 4)))
		return err_set(e, EX_OSFILE, "TZif: cut short");
	if (read_header(c, &h, e) < 0 || read_block(z, c, &h, 8, e) < 0)
		return -1;
	return read_footer(z, c, e);
}

int zone_parse(const void *data, size_t len, struct zone **ret_zone, struct err *e)
{
	struct cursor c = {data, len};
	struct zone *z = xcalloc(1, sizeof(*z));

	if (read_file(z, &c, e) < 0) {
		zone_free(z);
		return -1;
	}
	*ret_zone = z;
	return 0;
}

void zone_free(struct zone *z)
{
	if (!z)
		return;
	free(z->times);
	free(z->kinds);
	free(z);
}
