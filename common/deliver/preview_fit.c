/* -n: how a message has been fitted to its channel, and a text message in its segments; lines that begin with "# ". */
#include <stdlib.h>
#include <string.h>

#include "common/deliver/job.h"
#include "common/line/fold.h"
#include "common/line/utf8.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define FORCING 8               /* kinds of characters that are named */
#define PLACES 3                /* of each */
#define SHOWN 24                /* characters of a segment's end */
#define LOOKALIKE_FIRST 0x370u  /* Greek and Cyrillic */
#define LOOKALIKE_LAST 0x52fu

static void print_changes(const struct fit *f, FILE *out)
{
	const char *before = "# changes: ";

	for (int c = 0; c < FIT_CHANGES; c++)
		if (f->changes & 1u << c) {
			fprintf(out, "%s%s", before, fit_change_name((enum fit_change)c));
			before = ", ";
		}
	if (f->changes)
		fputc('\n', out);
}

static void print_links(const json_t *links, FILE *out)
{
	const char *url;
	json_t *instead;

	json_object_foreach((json_t *)links, url, instead)
		fprintf(out, "# link: %s to %s\n", json_string_value(instead), url);
}

/* Words that look right and are not, in a text that would be cheap without them, deserve a word. */
static void print_lookalike(uint32_t code, FILE *out)
{
	struct buf b, folded;

	if (code < LOOKALIKE_FIRST || code > LOOKALIKE_LAST)
		return;
	buf_init(&b, 8);
	buf_init(&folded, 64);
	utf8_add(&b, code);
	fold_text(b.data, &folded);
	if (folded.len == 1)
		fprintf(out, " (looks like %s)", folded.data);
	buf_clear(&b);
	buf_clear(&folded);
}

/* A character that forces UCS-2, and where it is, counted in characters from 1. */
struct forcing {
	uint32_t code;
	size_t places[PLACES], count;
};

static size_t find_forcing(const char *text, const struct sms_options *o, struct forcing list[FORCING], size_t *ret_more)
{
	size_t count = 0, position = 0, i;
	const char *p = text, *found;

	*ret_more = 0;
	while ((found = sms_not_gsm7(p, o))) {
		uint32_t code;

		for (; p < found; position++)
			utf8_next(&p);
		code = utf8_next(&p);
		position++;
		for (i = 0; i < count && list[i].code != code;)
			i++;
		if (i == FORCING) {
			++*ret_more;
			continue;
		}
		if (i == count)
			list[count++] = (struct forcing){.code = code};
		if (list[i].count < PLACES)
			list[i].places[list[i].count] = position;
		list[i].count++;
	}
	return count;
}

static void print_forcing(const char *text, const struct fit *f, FILE *out)
{
	struct forcing list[FORCING];
	size_t more, count = find_forcing(text, &f->sms, list, &more);

	fprintf(out, count ? "# UCS-2 because of" : "# UCS-2 because no single alphabet has all its characters");
	for (size_t i = 0; i < count; i++) {
		struct buf b;

		buf_init(&b, 8);
		utf8_add(&b, list[i].code);
		fprintf(out, "%s %s U+%04X", i ? ";" : "", err_quote(b.data), (unsigned)list[i].code);
		buf_clear(&b);
		print_lookalike(list[i].code, out);
		for (size_t k = 0; k < list[i].count && k < PLACES; k++)
			fprintf(out, "%s %zu", k ? "," : " at", list[i].places[k]);
		if (list[i].count > PLACES)
			fprintf(out, " and %zu more", list[i].count - PLACES);
	}
	if (more)
		fprintf(out, "; and %zu others", more);
	fputc('\n', out);
}

static void print_smart(const char *text, const struct fit *f, bool otp, FILE *out)
{
	struct sms_count c;
	struct buf b;

	buf_init(&b, 1u << 20);
	if (sms_smart(text, &f->sms, otp, &b)) {
		sms_count(b.data, &f->sms, &c);
		fprintf(out, "# smart encoding would make it GSM-7: %u segment%s\n", c.segments, c.segments == 1 ? "" : "s");
	}
	buf_clear(&b);
}

static void print_end(const char *start, const char *end, FILE *out)
{
	size_t count = 0;
	const char *p = end;
	char *piece;

	while (p > start && count < SHOWN)
		count += ((unsigned char)*--p & 0xc0) != 0x80;
	piece = xstrndup(p, (size_t)(end - p));
	fprintf(out, "ends '%s%s'\n", p > start ? "…" : "", err_quote(piece));
	free(piece);
}

static void print_segments(const char *text, const struct fit *f, FILE *out)
{
	const char *p = text;

	for (unsigned i = 1; f->count.segments > 1 && i <= f->count.segments; i++) {
		unsigned units;
		const char *end = sms_part(&f->count, &f->sms, p, &units);

		fprintf(out, "# segment %u: %u units, ", i, units);
		print_end(p, end, out);
		p = end;
	}
}

static void print_cost(const struct job *j, FILE *out)
{
	const struct price *price = account_price(j->account);
	char amount[PRICE_BYTES];

	if (price_of(price, j->address.value, j->fit.segments, amount))
		fprintf(out, "# cost: about %s %s\n", amount, price->currency);
}

static void print_sms(const struct job *j, FILE *out)
{
	const struct fit *f = &j->fit;
	const char *text = job_text(j);
	bool otp = job_purpose(j) == PURPOSE_OTP;

	if (!f->count.gsm7)
		print_forcing(text, f, out);
	if (!f->count.gsm7 && !(f->changes & 1u << FIT_SMART))
		print_smart(text, f, otp, out);
	print_segments(text, f, out);
}

void preview_fit(const struct job *j, FILE *out)
{
	const struct fit *f = &j->fit;
	const struct sms_count *c = &f->count;

	if (j->row.part == 0) {
		print_changes(f, out);
		print_links(j->tracked.links, out);
	}
	if (j->row.parts > 1)
		fprintf(out, "# part %u of %u\n", j->row.part + 1, j->row.parts);
	if (!f->counted)
		return;
	fprintf(out, "# %s, %u of %u units, %u segment%s%s\n", c->gsm7 ? "GSM-7" : "UCS-2", c->units, c->capacity * c->segments,
	    c->segments, c->segments == 1 ? "" : "s",
	    c->single_shift && c->locking_shift ? ", both national tables" : c->single_shift || c->locking_shift ? ", a national table" : "");
	print_sms(j, out);
	if (j->row.part + 1 == j->row.parts && !json_object_get(j->message, "media"))
		print_cost(j, out);
}
