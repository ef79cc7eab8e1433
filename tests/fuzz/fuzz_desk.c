/* agents.yaml, and behind a NUL a task line that goes to one of its agents, whose answer it is as well. */
#include <string.h>

#include "common/assign/hand_out.h"
#include "common/assign/notice.h"
#include "common/assign/pick.h"
#include "common/assign/reply.h"
#include "common/line/envelope.h"
#include "common/xalloc.h"
#include "tests/fuzz/fuzz.h"

#include "common/banned.h"

#define T0 INT64_C(1795507200000)       /* 2026-11-24T08:00:00Z */

/* Conditions that refer to the task see one. */
static void must_match(const struct desk *d, const json_t *task)
{
	const struct desk_workflow *w = desk_workflow_of(d, task, NULL);
	json_t *agent = json_pack("{s:s, s:[s], s:O}", "id", "bo", "skills", "billing", "task", task);

	MUST(w && desk_workflow(d, w->name) == w && w->step_count > 0);
	for (size_t i = 0; i < w->step_count; i++) {
		const struct desk_step *s = &w->steps[i];

		MUST(s->queue && desk_queue(d, s->queue->name) == s->queue && (s->wait_ms > 0 || i + 1 == w->step_count));
		MUST(desk_opens_ms(d, &s->queue->hours, T0) >= T0);
		match_about(d->people, agent, NULL);
		for (size_t n = 0; n < s->agents.count; n++)
			match_test(d->people, s->agents.any[n]);
	}
	json_decref(agent);
}

static void must_tell(const struct desk *d, const struct line *l, const json_t *task)
{
	struct task t = {.line = xstrndup(l->text, l->len), .who = xstrdup(""), .id = "t1", .queue = "q", .agent = "bo",
	    .status = TASK_RESERVED, .priority = 1, .due_ms = T0};
	struct worker w = {.row.id = "bo", .json = json_object(), .to = json_string("sms:+15551230001")};
	json_t *message = notice_message(d, &w, NULL, pick_lang(task) ? "es" : NULL, &t, task, T0 - 1000), *out;
	struct line written;
	struct err e;
	struct buf b;

	MUST(message && envelope_check(message, ENVELOPE_MESSAGE, &e) == 0);
	buf_init(&b, LINE_BYTES + 1024);
	notice_task(&b, &t, 0);
	written = (struct line){b.data, b.len, 1};
	out = line_parse(&written, &e);
	MUST(out && envelope_check(out, ENVELOPE_TASK, &e) == 0);
	MUST(strcmp(envelope_text(out, "agent", ""), "bo") == 0 && strcmp(envelope_text(out, "status", ""), "reserved") == 0);
	json_decref(out);
	json_decref(message);
	json_decref(w.json);
	json_decref(w.to);
	buf_clear(&b);
	task_clear(&t);
}

static void try_task(const struct desk *d, const char *data, size_t size)
{
	struct line l = {data, size, 1};
	struct err e;
	json_t *task = line_parse(&l, &e);

	if (task && envelope_type(task, &e) == ENVELOPE_TASK && envelope_check(task, ENVELOPE_TASK, &e) == 0) {
		must_match(d, task);
		must_tell(d, &l, task);
	}
	json_decref(task);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *behind = size ? memchr(data, '\0', size) : NULL, *end;
	size_t len = behind ? (size_t)(behind - text) : size;
	char *reply = behind ? xstrndup(behind + 1, size - len - 1) : NULL;
	struct reply r;
	struct desk *d;
	struct yaml *y;
	struct err e;

	if (reply) {
		reply_parse(reply, &r);
		end = reply + strlen(reply);
		MUST(r.verb == REPLY_NONE || r.verb == REPLY_STATUS || (r.what >= reply && r.what <= end));
		MUST(r.for_ms >= 0 && (r.for_ms == 0 || r.verb == REPLY_STATUS));
	}
	if (yaml_parse("agents.yaml", text, len, &y, &e) == 0) {
		if (desk_read(y, &d, &e) == 0) {
			if (behind)
				try_task(d, behind + 1, size - len - 1);
			desk_free(d);
		} else {
			MUST(e.code == EX_CONFIG);
		}
	}
	free(reply);
	return 0;
}
