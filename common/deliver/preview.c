/* -n: the request of every leg as it would go out, for a person to read. Secrets were never read: they are "***". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/deliver/job.h"
#include "common/line/envelope.h"
#include "common/line/plan.h"
#include "common/line/when.h"
#include "common/visible.h"
#include "common/xalloc.h"

#include "common/banned.h"

static void print_http(const struct request *r, FILE *out)
{
	fprintf(out, "%s %s\n", r->method ? r->method : "POST", r->url);
	if (r->user)
		fprintf(out, "Authorization: Basic %s:***\n", r->user);
	for (size_t i = 0; i < r->header_count; i++)
		fprintf(out, "%s\n", r->headers[i]);
	fprintf(out, "\n");
}

static void print_smtp(const struct request *r, FILE *out)
{
	fprintf(out, "%s%s\n", r->url, r->starttls ? " (STARTTLS required)" : "");
	if (r->user)
		fprintf(out, "AUTH %s ***\n", r->user);
	fprintf(out, "MAIL FROM:<%s>\nRCPT TO:<%s>\nDATA\n\n", r->mail_from, r->mail_to);
}

/* What a terminal can take. */
static bool is_text(const struct buf *b)
{
	json_t *text = strlen(b->data) == b->len ? json_stringn(b->data, b->len) : NULL;

	json_decref(text);
	return text;
}

static void print_request(const struct request *r, FILE *out)
{
	switch (r->kind) {
	case REQUEST_LOCAL:
		fprintf(out, "(sandbox: nothing leaves this machine)\n");
		break;
	case REQUEST_HTTP:
		print_http(r, out);
		break;
	case REQUEST_SMTP:
		print_smtp(r, out);
		break;
	case REQUEST_EXEC:
		fprintf(out, "sh -c %s <<'.'\n", r->command);
		break;
	}
	if (r->body.len && !is_text(&r->body)) {
		fprintf(out, "(%zu bytes)\n", r->body.len);
	} else if (r->body.len) {
		fwrite(r->body.data, 1, r->body.len, out);
		if (r->body.data[r->body.len - 1] != '\n')
			fputc('\n', out);
	}
	fputc('\n', out);
}

static void print_gate(struct job *j, FILE *out)
{
	struct gate_answer answer;
	struct err e;

	if (job_ask_gate(j, when_now_ms(), &answer, &e) == 0 && !answer.allowed)
		fprintf(out, "# would be blocked: %s\n", answer.text);
}

static void print_hours(struct job *j, FILE *out)
{
	const struct policy_leg leg = {.message = j->message, .recipient = j->recipient, .address = &j->address, .now_ms = when_now_ms()};
	struct hours_answer a;

	policy_ask_hours(j->d->o.policy, &leg, &a);
	if (a.verdict != HOURS_OPEN)
		fprintf(out, "# would be %s: %s\n", a.verdict == HOURS_HELD ? "held" : "blocked", a.text);
	else if (a.bypass)
		fprintf(out, "# %s goes in %s\n", a.bypass, a.text);
}

/* Under whose words it goes where the window of its channel is closed. */
static int print_window(struct job *j, FILE *out, struct err *e)
{
	int got = window_choose(j, when_now_ms(), e);

	if (got == 0)
		fprintf(out, "# would be blocked: %s\n", e->text);
	if (j->switched)
		fprintf(out, "# as template '%s'\n", envelope_text(json_object_get(j->switched, "template"), "name", ""));
	return got < 0 ? -1 : 0;
}

static int print_part(struct job *j, FILE *out, struct err *e)
{
	struct delivery delivery;

	if (j->row.part > 0 && job_fit(j, e) < 0)
		return -1;
	job_name(j);
	preview_fit(j, out);
	for (size_t i = 0, count = fetch_pretend(j); i < count; i++)
		fprintf(out, "# media: %s is fetched when it is sent\n", j->contents[i].url);
	request_clear(&j->x.request);
	request_init(&j->x.request);
	j->row.attempt = 1;
	job_delivery(j, when_now_ms(), &delivery);
	if (account_provider(j->account)->request(&delivery, &j->x.request, e) < 0)
		return -1;
	print_request(&j->x.request, out);
	return 0;
}

static int print_leg(struct job *j, FILE *out, struct err *e)
{
	const char *wait = envelope_text(job_leg(j), "wait", NULL);

	if (job_aim(j, e) < 0)
		return -1;
	fprintf(out, "# message %s leg %u: %s via %s to %s", j->row.message, j->row.leg, j->address.channel,
	    account_name(j->account), j->address.text);
	if (j->row.leg > plan_group_begin(j->plan, j->row.leg))
		fprintf(out, ", with leg %u", j->row.leg - 1);
	if (wait)
		fprintf(out, ", then %s until %s", wait, status_name(job_need(j)));
	fputc('\n', out);
	if (j->words.files)
		fprintf(out, "# template: %s\n", j->words.files);
	print_gate(j, out);
	print_hours(j, out);
	if (print_window(j, out, e) < 0)
		return -1;
	if (account_ready(j->account, e) < 0)
		return -1;
	j->row.part = 0;
	if (job_fit(j, e) < 0) {
		fprintf(out, "# would fail: %s\n\n", e->text);
		if (!job_has_next(j))
			j->d->status = err_worse(j->d->status, EX_UNDELIVERED);
		return 0;
	}
	for (j->row.part = 0; j->row.part < j->row.parts; j->row.part++)
		if (print_part(j, out, e) < 0)
			return -1;
	return 0;
}

static int print_recipient(struct deliver *d, json_t *message, json_t *recipient, const char *id, FILE *out, struct err *e)
{
	json_t *plan = json_incref(json_object_get(message, "plan"));
	struct gate_answer answer;
	struct job *j;
	int result = 0;

	if (!plan) {
		if (deliver_check_address(d, recipient, e) < 0)
			return -1;
		result = policy_plan(d->o.policy, message, recipient, &d->gate, &plan, NULL, &answer, e);
		if (result == 1) {
			fprintf(out, "# message %s to %s: no channel: %s\n\n", id,
			    envelope_text(recipient, "id", envelope_text(recipient, "address", "?")), answer.text);
			d->status = err_worse(d->status, EX_UNDELIVERED);
		}
		if (result != 0)
			return result < 0 ? -1 : 0;
	}
	j = job_new(d, message, recipient, plan, "", 0);
	json_decref(plan);
	j->row.message = xstrdup(id);
	result = job_find_owners(j, e);
	if (result == 0)
		result = job_render(j, e);
	for (size_t i = 0; result == 0 && i < json_array_size(j->plan); i++) {
		j->row.leg = (unsigned)i;
		result = print_leg(j, out, e);
	}
	job_free(j);
	return result;
}

/* Texts, addresses and names are somebody else's: what would steer the terminal is \xNN. */
static void print_visible(const char *text, size_t len, FILE *out)
{
	struct buf b;

	buf_init(&b, SIZE_MAX / 8);
	for (size_t i = 0; i < len;) {
		size_t step = visible_length(text + i, len - i);
		bool line = text[i] == '\n' || text[i] == '\t' || (text[i] == '\r' && i + 1 < len && text[i + 1] == '\n');

		if (line)
			buf_add_char(&b, text[i]);
		else
			visible_add(&b, text + i, step ? step : 1);
		i += step ? step : 1;
	}
	fwrite(b.data, 1, b.len, out);
	buf_clear(&b);
}

static int print_recipients(struct deliver *d, json_t *message, const json_t *recipients, FILE *out, struct err *e)
{
	char id[ID_SIZE];
	int result = 0;

	id_new(id);
	for (size_t i = 0; result == 0 && i < json_array_size(recipients); i++)
		result = print_recipient(d, message, json_array_get(recipients, i), envelope_text(message, "id", id), out, e);
	return result;
}

int deliver_preview(struct deliver *d, json_t *message, FILE *out, struct err *e)
{
	json_t *recipients;
	char *text = NULL;
	size_t len = 0;
	FILE *page;
	int result;

	if (job_recipients(d, message, &recipients, e) < 0)
		return -1;
	page = open_memstream(&text, &len);
	if (!page) {
		json_decref(recipients);
		return err_set(e, EX_OSERR, "no memory for a preview");
	}
	result = print_recipients(d, message, recipients, page, e);
	json_decref(recipients);
	fclose(page);
	print_visible(text, len, out);
	free(text);
	return result;
}
