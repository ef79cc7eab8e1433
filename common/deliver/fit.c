#include <stdlib.h>
#include <string.h>

#include "common/compat.h"
#include "common/deliver/fit_work.h"
#include "common/line/envelope.h"

#include "common/banned.h"

#define TEXT_MAX (4u << 20)     /* of a text with all that stands below it */
#define SEGMENTS 10

static const char *const names[FIT_CHANGES] = {
    "provider-template", "content-added", "smart", "html-to-text", "subject-to-text", "links-tracked",
    "link-to-text", "link-left-out", "media-to-link", "buttons-to-text", "truncated", "split",
};

const char *fit_change_name(enum fit_change c)
{
	return names[c];
}

const char *fit_work_text(const struct fit_work *w)
{
	return w->f->text ? w->f->text : w->leg->text;
}

void fit_work_set(struct fit_work *w, char *text)
{
	free(w->f->text);
	w->f->text = text;
}

json_t *fit_work_message(struct fit_work *w)
{
	if (!w->f->message)
		w->f->message = json_copy((json_t *)w->leg->message);
	return w->f->message;
}

void fit_work_note(struct fit_work *w, enum fit_change c)
{
	w->f->changes |= 1u << c;
}

int fit_work_refuse(struct fit_work *w, const char *code)
{
	w->f->code = code;
	return -1;
}

/* ---- settings ---- */

static enum fit_overflow overflow_of(const struct fit_work *w)
{
	static const char *const split[] = {"slack", "telegram", "whatsapp", "messenger", "instagram", "line", "wechat", "viber",
	    "kakao", "signal", "teams", "discord", "mattermost", "rocketchat", "zulip", "gchat", "matrix", "xmpp", "rcs", "chat", "ntfy"};
	static const char *const cut[] = {"push", "pushover", "gotify"};
	const char *word = envelope_text(w->leg->message, "overflow", envelope_text(w->channel, "overflow", NULL));

	if (word)
		return strcmp(word, "split") == 0 ? FIT_SPLIT_IT : strcmp(word, "truncate") == 0 ? FIT_CUT_IT : FIT_REFUSE_IT;
	for (size_t i = 0; i < COUNT_OF(split); i++)
		if (strcmp(split[i], w->leg->channel) == 0)
			return FIT_SPLIT_IT;
	for (size_t i = 0; i < COUNT_OF(cut); i++)
		if (strcmp(cut[i], w->leg->channel) == 0)
			return FIT_CUT_IT;
	return FIT_REFUSE_IT;
}

static void read_settings(struct fit_work *w)
{
	const json_t *max = json_object_get(w->channel, "max_segments"), *reference = json_object_get(w->channel, "reference");
	int national = sms_national_parse(envelope_text(w->channel, "national", ""));

	w->overflow = overflow_of(w);
	w->max_segments = max ? (unsigned)json_integer_value(max) : SEGMENTS;
	w->f->sms = (struct sms_options){.national = national > 0 ? (enum sms_national)national : SMS_DEFAULT,
	    .wide_reference = json_integer_value(reference) == 16};
}

/* ---- what is shown as it is, and what becomes text ---- */

static bool shows(const struct fit_work *w, const json_t *medium, size_t kept)
{
	const struct limits *l = &w->limits;
	bool url = envelope_text(medium, "url", NULL);

	/* Who takes files gets what the URL leads to (common/deliver/fetch.h). */
	if (!(l->caps & (url ? PROVIDER_MEDIA_URL | PROVIDER_MEDIA_FILE : PROVIDER_MEDIA_FILE)) || (l->media && kept >= l->media))
		return false;
	return !l->media_type || strncmp(envelope_text(medium, "type", ""), l->media_type, strlen(l->media_type)) == 0;
}

static int refuse_medium(struct fit_work *w, const json_t *medium, size_t i, struct err *e)
{
	const struct limits *l = &w->limits;
	const char *who = w->leg->provider->name;

	if (l->caps & PROVIDER_SPOKEN)
		err_set(e, EX_DATAERR, "media[%zu]: a call can show nothing", i);
	else if (!(l->caps & PROVIDER_MEDIA_FILE))
		err_set(e, EX_DATAERR, l->caps & PROVIDER_MEDIA_URL ? "media[%zu].path: %s takes media by URL alone"
		                                                    : "media[%zu].path: %s carries no media", i, who);
	else if (l->media_type && strncmp(envelope_text(medium, "type", ""), l->media_type, strlen(l->media_type)) != 0)
		err_set(e, EX_DATAERR, "media[%zu].type: %s carries %s* alone", i, who, l->media_type);
	else
		err_set(e, EX_DATAERR, "media: %s takes at most %u", who, l->media);
	return fit_work_refuse(w, "media");
}

static int sort_media(struct fit_work *w, struct err *e)
{
	const json_t *media = json_object_get(w->leg->message, "media");
	json_t *kept;

	if (json_array_size(media) == 0)
		return 0;
	kept = json_array();
	json_object_set_new(fit_work_message(w), "media", kept);
	for (size_t i = 0; i < json_array_size(media); i++) {
		json_t *medium = json_array_get(media, i);

		if (shows(w, medium, json_array_size(kept)))
			json_array_append(kept, medium);
		else if (envelope_text(medium, "url", NULL) && !(w->limits.caps & PROVIDER_SPOKEN))
			json_array_append(w->links, medium);
		else
			return refuse_medium(w, medium, i, e);
	}
	if (json_array_size(kept) == 0)
		json_object_del(fit_work_message(w), "media");
	if (json_array_size(w->links) > 0)
		fit_work_note(w, FIT_MEDIA);
	return 0;
}

/* Is it where the words have it already? */
static bool is_within(const struct fit_work *w, const char *url)
{
	struct buf b;
	bool found;

	if (strstr(w->leg->text, url))
		return true;
	buf_init(&b, TEXT_MAX);
	fit_add_html(&b, url);
	found = w->leg->html && strstr(w->leg->html, b.data);
	buf_clear(&b);
	return found;
}

/* A page for everybody; the app only where a tap on the message opens it. */
static int sort_link(struct fit_work *w, struct err *e)
{
	const json_t *link = json_object_get(w->leg->message, "link");
	const char *page = envelope_text(link, "url", envelope_text(link, "fallback", NULL));

	if (!json_is_object(link) || w->limits.caps & PROVIDER_TAP)
		return 0;
	if (w->limits.caps & PROVIDER_SPOKEN) {
		fit_work_note(w, FIT_NO_LINK);
	} else if (!page) {
		err_set(e, EX_DATAERR, "link: leads into an app alone, which %s on %s cannot open", w->leg->provider->name, w->leg->channel);
		return fit_work_refuse(w, "link");
	} else if (!is_within(w, page)) {
		json_array_append_new(w->links, json_pack("{s:s}", "url", page));
		fit_work_note(w, FIT_LINK);
	}
	json_object_del(fit_work_message(w), "link");
	return 0;
}

/* Buttons are shown all or none: a choice in two places is hard to see. Those that open a page may be apart. */
static bool shows_buttons(const struct fit_work *w, const json_t *buttons, bool links)
{
	const struct limits *l = &w->limits;
	size_t count = 0;

	if (!(l->caps & (links ? PROVIDER_LINKS | PROVIDER_BUTTONS : PROVIDER_BUTTONS)))
		return false;
	for (size_t i = 0; i < json_array_size(buttons); i++) {
		const json_t *button = json_array_get(buttons, i);

		if (!(l->caps & PROVIDER_BUTTONS) && !envelope_text(button, "url", NULL))
			continue;
		count++;
		if (l->button_text && fit_measure(envelope_text(button, "text", ""), TEXT_CHARACTERS) > l->button_text)
			return false;
	}
	return !l->buttons || count <= l->buttons;
}

static int sort_buttons(struct fit_work *w, struct err *e)
{
	const json_t *buttons = json_object_get(w->leg->message, "buttons");
	bool links = shows_buttons(w, buttons, true), replies = shows_buttons(w, buttons, false);
	json_t *kept;

	if (json_array_size(buttons) == 0)
		return 0;
	kept = json_array();
	for (size_t i = 0; i < json_array_size(buttons); i++) {
		json_t *button = json_array_get(buttons, i);

		if (!*envelope_text(button, "text", "")) {
			json_decref(kept);
			err_set(e, EX_DATAERR, "buttons[%zu].text: empty", i);
			return fit_work_refuse(w, "buttons");
		}
		json_array_append((envelope_text(button, "url", NULL) ? links : replies) ? kept : w->words, button);
	}
	if (json_array_size(w->words) > 0 && w->limits.caps & PROVIDER_SPOKEN) {
		json_decref(kept);
		err_set(e, EX_DATAERR, "buttons: a call has none");
		return fit_work_refuse(w, "buttons");
	}
	if (json_array_size(w->words) > 0) {
		fit_work_note(w, FIT_BUTTONS);
		json_object_set(fit_work_message(w), "buttons", kept);
		if (json_array_size(kept) == 0)
			json_object_del(fit_work_message(w), "buttons");
	}
	json_decref(kept);
	return 0;
}

static const char *lang_of(const struct fit_work *w)
{
	return envelope_text(w->leg->message, "lang", envelope_text(w->leg->recipient, "lang", NULL));
}

static void add_below(struct fit_work *w, struct buf *b, bool html)
{
	fit_add_links(b, w->links, html);
	fit_add_buttons(b, w->words, lang_of(w), html);
}

/* The subject, the words, and below them what has no better place. */
static void write_text(struct fit_work *w)
{
	const struct fit_leg *leg = w->leg;
	bool subject = w->f->subject && !(w->limits.caps & PROVIDER_SUBJECT), html = !*leg->text && leg->html && w->f->plain;
	struct buf b;
	size_t own;

	if (!subject && !html && json_array_size(w->links) + json_array_size(w->words) == 0)
		return;
	buf_init(&b, TEXT_MAX);
	if (subject) {
		buf_add_text(&b, w->f->subject);
		if (*leg->text || html)
			buf_add_char(&b, '\n');
		w->f->subject = NULL;
		json_object_del(fit_work_message(w), "subject");
		fit_work_note(w, FIT_SUBJECT);
	}
	buf_add_text(&b, leg->text);
	if (html) {
		fit_html_text(&b, leg->html);
		fit_work_note(w, FIT_HTML);
	}
	own = b.len;
	add_below(w, &b, false);
	w->below = b.len - own;
	w->f->choices = fit_choices(w->words);
	fit_work_set(w, buf_steal(&b));
}

static void write_html(struct fit_work *w)
{
	struct buf below, html;

	if (!w->leg->html || !(w->f->changes & (1u << FIT_LINK | 1u << FIT_MEDIA | 1u << FIT_BUTTONS)))
		return;
	buf_init(&below, TEXT_MAX);
	buf_init(&html, TEXT_MAX);
	add_below(w, &below, true);
	fit_html_insert(&html, w->leg->html, below.data);
	w->f->html = buf_steal(&html);
	buf_clear(&below);
}

/* Where what stands below begins now; if that cannot be told, it is words like all others. */
static void find_below(struct fit_work *w, const char *before, bool otp, const struct buf *after)
{
	struct buf b;

	if (w->below == 0)
		return;
	buf_init(&b, TEXT_MAX);
	if (sms_smart(before + strlen(before) - w->below, &w->f->sms, otp, &b))
		w->below = b.len;
	buf_clear(&b);
	if (w->below > after->len || after->data[after->len - w->below] != '\n')
		w->below = 0;
}

/* Of a one-time code no letter is touched. */
static void make_smart(struct fit_work *w)
{
	const json_t *own = json_object_get(w->leg->message, "smart"), *channels = json_object_get(w->channel, "smart");
	bool otp = strcmp(envelope_text(w->leg->message, "purpose", ""), "otp") == 0;
	const char *text = fit_work_text(w);
	struct buf b;

	if (!(own ? json_is_true(own) : json_is_true(channels)))
		return;
	buf_init(&b, TEXT_MAX);
	if (sms_smart(text, &w->f->sms, otp, &b)) {
		find_below(w, text, otp, &b);
		fit_work_set(w, buf_steal(&b));
		fit_work_note(w, FIT_SMART);
	}
	buf_clear(&b);
}

int fit_leg(const struct fit_leg *l, struct fit *ret_fit, struct err *e)
{
	struct fit_work w = {.leg = l, .limits = provider_limits(l->provider, l->channel),
	    .channel = json_object_get(l->config->channels, l->channel), .sms = strcmp(l->channel, "sms") == 0, .f = ret_fit};
	int result = -1;

	*ret_fit = (struct fit){.subject = envelope_text(l->message, "subject", NULL), .counted = w.sms,
	    .plain = !(w.limits.caps & PROVIDER_HTML)};
	read_settings(&w);
	if (json_object_get(l->message, "media") || json_object_get(l->message, "buttons") || json_object_get(l->message, "link")) {
		w.links = json_array();
		w.words = json_array();
	}
	if (sort_media(&w, e) == 0 && sort_link(&w, e) == 0 && sort_buttons(&w, e) == 0) {
		write_text(&w);
		write_html(&w);
		if (w.sms)
			make_smart(&w);
		result = fit_work_length(&w, e);
	}
	if (result < 0)
		ret_fit->changes = 0;
	json_decref(w.links);
	json_decref(w.words);
	return result;
}

void fit_template(const struct fit_leg *l, struct fit *ret_fit)
{
	*ret_fit = (struct fit){.plain = true, .parts = 1, .changes = 1u << FIT_TEMPLATE, .message = json_copy((json_t *)l->message)};
	json_object_del(ret_fit->message, "media");
	json_object_del(ret_fit->message, "buttons");
	json_object_del(ret_fit->message, "subject");
	json_object_del(ret_fit->message, "link");
}

void fit_clear(struct fit *f)
{
	free(f->text);
	free(f->html);
	json_decref(f->message);
	json_decref(f->choices);
	*f = (struct fit){.text = NULL};
}
