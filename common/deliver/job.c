#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/deliver/job.h"
#include "common/line/envelope.h"
#include "common/line/plan.h"
#include "common/policy/wishes.h"
#include "common/store/replace.h"
#include "common/store/withdraw.h"
#include "common/xalloc.h"

#include "common/banned.h"

void job_list_init(struct job_list *l)
{
	*l = (struct job_list){.last = &l->first};
}

void job_push(struct job_list *l, struct job *j)
{
	j->next = NULL;
	*l->last = j;
	l->last = &j->next;
	l->count++;
}

struct job *job_pop(struct job_list *l)
{
	struct job *j = l->first;

	if (!j)
		return NULL;
	l->first = j->next;
	if (!l->first)
		l->last = &l->first;
	l->count--;
	return j;
}

void job_ready(struct job *j)
{
	job_unweigh(j);
	j->weight = j->x.request.body.len;
	j->d->weight += j->weight;
	job_push(&j->d->ready, j);
}

void job_unweigh(struct job *j)
{
	j->d->weight -= j->weight;
	j->weight = 0;
}

static struct job *new_job(struct deliver *d, json_t *message, json_t *recipient, json_t *plan)
{
	struct job *j = xcalloc(1, sizeof(*j));
	struct err ignored;

	j->d = d;
	j->since = d->commits;
	j->message = json_incref(message);
	/* A store that cannot be read shows when the ledger is asked. */
	if (!recipient || wishes_apply(d->o.store, recipient, &j->recipient, &ignored) < 0)
		j->recipient = json_incref(recipient);
	j->plan = json_incref(plan);
	request_init(&j->x.request);
	reply_init(&j->x.reply);
	j->x.owner = j;
	return j;
}

struct job *job_new(struct deliver *d, json_t *message, json_t *recipient, json_t *plan, const char *line, size_t len)
{
	struct job *j = new_job(d, message, recipient, plan);

	j->row.line = xstrndup(line, len);
	j->task = JOB_INSERT;
	return j;
}

/* A JSON column, or nothing when there is none or it is damaged. */
static json_t *column(const char *text)
{
	return text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
}

/* Who the row is for. An address is enough to go on with; a contact who is gone may have said no. */
static json_t *look_up(struct deliver *d, const char *recipient, bool *ret_in_doubt)
{
	json_t *to = json_string(recipient), *found = NULL, *list;
	struct err why;

	if (contacts_resolve(d->o.contacts, to, &list, &why) == 0) {
		found = json_incref(json_array_get(list, 0));
		json_decref(list);
	} else {
		*ret_in_doubt = why.code == EX_UNAVAILABLE;
		if (!address_looks_like(recipient))
			found = json_pack("{s:s}", "id", recipient);
	}
	json_decref(to);
	return found;
}

struct job *job_of_row(struct deliver *d, const struct outbox_row *row, struct err *e)
{
	bool in_doubt = false;
	json_t *message = column(row->line), *plan = column(row->plan);
	json_t *recipient = row->contact ? column(row->contact) : look_up(d, row->recipient, &in_doubt);
	char edits[REPLACE_PROVIDER_ID];
	struct err ignored;
	unsigned from;
	struct job *j;

	if (!plan)
		plan = json_incref(json_object_get(message, "plan"));
	if (!json_is_object(message) || !json_is_array(plan) || row->leg >= json_array_size(plan)) {
		json_decref(message);
		json_decref(recipient);
		json_decref(plan);
		err_set(e, EX_CANTCREAT, "outbox row %lld is damaged", (long long)row->seq);
		return NULL;
	}
	j = new_job(d, message, recipient, plan);
	json_decref(message);
	json_decref(recipient);
	json_decref(plan);
	j->row = *row;
	j->row.message = xstrdup(row->message);
	j->row.recipient = xstrdup(row->recipient);
	j->row.provider_id = xstrdup(row->provider_id);
	j->row.line = j->row.contact = j->row.plan = j->row.dedupe = j->row.tenant = j->row.owner = NULL;
	j->claimed = row->state;
	j->task = JOB_RESUME;
	/* Should the store not answer, it is asked again before anything is started. */
	j->withdrawn = json_array_size(j->plan) > 1 && withdraw_look(d->o.store, row->seq, &from, &ignored) == 1;
	if (job_replaces(j) && replace_look(d->o.store, row->seq, edits, &ignored) == 1 && *edits)
		j->edits = xstrdup(edits);
	j->in_doubt = in_doubt || job_find_owners(j, &ignored) < 0;
	return j;
}

void job_free(struct job *j)
{
	if (!j)
		return;
	job_unweigh(j);
	group_leave(j, false);
	request_clear(&j->x.request);
	reply_clear(&j->x.reply);
	json_decref(j->message);
	json_decref(j->recipient);
	json_decref(j->plan);
	json_decref(j->owners);
	free(j->edits);
	xfree_text(&j->row.message);
	xfree_text(&j->row.recipient);
	xfree_text(&j->row.dedupe);
	xfree_text(&j->row.tenant);
	xfree_text(&j->row.line);
	xfree_text(&j->row.contact);
	xfree_text(&j->row.plan);
	xfree_text(&j->row.provider_id);
	fetch_release(j);
	rendered_clear(&j->words);
	digest_clear(j);
	json_decref(j->switched);
	tracked_clear(&j->tracked);
	json_decref(j->template);
	job_review_clear(j);
	fit_clear(&j->fit);
	free(j);
}

void job_let_go(struct job *j)
{
	if (j->inserted == j->d->commits + 1)
		job_push(&j->d->let_go, j);
	else
		job_free(j);
}

json_t *job_leg(const struct job *j)
{
	return json_array_get(j->plan, j->row.leg);
}

bool job_has_next(const struct job *j)
{
	return !j->withdrawn && !j->aside && plan_group_end(j->plan, j->row.leg) < json_array_size(j->plan);
}

/* Not where the leg names one, nor amid its parts: they go one way. */
bool job_has_account(const struct job *j, unsigned index)
{
	struct account *const *list;
	unsigned count = 0;

	if (j->row.part > 0 || json_object_get(job_leg(j), "via"))
		return false;
	list = accounts_of_channel(j->d->o.accounts, job_channel(j));
	while (list && list[count])
		count++;
	return index < count;
}

const char *job_channel(const struct job *j)
{
	return envelope_text(job_leg(j), "channel", "");
}

int64_t job_wait_ms(const struct job *j)
{
	return envelope_duration_ms(job_leg(j), "wait", -1);
}

enum status job_need(const struct job *j)
{
	return plan_need(j->message, job_leg(j));
}

const char *job_contact_id(const struct job *j)
{
	return envelope_text(j->recipient, "id", NULL);
}

enum purpose job_purpose(const struct job *j)
{
	return (enum purpose)purpose_parse(envelope_text(j->message, "purpose", "transactional"));
}

int job_aim(struct job *j, struct err *e)
{
	const json_t *leg = job_leg(j);
	const char *channel = job_channel(j), *via = envelope_text(leg, "via", NULL);
	struct account *const *list;

	if (address_of_channel(channel, envelope_text(leg, "address", ""), &j->address, e) < 0)
		return err_at(e, "plan[%u].address: ", j->row.leg);
	if (via) {
		j->account = accounts_find(j->d->o.accounts, via);
		return j->account ? 0 : err_set(e, EX_CONFIG, "plan[%u].via: no account '%s'", j->row.leg, err_quote(via));
	}
	list = accounts_of_channel(j->d->o.accounts, channel);
	if (!list)
		return err_set(e, EX_CONFIG, "plan[%u].channel: no account for channel '%s'", j->row.leg, err_quote(channel));
	for (unsigned i = 0; i < j->row.account && list[1]; i++)
		list++;
	j->account = *list;
	return 0;
}

void job_name(struct job *j)
{
	struct buf b;

	buf_init(&b, sizeof(j->delivery_id) - 1);
	buf_add_text(&b, j->row.message);
	buf_add_char(&b, '.');
	buf_add_int(&b, j->row.seq);
	buf_add_char(&b, '.');
	buf_add_int(&b, j->row.leg);
	if (j->row.part > 0) {
		buf_add_char(&b, '.');
		buf_add_int(&b, j->row.part);
	}
	memcpy(j->delivery_id, b.data, b.len + 1);
	buf_clear(&b);
}

static const json_t *filled_message(const struct job *j)
{
	return j->reviewed ? j->reviewed : j->tracked.message ? j->tracked.message : j->words.message ? j->words.message : j->message;
}

const char *job_text(const struct job *j)
{
	const char *const texts[] = {j->fit.text, j->review.words, j->tracked.text, j->words.text};

	/* What was done last to it counts. */
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (texts[i])
			return texts[i];
	return "";
}

static const char *job_html(const struct job *j)
{
	return j->fit.html ? j->fit.html : j->tracked.html ? j->tracked.html : j->words.html;
}

/* Does the provider have a template for this leg? Else the words must be here. */
static int find_template(struct job *j, struct err *e)
{
	int got;

	json_decref(j->template);
	j->template = NULL;
	got = render_provider(j->d->o.config, j->switched ? j->switched : j->message, j->recipient, j->account, j->address.channel,
	    &j->template, e);
	if (got == 0 && !j->words.text)
		got = err_set(e, EX_DATAERR, "template '%s' has no words for %s via %s",
		    err_quote(envelope_text(json_object_get(j->message, "template"), "name", "")), j->address.channel, account_name(j->account));
	if (got >= 0)
		return 0;
	j->fit.code = "template";
	e->code = EX_DATAERR;
	return -1;
}

int job_render(struct job *j, struct err *e)
{
	return j->words.done ? 0 : render_message(j->d->o.config, j->message, j->recipient, &j->words, e);
}

int job_fit(struct job *j, struct err *e)
{
	struct fit_leg leg = {.config = j->d->o.config, .provider = account_provider(j->account), .channel = j->address.channel,
	    .recipient = j->recipient, .part = j->row.part};

	fit_clear(&j->fit);
	job_review_clear(j);
	tracked_clear(&j->tracked);
	if (find_template(j, e) < 0 || track_links(j, &j->tracked, e) < 0)
		return -1;
	if (!j->template && job_review(j, filled_message(j), job_text(j), e) < 0)
		return -1;
	leg.message = filled_message(j);
	leg.text = job_text(j);
	leg.html = job_html(j);
	if (j->template)
		fit_template(&leg, &j->fit);
	else if (fit_leg(&leg, &j->fit, e) < 0)
		return -1;
	if (j->review.words || j->review.subject)
		j->fit.changes |= 1u << FIT_CONTENT;
	if (j->tracked.links)
		j->fit.changes |= 1u << FIT_TRACKED;
	/* A template or a limit has changed since the first part was sent: the rest would not go on where that ended. */
	if (j->row.part > 0 && j->fit.parts != j->row.parts)
		return err_set(e, EX_DATAERR, "text: not the one whose first part was sent");
	j->row.parts = j->fit.parts;
	return 0;
}

const char *job_sender(const struct job *j)
{
	const char *from = envelope_text(job_leg(j), "from", envelope_text(j->message, "from", NULL));

	return from ? from : accounts_from(j->d->o.accounts, j->address.channel);
}

void job_delivery(const struct job *j, int64_t now_ms, struct delivery *ret_delivery)
{
	*ret_delivery = (struct delivery){
	    .account = j->account,
	    .message = j->fit.message ? j->fit.message : filled_message(j),
	    .recipient = j->recipient,
	    .message_id = j->row.message,
	    .id = j->delivery_id,
	    .leg = j->row.leg,
	    .attempt = j->row.attempt,
	    .address = &j->address,
	    .from = job_sender(j),
	    .text = job_text(j),
	    .html = j->fit.plain ? NULL : job_html(j),
	    .contents = j->contents,
	    .content_count = j->contents ? j->content_count : 0,
	    .template = j->template,
	    .subject = j->fit.subject,
	    .purpose = job_purpose(j),
	    .now_ms = now_ms,
	    .provider_id = j->row.provider_id,
	    .status = j->row.reached,
	    .accepted_ms = j->row.accepted_ms,
	};
}

void job_receipt(const struct job *j, enum status status, struct receipt *ret_receipt)
{
	*ret_receipt = (struct receipt){
	    .message = j->row.message,
	    .contact = job_contact_id(j),
	    .channel = *j->address.channel ? j->address.channel : job_channel(j),
	    .via = j->account ? account_name(j->account) : NULL,
	    .address = j->address.text,
	    .topic = envelope_text(j->message, "topic", NULL),
	    .provider_id = j->row.provider_id,
	    .purpose = job_purpose(j),
	    .leg = (int)j->row.leg,
	    .status = status,
	    .time_ms = when_now_ms(),
	    .part = j->row.parts > 1 ? j->row.part + 1 : 0,
	    .parts = j->row.parts,
	    .changes = j->fit.changes,
	    .hours = j->hours.row ? &j->hours : NULL,
	};
}

void job_estimate(const struct job *j, bool taken, struct receipt *r)
{
	bool split = j->row.parts > 1;

	/* What is said of one part must not be taken for the whole: a leg has one number of segments and one cost. */
	if (split) {
		r->segments = 0;
		r->amount = NULL;
	}
	if (!taken || (split && j->row.part + 1 < j->row.parts))
		return;
	if (!j->fit.counted || json_object_get(j->fit.message ? j->fit.message : j->message, "media"))
		return;         /* what a picture message costs is another matter */
	if (!r->segments)
		r->segments = j->fit.segments;
	if (r->amount && *r->amount)
		return;
	r->estimated = price_of(account_price(j->account), j->address.value, r->segments, r->estimate);
	if (r->estimated) {
		r->amount = r->estimate;
		r->currency = account_price(j->account)->currency;
	}
}
