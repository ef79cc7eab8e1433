#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/line/line.h"
#include "common/xalloc.h"
#include "tests/carrier/rules.h"

#include "common/banned.h"

#define BODY_BYTES (64u << 20)

struct rule {
	json_t *json;
	const char *method, *path, *contains;
	json_int_t left;        /* -1: never used up */
	enum fault fault;
};

struct rules {
	struct rule *items;
	size_t count;
};

static const char *const known[] = {"path", "method", "contains", "times", "status", "headers", "body", "json", "size",
    "latency_ms", "fault", "drip_ms"};
static const char *const faults[] = {"", "close", "hang", "garbage", "truncate", "drip"};

static int find(const char *const *words, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i], word) == 0)
			return (int)i;
	return -1;
}

static int add(struct rules *r, const struct line *l, struct err *e)
{
	json_t *json = line_parse(l, e), *value, *times;
	const char *key, *fault;
	struct rule rule;

	if (!json)
		return -1;
	json_object_foreach(json, key, value)
		if (find(known, COUNT_OF(known), key) < 0) {
			err_set(e, EX_CONFIG, "%s: no such key in a rule", err_quote(key));
			json_decref(json);
			return -1;
		}
	fault = json_string_value(json_object_get(json, "fault"));
	times = json_object_get(json, "times");
	rule = (struct rule){
	    .json = json,
	    .method = json_string_value(json_object_get(json, "method")),
	    .path = json_string_value(json_object_get(json, "path")),
	    .contains = json_string_value(json_object_get(json, "contains")),
	    .left = times ? json_integer_value(times) : -1,
	};
	if (fault && find(faults, COUNT_OF(faults), fault) < 0) {
		err_set(e, EX_CONFIG, "no such fault: '%s'", err_quote(fault));
		json_decref(json);
		return -1;
	}
	rule.fault = fault ? (enum fault)find(faults, COUNT_OF(faults), fault) : FAULT_NONE;
	r->items = xrealloc(r->items, (r->count + 1) * sizeof(*r->items));
	r->items[r->count++] = rule;
	return 0;
}

static int read_script(struct rules *r, const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), got = 1;
	struct line_reader reader;
	struct line l = {0};

	if (fd < 0)
		return err_set(e, EX_CONFIG, "cannot open '%s': %s", path, strerror(errno));
	line_reader_init(&reader, fd);
	while (got >= 0 && line_reader_fill(&reader, e) > 0)
		while ((got = line_reader_next(&reader, &l, e)) > 0)
			if (add(r, &l, e) < 0) {
				got = -1;
				break;
			}
	if (got == 0 && line_reader_next(&reader, &l, e) > 0 && add(r, &l, e) < 0)
		got = -1;
	if (got < 0)
		err_at(e, "%s:%llu: ", path, (unsigned long long)reader.number);
	line_reader_clear(&reader);
	close(fd);
	return got < 0 ? -1 : 0;
}

int rules_load(const char *path, const char *const *extra, size_t extra_count, struct rules **ret_rules, struct err *e)
{
	struct rules *r = xcalloc(1, sizeof(*r));

	if (path && read_script(r, path, e) < 0)
		goto fail;
	for (size_t i = 0; i < extra_count; i++)
		if (add(r, &(struct line){extra[i], strlen(extra[i]), i + 1}, e) < 0)
			goto fail;
	*ret_rules = r;
	return 0;
fail:
	rules_free(r);
	return -1;
}

void rules_free(struct rules *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++)
		json_decref(r->items[i].json);
	free(r->items);
	free(r);
}

static bool contains(const struct buf *body, const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i + len <= body->len; i++)
		if (memcmp(body->data + i, text, len) == 0)
			return true;
	return false;
}

static bool fits(const struct rule *r, const char *method, const char *path, const struct buf *body)
{
	size_t len = r->path ? strlen(r->path) : 0;

	if (r->left == 0 || (r->method && strcmp(r->method, method) != 0) || (r->contains && !contains(body, r->contains)))
		return false;
	if (!r->path)
		return true;
	if (len > 0 && r->path[len - 1] == '*')
		return strncmp(r->path, path, len - 1) == 0;
	return strcmp(r->path, path) == 0;
}

static void add_numbered(struct buf *b, const char *text, unsigned long n)
{
	const char *at;

	while ((at = strstr(text, "{n}"))) {
		buf_add(b, text, (size_t)(at - text));
		buf_addf(b, "%lu", n);
		text = at + 3;
	}
	buf_add_text(b, text);
}

static int number(const json_t *rule, const char *key, int otherwise)
{
	const json_t *value = json_object_get(rule, key);

	return value ? (int)json_integer_value(value) : otherwise;
}

static void answer_of_rule(const struct rule *r, unsigned long n, struct answer *a)
{
	const json_t *json = json_object_get(r->json, "json");
	const char *body = json_string_value(json_object_get(r->json, "body"));
	size_t size = (size_t)number(r->json, "size", 0);

	a->status = (unsigned)number(r->json, "status", 200);
	a->headers = json_incref(json_object_get(r->json, "headers"));
	a->fault = r->fault;
	a->latency_ms = number(r->json, "latency_ms", 0);
	a->drip_ms = number(r->json, "drip_ms", 20);
	if (json) {
		struct buf text;

		buf_init(&text, BODY_BYTES);
		line_dump(&text, json);
		add_numbered(&a->body, text.data, n);
		buf_clear(&text);
	} else if (body) {
		add_numbered(&a->body, body, n);
	}
	if (size > a->body.len && buf_room(&a->body, size - a->body.len)) {
		memset(a->body.data + a->body.len, ' ', size - a->body.len);
		a->body.len = size;
	}
}

void rules_answer(struct rules *r, const char *method, const char *path, const struct buf *body, unsigned long n,
    struct answer *ret_answer)
{
	*ret_answer = (struct answer){.status = 201};
	buf_init(&ret_answer->body, BODY_BYTES);
	for (size_t i = 0; i < r->count; i++) {
		if (!fits(&r->items[i], method, path, body))
			continue;
		if (r->items[i].left > 0)
			r->items[i].left--;
		answer_of_rule(&r->items[i], n, ret_answer);
		ret_answer->rule = (int)i + 1;
		return;
	}
	buf_addf(&ret_answer->body,
	    "{\"sid\":\"SM%032lx\",\"status\":\"queued\",\"num_segments\":\"1\",\"error_code\":null,\"price\":null}", n);
}

void answer_clear(struct answer *a)
{
	json_decref(a->headers);
	buf_clear(&a->body);
}
