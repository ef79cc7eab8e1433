/* Fitting: the first byte picks a provider's channel and how a long text is dealt with, the rest is a message line. */
#include <string.h>

#include "common/deliver/fit_work.h"
#include "common/line/envelope.h"
#include "common/xalloc.h"
#include "tests/fuzz/fuzz.h"

#include "common/banned.h"

static const struct {
	const char *provider, *channel;
} ways[] = {{"twilio", "sms"}, {"twilio", "voice"}, {"twilio", "whatsapp"}, {"slack", "slack"}, {"ntfy", "ntfy"}, {"smtp", "email"},
    {"exec", "sms"}, {"sandbox", "telegram"}};

/* What was not refused is within the limits. */
static void check(const struct fit_leg *leg, const struct fit *f)
{
	struct limits limits = provider_limits(leg->provider, leg->channel);
	const json_t *message = f->message ? f->message : leg->message, *buttons = json_object_get(message, "buttons");
	const char *text = f->text ? f->text : leg->text;

	MUST(f->parts >= 1 && !f->code);
	MUST(!limits.text || fit_measure(text, limits.unit) <= limits.text);
	MUST(!limits.media || json_array_size(json_object_get(message, "media")) <= limits.media);
	MUST(!limits.buttons || json_array_size(buttons) <= limits.buttons);
	MUST(json_array_size(buttons) == 0 || limits.caps & (PROVIDER_BUTTONS | PROVIDER_LINKS));
	MUST(!f->subject || limits.caps & PROVIDER_SUBJECT);
	MUST(f->counted == (strcmp(leg->channel, "sms") == 0) && (!f->counted || (f->segments >= 1 && f->segments <= 10)));
}

static void fit(const struct fit_leg *leg)
{
	struct err e = {0};
	struct fit f;

	if (fit_leg(leg, &f, &e) < 0)
		MUST(e.code == EX_DATAERR && *e.text && f.code && f.changes == 0);
	else
		check(leg, &f);
	fit_clear(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const overflows[] = {"split", "truncate", "refuse"};
	static const struct config config;
	struct fit_leg leg = {.config = &config};
	struct err e;
	json_t *message;

	if (size == 0)
		return 0;
	message = json_loadb((const char *)data + 1, size - 1, 0, NULL);
	if (json_is_object(message) && envelope_check(message, ENVELOPE_MESSAGE, &e) == 0) {
		leg.provider = provider_find(ways[data[0] & 7].provider);
		leg.channel = ways[data[0] & 7].channel;
		leg.part = data[0] >> 6;
		json_object_set_new(message, "overflow", json_string(overflows[(data[0] >> 3 & 3) % 3]));
		leg.message = message;
		leg.text = envelope_text(message, "text", "");
		leg.html = envelope_text(message, "html", NULL);
		fit(&leg);
	}
	json_decref(message);
	return 0;
}
