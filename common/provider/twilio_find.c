/*
 * Whether Twilio has a leg whose request got no answer. The API knows no reference of ours, so the newest messages (or
 * calls) to the number are listed, and one that left in the same minutes from the same sender with the same words is
 * ours, unless its sid belongs to another leg.
 *
 * The list is not narrowed by DateSent: what waits in Twilio's queue has no such date yet and would be missed.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/line/civil.h"
#include "common/line/envelope.h"
#include "common/line/when.h"
#include "common/provider/leg.h"
#include "common/provider/twilio.h"

#include "common/banned.h"

#define PAGE 100
#define BEFORE_MS (2 * WHEN_MINUTE)     /* their clock and ours may differ */
#define AFTER_MS (15 * WHEN_MINUTE)

static bool is_call(const struct delivery *d)
{
	return strcmp(d->address->channel, "voice") == 0;
}

int twilio_find(const struct delivery *d, struct request *ret_request, struct err *e)
{
	char *to = twilio_party(d->address->channel, d->address->value);
	char *base = twilio_url(d->account, is_call(d) ? "Calls" : "Messages", NULL);
	struct buf url;

	(void)e;
	buf_init(&url, 4096);
	buf_addf(&url, "%s?PageSize=%d&To=", base, PAGE);
	request_percent(&url, to);
	free(base);
	free(to);
	ret_request->kind = REQUEST_HTTP;
	ret_request->method = "GET";
	ret_request->url = buf_steal(&url);
	twilio_login(d->account, ret_request);
	return 0;
}

/* "Tue, 24 Nov 2026 08:00:00 +0000" (RFC 2822). */
static bool parse_date(const char *text, int64_t *ret_ms)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct civil c = {0};
	char month[4], sign;
	const char *at;
	int hours, minutes, read = 0;

	if (sscanf(text, "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d %c%2d%2d%n", &c.day, month, &c.year, &c.hour, &c.minute, &c.second,
		&sign, &hours, &minutes, &read) != 9 ||
	    text[read] || (sign != '+' && sign != '-'))
		return false;
	at = strstr(months, month);
	if (!at || strlen(month) != 3 || (at - months) % 3 != 0)
		return false;
	c.month = (int)(at - months) / 3 + 1;
	*ret_ms = (civil_seconds(&c) - (sign == '-' ? -60 : 60) * (hours * 60 + minutes)) * WHEN_SECOND;
	return true;
}

static bool in_time(const struct delivery *d, const json_t *item)
{
	int64_t ms;

	if (!parse_date(envelope_text(item, "date_created", ""), &ms))
		return true;            /* no date: the words and the sender decide */
	return ms >= d->accepted_ms - BEFORE_MS && ms <= d->accepted_ms + AFTER_MS;
}

static char next_letter(const char **text)
{
	while (**text && (unsigned char)**text < 0x80 && !isalnum((unsigned char)**text))
		++*text;
	return **text ? *(*text)++ : '\0';
}

/* A messaging service may put plain characters for typographic ones: what is not a letter or digit does not count. */
static bool same_words(const char *ours, const char *theirs)
{
	char a, b;

	do {
		a = next_letter(&ours);
		b = next_letter(&theirs);
		/* Beyond ASCII too much may have been replaced to tell more. */
		if ((unsigned char)a >= 0x80 || (unsigned char)b >= 0x80)
			return true;
	} while (a == b && a);
	return a == b;
}

static bool same_party(const char *ours, const char *channel, const char *theirs)
{
	char *party = twilio_party(channel, ours);
	bool same = strcmp(party, theirs) == 0;

	free(party);
	return same;
}

static bool is_ours(const struct delivery *d, const json_t *item)
{
	const char *channel = d->address->channel, *sid = envelope_text(item, "sid", "");
	const char *from = d->from ? d->from : account_text(d->account, "from");

	if (!*sid || strncmp(envelope_text(item, "direction", "outbound"), "outbound", 8) != 0)
		return false;
	if (!same_party(d->address->value, channel, envelope_text(item, "to", "")) || !in_time(d, item))
		return false;
	/* A service picks the sender. */
	if (from && *from == '+' && !same_party(from, channel, envelope_text(item, "from", "")))
		return false;
	if (!is_call(d) && !same_words(d->text, envelope_text(item, "body", "")))
		return false;
	return !d->known || !d->known(d->known_ctx, sid);
}

enum provider_found twilio_found(const struct delivery *d, const struct reply *r, struct verdict *ret_verdict)
{
	struct verdict ignored;
	const json_t *list, *item;
	json_t *answer;
	enum provider_found found = PROVIDER_FOUND_NO;
	size_t i;

	verdict_init(&ignored, STATUS_UNKNOWN);
	if (!verdict_of_http(&ignored, r))
		return PROVIDER_FOUND_MAYBE;
	answer = leg_answer(r);
	list = json_object_get(answer, is_call(d) ? "calls" : "messages");
	if (!json_is_array(list))
		found = PROVIDER_FOUND_MAYBE;
	json_array_foreach(list, i, item)
		if (is_ours(d, item)) {
			ret_verdict->status = STATUS_ACCEPTED;
			verdict_id(ret_verdict, envelope_text(item, "sid", ""));
			twilio_take_resource(ret_verdict, item);
			account_mask(d->account, ret_verdict->text);
			found = PROVIDER_FOUND_YES;
			break;
		}
	json_decref(answer);
	return found;
}
