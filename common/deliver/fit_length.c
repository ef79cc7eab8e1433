/* Lengths in the units that providers count in, and what becomes of a text that has too many of them. */
#include <stdlib.h>
#include <string.h>

#include "common/compat.h"
#include "common/deliver/fit_work.h"
#include "common/line/grapheme.h"
#include "common/line/utf8.h"
#include "common/xalloc.h"

#include "common/banned.h"

#define PARTS 20                        /* messages that a text may become */
#define SEGMENT_CHARACTERS 160u         /* the most that one has */

static size_t size_of(const char *text, size_t len, enum text_unit unit)
{
	size_t size = 0;

	if (unit == TEXT_BYTES)
		return len;
	for (const char *p = text; p < text + len;) {
		uint32_t code = utf8_next(&p);

		if (unit == TEXT_ESCAPED)
			size += code == '&' ? strlen("&amp;") : code == '<' || code == '>' ? strlen("&lt;") : 1;
		else
			size += unit == TEXT_UNITS && code > 0xffff ? 2 : 1;
	}
	return size;
}

size_t fit_measure(const char *text, enum text_unit unit)
{
	return size_of(text, strlen(text), unit);
}

/* A cluster that is longer than all there is room for is cut between its code points. */
size_t fit_cut(const char *text, enum text_unit unit, size_t most)
{
	size_t used = 0;
	const char *p = text;

	while (*p) {
		size_t len = grapheme_len(p), size = size_of(p, len, unit);

		if (size > most && p == text) {
			const char *end = p;

			utf8_next(&end);
			len = (size_t)(end - p);
			size = size_of(p, len, unit);
		}
		if (used + size > most)
			break;
		used += size;
		p += len;
	}
	return (size_t)(p - text);
}

static bool fits(const struct fit_work *w, const char *text)
{
	struct sms_count c;

	if (w->limits.text && fit_measure(text, w->limits.unit) > w->limits.text)
		return false;
	if (!w->sms)
		return true;
	sms_count(text, &w->f->sms, &c);
	return c.segments <= w->max_segments;
}

/* No "…", which would make a text message of GSM-7 one of UCS-2. */
static const char *ellipsis_of(const struct fit_work *w)
{
	struct sms_count c;

	if (!w->sms)
		return "…";
	sms_count(fit_work_text(w), &w->f->sms, &c);
	return c.gsm7 ? "..." : "…";
}

static char *cut_at(const char *text, size_t len, const char *ellipsis, const char *below)
{
	while (len > 0 && strchr(" \n", text[len - 1]))
		len--;
	return xformat("%.*s%s%s", (int)len, text, ellipsis, below);
}

/* The last border of what is between the two, or `low` when there is none before `high`. */
static size_t border_between(const char *text, size_t low, size_t high)
{
	size_t middle = low;

	for (size_t at = low; at < high;) {
		at += grapheme_len(text + at);
		if (at < high && (middle == low || at <= (low + high) / 2))
			middle = at;
		if (at > (low + high) / 2)
			break;
	}
	return middle;
}

static bool fits_cut_at(const struct fit_work *w, const char *text, size_t len, const char *ellipsis, const char *below)
{
	char *candidate = cut_at(text, len, ellipsis, below);
	bool good = fits(w, candidate);

	free(candidate);
	return good;
}

/* As much of the words as fits with an ellipsis and with what stands below them, which stays whole. */
static int cut_text(struct fit_work *w, struct err *e)
{
	const char *text = fit_work_text(w), *ellipsis = ellipsis_of(w);
	size_t own = strlen(text) - w->below, low = 0, high = own, middle, most = w->limits.text;
	const char *below = text + own;

	if (!fits_cut_at(w, text, 0, ellipsis, below)) {
		err_set(e, EX_DATAERR, "text: what stands below it is already longer than %s takes", w->leg->provider->name);
		return fit_work_refuse(w, "too-long");
	}
	/* No need to look at a mebibyte of which a few words will be left. */
	if (w->sms && (!most || most > w->max_segments * SEGMENT_CHARACTERS))
		most = w->max_segments * SEGMENT_CHARACTERS;
	middle = fit_cut(text, w->limits.text == most ? w->limits.unit : TEXT_CHARACTERS, most) + 1;
	high = middle < own ? middle : own;
	/* Cut at `low` it fits, at `high` it does not. */
	while ((middle = border_between(text, low, high)) != low)
		*(fits_cut_at(w, text, middle, ellipsis, below) ? &low : &high) = middle;
	fit_work_set(w, cut_at(text, low, ellipsis, below));
	fit_work_note(w, FIT_TRUNCATED);
	return 0;
}

/* Where a part that may have `len` bytes ends best: behind a paragraph, a line, a word in its second half. */
static size_t good_end(const char *text, size_t len)
{
	static const char *const borders[] = {"\n\n", "\n", " "};

	if (!text[len])
		return len;
	for (size_t i = 0; i < COUNT_OF(borders); i++) {
		size_t size = strlen(borders[i]);

		for (size_t end = len; end > len / 2 && end >= size; end--)
			if (memcmp(text + end - size, borders[i], size) == 0)
				return end;
	}
	return len;
}

/* Counts the parts, and takes the one that is wanted. */
static int split(struct fit_work *w, struct err *e)
{
	const char *p = fit_work_text(w);
	char *wanted = NULL;

	w->f->parts = w->f->segments = 0;
	for (size_t len; *p; p += len, w->f->parts++) {
		struct sms_count c;
		char *part;

		len = good_end(p, fit_cut(p, w->limits.unit, w->limits.text));
		if (len == 0 || w->f->parts == PARTS) {
			free(wanted);
			err_set(e, EX_DATAERR, "text: more than %d messages of what %s takes", PARTS, w->leg->provider->name);
			return fit_work_refuse(w, "too-long");
		}
		part = xstrndup(p, len);
		if (w->sms) {
			sms_count(part, &w->f->sms, &c);
			w->f->segments += c.segments;
		}
		if (w->f->parts == w->leg->part) {
			wanted = part;
			if (w->sms)
				w->f->count = c;
		} else {
			free(part);
		}
	}
	fit_work_set(w, wanted ? wanted : xstrdup(""));
	fit_work_note(w, FIT_SPLIT);
	return 0;
}

/* Media come with the first part, and so does a subject; buttons with the last. */
static void share_out(struct fit_work *w)
{
	if (w->leg->part > 0) {
		json_object_del(fit_work_message(w), "media");
		json_object_del(fit_work_message(w), "subject");
		w->f->subject = NULL;
	}
	if (w->leg->part + 1 < w->f->parts)
		json_object_del(fit_work_message(w), "buttons");
}

static int refuse_segments(struct fit_work *w, unsigned segments, struct err *e)
{
	struct sms_count c;

	sms_count(fit_work_text(w), &w->f->sms, &c);
	err_set(e, EX_DATAERR, "text: %u segments (%u %s), at most %u (channels.sms.max_segments)", segments, c.units,
	    c.gsm7 ? "septets of GSM-7" : "units of UCS-2", w->max_segments);
	return fit_work_refuse(w, "too-long");
}

static int refuse_text(struct fit_work *w, struct err *e)
{
	static const char *const units[] = {[TEXT_CHARACTERS] = "characters", [TEXT_UNITS] = "UTF-16 units", [TEXT_BYTES] = "bytes",
	    [TEXT_ESCAPED] = "characters with entities"};

	err_set(e, EX_DATAERR, "text: %zu %s, %s takes at most %zu on %s", fit_measure(fit_work_text(w), w->limits.unit),
	    units[w->limits.unit], w->leg->provider->name, w->limits.text, w->leg->channel);
	return fit_work_refuse(w, "too-long");
}

static void count(struct fit_work *w)
{
	if (!w->sms)
		return;
	sms_count(fit_work_text(w), &w->f->sms, &w->f->count);
	w->f->segments = w->f->count.segments;
}

static int shorten(struct fit_work *w, struct err *e)
{
	w->f->plain = true;
	if (w->overflow == FIT_CUT_IT) {
		if (cut_text(w, e) < 0)
			return -1;
		count(w);
		return 0;
	}
	if (w->f->segments > w->max_segments)
		return refuse_segments(w, w->f->segments, e);
	if (w->overflow == FIT_REFUSE_IT)
		return refuse_text(w, e);
	if (split(w, e) < 0)
		return -1;
	/* Parts that end where words do may need a segment more than the text in one piece. */
	if (w->f->segments > w->max_segments)
		return refuse_segments(w, w->f->segments, e);
	share_out(w);
	return 0;
}

int fit_work_length(struct fit_work *w, struct err *e)
{
	w->f->parts = 1;
	count(w);
	if ((w->limits.text && fit_measure(fit_work_text(w), w->limits.unit) > w->limits.text) || w->f->segments > w->max_segments)
		return shorten(w, e);
	return 0;
}
