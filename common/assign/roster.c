#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/address/address.h"
#include "common/assign/roster.h"
#include "common/diag.h"
#include "common/line/envelope.h"
#include "common/xalloc.h"

#include "common/banned.h"

/* "es, billing": a list; what stands between commas alone is no word. */
static json_t *split(const char *text)
{
	json_t *list = json_array();

	for (;;) {
		size_t len;

		text += strspn(text, ", ");
		if (!*text)
			return list;
		len = strcspn(text, ",");
		while (len > 0 && text[len - 1] == ' ')
			len--;
		json_array_append_new(list, json_stringn(text, len));
		text += len;
	}
}

static bool read_count(const char *text, unsigned min, unsigned max, unsigned *ret_count)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || value < min || value > max)
		return false;
	*ret_count = (unsigned)value;
	return true;
}

/* ["es"], or with levels {"es":5}: "es=5, billing". NULL: something in it is neither. */
static json_t *split_skills(const char *text)
{
	json_t *words = split(text), *levels = json_object(), *word;
	bool plain = true, right = true;
	size_t i;

	json_array_foreach(words, i, word) {
		const char *skill = json_string_value(word), *mark = skill ? strrchr(skill, '=') : NULL;
		char *name = skill ? xstrndup(skill, mark ? (size_t)(mark - skill) : strlen(skill)) : xstrdup("");
		unsigned level = 1;

		right = right && id_valid(name) && (!mark || read_count(mark + 1, 1, DESK_LEVEL, &level));
		plain = plain && !mark;
		json_object_set_new(levels, name, json_integer(level));
		free(name);
	}
	if (right && plain) {
		json_decref(levels);
		return words;
	}
	json_decref(words);
	if (right)
		return levels;
	json_decref(levels);
	return NULL;
}

/* 3, or {"voice":1,"other":3}: "voice=1,other=3". NULL: it is neither. */
static json_t *split_capacity(const char *text)
{
	json_t *words, *capacity, *word;
	unsigned number;
	size_t i;

	if (read_count(text, 0, DESK_CAPACITY, &number))
		return json_integer(number);
	words = split(text);
	capacity = json_object();
	json_array_foreach(words, i, word) {
		const char *pair = json_string_value(word), *mark = pair ? strchr(pair, '=') : NULL;
		char *name = mark ? xstrndup(pair, (size_t)(mark - pair)) : xstrdup("");

		if (id_valid(name) && read_count(mark + 1, 0, DESK_CAPACITY, &number))
			json_object_set_new(capacity, name, json_integer(number));
		free(name);
	}
	if (json_object_size(capacity) > 0 && json_object_size(capacity) == json_array_size(words)) {
		json_decref(words);
		return capacity;
	}
	json_decref(words);
	json_decref(capacity);
	return NULL;
}

static int check_langs(const char *text, struct err *e)
{
	json_t *list = split(text ? text : ""), *word;
	int result = 0;
	size_t i;

	json_array_foreach(list, i, word) {
		json_t *contact = json_pack("{s:O}", "lang", word);

		if (!json_is_string(word) || envelope_check_contact(contact, NULL) < 0)
			result = err_set(e, EX_USAGE, "--langs: not a language: '%s'", err_quote(text));
		json_decref(contact);
	}
	json_decref(list);
	return result;
}

/* By making it and throwing it away. */
static int check_list(const char *option, const char *what, const char *text, json_t *(*make)(const char *text), struct err *e)
{
	json_t *made = text ? make(text) : NULL;

	if (text && !made)
		return err_set(e, EX_USAGE, "--%s: not %s: '%s'", option, what, err_quote(text));
	json_decref(made);
	return 0;
}

static int check_status(const struct roster_change *c, struct err *e)
{
	if (c->status && agent_status_parse(c->status) < 0)
		return err_set(e, EX_USAGE, "--status: not available, busy, away or offline: '%s'", err_quote(c->status));
	return c->for_ms && !c->status ? err_set(e, EX_USAGE, "--for: how long a --status holds, and none is given") : 0;
}

static bool sets_something(const struct roster_change *c)
{
	return c->status || c->for_ms || c->skills || c->langs || c->to || c->capacity;
}

bool roster_says_something(const struct roster_change *c)
{
	return c->reset || sets_something(c);
}

int roster_check(const char *id, const struct roster_change *change, struct err *e)
{
	struct address a;

	if (!id_valid(id))
		return err_set(e, EX_USAGE, "not an agent's name: '%s'", err_quote(id));
	if (check_status(change, e) < 0)
		return -1;
	if (change->to && (!*change->to || strpbrk(change->to, "\r\n")))
		return err_set(e, EX_USAGE, "--to: not a contact or an address: '%s'", err_quote(change->to));
	if (change->to && address_looks_like(change->to) && address_parse(change->to, &a, e) < 0) {
		e->code = EX_USAGE;
		return err_at(e, "--to: ");
	}
	if (check_list("skills", "words such as billing or es=5", change->skills, split_skills, e) < 0 ||
	    check_list("capacity", "a number from 0 to 1000, nor such as voice=1,other=3", change->capacity, split_capacity, e) < 0)
		return -1;
	return check_langs(change->langs, e);
}

static void set_new(struct worker *w, const char *key, json_t *value)
{
	worker_set(w, key, value);
	json_decref(value);
}

static void apply(struct worker *w, const struct roster_change *change, int64_t now_ms)
{
	if (change->reset)
		task_set(&w->row.own, "{}");
	if (change->status)
		worker_be(w, (enum agent_status)agent_status_parse(change->status), change->for_ms ? now_ms + change->for_ms : 0);
	if (change->skills)
		set_new(w, "skills", split_skills(change->skills));
	if (change->langs)
		set_new(w, "langs", split(change->langs));
	if (change->to)
		set_new(w, "to", json_string(change->to));
	if (change->capacity)
		set_new(w, "capacity", split_capacity(change->capacity));
	w->row.misses = 0;
}

/* Whoever says that they are available is done with their wrap-up. */
static int save(struct worker *w, struct store *s, const struct roster_change *change, struct err *e)
{
	if (worker_save(w, s, e) < 0)
		return -1;
	if (!change->status || agent_status_parse(change->status) != AGENT_AVAILABLE)
		return 0;
	return task_end_wrap_up(s, w->row.id, e);
}

int roster_set(const struct desk *d, struct store *s, const char *id, const struct roster_change *change, int64_t now_ms,
    struct err *e)
{
	struct crew crew = {0};
	struct worker new = {0}, *w;
	int result;

	if (store_begin(s, e) < 0 || crew_load(&crew, d, s, now_ms, e) < 0) {
		crew_clear(&crew);
		return -1;
	}
	w = crew_find(&crew, id);
	if (!w && sets_something(change)) {
		snprintf(new.row.id, sizeof(new.row.id), "%s", id);
		new.row.own = xstrdup("{}");
		new.json = json_object();
		w = &new;
		if (d->agent_count > 0)
			diag_note("agent '%s' is new: the file has none of that name%s", err_quote(id), crew_hint(&crew, id));
	}
	if (w) {
		apply(w, change, now_ms);
		result = save(w, s, change, e);
	} else {
		result = err_set(e, EX_DATAERR, "no agent '%s'%s", err_quote(id), crew_hint(&crew, id));
	}
	agent_row_clear(&new.row);
	json_decref(new.json);
	json_decref(new.to);
	crew_clear(&crew);
	if (result < 0 || store_commit(s, e) < 0)
		return -1;
	return change->reset && !sets_something(change) && !desk_agent(d, id);
}
