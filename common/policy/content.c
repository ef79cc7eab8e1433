#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/line/line.h"
#include "common/policy/content_set.h"
#include "common/policy/sender_id.h"

#include "common/banned.h"

/* One review: what is refused ends it, what is missing is gathered. */
struct review {
	const struct content *c;
	const struct content_question *q;
	struct content_answer *answer;
	const char *label, *sender, *need, *optout;     /* to be added, or NULL */
	struct content_words *words;
};

static bool is_email(const struct review *r)
{
	return strcmp(r->q->channel, "email") == 0;
}

/* Where a label belongs: in front of what is seen first. */
static const char *front(const struct review *r)
{
	const char *text = is_email(r) ? r->q->subject : r->q->text;

	return text ? text : "";
}

static bool lists_word(const char *list, const char *word)
{
	size_t want = strlen(word);

	while (*list) {
		size_t len = strcspn(list, ",");

		if (len == want && strncmp(list, word, len) == 0)
			return true;
		list += len + (list[len] == ',');
	}
	return false;
}

/* A text, or a list of texts, has this one; NULL has every one. */
static bool names(const json_t *texts, const char *word)
{
	if (!texts)
		return true;
	for (size_t i = 0; word && i < json_array_size(texts); i++)
		if (strcmp(json_string_value(json_array_get(texts, i)), word) == 0)
			return true;
	return word && json_is_string(texts) && strcmp(json_string_value(texts), word) == 0;
}

static void refuse(struct review *r, const struct content_row *row, const char *code, const char *what)
{
	struct content_answer *a = r->answer;

	if (a->refused)
		return;
	a->refused = true;
	snprintf(a->code, sizeof(a->code), "%s", code);
	snprintf(a->text, sizeof(a->text), "%s: %s", row->name, what);
}

static void note(struct review *r, const struct content_row *row)
{
	size_t len = strlen(r->answer->text);

	if (r->answer->refused || r->q->judge)
		return;
	snprintf(r->answer->text + len, sizeof(r->answer->text) - len, "%s%s", len ? ", " : "", row->name);
}

static void check_label(struct review *r, const struct content_row *row)
{
	const char *text = front(r), *list = row->values;
	bool signature = strcmp(row->values, "【") == 0;

	text += strspn(text, " \t\r\n");
	while (*list) {
		size_t len = strcspn(list, "|");

		if (strncmp(text, list, len) == 0)
			return;
		list += len + (list[len] == '|');
	}
	if (signature && !r->c->sender) {
		refuse(r, row, "label", "does not begin with 【 and who writes, and content.sender does not say it");
		return;
	}
	r->label = signature ? "【" : row->add;
	note(r, row);
}

/* A name cannot be answered: then another way must be said. */
static void check_optout(struct review *r, const struct content_row *row)
{
	const json_t *own = r->c->optout;
	const char *lang = r->q->lang, *text = json_string_value(own);
	bool deaf = r->q->from && sender_id_is_name(r->q->from);

	if (json_is_object(own)) {
		text = json_string_value(json_object_get(own, lang ? lang : "en"));
		if (!text)
			text = json_string_value(json_object_get(own, "en"));
	}
	if (text ? strstr(r->q->text, text) != NULL : !deaf && content_says_optout(r->words))
		return;
	if (deaf && !text && strstr(r->q->text, "://") && content_says_optout(r->words))
		return;
	if (!text && !deaf)
		text = content_optout_text(lang);
	if (!text || !*text) {
		refuse(r, row, "optout", deaf ? "the sender is a name, which takes no STOP: content.optout must say how to opt out"
					      : "does not say how to opt out, nor does content.optout");
		return;
	}
	r->optout = text;
	note(r, row);
}

static void check_sender(struct review *r, const struct content_row *row)
{
	const char *own = r->c->sender;

	if (!own || (r->q->from && sender_id_is_name(r->q->from)) || content_has_phrase(content_folded(r->words), r->c->folded_sender))
		return;
	r->sender = own;
	note(r, row);
}

/* Which of the rule's phrases the text has; -1: none. */
static int find_phrase(struct review *r, const struct content_rule *rule)
{
	for (size_t i = 0; i < rule->phrase_count; i++)
		if (content_has_phrase(content_folded(r->words), rule->phrases[i]))
			return (int)i;
	return -1;
}

static void check_need(struct review *r, const struct content_rule *rule)
{
	if (find_phrase(r, rule) >= 0)
		return;
	if (!*rule->row.add) {
		refuse(r, &rule->row, "need", "what it must say is missing");
		return;
	}
	r->need = rule->row.add;
	note(r, &rule->row);
}

static void check_links(struct review *r, const struct content_row *row, bool any)
{
	const char *p = r->q->text;
	char host[256], what[200];

	if (!content_has_link(r->words))
		return;
	while (content_find_link(&p, host, sizeof(host))) {
		if (!any && !content_is_shortener(host))
			continue;
		snprintf(what, sizeof(what), "%s '%.100s'", any ? "has a link to" : "hides a link behind", host);
		refuse(r, row, any ? "url" : "shortener", what);
		return;
	}
}

static void check_ban(struct review *r, const struct content_rule *rule)
{
	int at = find_phrase(r, rule);
	const json_t *phrase = json_is_array(rule->values) ? json_array_get(rule->values, (size_t)(at < 0 ? 0 : at)) : rule->values;
	const char *found = at < 0 ? NULL : json_string_value(phrase);
	char what[120];

	if (rule->regex && pattern_finds(rule->regex, r->q->text))
		found = "what the expression finds";
	if (!found)
		return;
	snprintf(what, sizeof(what), "has '%.80s'", found);
	refuse(r, &rule->row, "banned", what);
}

static void check_row(struct review *r, const struct content_row *row)
{
	switch (row->check) {
	case CONTENT_LABEL:
		check_label(r, row);
		break;
	case CONTENT_OPTOUT:
		check_optout(r, row);
		break;
	case CONTENT_SENDER:
		check_sender(r, row);
		break;
	case CONTENT_NO_URL:
		check_links(r, row, true);
		break;
	case CONTENT_NO_SHORTENER:
		check_links(r, row, false);
		break;
	default:
		break;
	}
}

static void check_table(struct review *r)
{
	const struct content_question *q = r->q;

	for (size_t i = 0; r->c->law && i < content_row_count; i++) {
		const struct content_row *row = &content_rows[i];

		if (row->purposes & 1u << q->purpose && lists_word(row->channels, q->channel) &&
		    (*row->country == '*' || strcmp(row->country, q->country) == 0) &&
		    !(r->c->allow && names(r->c->allow, row->name)))
			check_row(r, row);
	}
}

static void check_rules(struct review *r)
{
	const struct content_question *q = r->q;

	for (size_t i = 0; i < r->c->rule_count; i++) {
		const struct content_rule *rule = &r->c->rules[i];

		if (!(rule->row.purposes & 1u << q->purpose) || !names(rule->channels, q->channel) || !names(rule->topics, q->topic) ||
		    !names(rule->countries, q->country))
			continue;
		if (rule->row.check == CONTENT_BAN)
			check_ban(r, rule);
		else if (rule->row.check == CONTENT_NEED)
			check_need(r, rule);
		else
			check_row(r, &rule->row);
	}
}

/* "(광고) Clinic: the text\nReply STOP to opt out" */
static void put_in(struct review *r)
{
	bool signature = r->label && strcmp(r->label, "【") == 0, subject = r->label && is_email(r);
	struct buf b;

	if (subject) {
		buf_init(&b, LINE_BYTES);
		buf_addf(&b, "%s%s", r->label, front(r));
		r->answer->subject = buf_steal(&b);
		buf_clear(&b);
	}
	if (!r->sender && !r->need && !r->optout && (!r->label || subject))
		return;
	buf_init(&b, LINE_BYTES);
	if (signature)
		buf_addf(&b, "【%s】", r->c->sender);
	else if (r->label && !subject)
		buf_add_text(&b, r->label);
	if (r->sender && !signature)
		buf_addf(&b, "%s: ", r->sender);
	buf_add_text(&b, r->q->text);
	if (r->need)
		buf_addf(&b, "\n%s", r->need);
	if (r->optout)
		buf_addf(&b, "\n%s", r->optout);
	r->answer->words = buf_steal(&b);
	buf_clear(&b);
}

bool content_concern(const struct content *c, enum purpose purpose)
{
	for (size_t i = 0; (!c || c->law) && i < content_row_count; i++)
		if (content_rows[i].purposes & 1u << purpose)
			return true;
	for (size_t i = 0; c && i < c->rule_count; i++)
		if (c->rules[i].row.purposes & 1u << purpose)
			return true;
	return false;
}

void content_review(const struct content *c, const struct content_question *q, struct content_answer *ret_answer)
{
	static const struct content table = {.law = true};
	struct content_words own = {.text = NULL};
	struct review r = {.c = c ? c : &table, .q = q, .answer = ret_answer, .words = q->words ? q->words : &own};

	ret_answer->refused = false;
	ret_answer->code[0] = ret_answer->text[0] = '\0';
	ret_answer->words = ret_answer->subject = NULL;
	if (!q->text)
		return;
	if (!q->words)
		content_words_begin(&own, q->text);
	check_rules(&r);
	check_table(&r);
	if (!ret_answer->refused && !q->judge)
		put_in(&r);
	content_words_clear(&own);
}

void content_answer_clear(struct content_answer *a)
{
	free(a->words);
	free(a->subject);
	*a = (struct content_answer){.refused = false};
}
